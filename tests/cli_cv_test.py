"""gradus cv: the report, the predictions of rows held out, and what is refused."""

import csv
import io
import json
import signal
import statistics
import subprocess
import time
import unittest

from cli_support import GRADUS, CliTest, text_of

FLAGS = ["--hidden", "6 tanh", "--epochs", "8"]
METRICS = ["loss", "accuracy", "error", "balanced_accuracy", "log_loss", "auc", "f1_macro", "brier", "ece"]


def table(count=60):
    lines = ["x0,city,day,patient,number,class"]
    for row in range(count):
        x0, noise = (row * 7 % 23) / 11 - 1, (row * 11 % 19) / 19 - 0.5
        lines.append(f"{x0:.4f},{'Bern' if row % 3 else 'Rome'},2024-{row * 5 % 12 + 1:02}-{row % 28 + 1:02},p{row * 7 % 12},"
                     f"{50 + 9 * x0 + 4 * noise:.4f},{'ab'[int(x0 + noise > 0)]}")
    return text_of(lines)


class CrossValidation(CliTest):
    def setUp(self):
        super().setUp()
        self.write("t.csv", table())

    def cv(self, *flags, target="class", **options):
        ignored = {"class": "number,day,patient", "number": "class,day,patient"}[target]
        if not {"--group", "--time"}.isdisjoint(flags):
            ignored = ",".join(set(ignored.split(",")) - {"day", "patient"})
        return self.gradus("cv", "t.csv", "--target", target, "--ignore", ignored, *FLAGS, *flags, **options)

    def json_of(self, *flags, **options):
        return json.loads(self.assert_ok(self.cv("--json", *flags, **options)).out)

    def predictions(self, name="p.csv"):
        return list(csv.DictReader(io.StringIO((self.dir / name).read_text())))

    def test_report_and_json_agree(self):
        found = self.json_of("--folds", "4")
        self.assertEqual((found["task"], found["rows"], len(found["folds"])), ("classification", 60, 4))
        self.assertEqual([fold["rows"] for fold in found["folds"]], [15] * 4)
        self.assertEqual(list(found["mean"]), METRICS)
        for name in METRICS:
            values = [fold["metrics"][name] for fold in found["folds"]]
            self.assertAlmostEqual(found["mean"][name], statistics.mean(values), places=12)
            self.assertAlmostEqual(found["deviation"][name], statistics.stdev(values), places=12)
        lines = self.assert_ok(self.cv("--folds", "4")).out.splitlines()
        self.assertEqual(lines[-7].split(), ["fold", "trained", "on", "held", "out", "best", "epoch", *METRICS])
        self.assertEqual([line.split()[0] for line in lines[-6:]], ["1", "2", "3", "4", "mean", "deviation"])
        self.assertEqual(lines[-2].split()[2], f"{found['mean']['accuracy']:.4f}")

    def test_every_row_is_predicted_once_by_a_model_that_has_not_seen_it(self):
        found = self.json_of("-o", "p.csv", "--keep", "class,x0", "--folds", "3")
        rows = self.predictions()
        self.assertEqual([int(row["row"]) for row in rows], list(range(1, 61)))
        self.assertEqual(list(rows[0]), ["row", "fold", "class", "x0", "prediction", "probability:a", "probability:b"])
        for fold in (1, 2, 3):
            mine = [row for row in rows if row["fold"] == str(fold)]
            right = sum(row["class"] == row["prediction"] for row in mine) / len(mine)
            self.assertAlmostEqual(right, found["folds"][fold - 1]["metrics"]["accuracy"], places=12)

    def test_any_threads_and_streamed_are_the_same(self):
        reports, files = set(), set()
        for more in (["--threads", "1"], ["--threads", "3"], ["--stream"]):
            reports.add(self.assert_ok(self.cv("-o", "p.csv", *more)).out)
            files.add((self.dir / "p.csv").read_bytes())
        self.assertEqual((len(reports), len(files)), (1, 1))

    def test_groups_and_times(self):
        self.json_of("--group", "patient", "-o", "p.csv", "--keep", "patient", target="number")
        folds = {}
        for row in self.predictions():
            folds.setdefault(row["patient"], set()).add(row["fold"])
        self.assertEqual([len(found) for found in folds.values()], [1] * 12)
        self.json_of("--time", "day", "-o", "p.csv", "--keep", "day", "--folds", "3", target="number")
        rows = sorted(self.predictions(), key=lambda row: row["day"])
        self.assertEqual(len(rows), 45)
        self.assertEqual([row["fold"] for row in rows], sorted(row["fold"] for row in rows))
        self.json_of("--in-order", "-o", "p.csv", "--folds", "2", target="number")
        self.assertEqual([row["row"] for row in self.predictions()], [str(row) for row in range(21, 61)])

    def test_every_option_of_training_applies(self):
        self.write("c.toml", 'folds = 3\nloss = "huber"\nsolver = "momentum"\nmetric = "mae"\npatience = 2\n')
        found = self.json_of("--config", "c.toml", "--learning-rate", "0.01", target="number")
        self.assertEqual(len(found["folds"]), 3)
        self.assertEqual(list(found["mean"]), ["loss", "rmse", "mae", "r2", "median_absolute_error"])
        self.assert_refused(64, ["cv", "t.csv", "--target", "number", "--solver", "lbfgs", "--learning-rate", "0.1"],
                            r"^fold 1: --learning-rate: found with solver lbfgs")

    def test_refusals(self):
        cv = ["cv", "t.csv", "--target", "class", *FLAGS]
        self.assert_refused(64, ["cv", "t.csv"], r"--target: found none")
        self.assert_refused(64, [*cv, "--folds", "1"], r"--folds: found \"1\", expected a whole number from 2")
        self.assert_refused(64, [*cv, "--fold", "3"], r"--fold: found an unknown flag, expected perhaps --folds")
        self.assert_refused(65, [*cv, "--folds", "99"], r"^t\.csv.*found 60 rows to learn from, expected at least 99")
        self.assert_refused(65, [*cv, "--folds", "13", "--group", "patient"], r"found 12 groups in column \"patient\"")
        self.assert_refused(65, [*cv, "--time", "patient"], r"column \"patient\", row 1: found \"p0\", expected numbers or dates")
        self.assert_refused(64, [*cv, "--time", "day", "--group", "patient"], r"--group: found --time as well")
        self.assert_refused(64, [*cv, "--group", "class"], r"--group: found \"class\", which is a target")
        self.assert_refused(64, [*cv, "--group", "patien"], r"found no column \"patien\" \(did you mean \"patient\"")
        self.assert_refused(64, [*cv, "--group", "patient", "--ignore", "patient"], r"--ignore: found \"patient\", which --group names")
        self.assert_refused(64, [*cv, "-o", "t.csv"], r"--output: found \"t.csv\", which is also an input")
        self.assert_refused(64, [*cv, "--keep", "x0"], r"--keep: found no --output")
        self.assert_refused(64, [*cv, "-o", "p.csv", "--keep", "nothing"], r"found no column \"nothing\"")
        self.write("row.csv", text_of(["row,y", *(f"{k},{k % 7}.5" for k in range(20))]))
        self.assert_refused(64, ["cv", "row.csv", "--target", "y", "-o", "p.csv", "--keep", "row"], r"--keep: found \"row\", which is also")
        self.assert_refused(73, [*cv, "-o", "none/p.csv"], r"cannot create")
        self.write("gap.csv", table().replace(",p7,", ",,", 1))
        self.assert_refused(65, ["cv", "gap.csv", "--target", "class", "--group", "patient"], r"column \"patient\", row \d+: found no value")
        self.write("two.csv", text_of(["x,y", "1,2.5", "2,3.5"]))
        self.assert_refused(65, ["cv", "two.csv", "--target", "y"], r"found 2 rows to learn from, expected at least 5")
        self.assert_refused(64, ["train", "t.csv", "--target", "class", "--validation", "gap.csv", "--in-order", "-o", "m"],
                            r"--in-order: found --validation as well")

    def test_divergence_is_told(self):
        result = self.cv("--learning-rate", "1e30", "--solver", "sgd", target="number")
        self.assertEqual(result.code, 76, result)
        self.assertRegex(result.err.splitlines()[-1], r"^training diverged in fold 1, 2, 3, 4, 5")

    def test_an_interrupt_leaves_nothing(self):
        before = self.snapshot()
        process = subprocess.Popen([GRADUS, "cv", "t.csv", "--target", "number", "--epochs", "1000000", "--no-early-stopping", "-o", "p.csv"],
                                   cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
        self.assertEqual((process.returncode, out), (130, b""))
        self.assertEqual(self.snapshot(), before)


if __name__ == "__main__":
    unittest.main()
