"""Solvers, schedules and initialisers through the command: kept in the model, the same bits on every number of threads, refused by name
where they don't go together."""

import json
import math
import re
import shlex
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


def sine_rows(count):
    """x evenly on [-1, 1], y = sin(3x), the rows out of order."""
    rows = [f"{-1 + 2 * row / (count - 1):.17g},{math.sin(3 * (-1 + 2 * row / (count - 1))):.17g}" for row in range(count)]
    return ["x,y"] + [rows[row * 37 % count] for row in range(count)]


class LevenbergMarquardt(SolversTest):
    def lm(self, *flags, target="y", **options):
        return self.gradus("train", "t.csv", "--target", target, "-o", "m.safetensors", "--solver", "lm", *flags, **options)

    def test_fits_a_sine_with_nothing_else_said(self):
        self.write("t.csv", text_of(sine_rows(64)))
        told = self.assert_ok(self.lm()).out
        self.assertRegex(told, r"recipe +lm, batch size 58, at most 400 epochs, L2 0.3, early stopping")
        measured = json.loads(self.assert_ok(self.gradus("evaluate", "m.safetensors", "t.csv", "--json")).out)
        self.assertLess(measured["rmse"], 0.1)
        self.assertEqual(self.options()["solver"], "lm")
        self.assert_ok(self.lm("--l2", "0"))
        measured = json.loads(self.assert_ok(self.gradus("evaluate", "m.safetensors", "t.csv", "--json")).out)
        self.assertLess(measured["rmse"], 1e-4)
        history = self.training()["history"]
        losses = [epoch["train_loss"] for epoch in history]
        self.assertEqual(losses, sorted(losses, reverse=True))
        self.assertTrue(all(epoch["learning_rate"] > 0 for epoch in history[:5]), "the damping of each step")

    def test_same_bits_on_every_number_of_threads_and_target(self):
        self.write("t.csv", text_of(sine_rows(64)))
        models = set()
        for how in (["--threads", "1"], ["--threads", "3"], ["--simd", "avx2"], ["--simd", "portable"], ["--stream"]):
            self.assert_ok(self.lm("--hidden", "60 tanh", "--epochs", "8", *how))
            models.add((self.dir / "m.safetensors").read_bytes())
        self.assertEqual(len(models), 1)

    def test_rows_of_weight_two_are_as_two_rows(self):
        rows = sine_rows(40)
        self.write("t.csv", text_of([rows[0]] + [row for row in rows[1:] for _ in range(2 if row < "-0.5" else 1)]))
        flags = ["--hidden", "none", "--validation-fraction", "0", "--l2", "3", "--epochs", "5"]
        self.assert_ok(self.lm(*flags))
        twice = self.training()["history"][-1]["train_loss"]
        self.write("t.csv", text_of([rows[0] + ",w"] + [f"{row},{2 if row < '-0.5' else 1}" for row in rows[1:]]))
        self.assert_ok(self.lm(*flags, "--weights", "w"))
        self.assertAlmostEqual(self.training()["history"][-1]["train_loss"], twice, 6)

    def test_stops_on_validation_rows_and_keeps_the_best(self):
        rows = sine_rows(60)
        noisy = [rows[0]] + [f"{row.split(',')[0]},{float(row.split(',')[1]) + (i * 7919 % 13 - 6) / 8:.4f}"
                             for i, row in enumerate(rows[1:])]
        self.write("t.csv", text_of(noisy))
        told = self.assert_ok(self.lm("--hidden", "12", "--patience", "5", "--validation-fraction", "0.3")).out
        self.assertRegex(told, r"result +early stopping, best epoch \d+ of \d+")
        history = self.training()["history"]
        lowest = min(epoch["validation_loss"] for epoch in history)
        measured = [epoch["validation_loss"] for epoch in history if epoch["epoch"] == self.training()["best_epoch"]]
        self.assertEqual(measured, [lowest])

    def test_trains_a_model_further(self):
        self.write("t.csv", text_of(sine_rows(64)))
        self.assert_ok(self.gradus("train", "t.csv", "--target", "y", "--hidden", "10 tanh", "--dropout", "0.1",
                                   "--epochs", "3", "-o", "a.safetensors"))
        self.assert_ok(self.lm("--init-model", "a.safetensors", "--epochs", "30"))
        losses = [epoch["train_loss"] for epoch in self.training()["history"]]
        self.assertLess(losses[-1], 1e-3 * losses[0])

    def test_settings_from_a_config(self):
        self.write("t.csv", text_of(sine_rows(64)))
        self.write("c.toml", 'solver = "lm"\nhidden = "6 tanh"\nl2 = 0.01\nepochs = 4\n')
        self.assert_ok(self.gradus("train", "t.csv", "--target", "y", "--config", "c.toml", "-o", "m.safetensors"))
        self.assertEqual([self.options()[key] for key in ("solver", "l2", "epochs")], ["lm", "0.01", "4"])

    def test_refused(self):
        self.write("t.csv", text_of(sine_rows(64)))
        for flags, pattern in (
            (["--loss", "huber"], r"^--loss: found huber with solver lm, expected squared_error"),
            (["--l1", "1"], r"^--l1: found with solver lm"),
            (["--dropout", "0.1"], r"^--dropout: found 0.1 with solver lm"),
            (["--batch-size", "8"], r"^--batch-size: found 8 with solver lm, expected all"),
            (["--input-noise", "0.1"], r"^--input-noise: found with solver lm"),
            (["--lr", "0.1"], r"^--learning-rate: found with solver lm"),
            (["--schedule", "cosine"], r"^--schedule: found with solver lm"),
            (["--clip-norm", "1"], r"^--clip-norm: found with solver lm"),
            (["--monotone", "x=+1"], r"^--monotone: found with solver lm"),
            (["--shards", "2"], r"^--shards: found 2 with solver lm"),
            (["--normalization", "batch"], r"^--solver: found lm with --normalization batch"),
            (["--freeze", "1"], r"^--freeze: found with solver lm"),
            (["--hidden", "256,128"], r"^--hidden: found 33537 parameters with solver lm, .* at most 8192"),
        ):
            with self.subTest(flags):
                self.assert_refused(64, ["train", "t.csv", "--target", "y", "-o", "n", "--solver", "lm", *flags], pattern)


class AutoSolver(SolversTest):
    def auto(self, *flags, target="y"):
        return self.gradus("train", "t.csv", "--target", target, "-o", "m.safetensors", "--solver", "auto", *flags)

    def test_says_which_and_why_and_keeps_it(self):
        self.write("t.csv", text_of(sine_rows(64)))
        told = self.assert_ok(self.auto("--epochs", "5")).out
        self.assertRegex(told, r"(?m)^solver +lm: few enough: 58 training rows by \d+ parameters$")
        self.assertEqual(self.options()["solver"], "lm")
        named = self.assert_ok(self.gradus("train", "t.csv", "--target", "y", "-o", "n", "--solver", "lm", "--epochs", "5"))
        self.assertNotRegex(named.out, r"(?m)^solver ")
        classes = self.assert_ok(self.gradus("train", DATA / "iris.csv", "--target", "species", "-o", "c", "--solver", "auto")).out
        self.assertRegex(classes, r"(?m)^solver +lbfgs: few enough: 135 training rows$")
        self.assertEqual((self.dir / "m.safetensors").read_bytes(), (self.dir / "n").read_bytes())

    def test_gives_way_to_what_is_asked_for(self):
        self.write("t.csv", text_of(sine_rows(64)))
        told = self.assert_ok(self.auto("--epochs", "2", "--learning-rate", "0.01")).out
        self.assertRegex(told, r"(?m)^solver +adamw: lm does not go with --learning-rate$")
        self.assertEqual(self.options()["solver"], "adamw")
        self.assert_refused(64, ["train", "t.csv", "--target", "y", "-o", "n", "--solver", "auto", "--cycle", "1", "--schedule",
                                 "step"], r"^--cycle: found with schedule step")

    def test_from_a_config_and_in_folds(self):
        self.write("t.csv", text_of(sine_rows(64)))
        self.write("c.toml", 'solver = "auto"\nepochs = 3\n')
        self.assertRegex(self.assert_ok(self.gradus("train", "t.csv", "--target", "y", "--config", "c.toml", "-o", "m")).out,
                         r"(?m)^solver +lm: ")
        self.assert_ok(self.gradus("cv", "t.csv", "--target", "y", "--solver", "auto", "--folds", "3", "--epochs", "3"))

    def test_large_tables_take_adamw(self):
        self.write("t.csv", text_of(sine_rows(20001)))
        told = self.assert_ok(self.auto("--hidden", "60", "--epochs", "1")).out
        self.assertRegex(told, r"(?m)^solver +adamw: 18001 training rows by 181 parameters are too many for lm$")


class FindLearningRate(SolversTest):
    def find(self, *flags, target="label", **options):
        return self.gradus("train", "t.csv", "--target", target, "--hidden", "8", "--find-learning-rate", *flags, **options)

    def test_shows_the_ramp_and_a_command_that_works(self):
        self.write("t.csv", text_of(numeric_rows(200)))
        before = self.snapshot()
        told = self.assert_ok(self.find("--loss", "focal", "--ignore", "x0")).out
        self.assertEqual(self.snapshot(), before, "no model is asked for")
        self.assertRegex(told, r"step +learning rate +loss +smoothed")
        rate = re.search(r"suggested --learning-rate (\S+):", told).group(1)
        command = re.search(r"(?m)^next +gradus (.*)$", told).group(1)
        self.assertIn(f"--learning-rate {rate}", command)
        for word in ("--loss focal", "--ignore x0", "--hidden 8", "--target label"):
            self.assertIn(word, command)
        self.assert_ok(self.gradus(*shlex.split(command.replace("MODEL", "m.safetensors")), "--epochs", "2"))
        self.assertEqual(float(self.options()["learning_rate"]), float(rate))

    def test_json_is_the_same_for_any_number_of_threads(self):
        self.write("t.csv", text_of(numeric_rows(200)))
        told = {self.assert_ok(self.find("--json", *how)).out for how in ([], ["--threads", "3"], ["--stream"], ["--simd", "portable"])}
        self.assertEqual(len(told), 1)
        found = json.loads(told.pop())
        steps = found["steps"]
        rates = [step["learning_rate"] for step in steps]
        self.assertAlmostEqual(rates[0], 1e-7, 12)
        for low, high in zip(rates, rates[1:]):
            self.assertAlmostEqual(high / low, 1e8 ** (1 / 199), 6)
        lowest = min(steps[20:], key=lambda step: step["smoothed_loss"])
        self.assertAlmostEqual(found["suggested"] / lowest["learning_rate"], 0.1, 2)
        # The smoothing is Adam's: an exponential average over its own weight.
        average = weight = 0.0
        for step in steps:
            average, weight = 0.95 * average + 0.05 * step["loss"], 0.95 * weight + 0.05
            self.assertAlmostEqual(step["smoothed_loss"], average / weight, 10)

    def test_with_a_model_asked_for_it_trains_at_the_rate(self):
        self.write("t.csv", text_of(numeric_rows(200)))
        found = json.loads(self.assert_ok(self.find("--json")).out)["suggested"]
        self.write("c.toml", 'find-learning-rate = true\nhidden = "8"\nepochs = 2\n')
        told = self.assert_ok(self.gradus("train", "t.csv", "--target", "label", "--config", "c.toml", "-o", "m.safetensors")).out
        self.assertRegex(told, r"recipe +adamw, learning rate " + re.escape(f"{found:g}"))
        self.assertEqual(float(self.options()["learning_rate"]), found)

    def test_follows_the_solver(self):
        self.write("t.csv", text_of(numeric_rows(200)))
        rates = {solver: json.loads(self.assert_ok(self.find("--json", "--solver", solver)).out)["suggested"]
                 for solver in ("sgd", "adam", "lion")}
        self.assertGreater(rates["sgd"], rates["adam"])
        self.assertGreater(rates["adam"], rates["lion"])

    def test_refused(self):
        self.write("t.csv", text_of(numeric_rows(40)))
        base = ["train", "t.csv", "--target", "label"]
        for flags, pattern in (
            (["--find-learning-rate", "--lr", "0.1"], r"^--find-learning-rate: found --learning-rate as well"),
            (["--find-learning-rate", "--solver", "lbfgs"], r"^--find-learning-rate: found solver lbfgs, expected one that"),
            (["--find-learning-rate", "--json", "-o", "n"], r"^--json: found --output as well"),
            (["--json", "-o", "n"], r"^--json: found no --find-learning-rate"),
            ([], r"^--output: found none"),
        ):
            with self.subTest(flags):
                self.assert_refused(64, [*base, *flags], pattern)


if __name__ == "__main__":
    unittest.main()
