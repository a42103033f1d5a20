"""gradus tune: the table of trials, the model, resuming, and what is refused."""

import json
import signal
import subprocess
import time
import unittest

from cli_support import GRADUS, CliTest, text_of

RANGES = ["--range", "learning-rate=1e-3..1e-1 log", "--range", "hidden=4|6 tanh,3|none"]
FLAGS = ["--target", "class", "--ignore", "number", "--epochs", "6"]


def table(count=80):
    lines = ["x0,x1,number,class"]
    for row in range(count):
        x0, x1, noise = (row * 7 % 23) / 11 - 1, (row * 5 % 17) / 8 - 1, (row * 11 % 19) / 19 - 0.5
        lines.append(f"{x0:.4f},{x1:.4f},{50 + 9 * x0 + 4 * noise:.4f},{'ab'[int(x0 + 0.5 * noise > 0)]}")
    return text_of(lines)


class Tune(CliTest):
    def setUp(self):
        super().setUp()
        self.write("t.csv", table())

    def tune(self, *flags, **options):
        return self.gradus("tune", "t.csv", *FLAGS, *RANGES, "--trials", "6", *flags, **options)

    def json_of(self, *flags):
        return json.loads(self.assert_ok(self.tune("--json", *flags)).out)

    def test_the_model_is_what_train_gives_with_the_best_values(self):
        found = self.json_of("-o", "best.safetensors")
        self.assertEqual(sorted(trial["trial"] for trial in found["trials"]), [1, 2, 3, 4, 5, 6])
        scores = [trial["score"] for trial in found["trials"]]
        self.assertEqual(scores, sorted(scores, reverse=True))
        values = [word for name, value in found["trials"][0]["values"].items() for word in (f"--{name}", value)]
        self.assert_ok(self.gradus("train", "t.csv", *FLAGS, *values, "-o", "m.safetensors"))
        self.assertEqual((self.dir / "m.safetensors").read_bytes(), (self.dir / "best.safetensors").read_bytes())
        out = self.assert_ok(self.tune()).out
        self.assertRegex(out, r"trial +hidden +learning-rate +best epoch +loss +accuracy\n")
        self.assertRegex(out, rf"best +trial {found['trials'][0]['trial']}: --hidden .* --learning-rate [\d.]+\n")

    def test_any_threads_and_streamed_are_the_same(self):
        found = set()
        for more in (["--threads", "1"], ["--threads", "3", "--stream"]):
            for method in ("random", "halving"):
                out = self.assert_ok(self.tune("--method", method, "-o", "b.safetensors", *more)).out
                found.add((method, out, (self.dir / "b.safetensors").read_bytes()))
        self.assertEqual(len(found), 2)

    def test_goes_on_from_the_trials_file(self):
        whole = self.json_of("-o", "whole.safetensors")
        self.json_of("--trials-file", "t.jsonl")
        lines = (self.dir / "t.jsonl").read_text().splitlines(keepends=True)
        self.assertEqual(len(lines), 7)
        # As a crash would leave it: three trials and a half.
        (self.dir / "t.jsonl").write_text("".join(lines[:4]) + lines[4][:20])
        result = self.assert_ok(self.tune("--trials-file", "t.jsonl", "--json", "-o", "again.safetensors"))
        self.assertEqual(json.loads(result.out), whole)
        self.assertEqual(result.err.count("trial "), 3)
        self.assertEqual((self.dir / "again.safetensors").read_bytes(), (self.dir / "whole.safetensors").read_bytes())
        self.assertEqual(len((self.dir / "t.jsonl").read_text().splitlines()), 7)

    def test_ranges_from_a_config_file(self):
        by_flags = self.json_of()
        self.write("c.toml", 'trials = 6\n[tune]\nlearning_rate = "1e-3..1e-1 log"\nhidden = ["4", "6 tanh,3", "none"]\n')
        by_file = self.assert_ok(self.gradus("tune", "t.csv", *FLAGS, "--config", "c.toml", "--json"))
        self.assertEqual(json.loads(by_file.out), by_flags)
        self.write("bad.toml", "[tune]\nhidden = 8\n")
        self.assert_refused(64, ["tune", "t.csv", *FLAGS, "--config", "bad.toml"], r"^bad\.toml:2:\d+: tune\.hidden: found integer")
        self.assert_refused(64, ["train", "t.csv", *FLAGS, "--config", "bad.toml", "-o", "m"], r"found the unknown key \"tune\"")

    def test_folds(self):
        found = self.json_of("--folds", "3", "-o", "best.safetensors")
        best = found["trials"][0]
        values = [word for name, value in best["values"].items() for word in (f"--{name}", value)]
        folds = json.loads(self.assert_ok(self.gradus("cv", "t.csv", *FLAGS, *values, "--folds", "3", "--json")).out)
        self.assertEqual(best["score"], folds["mean"]["accuracy"])
        self.assert_ok(self.gradus("train", "t.csv", *FLAGS, *values, "-o", "m.safetensors"))
        self.assertEqual((self.dir / "m.safetensors").read_bytes(), (self.dir / "best.safetensors").read_bytes())
        self.write("c.toml", "folds = 3\n")
        self.assertEqual(self.json_of("--config", "c.toml", "--threads", "3", "--stream"), found)
        self.assert_refused(64, ["tune", "t.csv", *FLAGS, *RANGES, "--folds", "1"], r"--folds: found \"1\"")

    def test_halving(self):
        found = self.json_of("--method", "halving", "--factor", "2")
        self.assertEqual([trial["epochs"] for trial in found["trials"]], [6] * 2 + [3] * 3 + [1] * 6)

    def test_refusals(self):
        tune = ["tune", "t.csv", *FLAGS]
        one = [*tune, *RANGES]
        self.assert_refused(64, tune, r"--range: found none, expected as in learning-rate=1e-4\.\.1e-1 log")
        for text in ("learning-rate", "learning-rate=", "learning-rate=1..", "learning-rate=a..b", "hidden=4||8", "=3"):
            self.assert_refused(64, [*tune, "--range", text], r"--range: found \"")
        self.assert_refused(64, [*tune, "--range", "learning-rte=0.1|0.2"], r"found the option \"learning-rte\", expected perhaps learning-rate")
        self.assert_refused(64, [*tune, "--range", "seed=1|2"], r"found the option \"seed\"")
        self.assert_refused(64, [*tune, "--range", "epochs=3|4"], r"found epochs, which is given as well")
        self.assert_refused(64, [*tune, "--range", "learning-rate=0..1 log"], r"found 0 at the end of a logarithmic range")
        self.assert_refused(64, [*tune, "--range", "dropout=1.5|2"], r"--dropout: found \"(1\.5|2)\"")
        self.assert_refused(64, [*one, "--method", "grid"], r"--method: found \"grid\", expected random or halving")
        self.assert_refused(64, [*one, "--factor", "3"], r"--factor: found with method random")
        self.assert_refused(64, [*one, "--trials", "0"], r"--trials: found \"0\"")
        self.assert_refused(64, [*one, "--validation-fraction", "0"], r"--validation-fraction: found no validation rows")
        self.assert_refused(64, [*one, "--trials-file", "t.csv"], r"which is also an input")
        self.assert_refused(73, [*one, "--trials-file", "none/t.jsonl"], r"cannot create")
        self.json_of("--trials-file", "t.jsonl")
        self.assert_refused(65, [*one, "--trials-file", "t.jsonl", "--solver", "nadam", "--seed", "2"],
                            r"^t\.jsonl: found the trials of another search, expected the same seed \(\"1\" there, \"2\" here\), solver \(nothing there, \"nadam\" here\)")
        self.write("u.csv", table(79))
        self.assert_refused(65, ["tune", "u.csv", *FLAGS, *RANGES, "--trials-file", "t.jsonl"], r"expected the same data \(")
        self.write("bad.jsonl", "{}\n")
        self.assert_refused(65, [*one, "--trials-file", "bad.jsonl"], r"^bad\.jsonl:1: found \"\{\}\", expected the trials of gradus tune")

    def test_divergence_everywhere(self):
        result = self.gradus("tune", "t.csv", *FLAGS, "--solver", "sgd", "--range", "learning-rate=1e30|1e31", "--trials", "2")
        self.assertEqual(result.code, 76, result)

    def test_an_interrupt_keeps_the_trials_and_the_best_model(self):
        arguments = [GRADUS, "tune", "t.csv", "--target", "class", *RANGES, "--epochs", "300", "--no-early-stopping", "--trials", "100000",
                     "--trials-file", "t.jsonl", "-o", "best.safetensors"]
        process = subprocess.Popen(arguments, cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(200):
            time.sleep(0.05)
            if (self.dir / "t.jsonl").exists() and (self.dir / "t.jsonl").read_bytes().count(b"\n") > 2:
                break
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        self.assertGreater((self.dir / "t.jsonl").read_bytes().count(b"\n"), 2)
        self.assert_ok(self.gradus("inspect", "best.safetensors"))


if __name__ == "__main__":
    unittest.main()
