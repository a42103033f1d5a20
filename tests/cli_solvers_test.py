"""Solvers, schedules and initialisers through the command: kept in the model, the same bits on every number of threads, refused by name
where they don't go together."""

import json
import re
import unittest

from cli_support import DATA, CliTest, numeric_rows, text_of


class SolversTest(CliTest):
    def options(self, model="m.safetensors"):
        return self.training(model)["options"]

    def training(self, model="m.safetensors"):
        return json.loads(self.assert_ok(self.gradus("inspect", model, "--json")).out)["training"]


class Schedules(SolversTest):
    KINDS = {
        "step": ["--rate-decay", "0.3"],
        "exponential": ["--gamma", "0.5", "--warmup", "1"],
        "invscaling": ["--power-t", "0.25"],
        "cosine": ["--cycle", "1", "--cycle-growth", "2", "--warmup", "0.5"],
        "plateau": ["--rate-decay", "0.1"],
        "one_cycle": ["--warmup", "2"],
        "adaptive": ["--rate-decay", "0.5", "--patience", "1"],
    }

    def test_kept_in_the_model_and_the_same_on_every_number_of_threads_and_streamed(self):
        rows = text_of(numeric_rows(60))
        self.write("t.csv", rows)
        seen = set()
        for kind, flags in self.KINDS.items():
            with self.subTest(kind):
                models = [self.trained("t.csv", "--schedule", kind, *flags, "--epochs", "5", "--threads", *how)
                          for how in (["1"], ["2"], ["3"], ["8"], ["1", "--stream"], ["3", "--stream"])]
                self.assertEqual(len(set(models)), 1)
                seen.add(models[0])
                self.assertEqual(self.options()["schedule"], kind)
        self.assertEqual(len(seen), len(self.KINDS), "every schedule leads elsewhere")

    def test_settings_are_kept(self):
        self.write("t.csv", text_of(numeric_rows(40)))
        self.write("c.toml", 'schedule = "cosine"\nwarmup = 0.5\ncycle = 1\ncycle-growth = 2\n')
        self.trained("t.csv", "--config", "c.toml")
        kept = self.options()
        self.assertEqual([kept[key] for key in ("schedule", "warmup", "cycle", "cycle_growth")],
                         ["cosine", "0.5", "1", "2"])
        self.trained("t.csv", "--schedule", "exponential", "--warmup", "1", "--rate-decay", "0.5", "--lr", "0.008")
        rates = [epoch["learning_rate"] for epoch in self.training()["history"]]
        for rate, expected in zip(rates[1:], (0.008, 0.004)):
            self.assertAlmostEqual(rate, expected, 15)

    def test_refused(self):
        self.write("t.csv", text_of(numeric_rows(40)))
        for flags, pattern in (
            (["--cycle", "2", "--schedule", "step"], r"^--cycle: found with schedule step, expected cosine"),
            (["--cycle-growth", "2"], r"^--cycle-growth: found without --cycle"),
            (["--rate-decay", "0.5", "--schedule", "one_cycle"], r"^--rate-decay: found with schedule one_cycle"),
            (["--rate-power", "1"], r"^--rate-power: found with schedule cosine, expected invscaling"),
            (["--warmup", "9"], r"^--warmup: found 9, expected 0 to 3"),
            (["--warmup", "-1"], r"^--warmup: "),
            (["--rate-decay", "0", "--schedule", "step"], r"^--rate-decay: "),
            (["--warmup", "1", "--solver", "cg"], r"^--warmup: found with solver cg"),
            (["--schedule", "exponental"], r"^--schedule: .*did you mean exponential"),
        ):
            with self.subTest(flags):
                self.assert_refused(64, ["train", "t.csv", "--target", "label", "-o", "n", "--epochs", "3", *flags],
                                    pattern)


# With these a step of each on iris is work for several threads: 64 x 160 x 160 multiply-adds in one product.
WIDE = ["--target", "species", "--hidden", "160,160", "--epochs", "2", "--seed", "3"]
MINIBATCH = ["sgd", "momentum", "nesterov", "rmsprop", "adagrad", "adadelta", "adam", "amsgrad", "adamax", "nadam", "adamw", "lion"]
ALL_ROWS = ["rprop", "rprop_plus", "cg", "lbfgs"]
TESTED_ELSEWHERE = ["auto", "levenberg_marquardt", "lm"]


class EverySolver(SolversTest):
    def test_none_is_left_out(self):
        refusal = self.gradus("train", DATA / "iris.csv", "--target", "species", "--solver", "none", "-o", "m").err
        listed = re.search(r"expected one of ([a-z_, ]+)", refusal).group(1).replace(" or ", ", ").split(", ")
        self.assertLessEqual(set(MINIBATCH + ALL_ROWS), set(listed))
        self.assertLessEqual(set(listed), {*MINIBATCH, *ALL_ROWS, *TESTED_ELSEWHERE})

    def test_learns_a_real_table(self):
        """at its own usual rate, of iris's training rows nine in ten right"""
        for solver in MINIBATCH + ALL_ROWS:
            with self.subTest(solver):
                flags = ["--hidden", "128 tanh", "--epochs", "100", "--no-early-stopping", "--validation-fraction", "0", "--threads", "1"]
                batch = ["--batch-size", "10"] if solver in MINIBATCH else []
                self.assert_ok(self.gradus("train", DATA / "iris.csv", "--target", "species", "--solver", solver, *batch, *flags, "-o", "m"))
                history = self.training("m")["history"]
                self.assertLess(history[-1]["train_loss"], history[0]["train_loss"])
                measured = json.loads(self.assert_ok(self.gradus("evaluate", "m", DATA / "iris.csv", "--json")).out)
                self.assertGreater(measured["accuracy"], 0.9)

    def test_the_same_bits_on_any_threads_any_vectors_and_streamed(self):
        targets = [name for name in ("avx512", "avx2", "portable")
                   if self.gradus("info", "--simd", name).code == 0]
        self.assertIn("portable", targets)
        ways = [["--threads", "2"], ["--threads", "3"], ["--threads", "8"], ["--threads", "1", "--stream"]]
        ways += [["--simd", name, "--threads", str(k + 2)] for k, name in enumerate(targets)]
        for solver in MINIBATCH + ALL_ROWS:
            seen = set()
            for precision in ("float32", "float64"):
                with self.subTest(solver=solver, precision=precision):
                    batch = ["--batch-size", "64"] if solver in MINIBATCH else []
                    train = ["train", DATA / "iris.csv", *WIDE, *batch, "--solver", solver, "--precision", precision, "-o", "m"]
                    models = []
                    for how in (["--threads", "1"], *ways):
                        self.assert_ok(self.gradus(*train, *how))
                        models.append((self.dir / "m").read_bytes())
                    for how, model in zip(ways, models[1:]):
                        self.assertTrue(model == models[0], f"{how}: another model than on one thread")
                    seen.add(models[0])
            self.assertEqual(len(seen), 2, "and the two precisions are two models")


class Initialisers(SolversTest):
    def test_kept_and_the_same_however_the_rows_are_held(self):
        self.write("t.csv", text_of(numeric_rows(60)))
        seen = set()
        for kind in (["zeros"], ["uniform"], ["normal", "--init-scale", "0.3"], ["orthogonal"], ["lsuv"]):
            with self.subTest(kind):
                models = [self.trained("t.csv", "--init", *kind, *how)
                          for how in ([], ["--threads", "3"], ["--stream"])]
                self.assertEqual(len(set(models)), 1)
                self.assertEqual(self.options()["initializer"], kind[0])
                seen.add(models[0])
        self.assertEqual(len(seen), 5)
        self.assertEqual(self.options().get("init_scale"), None)
        self.assert_ok(self.gradus("gradcheck", "t.csv", "--target", "label", "--hidden", "4 tanh", "--init", "lsuv"))

    def test_zeros_is_warned_of(self):
        self.write("t.csv", text_of(numeric_rows(40)))
        self.assertRegex(self.assert_ok(self.train("t.csv", "--init", "zeros")).err, r"warning: --init zeros")
        self.assertNotRegex(self.train("t.csv", "--init", "zeros", "--hidden", "none").err, r"warning")

    def test_refused(self):
        self.write("t.csv", text_of(numeric_rows(40)))
        for flags, pattern in (
            (["--init", "lsuv", "--init-scale", "2"], r"^--init-scale: found with --init lsuv"),
            (["--init-scale", "2"], r"^--init-scale: found with --init auto"),
            (["--init", "uniform", "--init-scale", "-1"], r"^--init-scale: "),
        ):
            with self.subTest(flags):
                self.assert_refused(64, ["train", "t.csv", "--target", "label", "-o", "n", *flags], pattern)


if __name__ == "__main__":
    unittest.main()
