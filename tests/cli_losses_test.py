"""Every loss through the command: train, inspect, predict, evaluate, trace and gradcheck agree on it; what doesn't fit is
refused."""

import csv
import io
import json
import math
import unittest

from cli_support import CliTest, text_of

PARAMETERS = {"huber": ("huber_delta", 0.5), "focal": ("focal_gamma", 1.5), "sigmoid_focal": ("focal_gamma", 1.5)}


def table(count=60):
    """x0, x1; a number, a count, a class of three and two labels that follow from them."""
    lines = ["x0,x1,number,count,class,first,second"]
    for row in range(count):
        x0, x1 = (row * 7 % 23) / 11 - 1, (row * 5 % 17) / 8 - 1
        number = 3 * x0 - x1 * x1 + row % 3 / 10
        lines.append(f"{x0:.4f},{x1:.4f},{number:.4f},{int(math.exp(1 + x0)) + row % 2},{'abc'[int(x0 + x1 + 2) % 3]},"
                     f"{int(x0 > 0)},{int(x0 + x1 > 0)}")
    return text_of(lines)


TARGETS = {"regression": "number", "numbers": "number,count", "counts": "count", "classification": "class", "multilabel": "first,second"}
LOSSES = ([("regression", loss) for loss in ("squared_error", "absolute_error", "huber", "log_cosh")] +
          [("counts", "poisson"), ("regression", "quantile:0.25,0.5,0.8"), ("numbers", "quantile:0.1,0.9")] +
          [("classification", loss) for loss in ("softmax_cross_entropy", "sigmoid_cross_entropy", "focal",
                                                 "sigmoid_focal", "hinge", "squared_error")] +
          [("multilabel", loss) for loss in ("sigmoid_cross_entropy", "focal", "hinge", "squared_error")])


class Losses(CliTest):
    def setUp(self):
        super().setUp()
        self.write("t.csv", table())

    def flags(self, task, loss):
        """The target alone, the other columns left out, and the loss with its parameter."""
        target = TARGETS[task]
        others = [name for name in "number,count,class,first,second".split(",") if name not in target.split(",")]
        flags = ["--target", target, "--ignore", ",".join(others), "--loss", loss,
                 "--task", "regression" if task in ("counts", "numbers") else task]
        if loss in PARAMETERS:
            name, value = PARAMETERS[loss]
            flags += ["--" + name.replace("_", "-"), value]
        return flags

    def run_train(self, task, loss, *more):
        return self.gradus("train", "t.csv", *self.flags(task, loss), "-o", "m.safetensors", "--hidden", "8 tanh",
                           "--epochs", "40", "--threads", "1", "--precision", "float64", *more)

    def json_of(self, *arguments):
        return json.loads(self.assert_ok(self.gradus(*arguments, "--json")).out)

    def test_every_loss_everywhere(self):
        for task, loss in LOSSES:
            with self.subTest(task=task, loss=loss):
                self.check(task, loss)

    def check(self, task, loss):
        report = self.assert_ok(self.run_train(task, loss)).out
        kept = "sigmoid_focal" if (task, loss) == ("multilabel", "focal") else loss.split(":")[0]
        head = self.json_of("inspect", "m.safetensors")["network"]["head"]
        self.assertEqual(head["loss"], kept)
        self.assertIn(f", {kept}", report)
        self.assertIn(f", {kept}", self.assert_ok(self.gradus("inspect", "m.safetensors")).out)
        if kept in PARAMETERS:
            name, value = PARAMETERS[kept]
            self.assertEqual(head[name], value)
        metrics = self.json_of("evaluate", "m.safetensors", "t.csv")
        history = self.json_of("inspect", "m.safetensors")["training"]["history"]
        self.assertLess(metrics["loss"], history[0]["train_loss"])
        out = self.assert_ok(self.gradus("predict", "m.safetensors", "t.csv")).out
        rows = list(csv.DictReader(io.StringIO(out)))
        self.assertEqual(len(rows), 60)
        for row in rows:
            for name, value in row.items():
                if name.startswith("probability:"):
                    self.assertTrue(0 <= float(value) <= 1, row)
                elif task == "counts":
                    self.assertGreater(float(value), 0)
        if kept == "quantile":
            self.check_quantiles([float(tau) for tau in loss[9:].split(",")], rows, metrics, head)
        self.check_trace(kept)
        self.assertTrue(self.json_of("gradcheck", "t.csv", *self.flags(task, loss), "--hidden", "6 tanh")["passed"])

    def check_quantiles(self, taus, rows, metrics, head):
        """A column for each, ascending in every row, the one nearest to 1/2 as the prediction; the coverage measured."""
        self.assertEqual(head["quantiles"], taus)
        several = "prediction:number" in rows[0]
        for target in ("number", "count") if several else ("number",):
            after = f":{target}" if several else ""
            names = [f"quantile:{tau:g}{after}" for tau in taus]
            with open(self.dir / "t.csv") as file:
                actual = [float(row[target]) for row in csv.DictReader(file)]
            below = [0] * len(taus)
            for row, y in zip(rows, actual):
                values = [float(row[name]) for name in names]
                self.assertEqual(values, sorted(values))
                self.assertEqual(row["prediction" + after], row[f"quantile:{0.5 if 0.5 in taus else taus[0]:g}{after}"])
                below = [n + (y <= value) for n, value in zip(below, values)]
            for tau, n in zip(taus, below):
                self.assertAlmostEqual(metrics[f"coverage:{tau:g}{after}"], n / len(rows), places=12)
        self.assertEqual(sum(name.startswith("quantile:") for name in rows[0]), len(taus) * (2 if several else 1))

    def test_quantiles_cover_what_they_say(self):
        """On noise of a known spread the quantiles find it: coverage within a few points of tau."""
        noise = [((row * 7919) % 1000) / 1000 for row in range(1000)]
        lines = ["x,y"] + [f"{row % 10},{row % 10 + 4 * noise[row]:.4f}" for row in range(1000)]
        self.write("noise.csv", text_of(lines))
        self.assert_ok(self.gradus("train", "noise.csv", "--target", "y", "--loss", "quantile:0.1,0.5,0.9", "--hidden",
                                   "8 tanh", "--epochs", "150", "-o", "m.safetensors", "--validation-fraction", "0",
                                   "--weight-decay", "0"))
        metrics = self.json_of("evaluate", "m.safetensors", "noise.csv")
        for tau in (0.1, 0.5, 0.9):
            self.assertAlmostEqual(metrics[f"coverage:{tau}"], tau, delta=0.04)

    def check_trace(self, loss):
        trace = self.json_of("trace", "m.safetensors", "t.csv", "--row", "3")
        text = self.assert_ok(self.gradus("trace", "m.safetensors", "t.csv", "--row", "3")).out
        self.assertEqual(trace["loss_name"], loss)
        self.assertIn(f"J = {loss} = ", text)
        last = trace["layers"][-1]
        for i, delta in enumerate(last["delta"]):
            for j, a in enumerate([1.0] + last["a_in"]):
                self.assertTrue(math.isclose(last["gradient"][j][i], delta * a, rel_tol=1e-12, abs_tol=1e-15))
            if last["slope"]:
                self.assertTrue(math.isclose(delta, last["error"][i] * last["slope"][i], rel_tol=1e-9, abs_tol=1e-15))
        error = {"absolute_error": lambda a, d: math.copysign(1, a - d), "log_cosh": lambda a, d: math.tanh(a - d),
                 "huber": lambda a, d: max(-0.5, min(0.5, a - d)), "poisson": lambda a, d: 1 - d / a}
        if loss in error:
            expected = error[loss](last["a"][0], trace["target"][0])
            self.assertTrue(math.isclose(last["error"][0], expected, rel_tol=1e-9, abs_tol=1e-12))

    def test_label_smoothing(self):
        self.assert_ok(self.run_train("classification", "softmax_cross_entropy", "--label-smoothing", "0.2"))
        head = self.json_of("inspect", "m.safetensors")["network"]["head"]
        self.assertEqual(head["label_smoothing"], 0.2)
        trace = self.json_of("trace", "m.safetensors", "t.csv", "--row", "1")
        last = trace["layers"][-1]
        for a, d, delta in zip(last["a"], trace["target"], last["delta"]):
            self.assertTrue(math.isclose(delta, a - (0.8 * d + 0.2 / 3), rel_tol=1e-9, abs_tol=1e-12))
        # J = -sum t log a
        j = -sum((0.8 * d + 0.2 / 3) * math.log(a) for a, d in zip(last["a"], trace["target"]))
        self.assertTrue(math.isclose(trace["loss"], j, rel_tol=1e-9))
        self.write("smooth.toml", 'loss = "sigmoid_cross_entropy"\nlabel_smoothing = 0.1\n')
        self.assert_ok(self.gradus("train", "t.csv", "--target", "class", "--config", "smooth.toml", "-o", "m.safetensors",
                                   "--epochs", "2", "--hidden", "4"))
        self.assertEqual(self.json_of("inspect", "m.safetensors")["network"]["head"],
                         {"loss": "sigmoid_cross_entropy", "activation": "identity", "label_smoothing": 0.1})

    def test_poisson_predicts_means_in_the_units_of_the_counts(self):
        self.assert_ok(self.run_train("counts", "poisson", "--epochs", "200", "--validation-fraction", "0"))
        metrics = self.json_of("evaluate", "m.safetensors", "t.csv")
        self.assertGreater(metrics["r2"], 0.9)

    def test_output_activations_of_the_losses_of_numbers(self):
        for loss in ("absolute_error", "huber", "log_cosh"):
            flags = self.flags("regression", loss) + ["--output-activation", "sigmoid", "--hidden", "6 tanh"]
            self.assertTrue(self.json_of("gradcheck", "t.csv", *flags)["passed"])

    def test_every_target_has_its_own_scale(self):
        """Targets of sizes a million apart are learned equally well; the scales are kept, each its own."""
        lines = ["x,small,large"] + [f"{row},{(row - 20) ** 2 / 1e3:.4f},{abs(row - 12) * 1e6 + 5e5:.0f}" for row in range(40)]
        self.write("two.csv", text_of(lines))
        self.assert_ok(self.gradus("train", "two.csv", "--target", "small,large", "--task", "regression", "-o",
                                   "two.safetensors", "--hidden", "64,64", "--epochs", "400", "--validation-fraction", "0",
                                   "--dropout", "0"))
        metrics = self.json_of("evaluate", "two.safetensors", "two.csv")
        self.assertGreater(metrics["r2:small"], 0.9)
        self.assertGreater(metrics["r2:large"], 0.9)
        for k, target in enumerate(self.json_of("inspect", "two.safetensors")["targets"]):
            values = [float(line.split(",")[k + 1]) for line in lines[1:]]
            mean = sum(values) / 40
            self.assertTrue(math.isclose(target["mean"], mean, rel_tol=1e-6))
            self.assertTrue(math.isclose(target["scale"], 1 / math.sqrt(sum((v - mean) ** 2 for v in values) / 40),
                                         rel_tol=1e-6))

    def refuse(self, *arguments, code=64, matching):
        self.assert_refused(code, ["train", "t.csv", "-o", "m.safetensors", *arguments], matching)

    def test_what_does_not_fit_is_refused(self):
        number = ["--target", "number"]
        self.refuse(*number, "--loss", "focal", matching=r"^--loss: found focal, expected one of squared_error, ")
        self.refuse("--target", "class", "--loss", "huber", matching=r"^--loss: found huber, expected one of softmax_cross")
        self.refuse("--target", "first,second", "--loss", "softmax_cross_entropy", matching=r"for a multilabel target")
        self.refuse(*number, "--huber-delta", "2", matching=r"^--huber-delta: found with loss squared_error, expected huber")
        self.refuse(*number, "--label-smoothing", "0.1", matching=r"^--label-smoothing: found with loss squared_error")
        self.refuse("--target", "class", "--focal-gamma", "1", matching=r"^--focal-gamma: found with loss softmax_cross_entr")
        self.refuse(*number, "--loss", "poisson", code=65,
                    matching=r'^t\.csv: target "number": found -\S+ in row \d+, expected counts of at least 0')
        self.refuse("--target", "count", "--task", "regression", "--loss", "poisson", "--output-activation", "relu",
                    matching=r"^--output-activation: found relu, expected none with poisson")

    def test_quantiles_that_are_none(self):
        for text, found in (("quantile", '"quantile"'), ("quantile:", '"quantile:"'), ("quantile:x", '"quantile:x"'),
                            ("quantile:0.5,nan", '"quantile:0.5,nan"'), ("quantiles:0.5", '"quantiles:0.5"'),
                            ("quantile:0", "the quantile 0,"), ("quantile:0.5,1", "the quantile 1,"),
                            ("quantile:0.9,0.1", "the quantile 0.1 after 0.9, expected them in ascending order"),
                            ("quantile:0.5,0.5", "the quantile 0.5 after 0.5")):
            self.refuse("--target", "number", "--loss", text, matching=f"^--loss: found {found}")
        self.refuse("--target", "class", "--loss", "quantile:0.5", matching=r"^--loss: found quantile, expected one of")

    def test_parameters_out_of_range(self):
        for flag, values in (("--huber-delta", ("0", "-1", "nan", "inf")), ("--focal-gamma", ("-1", "nan", "1e9")),
                             ("--label-smoothing", ("1", "-0.1", "nan", "x"))):
            for value in values:
                self.refuse("--target", "class", flag, value, matching=rf'^{flag}: found "{value}", expected a number')


if __name__ == "__main__":
    unittest.main()
