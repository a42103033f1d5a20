"""--metric in train and evaluate: what is said, logged, kept and chosen; what is refused."""

import json
import unittest

from cli_support import CliTest, text_of

FLAGS = ["--hidden", "8 tanh", "--epochs", "15", "--threads", "1"]
AS_TRAINED = ["--no-calibrate"]  # measured as it was while training


def table(first=0, count=80):
    lines = ["x0,x1,number,class"]
    for row in range(first, first + count):
        x0, x1, noise = (row * 7 % 23) / 11 - 1, (row * 5 % 17) / 8 - 1, (row * 11 % 19) / 19 - 0.5
        lines.append(f"{x0:.4f},{x1:.4f},{50 + 9 * x0 - x1 + 4 * noise:.4f},{'abc'[int(x0 + noise > 0) + int(x1 > 0.3)]}")
    return text_of(lines)


class Metrics(CliTest):
    def setUp(self):
        super().setUp()
        self.write("t.csv", table())
        self.write("v.csv", table(80, 40))

    def train(self, target, metric, *more):
        other = "class" if target == "number" else "number"
        return self.gradus("train", "t.csv", "--target", target, "--ignore", other, "--validation", "v.csv", "-o", "m.safetensors",
                           "--metric", metric, *FLAGS, *more)

    def test_is_said_logged_kept_and_chosen_by(self):
        for target, metric, best in (("class", "auc", max), ("class", "brier", min), ("number", "mae", min),
                                     ("number", "r2", max)):
            with self.subTest(metric=metric):
                result = self.assert_ok(self.train(target, metric, "--log", "log.jsonl", *(AS_TRAINED if target == "class" else [])))
                records = [json.loads(line) for line in (self.dir / "log.jsonl").read_text().splitlines()]
                values = [record["validation_metric"] for record in records]
                chosen = max(k for k, value in enumerate(values) if value == best(values)) + 1
                label = "R2" if metric == "r2" else metric
                self.assertRegex(result.out, rf"best epoch {chosen} of 15: validation loss \S+, {label} \S+\n")
                self.assertIn(f", {label} ", result.err)
                training = json.loads(self.assert_ok(self.gradus("inspect", "m.safetensors", "--json")).out)["training"]
                self.assertEqual(training["options"]["metric"], metric)
                self.assertEqual(training["best_epoch"], chosen)
                self.assertTrue(all(record["validation_loss"] > 0 for record in training["history"]))
                measured = json.loads(self.assert_ok(self.gradus("evaluate", "m.safetensors", "v.csv", "--json", "--metric", metric)).out)
                self.assertAlmostEqual(measured[metric], best(values), delta=1e-5 * max(1, abs(best(values))))

    def test_the_loss_by_name_is_the_default(self):
        self.assert_ok(self.train("class", "loss"))
        by_name = (self.dir / "m.safetensors").read_bytes()
        self.assert_ok(self.gradus("train", "t.csv", "--target", "class", "--ignore", "number", "--validation", "v.csv",
                                   "-o", "m.safetensors", *FLAGS))
        self.assertEqual((self.dir / "m.safetensors").read_bytes(), by_name)

    def test_streamed_is_the_same(self):
        self.assert_ok(self.train("class", "auc"))
        in_memory = (self.dir / "m.safetensors").read_bytes()
        self.assert_ok(self.train("class", "auc", "--stream", "--threads", "2"))
        self.assertEqual((self.dir / "m.safetensors").read_bytes(), in_memory)

    def test_from_a_config_file(self):
        self.write("c.toml", 'metric = "mae"\n')
        self.assert_ok(self.gradus("train", "t.csv", "--target", "number", "--ignore", "class", "--config", "c.toml",
                                   "-o", "m.safetensors", *FLAGS))
        self.assertIn('"mae"', self.gradus("inspect", "m.safetensors", "--json").out)

    def test_evaluate_shows_those_asked_for(self):
        self.assert_ok(self.train("class", "loss"))
        shown = json.loads(self.assert_ok(self.gradus("evaluate", "m.safetensors", "v.csv", "--json", "--metric", "brier,accuracy")).out)
        self.assertEqual([name for name in shown if name in ("accuracy", "brier", "auc", "confusion")], ["brier", "accuracy"])
        text = self.assert_ok(self.gradus("evaluate", "m.safetensors", "v.csv", "--metric", "auc")).out
        self.assertEqual([line.split()[0] for line in text.splitlines()], ["rows", "auc"])

    def test_refusals(self):
        train = ["train", "t.csv", "--target", "number", "-o", "m.safetensors", *FLAGS]
        self.assert_refused(64, [*train, "--metric", "acuracy"], r"--metric: found \"acuracy\", expected one of .*did you mean accuracy")
        self.assert_refused(64, [*train, "--metric", "auc"], r"--metric: found auc with task regression, expected one of loss, rmse, mae")
        self.assert_refused(64, [*train, "--metric", "rmse", "--validation-fraction", "0"], r"--metric: found rmse without validation rows")
        self.assert_refused(64, [*train, "--metric", "rmse", "--preset", "plain"], r"--metric: found rmse without validation rows")
        self.write("one.csv", text_of(["x0,x1,number,class", "0,0,1,a", "1,1,1,a"]))
        self.assert_refused(65, ["train", "t.csv", "--target", "class", "--validation", "one.csv", "-o", "m.safetensors",
                                 "--metric", "auc", "--log", "log.jsonl", *FLAGS], r"^one\.csv.*--metric auc: found one class only in the 2")
        self.assert_ok(self.train("class", "loss"))
        self.assert_refused(64, ["evaluate", "m.safetensors", "v.csv", "--metric", "rmsee"], r"did you mean rmse")
        self.assert_refused(64, ["evaluate", "m.safetensors", "v.csv", "--metric", "rmse"], r"found rmse, which a classification doesn't have")


if __name__ == "__main__":
    unittest.main()
