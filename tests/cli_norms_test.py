"""Norms and residuals through the command: learned, kept in the model and read back, the same from memory, disk and threads;
what doesn't fit is refused."""

import csv
import io
import json
import struct
import unittest

from cli_support import CliTest, text_of

FLAGS = {"batch": ["--normalization", "batch"], "layer": ["--normalization", "layer"], "residual": ["--residual"],
         "all": ["--normalization", "layer", "--residual", "--dropout", "0.1"],
         "both": ["--normalization", "batch", "--residual", "--dropout", "0.1"]}


def table(count=120):
    lines = ["x,y,target"]
    for row in range(count):
        x, y = (row * 7 % 23) / 11 - 1, (row * 5 % 17) / 8 - 1
        lines.append(f"{x:.4f},{y:.4f},{3 * x - y * y + row % 3 / 10:.4f}")
    return text_of(lines)


class Norms(CliTest):
    def setUp(self):
        super().setUp()
        self.write("t.csv", table())

    def run_train(self, *flags):
        return self.gradus("train", "t.csv", "--target", "target", "-o", "m.safetensors", "--hidden", "12,12 tanh,12", "--epochs",
                           "60", "--batch-size", "16", *flags)

    def bytes_of(self, *flags):
        self.assert_ok(self.run_train(*flags))
        return (self.dir / "m.safetensors").read_bytes()

    def test_learned_kept_and_said(self):
        for kind, flags in FLAGS.items():
            with self.subTest(kind=kind):
                told = self.assert_ok(self.run_train(*flags)).out
                inspected = self.assert_ok(self.gradus("inspect", "m.safetensors")).out
                for text in (told, inspected):
                    self.assertEqual("(residual)" in text, "--residual" in flags)
                    self.assertEqual(f"({flags[1] if len(flags) > 1 else ''} norm)" in text, "--normalization" in flags)
                model = json.loads(self.gradus("inspect", "m.safetensors", "--json").out)
                plain = 3 * 12 + 13 * 12 * 2 + 13
                self.assertEqual(model["parameters"], plain + (72 if "--normalization" in flags else 0))
                self.assertIn(f"{model['parameters']} parameters", told)
                metrics = json.loads(self.assert_ok(self.gradus("evaluate", "m.safetensors", "t.csv", "--json")).out)
                self.assertGreater(metrics["r2"], 0.7)
                rows = list(csv.DictReader(io.StringIO(self.assert_ok(self.gradus("predict", "m.safetensors", "t.csv")).out)))
                alone = self.write("one.csv", text_of(table().splitlines()[:2]))
                one = list(csv.DictReader(io.StringIO(self.assert_ok(self.gradus("predict", "m.safetensors", alone)).out)))
                self.assertEqual(one[0], rows[0])
                shorter = [flag for flag in flags if flag not in ("--dropout", "0.1")]
                self.assert_ok(self.gradus("gradcheck", "t.csv", "--target", "target", "--hidden", "6 tanh,6 tanh", *shorter))

    def test_one_model_from_memory_disk_and_threads(self):
        for flags in (FLAGS["both"] + ["--ema", "0.9"], FLAGS["all"] + ["--shards", "3"]):
            model = self.bytes_of(*flags, "--threads", "1")
            for way in (["--threads", "2"], ["--stream"], ["--simd", "portable"]):
                self.assertEqual(self.bytes_of(*flags, *way), model, way)

    def test_tensors_are_named_as_specified(self):
        data = self.bytes_of(*FLAGS["batch"])
        header = json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])
        for part in ("scale", "shift", "mean", "variance"):
            self.assertEqual(header[f"norms.2.{part}"]["shape"], [12])
        self.assertNotIn("norms.3.scale", header)

    def test_trace(self):
        self.bytes_of(*FLAGS["batch"])
        self.assertIn("(1)", self.assert_ok(self.gradus("trace", "m.safetensors", "t.csv", "--row", "3")).out)
        self.bytes_of(*FLAGS["layer"])
        self.assert_refused(64, ["trace", "m.safetensors", "t.csv", "--row", "3"], "layer norms, residuals or parametric")

    def test_refusals(self):
        def refuse(flags, *patterns):
            self.assert_refused(64, ["train", "t.csv", "--target", "target", "-o", "n", *flags], *patterns)

        batch = FLAGS["batch"]
        refuse([*batch, "--shards", "2"], "--shards: found 2 with --normalization batch")
        refuse([*batch, "--solver", "lbfgs"], "--solver: found lbfgs with --normalization batch")
        refuse([*batch, "--batch-size", "1"], "--batch-size: found 1 with --normalization batch")
        refuse([*batch, "--swa", "0.5"], "--swa: found 0.5 with --normalization batch")
        refuse([*batch, "--monotone", "x=1"], "--normalization: found batch with --monotone")
        refuse([*batch, "--hidden", "none"], "--normalization.*without hidden layers")
        refuse(["--normalization", "group"], "--normalization.*none, batch, layer")
        refuse(["--residual", "--hidden", "64,32"], "--residual.*as wide")


if __name__ == "__main__":
    unittest.main()
