"""Weights of rows and classes through the command: what they change, what is kept, what is refused."""

import csv
import io
import json
import unittest

from cli_support import CliTest, text_of


def rows(repeated=False, weighted=True):
    lines = ["x,label" + (",w" if weighted else "")]
    for row in range(60):
        weight = row % 3 + 1
        line = f"{(row * 7 % 23) / 11:.3f},{'ab'[row * 7 % 23 > 13 - row % 5]}"
        lines += [line + (f",{weight}" if weighted else "")] * (weight if repeated else 1)
    return text_of(lines)


class Weights(CliTest):
    FLAGS = ["--preset", "plain", "--hidden", "4 tanh", "--epochs", "20", "--batch-size", "all", "--precision", "float64",
             "--no-early-stopping", "--l2", "0.5"]

    def setUp(self):
        super().setUp()
        self.write("w.csv", rows())
        self.write("repeated.csv", rows(repeated=True, weighted=False))
        self.write("plain.csv", rows(weighted=False))

    def train_on(self, data, model, *more):
        return self.gradus("train", data, "--target", "label", "-o", model, *self.FLAGS, *more)

    def json_of(self, *arguments):
        return json.loads(self.assert_ok(self.gradus(*arguments, "--json")).out)

    def test_weighted_is_repeated(self):
        """a weight of 2 equals the row twice, from the CSV to the metrics"""
        report = self.assert_ok(self.train_on("w.csv", "w.safetensors", "--weights", "w")).out
        self.assertRegex(report, r"(?m)^weights   w: 120 in all$")
        self.assert_ok(self.train_on("repeated.csv", "r.safetensors"))
        shown = self.json_of("inspect", "w.safetensors")
        self.assertEqual((shown["weights"], shown["training"]["weight"], shown["training"]["rows"]), ("w", 120, 60))
        self.assertEqual([column["name"] for column in shown["columns"]], ["x"])
        self.assertEqual(shown["training"]["options"]["weights"], "w")
        self.assertEqual(shown["training"]["options"]["l2"], "0.5")
        ours, theirs = self.json_of("evaluate", "w.safetensors", "w.csv"), self.json_of("evaluate", "r.safetensors", "repeated.csv")
        for name in "loss accuracy balanced_accuracy log_loss auc f1_macro brier ece".split():
            self.assertAlmostEqual(ours[name], theirs[name], places=12, msg=name)
        self.assertEqual(ours["confusion"], theirs["confusion"])
        self.assertEqual((ours["rows"], theirs["rows"]), (60, 120))
        predict = lambda model: [float(row["probability:b"]) for row in csv.DictReader(
            io.StringIO(self.assert_ok(self.gradus("predict", model, "plain.csv")).out))]
        for a, b in zip(predict("w.safetensors"), predict("r.safetensors")):
            self.assertAlmostEqual(a, b, places=12)
        trace = self.json_of("trace", "w.safetensors", "w.csv", "--row", "2")
        self.assertEqual(trace["training_rows"], 120)
        self.assertTrue(self.json_of("gradcheck", "w.csv", "--target", "label", "--weights", "w", "--hidden", "4")["passed"])

    def test_rows_to_evaluate_need_no_weights(self):
        self.assert_ok(self.train_on("w.csv", "w.safetensors", "--weights", "w"))
        result = self.assert_ok(self.gradus("evaluate", "w.safetensors", "plain.csv"))
        self.assertRegex(result.err, r'warning: found no column "w" of weights: every row counts the same')

    def test_validation_file(self):
        self.assert_ok(self.train_on("w.csv", "a.safetensors", "--weights", "w", "--validation", "w.csv"))
        self.assert_ok(self.train_on("repeated.csv", "b.safetensors", "--validation", "repeated.csv"))
        a, b = ([record["validation_loss"] for record in self.json_of("inspect", model)["training"]["history"]]
                for model in ("a.safetensors", "b.safetensors"))
        for ours, theirs in zip(a, b):
            self.assertAlmostEqual(ours, theirs, places=12)
        self.assert_refused(65, ["train", "w.csv", "--target", "label", "-o", "n", *self.FLAGS, "--weights", "w",
                                 "--validation", "plain.csv"], r'^plain\.csv: found no column "w", expected the rows\' weights')

    def test_class_weights(self):
        self.write("c.toml", 'class_weights = ["a=2", "b=0.5"]\n')
        for flags, expected in ((["--class-weights", "a=2,b=0.5"], [2, 0.5]), (["--config", "c.toml"], [2, 0.5]),
                                (["--class-weights", "b=3"], [1, 3])):
            report = self.assert_ok(self.train_on("plain.csv", "c.safetensors", *flags)).out
            self.assertIn(f"by class: a {expected[0]}, b {expected[1]}", report)
            self.assertEqual(self.json_of("inspect", "c.safetensors")["class_weights"], expected)
        self.assert_ok(self.train_on("plain.csv", "c.safetensors", "--class-weights", "balanced"))
        labels = [line.split(",")[1] for line in rows(weighted=False).splitlines()[1:]]
        balanced = [60 / (2 * labels.count(label)) for label in "ab"]
        for found, wanted in zip(self.json_of("inspect", "c.safetensors")["class_weights"], balanced):
            self.assertAlmostEqual(found, wanted, places=12)
        self.assert_ok(self.train_on("plain.csv", "none.safetensors", "--class-weights", "none"))
        self.assertNotIn("class_weights", self.json_of("inspect", "none.safetensors"))
        self.assertTrue(self.json_of("gradcheck", "plain.csv", "--target", "label", "--class-weights", "a=9")["passed"])

    def test_the_same_bits_for_any_threads(self):
        digest = lambda threads: self.trained("w.csv", "--weights", "w", "--class-weights", "balanced", "--hidden",
                                              "160,96", "--batch-size", "150", "--threads", threads)
        self.assertEqual(digest("1"), digest("3"))

    def refuse(self, content, *flags, code=65, matching):
        self.refuse_training(content, matching, code=code, flags=["--weights", "w", *flags])

    def test_weights_that_are_none(self):
        good = rows().splitlines()
        for cell, found in (("-1", "-1"), ("", "none"), ("NA", "none")):
            bad = good[:5] + [good[5].rsplit(",", 1)[0] + "," + cell] + good[6:]
            self.refuse(text_of(bad), matching=rf'^t\.csv: weights "w": found {found} in row 5, expected a number of at least 0')
        text = [good[0]] + [line.rsplit(",", 1)[0] + ",much" for line in good[1:]]
        self.refuse(text_of(text), matching=r'^t\.csv: weights "w": found text, expected numbers')
        zeros = [good[0]] + [line.rsplit(",", 1)[0] + ",0" for line in good[1:]]
        self.refuse(text_of(zeros), matching=r"^t\.csv: found no row with a target and a weight above 0")

    def test_flags_that_do_not_fit(self):
        def refuse(*flags, matching):
            self.assert_refused(64, ["train", "w.csv", "--target", "label", "-o", "n", *flags], matching)
        refuse("--weights", "v", matching=r'found no column "v"')
        refuse("--weights", "label", matching=r'^--weights: found "label", which is a target')
        refuse("--weights", "x,w", matching=r"^--weights: found 2 columns, expected one")
        refuse("--weights", "w", "--ignore", "w", matching=r'^--ignore: found "w", which holds the weights')
        for text in ("a", "a=", "a=0", "a=-1", "a=nan", "a=1e999", "=1,"):
            refuse("--class-weights", text, matching=r"^--class-weights: found ")
        refuse("--class-weights", "c=1", matching=r'^--class-weights: found no class "c"')
        self.assert_refused(64, ["train", "w.csv", "--target", "x", "--task", "regression", "-o", "n", "--class-weights",
                                 "balanced"], r"^--class-weights: found with a regression target")


if __name__ == "__main__":
    unittest.main()
