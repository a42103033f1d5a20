"""Checkpoints through the command: killed runs that end in the bits of one that never stopped, and what is refused."""

import fcntl
import json
import os
import random
import signal
import subprocess
import termios
import time
import unittest

from cli_support import DATA, GRADUS, CliTest, numeric_rows, text_of

DIGITS = [str(DATA / "digits.csv"), "--target", "digit"]
RECIPES = {
    "sgd": ["--preset", "plain", "--solver", "sgd", "--lr", "0.1"],
    "adam": ["--preset", "plain", "--schedule", "exponential"],
    "adamw": ["--dropout", "0.2", "--ema", "0.99", "--schedule", "cosine", "--warmup", "1", "--label-smoothing", "0.1"],
    "lion": ["--solver", "lion", "--lr", "0.001", "--swa", "0.5", "--class-weights", "balanced"],
    "norms": ["--normalization", "batch", "--input-noise", "0.1", "--clip-norm", "1", "--max-norm", "3"],
    "float64": ["--precision", "float64", "--schedule", "plateau", "--shards", "3", "--metric", "auc"],
    "lbfgs": ["--solver", "lbfgs", "--coverage", "0.9", "--validation-fraction", "0.2"],
}


class Checkpoint(CliTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(20240229)
        self.write("t.csv", text_of(numeric_rows(60)))

    def command(self, *flags, output="m.safetensors", data=None):
        return ["train", *(data or DIGITS), "--hidden", "24", "--epochs", "8", "-o", output, *flags]

    def kept(self, *flags, **options):
        return self.command("--checkpoint", "run.ckpt", *flags, **options)

    def killed_after(self, seconds, *flags):
        """Starts a run and kills it some time after it has written a checkpoint; whether it was still running."""
        before = self.inode()
        process = subprocess.Popen([GRADUS, *self.kept("--resume", "--quiet", "--checkpoint-every", "0.001s", *flags)],
                                   cwd=self.dir, stderr=subprocess.PIPE)
        try:
            while process.poll() is None and self.inode() == before:
                time.sleep(0.0005)
            time.sleep(seconds)
        finally:
            process.kill()
        process.communicate()
        return process.returncode == -signal.SIGKILL

    def inode(self):
        path = self.dir / "run.ckpt"
        return path.stat().st_ino if path.exists() else 0

    def bits(self, name="m.safetensors"):
        return (self.dir / name).read_bytes()

    def files(self):
        return sorted(path.name for path in self.dir.iterdir())

    def test_killed_runs_end_in_the_same_bits(self):
        kills = 0
        for name, recipe in RECIPES.items():
            with self.subTest(recipe=name):
                recipe = recipe + ["--epochs", "40"]
                self.assert_ok(self.gradus(*self.command("--threads", "1", *recipe, output="straight")))
                for threads in ("1", "2", "1"):
                    kills += self.killed_after(0.02 * self.random.random(), "--threads", threads, *recipe)
                self.assert_ok(self.gradus(*self.kept("--resume", "--threads", "2", *recipe)))
                self.assertEqual(self.bits(), self.bits("straight"))
                self.assertEqual(self.files(), ["m.safetensors", "run.ckpt", "run.ckpt.previous", "straight", "t.csv"])
                for path in self.dir.glob("run.ckpt*"):
                    path.unlink()
        self.assertGreater(kills, len(RECIPES), "runs were over before they could be killed")

    def test_streamed_with_validation_rows_and_from_a_model(self):
        lines = (DATA / "digits.csv").read_text().splitlines()
        self.write("more.csv", text_of([lines[0], *lines[1000:1300]]))
        self.assert_ok(self.gradus(*self.command(output="first", data=DIGITS)))
        for flags in (["--stream"], ["--validation", "more.csv"],
                      ["--init-model", "first", "--freeze", "1"]):
            with self.subTest(flags=flags):
                base = ["train", *DIGITS, "--epochs", "8", *flags]
                if "--init-model" not in flags:
                    base += ["--hidden", "24"]
                self.assert_ok(self.gradus(*base, "-o", "straight"))
                keep = ["--checkpoint", "run.ckpt", "--checkpoint-every", "0.001s", "--resume", "-o", "m.safetensors"]
                for delay in (0.0, 0.02):
                    process = subprocess.Popen([GRADUS, *base, *keep, "--quiet"], cwd=self.dir)
                    while process.poll() is None and not (self.dir / "run.ckpt").exists():
                        time.sleep(0.0005)
                    time.sleep(delay)
                    process.kill()
                    process.wait()
                self.assert_ok(self.gradus(*base, *keep))
                self.assertEqual(self.bits(), self.bits("straight"))
                for path in self.dir.glob("run.ckpt*"):
                    path.unlink()

    def test_a_signal_writes_a_checkpoint(self):
        self.assert_ok(self.gradus(*self.command("--threads", "1", output="straight")))
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            process = subprocess.Popen(
                [GRADUS, *self.kept("--threads", "1", "--checkpoint-every", "1000000", "--epochs", "100000",
                                    "--no-early-stopping")],
                cwd=self.dir, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
            for line in process.stderr:
                if line.startswith("epoch "):
                    break
            process.send_signal(number)
            process.communicate()
            self.assertEqual(process.returncode, code)
            self.assertTrue((self.dir / "run.ckpt").exists())
            shown = json.loads(self.assert_ok(self.gradus("inspect", "m.safetensors", "--json")).out)
            self.assertEqual(shown["training"]["stop_reason"], "interrupted")
            (self.dir / "run.ckpt").unlink()

    def test_a_terminal_that_is_closed_loses_nothing(self):
        master, slave = os.openpty()

        def own_the_terminal():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        process = subprocess.Popen(
            [GRADUS, *self.kept("--checkpoint-every", "1000000", "--epochs", "100000", "--no-early-stopping",
                                "--log", "log.jsonl")],
            cwd=self.dir, stdin=slave, stdout=slave, stderr=slave, preexec_fn=own_the_terminal)
        os.close(slave)
        while process.poll() is None and not ((self.dir / "log.jsonl").exists() and self.bits("log.jsonl")):
            time.sleep(0.001)
        os.close(master)
        self.assertIn(process.wait(timeout=60), (129, 74))  # 74: the report has nowhere to go any more
        epochs = len((self.dir / "log.jsonl").read_text().splitlines())
        shown = json.loads(self.assert_ok(self.gradus("inspect", "m.safetensors", "--json")).out)
        self.assertEqual(shown["training"]["stop_reason"], "interrupted")
        self.assertEqual(len(shown["training"]["history"]), epochs)
        self.assertTrue((self.dir / "run.ckpt").exists())

    def test_the_log_has_every_epoch_once(self):
        log = ["--log", "log.jsonl"]
        for _ in range(3):
            self.killed_after(0.02, "--threads", "1", *log)
        self.assert_ok(self.gradus(*self.kept("--resume", *log)))
        lines = [json.loads(line) for line in (self.dir / "log.jsonl").read_text().splitlines()]
        self.assertEqual([line["epoch"] for line in lines], list(range(1, len(lines) + 1)))
        history = json.loads(self.gradus("inspect", "m.safetensors", "--json").out)["training"]["history"]
        self.assertEqual([line["train_loss"] for line in lines], [record["train_loss"] for record in history])
        seconds = [line["seconds"] for line in lines]
        self.assertEqual(seconds, sorted(seconds))

    def test_it_says_what_it_goes_on_from(self):
        flags = ["--preset", "plain"]
        out = self.assert_ok(self.gradus(*self.kept("--resume", *flags))).out
        self.assertIn("resumed   nothing: there is no run.ckpt yet", out)
        out = self.assert_ok(self.gradus(*self.kept("--resume", "--epochs", "10", *flags))).out
        self.assertIn("resumed   run.ckpt after 8 epochs", out)
        more = self.bits()
        self.assert_ok(self.gradus(*self.command("--epochs", "10", *flags)))
        self.assertEqual(more, self.bits())

    def refuse(self, code, *flags, patterns):
        self.assert_refused(code, self.kept("--resume", *flags, data=["t.csv", "--target", "label"]), *patterns)

    def test_another_run_is_refused_with_the_differences(self):
        small = ["t.csv", "--target", "label"]
        self.assert_ok(self.gradus(*self.kept("--seed", "3", data=small)))
        for flags, difference in (
            (["--seed", "4"], r'seed \("3" there, "4" here\)'),
            (["--lr", "0.5"], r'learning_rate \(".*" there, "0.5" here\)'),
            (["--l2", "0.1"], "l2"),
            (["--dropout", "0.4"], 'network'),
            (["--hidden", "25"], 'network'),
            (["--label-smoothing", "0.1"], "loss"),
            (["--validation-fraction", "0.3"], "encoding_and_split"),
            (["--batch-size", "8"], "batch_size"),
            (["--shards", "2"], "shards"),
            (["--ema", "0.9"], r'ema \(nothing there, "0.9" here\)'),
            (["--ignore", "x1"], "data"),
            (["--categorical", "x1"], "data"),
            (["--solver", "sgd"], 'solver'),
            (["--precision", "float64"], "precision"),
            (["--epochs", "9", "--schedule", "cosine"], r'epochs \("8" there, "9" here\)'),
            (["--epochs", "7"], r'epochs \("8" there, "7" here\)'),
            (["--class-weights", "balanced"], "class_weights"),
            (["--validation", "t.csv"], r"validation_data \(nothing there"),
        ):
            with self.subTest(flags=flags):
                seed = [] if "--seed" in flags else ["--seed", "3"]
                self.refuse(65, *seed, *flags,
                            patterns=[r"^run\.ckpt: found the checkpoint of another run, expected the same ", difference])
        self.write("t.csv", text_of(numeric_rows(61)))
        self.refuse(65, "--seed", "3", patterns=[r"expected the same data[,;]"])
        self.write("t.csv", text_of(numeric_rows(60)))
        self.assert_ok(self.gradus(*self.kept("--resume", "--seed", "3", "--threads", "2", "--log", "l.jsonl",
                                              "--checkpoint-every", "3", output="n.safetensors", data=small)))
        self.assertEqual(self.bits(), self.bits("n.safetensors"))

    def test_damaged_checkpoints(self):
        small = ["t.csv", "--target", "label"]
        self.assert_ok(self.gradus(*self.kept("--checkpoint-every", "1", data=small)))
        straight, newest = self.bits(), self.bits("run.ckpt")
        damaged = [newest[:size] for size in (0, 7, 8, 34, 98, 99, len(newest) // 2, len(newest) - 1)]
        damaged += [newest + b"x", b"label,x\n" * 100, newest[:1000] + bytes([newest[1000] ^ 1]) + newest[1001:]]
        for content in damaged:
            self.write("run.ckpt", content)
            result = self.assert_ok(self.gradus(*self.kept("--resume", data=small)))
            self.assertRegex(result.err, r"warning: run\.ckpt:byte \d+: found .*; going on from \"run\.ckpt\.previous\"")
            self.assertEqual(self.bits(), straight)
        (self.dir / "run.ckpt").unlink()
        self.assertIn("run.ckpt.previous", self.assert_ok(self.gradus(*self.kept("--resume", data=small))).err)
        self.write("run.ckpt", newest[:500])
        self.write("run.ckpt.previous", b"")
        self.refuse(65, patterns=[r"^run\.ckpt:byte 0: found 492 bytes after the header's length, .* cut short"])
        self.write("run.ckpt", self.bits())
        self.refuse(65, patterns=[r"^run\.ckpt:byte 8: found a model, expected a checkpoint"])
        self.write("run.ckpt", newest)
        self.assert_refused(65, ["predict", "run.ckpt", "t.csv", "-o", "p.csv"],
                            r"^run\.ckpt:byte 8: found a checkpoint, from which train goes on with --resume")

    def test_two_writers(self):
        process = subprocess.Popen([GRADUS, *self.kept("--epochs", "1000000", "--no-early-stopping", "--quiet",
                                                       "--checkpoint-every", "0.01s")], cwd=self.dir)
        try:
            while not (self.dir / "run.ckpt").exists() and process.poll() is None:
                time.sleep(0.001)
            result = self.gradus(*self.kept("--resume", output="n.safetensors"))
            self.assertEqual(result.code, 73, result)
            self.assertRegex(result.err.splitlines()[-1], r"^run\.ckpt: found another process that writes it")
            self.assertFalse((self.dir / "n.safetensors").exists())
        finally:
            process.kill()
            process.wait()
        # Its lock has died with it.
        self.assert_ok(self.gradus(*self.kept()))

    def test_flags(self):
        def refuse(code, pattern, *flags):
            self.assert_refused(code, self.command(*flags, data=["t.csv", "--target", "label"]), pattern)
        refuse(64, r"^--resume: found without --checkpoint", "--resume")
        refuse(64, r"^--checkpoint-every: found without --checkpoint", "--checkpoint-every", "3")
        for text in ("0", "-1", "1.5", "0s", "-3s", "s", "60m", "1e99s", "nan", "infs", ""):
            refuse(64, r'^--checkpoint-every: found ".*", expected seconds as in 60s, or a number of epochs',
                   "--checkpoint", "c", "--checkpoint-every", text)
        refuse(64, r'^--checkpoint: found "-"', "--checkpoint", "-")
        refuse(64, r"^--checkpoint: found an empty name", "--checkpoint", "")
        refuse(64, r"^--checkpoint: .*also", "--checkpoint", "t.csv")
        refuse(64, r"^--checkpoint: .*also", "--checkpoint", "m.safetensors")
        refuse(64, r"^--checkpoint: .*also", "--checkpoint", "c", "--log", "c.previous")
        refuse(73, r"cannot create", "--checkpoint", "absent/c")
        refuse(73, r"found a folder", "--checkpoint", ".")

    def test_from_a_config(self):
        self.write("run.toml", 'checkpoint = "run.ckpt"\ncheckpoint_every = 2\nresume = true\nepochs = 5\n')
        arguments = ["train", "t.csv", "--target", "label", "--config", "run.toml", "-o", "m.safetensors"]
        for _ in range(2):
            self.assert_ok(self.gradus(*arguments))
        self.assertEqual(self.files(), ["m.safetensors", "run.ckpt", "run.ckpt.previous", "run.toml", "t.csv"])

    def test_divergence_keeps_the_last_checkpoint(self):
        result = self.gradus(*self.kept("--preset", "plain", "--solver", "sgd", "--lr", "1e30"))
        self.assertEqual(result.code, 76, result)
        self.assertEqual(self.files(), ["m.safetensors", "t.csv"])


if __name__ == "__main__":
    unittest.main()
