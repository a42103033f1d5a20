"""Training through the command: divergence, odd sizes, the same bits everywhere, and the reports of a trained model."""

import csv
import hashlib
import io
import json
import math
import re
import shlex
import unittest

from cli_support import DATA, CliTest, numeric_rows, text_of


def regression_rows(count, scale=1.0):
    return ["x,y"] + [f"{row % 17},{(3 * (row % 17) + 1) * scale:g}" for row in range(count)]


class Divergence(CliTest):
    def assert_diverged(self, data, *flags, target):
        result = self.gradus("train", data, "--target", target, "-o", "m.safetensors", "--threads", "1", "--task",
                             "regression", *flags)
        self.assertEqual(result.code, 76, result)
        self.assertRegex(result.err.splitlines()[-1], r"diverged: .*epoch \d+, step \d+, layer \d+")
        self.assertEqual(result.err.count("not finite"), 1)
        self.assert_ok(self.gradus("inspect", "m.safetensors"))
        predicted = self.assert_ok(self.gradus("predict", "m.safetensors", data)).out
        self.assertNotRegex(predicted, r"(?i)\b-?(nan|inf)\b")
        return result

    def test_not_finite(self):
        """NaN or infinity in loss or gradients: stops in that step, names epoch, step and layer, keeps the last good
        model, exit 76"""
        self.write("t.csv", text_of(regression_rows(200)))
        result = self.assert_diverged("t.csv", "--preset", "plain", "--solver", "sgd", "--lr", "1e20", target="y")
        shown = json.loads(self.assert_ok(self.gradus("inspect", "m.safetensors", "--json")).out)
        self.assertEqual(shown["training"]["stop_reason"], "diverged")
        self.assertIn("m.safetensors", result.err)

    def test_learning_rate_1e30(self):
        """learning rate 1e30"""
        for solver in ("sgd", "momentum", "nesterov"):
            with self.subTest(solver):
                self.write("t.csv", text_of(regression_rows(200)))
                self.assert_diverged("t.csv", "--solver", solver, "--lr", "1e30", target="y")

    def test_learning_rate_1e30_adam(self):
        """learning rate 1e30, Adam"""
        self.write("t.csv", text_of(numeric_rows(200)))
        result = self.train("t.csv", "--lr", "1e30")
        self.assertEqual(result.code, 76, result)
        predicted = self.assert_ok(self.gradus("predict", "m.safetensors", "t.csv")).out
        self.assertNotRegex(predicted, r"(?i)\b-?(nan|inf)\b")

    def test_targets_of_1e30(self):
        """targets of 1e30"""
        self.write("t.csv", text_of(regression_rows(200, 1e30)))
        result = self.train("t.csv", "--epochs", "100", "--preset", "plain", "--hidden", "16", "--lr", "0.01",
                            "--task", "regression", target="y")
        self.assert_ok(result)
        out = self.assert_ok(self.gradus("predict", "m.safetensors", "t.csv")).out
        values = [float(row["prediction"]) for row in csv.DictReader(io.StringIO(out))]
        self.assertTrue(all(math.isfinite(value) for value in values))
        self.assertGreater(max(values), 1e31)


class Sizes(CliTest):
    def test_all_rows_missing_after_filters(self):
        """all rows missing after filters"""
        self.refuse_training(text_of(["x,label"] + [f"{row},NA" for row in range(20)]), r"^t\.csv: found no row with a target")

    def test_more_classes_than_rows(self):
        """more classes than rows"""
        lines = ["x,label"] + [f"{row},name{row}" for row in range(12)]
        self.refuse_training(text_of(lines), r'^t\.csv: .*"label".*one row.*"name0"')

    def test_batch_larger_than_the_data(self):
        """batch larger than the data: clamped and said"""
        self.write("t.csv", text_of(numeric_rows(40)))
        result = self.assert_ok(self.train("t.csv", "--batch-size", "100000", output="big.safetensors"))
        self.assertRegex(result.err, r"warning: .*100,?000")
        self.assert_ok(self.train("t.csv", "--batch-size", "all"))

    def test_validation_file(self):
        self.write("t.csv", text_of(numeric_rows(60)))
        self.write("v.csv", text_of(numeric_rows(20)))
        result = self.assert_ok(self.train("t.csv", "--validation", "v.csv"))
        self.assertRegex(result.out, r"60 to train on, 20 to validate on")
        self.write("bad.csv", "x0,label\n1,a\n")
        self.assert_refused(65, ["train", "t.csv", "--target", "label", "-o", "n", "--validation", "bad.csv"],
                            r"bad\.csv", r'"x1"')

    def test_strict_makes_a_warning_an_error(self):
        lines = numeric_rows(40)
        self.refuse_training(text_of(lines[:9] + [""] + lines[9:]), r"blank|empty", r"--strict", flags=["--strict"])
        constant = ["c," + lines[0]] + ["7," + line for line in lines[1:]]
        self.refuse_training(text_of(constant), r"constant", r"--strict", flags=["--strict"])


class SameBits(CliTest):
    def digest(self, *flags):
        return hashlib.sha256(self.trained(DATA / "digits.csv", *flags, target="digit")).hexdigest()

    def test_threads_and_targets(self):
        """1, 2, 3 and 8 threads and every SIMD target give the same model file"""
        # Products of more than 2^20 multiply-adds: smaller ones run on one thread.
        wide = ["--hidden", "160,96", "--epochs", "3", "--batch-size", "150"]
        digests = {threads: self.digest(*wide, "--threads", str(threads)) for threads in (1, 2, 3, 8)}
        tried = 0
        for target in ("avx512", "avx2", "neon", "portable"):
            if self.gradus("info", "--simd", target).code == 0:
                digests[target] = self.digest(*wide, "--simd", target)
                tried += 1
        self.assertGreaterEqual(tried, 2)
        self.assertEqual(len(set(digests.values())), 1, digests)

    def test_seed_matters(self):
        self.assertNotEqual(self.digest("--seed", "1"), self.digest("--seed", "2"))

    def test_shards(self):
        """one shard is as none; another number gives other bits, the same on every number of threads, and is kept"""
        wide = ["--hidden", "160,96", "--epochs", "3", "--batch-size", "600"]
        one = self.digest(*wide)
        self.assertEqual(self.digest(*wide, "--shards", "1"), one)
        in_three = {self.digest(*wide, "--shards", "3", "--threads", threads) for threads in ("1", "2")}
        self.assertEqual(len(in_three), 1)
        self.assertNotIn(one, in_three)
        shown = json.loads(self.assert_ok(self.gradus("inspect", "m.safetensors", "--json")).out)
        self.assertEqual(shown["training"]["options"]["shards"], "3")
        for wrong in ("0", "-1", "65537", "two"):
            self.assert_refused(64, ["train", DATA / "digits.csv", "--target", "digit", "-o", "n.safetensors",
                                     "--shards", wrong], r"^--shards: .*from 1 to 65536")

    def test_quiet_and_log_do_not(self):
        self.assertEqual(self.digest(), self.digest("--quiet", "--log", self.dir / "l.jsonl"))


class Reports(CliTest):
    def setUp(self):
        super().setUp()
        flags = ["--hidden", "3", "--preset", "classic", "--epochs", "5", "--lr", "0.5", "--l2", "0.1", "--seed", "3"]
        self.result = self.assert_ok(self.gradus("train", DATA / "iris.csv", "--target", "species", "-o",
                                                 "m.safetensors", "--log", "l.jsonl", *flags))

    def test_train_says_what_it_found_and_what_to_try(self):
        for pattern in (r"target +species: classification", r"classes +3: setosa, versicolor, virginica",
                        r"columns +4 numeric", r"network +4 inputs -> 3 sigmoid -> 3", r"\d+ parameters",
                        r"model +m\.safetensors", r"next +gradus evaluate m\.safetensors"):
            self.assertRegex(self.result.out, pattern)
        self.assertRegex(self.result.err, r"(?m)^epoch 1 of at most 5: loss ")

    def test_log(self):
        records = [json.loads(line) for line in (self.dir / "l.jsonl").read_text().splitlines()]
        self.assertEqual([record["epoch"] for record in records], [1, 2, 3, 4, 5])
        self.assertEqual(list(records[0]), ["epoch", "step", "train_loss", "validation_loss", "validation_metric",
                                            "learning_rate", "seconds", "rows_per_second"])
        self.assertTrue(all(record["train_loss"] > 0 for record in records))

    def test_log_without_validation(self):
        self.assert_ok(self.train(DATA / "iris.csv", "--validation-fraction", "0", "--log", "n.jsonl",
                                  target="species", output="n.safetensors"))
        record = json.loads((self.dir / "n.jsonl").read_text().splitlines()[0])
        self.assertIsNone(record["validation_loss"])
        self.assertIsNone(record["validation_metric"])

    def test_the_next_command_works(self):
        self.write("odd name.csv", text_of([line.replace(",", ";") for line in numeric_rows(40)]))
        result = self.assert_ok(self.train("odd name.csv", "--delimiter", ";", output="odd model"))
        for pattern in (r"next +gradus (evaluate .*)", r"          gradus (predict .*)"):
            self.assert_ok(self.gradus(*shlex.split(re.search(pattern, result.out).group(1))))
        self.assertIn("predictions.csv", self.snapshot())

    def test_several_targets(self):
        self.write("t.csv", text_of(["x,y,z"] + [f"{row % 13},{row % 13 * 2 + 0.5},{7.5 - row % 13}" for row in range(90)]))
        self.assert_ok(self.train("t.csv", target="y,z", output="two.safetensors"))
        out = self.assert_ok(self.gradus("predict", "two.safetensors", "t.csv")).out
        self.assertEqual(out.splitlines()[0], "prediction:y,prediction:z")
        values = json.loads(self.assert_ok(self.gradus("evaluate", "two.safetensors", "t.csv", "--json")).out)
        self.assertEqual(values["rows"], 90)
        self.assert_ok(self.gradus("trace", "two.safetensors", "t.csv", "--row", "1"))

    def test_multilabel(self):
        self.write("t.csv", text_of(["x,p,q"] + [f"{row % 13},{row % 2},{int(row % 13 > 6)}" for row in range(90)]))
        self.assert_ok(self.train("t.csv", "--task", "multilabel", target="p,q", output="labels.safetensors"))
        out = self.assert_ok(self.gradus("predict", "labels.safetensors", "t.csv")).out
        names = out.splitlines()[0].split(",")
        self.assertEqual(sorted(names), ["prediction:p", "prediction:q", "probability:p", "probability:q"])
        for row in csv.DictReader(io.StringIO(out)):
            self.assertEqual(float(row["prediction:p"]) == 1, float(row["probability:p"]) >= 0.5)
        self.assert_ok(self.gradus("evaluate", "labels.safetensors", "t.csv", "--json"))

    def test_plain_progress_is_at_most_about_20_lines(self):
        result = self.assert_ok(self.train(DATA / "iris.csv", "--epochs", "500", "--no-early-stopping",
                                           target="species", output="n.safetensors"))
        self.assertLessEqual(len(result.err.splitlines()), 22)
        self.assertRegex(result.err, r"epoch 500 of")

    def test_evaluate(self):
        values = json.loads(self.assert_ok(self.gradus("evaluate", "m.safetensors", DATA / "iris.csv", "--json")).out)
        self.assertEqual(values["rows"], 150)
        for metric in "loss accuracy error balanced_accuracy log_loss auc f1_macro brier ece".split():
            self.assertIsInstance(values[metric], (int, float), metric)
        self.assertAlmostEqual(values["accuracy"] + values["error"], 1.0)
        confusion = values["confusion"]
        self.assertEqual(sum(map(sum, confusion)), 150)
        self.assertAlmostEqual(sum(confusion[i][i] for i in range(3)) / 150, values["accuracy"])
        out = self.assert_ok(self.gradus("predict", "m.safetensors", DATA / "iris.csv", "--keep", "species")).out
        rows = list(csv.DictReader(io.StringIO(out)))
        right = sum(row["prediction"] == row["species"] for row in rows)
        self.assertAlmostEqual(right / 150, values["accuracy"])
        text = self.assert_ok(self.gradus("evaluate", "m.safetensors", DATA / "iris.csv")).out
        self.assertRegex(text, rf"accuracy +{values['accuracy']:.4f}\n")
        self.assertIn("virginica", text)

    def test_evaluate_numbers(self):
        self.write("t.csv", text_of(regression_rows(100)))
        self.assert_ok(self.train("t.csv", "--task", "regression", target="y", output="r.safetensors"))
        values = json.loads(self.assert_ok(self.gradus("evaluate", "r.safetensors", "t.csv", "--json")).out)
        for metric in "loss rmse mae r2 median_absolute_error".split():
            self.assertIsInstance(values[metric], (int, float), metric)
        self.assertNotIn("confusion", values)

    def test_inspect(self):
        model = json.loads(self.assert_ok(self.gradus("inspect", "m.safetensors", "--json")).out)
        self.assertEqual(model["parameters"], (4 + 1) * 3 + (3 + 1) * 3)
        self.assertEqual(len(model["training"]["history"]), 5)
        text = self.assert_ok(self.gradus("inspect", "m.safetensors")).out
        for pattern in (r"27 parameters", r"sepal_length: numeric", r"seed 3", r"SHA-256 [0-9a-f]{64}",
                        r"history +5 epochs", r"solver +sgd"):
            self.assertRegex(text, pattern)

    def test_gradcheck(self):
        result = self.assert_ok(self.gradus("gradcheck", DATA / "iris.csv", "--target", "species", "--json",
                                            "--hidden", "5 tanh, 4 gelu", "--l2", "0.3"))
        values = json.loads(result.out)
        self.assertTrue(values["passed"])
        self.assertEqual(values["parameters"], 5 * 5 + 6 * 4 + 5 * 3)
        self.assertGreater(values["checked"], 60)
        self.assertLess(values["largest_relative_difference"], 1e-6)
        text = self.assert_ok(self.gradus("gradcheck", DATA / "iris.csv", "--target", "species")).out
        self.assertRegex(text, r"largest +relative difference \S+ at \S+")
        self.assertRegex(text, r"passed +tolerance 1e-06")

    def test_gradcheck_forgives_bent_activations(self):
        """elu and softsign bend so sharply at 0 that differences across it are off: those parameters are skipped"""
        for hidden, seed in (("5 elu, 4 elu", 7), ("5 softsign, 4 softsign", 8), ("5 softsign, 4 softsign", 12)):
            self.assert_ok(self.gradus("gradcheck", DATA / "iris.csv", "--target", "species", "--hidden", hidden,
                                       "--seed", seed))


class Trace(CliTest):
    def traced(self, *flags, row=3):
        self.assert_ok(self.gradus("train", DATA / "iris.csv", "--target", "species", "-o", "m.safetensors", "--epochs",
                                   "2", "--precision", "float64", *flags))
        self.text = self.assert_ok(self.gradus("trace", "m.safetensors", DATA / "iris.csv", "--row", row)).out
        return json.loads(self.assert_ok(self.gradus("trace", "m.safetensors", DATA / "iris.csv", "--row", row,
                                                     "--json")).out)

    def near(self, found, expected):
        self.assertTrue(math.isclose(found, expected, rel_tol=1e-12, abs_tol=1e-14), (found, expected))

    def check(self, trace):
        """The derivation, worked again from a, Theta and the target alone."""
        layers = trace["layers"]
        entering = trace["features"]
        for layer in layers:
            for i, z in enumerate(layer["z"]):
                theta = [row[i] for row in layer["theta"]]
                self.near(z, theta[0] + sum(t * a for t, a in zip(theta[1:], entering)))
            entering = layer["a"]
        for l in reversed(range(len(layers))):
            layer = layers[l]
            for i, delta in enumerate(layer["delta"]):
                if layer["slope"]:
                    self.near(delta, layer["error"][i] * layer["slope"][i])
                if l + 1 < len(layers):
                    after = layers[l + 1]
                    self.near(layer["error"][i], sum(t * d for t, d in zip(after["theta"][i + 1], after["delta"])))
                for j, a in enumerate([1.0] + layer["a_in"]):
                    decay = trace["l2"] / trace["training_rows"] * layer["theta"][j][i] if j else 0.0
                    self.near(layer["gradient"][j][i], delta * a + decay)

    def test_classic(self):
        for loss in ("squared_error", "sigmoid_cross_entropy"):
            with self.subTest(loss):
                self.check_classic(loss)

    def check_classic(self, loss):
        trace = self.traced("--preset", "classic", "--hidden", "3", "--l2", "0.5", "--lr", "0.3", "--loss", loss)
        self.check(trace)
        self.assertEqual(trace["loss_name"], loss)
        self.assertEqual(trace["l2"], 0.5)
        for layer in trace["layers"]:
            for i, z in enumerate(layer["z"]):
                self.near(layer["a"][i], 1 / (1 + math.exp(-z)))
                self.near(layer["slope"][i], layer["a"][i] * (1 - layer["a"][i]))
        last = trace["layers"][-1]
        for i in range(3):
            difference = last["a"][i] - trace["target"][i]
            expected = difference * last["slope"][i] if trace["loss_name"] == "squared_error" else difference
            self.near(last["delta"][i], expected)

    def test_text_spells_the_sums_out(self):
        trace = self.traced("--preset", "classic", "--hidden", "3", "--loss", "squared_error")
        first = trace["layers"][0]
        number = "{:.4g}".format
        terms = number(abs(first["theta"][0][0])) + "*1"
        self.assertIn(f"{terms} ", self.text)
        self.assertIn(f"= {number(first['z'][0])}\n", self.text)
        for words in (r"z\^\(1\)_1 = ", r"a\^\(1\)_1 = sigmoid\(z\^\(1\)_1\) = ", r"\(1\) dJ/da\^\(2\)_1 = a - d = ",
                      r"\(2\) da/dz\^\(1\)_3 = a \(1 - a\) = ", r"delta\^\(1\)_3 = \(1\) x \(2\) = ",
                      r"\(3\) dz/dTheta\^\(0\)_\{4,3\} = a\^\(0\)_4 = ", r"Theta <- Theta - eta dJ/dTheta",
                      r"\(1\) dJ/da\^\(1\)_2 = sum_k Theta\^\(1\)_\{2k\} delta\^\(2\)_k = "):
            self.assertRegex(self.text, words)

    def test_softmax_and_other_activations(self):
        trace = self.traced("--hidden", "5 tanh, 9 gelu")
        self.check(trace)
        last = trace["layers"][-1]
        self.assertEqual(last["slope"], [])
        for i in range(3):
            self.near(last["delta"][i], last["a"][i] - trace["target"][i])
        self.assertIn("more units", self.text)

    def test_row_out_of_range(self):
        self.traced("--hidden", "3")
        for row, code in ((0, 64), (151, 64), ("x", 64)):
            self.assert_refused(code, ["trace", "m.safetensors", DATA / "iris.csv", "--row", row], r"^--row: ")


if __name__ == "__main__":
    unittest.main()
