"""Regularisers, averages of the weights and monotone columns through the command: each changes the model, is kept in it and
said; from memory, from the disk, in shards and on threads they give one model; what doesn't fit is refused."""

import csv
import io
import json
import struct
import unittest

from cli_support import CliTest, text_of

EACH = [["--l1", "0.5"], ["--weight-decay", "0.02"], ["--clip-value", "0.01"], ["--clip-norm", "0.1"], ["--max-norm", "0.4"],
        ["--input-noise", "0.3"], ["--ema", "0.9"], ["--swa", "0.5"], ["--monotone", "size=+1,age=-1"]]


def table(count=80):
    """A price that rises in size and falls in age where it is known; a town; a grade of three and a yes or no."""
    lines = ["size,age,town,price,grade,sold"]
    for row in range(count):
        size, age, town = row * 7 % 23, row * 5 % 17, "abc"[row % 3]
        price = 3 * size - age + 10 * (town == "a") + row % 4
        lines.append(f"{size},{'' if row % 19 == 3 else age},{town},{price},{'low mid top'.split()[min(price // 30, 2)]},"
                     f"{'yes' if price > 30 else 'no'}")
    return text_of(lines)


class Regularisers(CliTest):
    def setUp(self):
        super().setUp()
        self.write("t.csv", table())

    def run_train(self, *flags, target="price", output="m.safetensors"):
        others = [name for name in ("price", "grade", "sold") if name != target]
        return self.gradus("train", "t.csv", "--target", target, "--ignore", ",".join(others), "-o", output, "--hidden",
                           "8", "--epochs", "6", "--batch-size", "16", *flags)

    def bytes_of(self, *flags, **options):
        self.assert_ok(self.run_train(*flags, **options))
        return (self.dir / "m.safetensors").read_bytes()

    def weights_of(self, *flags):
        """What follows the header: the tensors."""
        data = self.bytes_of(*flags)
        return data[8 + struct.unpack("<Q", data[:8])[0]:]

    def test_each_changes_the_model_and_is_kept_in_it(self):
        plain = self.weights_of("--solver", "rmsprop", "--activation", "elu")
        for name, value in EACH:
            with self.subTest(flag=name):
                self.assertNotEqual(self.weights_of("--solver", "rmsprop", "--activation", "elu", name, value), plain)
                self.write("c.toml", f'{name[2:]} = {value if name != "--monotone" else json.dumps(value)}\n')
                told = self.assert_ok(self.run_train("--solver", "rmsprop", "--config", "c.toml")).out
                options = json.loads(self.gradus("inspect", "m.safetensors", "--json").out)["training"]["options"]
                self.assertEqual(options[name[2:].replace("-", "_")], value)
                self.assertIn(name[2:].replace("-", "_"), self.gradus("inspect", "m.safetensors").out)
                self.assertRegex(told, r"L1|decay|clipped|norm|noise|average|mean of the weights|monotone")

    def test_one_model_from_memory_disk_and_threads(self):
        for solver in (["--solver", "nadam"], ["--shards", "3"]):
            everything = [*solver, "--dropout", "0.2", *(word for pair in EACH if pair[0] != "--swa" for word in pair)]
            model = self.bytes_of(*everything, "--threads", "1")
            for way in (["--threads", "2"], ["--stream"], ["--simd", "portable"]):
                self.assertEqual(self.bytes_of(*everything, *way), model, way)

    def test_gradcheck_and_trace_know_l1(self):
        self.assert_ok(self.gradus("gradcheck", "t.csv", "--target", "price", "--hidden", "4 tanh", "--l1", "3"))
        self.assert_ok(self.run_train("--l1", "3", "--weight-decay", "0"))
        self.assertIn("L1 adds lambda/m sign(Theta), lambda = 3", self.gradus("trace", "m.safetensors", "t.csv", "--row",
                                                                               "2").out)

    def predictions(self, rows, column):
        self.write("new.csv", text_of(["size,age,town"] + [f"{size},{age},{town}" for size, age, town in rows]))
        out = self.assert_ok(self.gradus("predict", "m.safetensors", "new.csv")).out
        return [float(row[column]) for row in csv.DictReader(io.StringIO(out))]

    def test_monotone_predictions_from_raw_columns(self):
        rows = [(size / 4, 10, town) for town in "abz" for size in range(-40, 160)]
        aged = [(10, age / 4, town) for town in "abz" for age in range(-40, 160)]
        for target, column in (("price", "prediction"), ("sold", "probability:yes")):
            self.assert_ok(self.run_train("--monotone", "size=+1,age=decreasing", "--epochs", "30", target=target))
            up, down = self.predictions(rows, column), self.predictions(aged, column)
            for at in range(len(rows) - 1):
                if at % 200 != 199:
                    self.assertGreaterEqual(up[at + 1] - up[at], -1e-6 * 70)
                    self.assertLessEqual(down[at + 1] - down[at], 1e-6 * 70)
            self.assertGreater(max(up) - min(up), 0.2)
        self.assertIn(", increasing -> 1 feature", self.gradus("inspect", "m.safetensors").out)
        self.assertRegex(self.gradus("inspect", "m.safetensors").out, r"missing indicator, decreasing -> 2 features")

    def refuse(self, flags, *patterns, target="price", code=64):
        others = [name for name in ("price", "grade", "sold") if name != target]
        self.assert_refused(code, ["train", "t.csv", "--target", target, "--ignore", ",".join(others), "-o", "m", *flags],
                            *patterns)

    def test_refusals(self):
        for flag in ("--l1", "--clip-value", "--clip-norm", "--max-norm", "--input-noise", "--ema", "--swa"):
            for value in ("-1", "nan", "x", "1e999"):
                self.refuse([flag, value], flag)
        self.refuse(["--clip-norm", "0"], "--clip-norm")
        self.refuse(["--ema", "1"], "--ema")
        self.refuse(["--ema", "0.9", "--swa", "0.5"], "--swa.*--ema")
        self.refuse(["--l1", "1", "--solver", "lbfgs"], "--l1.*lbfgs")
        self.refuse(["--weight-decay", "1", "--solver", "adam"], "--weight-decay.*adamw is adam with it")
        for flag, value in EACH[2:]:
            self.refuse([flag, value, "--solver", "rprop"], f"{flag}: found with solver rprop")
        self.refuse(["--monotone", "size"], "--monotone.*\"size\".*direction")
        self.refuse(["--monotone", "size=2"], "--monotone.*\"size=2\"")
        self.refuse(["--monotone", "sizes=1"], "sizes")
        self.refuse(["--monotone", "town=1"], "--monotone.*\"town\".*text")
        self.refuse(["--monotone", "price=1"], "--monotone.*\"price\".*no feature")
        self.refuse(["--monotone", "size=1,size=-1"], "--monotone.*twice")
        self.refuse(["--monotone", "size=1"], "--monotone.*3 classes", target="grade")
        for activation in ("gelu", "silu", "mish"):
            self.refuse(["--monotone", "size=1", "--activation", activation], f"{activation} with --monotone")


if __name__ == "__main__":
    unittest.main()
