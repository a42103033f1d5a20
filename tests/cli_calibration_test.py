"""Temperatures, intervals and sets through the command, held against arithmetic on what predict and inspect print."""

import csv
import io
import json
import math
import random
import unittest

from cli_support import CliTest, text_of


def table(count, seed):
    """Two numbers; a number, a second a hundred times as large, a class and two labels that follow them noisily."""
    draws = random.Random(seed)
    lines = ["x0,x1,number,second,class,first,other"]
    for _ in range(count):
        x0, x1 = draws.uniform(-1, 1), draws.uniform(-1, 1)
        noise = [draws.gauss(0, 0.5) for _ in range(4)]
        kind = "a" if x0 + noise[0] > 0.3 else "b" if x1 + noise[1] > 0 else "c|d"
        lines.append(f"{x0:.4f},{x1:.4f},{2 * x0 + noise[2]:.4f},{100 * (x1 + noise[3]):.3f},{kind},"
                     f"{int(x0 + noise[1] > 0)},{int(x1 + noise[0] > 0.5)}")
    return text_of(lines)


TARGETS = {"number": "regression", "number,second": "regression", "class": "classification", "first,other": "multilabel"}
OVERFITTED = ["--precision", "float64", "--hidden", "64 tanh,64 tanh", "--epochs", "200", "--weight-decay", "0", "--validation-fraction", "0.7"]
ALL = "number,second,class,first,other".split(",")


class Calibration(CliTest):
    def setUp(self):
        super().setUp()
        self.write("t.csv", table(400, 1))
        self.write("new.csv", table(1000, 2))

    def arguments(self, target, *flags, output="m.safetensors"):
        others = ",".join(name for name in ALL if name not in target.split(","))
        return ["train", "t.csv", "--target", target, "--task", TARGETS[target], "--ignore", others, "-o", output,
                "--hidden", "16 tanh", "--dropout", "0", "--epochs", "20", "--learning-rate", "0.02", "--threads", "1",
                "--no-early-stopping", *flags]

    def model(self, target, *flags, output="m.safetensors"):
        self.report = self.assert_ok(self.gradus(*self.arguments(target, *flags, output=output))).out
        return json.loads(self.assert_ok(self.gradus("inspect", output, "--json")).out)

    def predicted(self, model="m.safetensors"):
        return list(csv.DictReader(io.StringIO(self.assert_ok(self.gradus("predict", model, "new.csv")).out)))

    def evaluated(self, model="m.safetensors"):
        return json.loads(self.assert_ok(self.gradus("evaluate", model, "new.csv", "--json")).out)

    def actual(self):
        with open(self.dir / "new.csv", newline="") as file:
            return list(csv.DictReader(file))

    def test_temperatures_scale_logits_and_help(self):
        model = self.model("class", *OVERFITTED)
        self.assertIn("calibrated temperature", self.report)
        self.model("class", *OVERFITTED, "--no-calibrate", output="raw.safetensors")
        (t,) = model["network"]["head"]["temperatures"]
        self.assertGreater(t, 1.5)  # too sure of itself
        for raw, scaled in zip(self.predicted("raw.safetensors"), self.predicted()):
            names = [name for name in raw if name.startswith("probability:")]
            powers = [float(raw[name]) ** (1 / t) for name in names]  # softmax(z / T) from softmax(z)
            for name, power in zip(names, powers):
                self.assertTrue(math.isclose(float(scaled[name]), power / sum(powers), rel_tol=1e-9, abs_tol=1e-12))
            self.assertEqual(raw["prediction"], scaled["prediction"])
        before, after = self.evaluated("raw.safetensors"), self.evaluated()
        self.assertEqual(before["loss"], after["loss"])  # the objective knows nothing of it
        self.assertLess(after["log_loss"], 1.01 * before["log_loss"])
        kept = model["calibration"]
        self.assertEqual(kept["temperature_rows"], 280)
        self.assertLess(kept["log_loss"], kept["log_loss_before"])
        self.assertRegex(self.assert_ok(self.gradus("inspect", "m.safetensors")).out, r"(?m)^ +temperature +\d")
        trace = json.loads(self.assert_ok(self.gradus("trace", "m.safetensors", "new.csv", "--row", "1", "--json")).out)
        last = trace["layers"][-1]
        for a, d, delta in zip(last["a"], trace["target"], last["delta"]):  # the founding delta, without a temperature
            self.assertTrue(math.isclose(delta, a - d, rel_tol=1e-9, abs_tol=1e-12))

    def test_each_label_has_its_temperature(self):
        model = self.model("first,other", *OVERFITTED)
        self.model("first,other", *OVERFITTED, "--no-calibrate", output="raw.safetensors")
        temperatures = dict(zip(("first", "other"), model["network"]["head"]["temperatures"]))
        for raw, scaled in zip(self.predicted("raw.safetensors"), self.predicted()):
            for name, t in temperatures.items():
                p, q = float(raw["probability:" + name]), float(scaled["probability:" + name])
                self.assertTrue(math.isclose(math.log(q / (1 - q)) * t, math.log(p / (1 - p)), rel_tol=1e-6, abs_tol=1e-6))

    def test_where_it_is_on(self):
        self.assertNotIn("calibrate", self.model("number")["training"]["options"])
        self.assertEqual(self.model("class")["training"]["options"]["calibrate"], "true")
        for flags in (["--preset", "plain"], ["--preset", "classic"], ["--validation-fraction", "0"], ["--no-calibrate"]):
            self.assertNotIn("temperatures", self.model("class", *flags, "--epochs", "3")["network"]["head"])
        for flags in (["--loss", "hinge"], ["--loss", "focal"], ["--loss", "sigmoid_cross_entropy"],
                      ["--preset", "classic", "--calibrate", "--validation-fraction", "0.1"]):
            self.assertEqual(self.model("class", *flags)["training"]["options"]["calibrate"], "true")
        self.assertNotIn("temperatures", self.model("class", "--loss", "squared_error", "--epochs", "3")["network"]["head"])

    def check_intervals(self, target, taus=None):
        model, rows, metrics = self.last, self.predicted(), self.evaluated()
        several = "," in target
        for k, name in enumerate(target.split(",")):
            after = ":" + name if several else ""
            margin = model["calibration"]["margins"][k]
            covered = width = 0
            for row, actual in zip(rows, self.actual()):
                low, high = float(row["lower" + after]), float(row["upper" + after])
                inner = [float(row[f"quantile:{taus[i]}{after}" if taus else "prediction" + after]) for i in (0, -1)]
                self.assertTrue(math.isclose(low, inner[0] - margin, rel_tol=1e-5, abs_tol=1e-5 * margin))
                self.assertTrue(math.isclose(high, inner[1] + margin, rel_tol=1e-5, abs_tol=1e-5 * margin))
                covered += low <= float(actual[name]) <= high
                width += high - low
            self.assertAlmostEqual(metrics["coverage" + after], covered / len(rows), places=12)
            self.assertTrue(math.isclose(metrics["mean_width" + after], width / len(rows), rel_tol=1e-5))
            # 80 rows: the coverage of one split deviates by 4.5 points.
            self.assertTrue(0.66 <= metrics["coverage" + after] <= 0.94, metrics)

    def test_intervals(self):
        for target, flags, taus in (("number", [], None), ("number,second", ["--precision", "float64"], None),
                                    ("number", ["--loss", "quantile:0.1,0.5,0.9"], (0.1, 0.5, 0.9))):
            with self.subTest(target=target, flags=flags):
                self.last = self.model(target, "--coverage", "0.8", "--calibration-fraction", "0.2", *flags)
                self.assertEqual(self.last["calibration"]["coverage_rows"], 80)
                self.assertEqual(self.last["training"]["rows"] + self.last["training"]["validation_rows"], 320)
                self.assertIn("80 to calibrate on", self.report)
                self.assertIn("coverage  0.8 by intervals", self.report)
                self.check_intervals(target, taus)

    def test_sets(self):
        for target in ("class", "first,other"):
            with self.subTest(target=target):
                model = self.model(target, "--coverage", "0.9", "--calibration-fraction", "0.2")
                least = model["calibration"]["least_probability"]
                metrics, rows = self.evaluated(), self.predicted()
                covered = size = 0
                for row, actual in zip(rows, self.actual()):
                    chances = {name[12:]: float(p) for name, p in row.items() if name.startswith("probability:")}
                    wanted = {name for name, p in chances.items() if p >= least}
                    if target == "class":
                        wanted.add(max(chances, key=chances.get))
                    self.assertEqual(row["set"], "|".join(name for name in chances if name in wanted))
                    true = {actual["class"]} if target == "class" else {n for n in chances if actual[n] == "1"}
                    covered += true <= wanted
                    size += len(wanted)
                self.assertAlmostEqual(metrics["coverage"], covered / len(rows), places=12)
                self.assertAlmostEqual(metrics["mean_set_size"], size / len(rows), places=12)
                self.assertGreater(metrics["coverage"], 0.8)

    def test_in_memory_streamed_and_on_any_threads_the_same_bits(self):
        for target in ("class", "number"):
            models = set()
            for flags in (["--threads", "1"], ["--threads", "3"], ["--stream"]):
                self.assert_ok(self.gradus(*self.arguments(target, "--coverage", "0.9", "--epochs", "5", *flags)))
                models.add((self.dir / "m.safetensors").read_bytes())
            self.assertEqual(len(models), 1)
        alone = self.predicted()[17]
        self.write("one.csv", "\n".join([table(1000, 2).splitlines()[i] for i in (0, 18)]) + "\n")
        out = self.assert_ok(self.gradus("predict", "m.safetensors", "one.csv")).out
        self.assertEqual(next(csv.DictReader(io.StringIO(out))), alone)

    def test_a_row_of_weight_two_is_two_rows_to_calibrate_on(self):
        lines = table(60, 3).splitlines()
        self.write("t.csv", text_of([lines[0] + ",w"] + [line + ",2" for line in lines[1:]]))
        model = self.model("number", "--weights", "w", "--coverage", "0.9", "--epochs", "2")  # 6 rows of weight 2
        self.assertEqual(model["calibration"]["coverage_rows"], 6)

    def test_what_makes_no_sense_is_refused(self):
        refuse = lambda code, target, pattern, *flags: self.assert_refused(code, self.arguments(target, *flags), pattern)
        for text in ("0", "1", "-0.5", "1.5", "nan", "x"):
            refuse(64, "number", r"^--coverage: found \".*\", expected a number greater than 0 and less than 1", "--coverage", text)
        refuse(64, "number", r"^--calibration-fraction: found without --coverage", "--calibration-fraction", "0.2")
        refuse(65, "number", r"--coverage: found 40 rows to calibrate on, expected at least 99 for 0.99; "
                             r"--calibration-fraction takes more", "--coverage", "0.99")
        refuse(64, "number", r"^--calibrate: found with squared_error for a regression target", "--calibrate")
        refuse(64, "class", r"^--calibrate: found with squared_error", "--calibrate", "--loss", "squared_error")
        refuse(64, "class", r"^--calibrate: found no validation rows", "--calibrate", "--validation-fraction", "0")
        refuse(64, "class", r"^--no-calibrate: found --calibrate as well", "--calibrate", "--no-calibrate")
        self.model("class", "--coverage", "0.9", "--epochs", "2")
        self.write("keep.csv", table(20, 5).replace("other", "set", 1))
        self.assert_refused(64, ["predict", "m.safetensors", "keep.csv", "--keep", "set", "-o", "p.csv"],
                            r'^--keep: found "set", which is also the name')


if __name__ == "__main__":
    unittest.main()
