"""Outputs that can't be written, streams that are closed, limits that are met: an exit code and never half a file."""

import json
import os
import resource
import signal
import subprocess
import time
import unittest

from cli_support import DATA, GRADUS, SANITIZED, SMALL, CliTest, numeric_rows, text_of


class OutputTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("t.csv", text_of(numeric_rows(40)))

    def shell(self, line):
        done = subprocess.run(["bash", "-c", line], cwd=self.dir, env=dict(os.environ, G=GRADUS), timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return done.returncode, done.stdout.decode(), done.stderr.decode()


class Streams(OutputTest):
    def test_full_device(self):
        """/dev/full: 74"""
        self.trained("t.csv")
        with open("/dev/full", "wb") as full:
            for arguments in (["--version"], ["--help"], ["info"], ["inspect", "m.safetensors"],
                              ["predict", "m.safetensors", "t.csv"], ["evaluate", "m.safetensors", "t.csv"],
                              ["trace", "m.safetensors", "t.csv", "--row", "1"],
                              ["train", "t.csv", "--target", "label", "-o", "new.safetensors"]):
                with self.subTest(arguments[0]):
                    self.assert_refused(74, arguments, r"standard output", r"[Nn]o space", stdout=full)
        self.assert_refused(74, ["predict", "m.safetensors", "t.csv", "-o", "/dev/full"], r"/dev/full", r"[Nn]o space")
        self.assert_refused(74, ["train", "t.csv", "--target", "label", "-o", "/dev/full", *SMALL], r"/dev/full")
        self.assert_refused(74, ["train", "t.csv", "--target", "label", "-o", "new", "--log", "/dev/full", *SMALL],
                            r"/dev/full")

    def test_closed_pipe(self):
        """closed pipe: 74, no crash"""
        self.trained("t.csv")
        for arguments in (["--help"], ["predict", "m.safetensors", "t.csv"], ["inspect", "m.safetensors"]):
            with self.subTest(arguments[0]):
                reading, writing = os.pipe()
                os.close(reading)
                self.assert_refused(74, arguments, r"standard output", r"[Pp]ipe", stdout=writing)
                os.close(writing)

    def test_closed_standard_streams(self):
        """standard streams closed: no file gets their bytes"""
        code, _, _ = self.shell('"$G" train t.csv --target label -o m.safetensors --epochs 3 --hidden 4 <&- >&- 2>&-')
        self.assertNotEqual(code, 0)
        self.assertFalse((self.dir / "m.safetensors").exists())
        code, _, err = self.shell('"$G" train t.csv --target label -o m.safetensors --epochs 3 --hidden 4 --quiet '
                                  '--log l.jsonl <&- >&- 2>&-')
        self.assertEqual(code, 0)
        self.assertEqual(len(self.assert_ok(self.gradus("predict", "m.safetensors", "t.csv")).out.splitlines()), 41)
        for line in (self.dir / "l.jsonl").read_text().splitlines():
            json.loads(line)
        code, _, err = self.shell('"$G" predict m.safetensors t.csv >&-')
        self.assertEqual(code, 74, err)
        self.assertIn("standard output", err)
        code, _, err = self.shell('"$G" predict m.safetensors - -o p.csv <&-')
        self.assertEqual(code, 66, err)
        self.assertEqual(sorted(self.snapshot()), ["l.jsonl", "m.safetensors", "t.csv"])

    def test_quiet_says_nothing(self):
        result = self.assert_ok(self.train("t.csv", "--quiet"))
        self.assertEqual((result.out, result.err), ("", ""))

    def test_model_to_standard_output(self):
        result = self.assert_ok(self.train("t.csv", output="-"))
        self.assertEqual(result.out_bytes, self.trained("t.csv"))
        self.assertIn("network", result.err)


class Limits(OutputTest):
    def test_file_size_limit(self):
        """`ulimit -f`: 74"""
        self.trained("t.csv")
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))
        self.assert_refused(74, ["predict", "m.safetensors", "t.csv", "-o", "p.csv"], r"^p\.csv: .*[Ff]ile too large",
                            preexec_fn=limit)
        self.assert_refused(74, ["train", "t.csv", "--target", "label", "-o", "new.safetensors", *SMALL],
                            r"^new\.safetensors: .*[Ff]ile too large", preexec_fn=limit)

    @unittest.skipIf(SANITIZED, "needs a limit on address space")
    def test_memory_limit(self):
        """`ulimit -v`: a clear out-of-memory error"""
        self.write("wide.csv", text_of(numeric_rows(30_000, 40)))
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (40 << 20, 40 << 20))
        self.assert_refused(70, ["train", "wide.csv", "--target", "label", "-o", "m.safetensors", "--threads", "1",
                                 "--hidden", "2000,2000", "--quiet"], r"out of memory", preexec_fn=limit)

    def test_an_old_file_survives_an_error(self):
        self.write("m.safetensors", "precious")
        self.write("bad.csv", "x,label\n1,a\n2\n")
        self.assert_refused(65, ["train", "bad.csv", "--target", "label", "-o", "m.safetensors"], r"^bad\.csv:3")


class Signals(OutputTest):
    def start(self, *arguments, **options):
        # A shell in the background may have left SIGINT ignored, and children would inherit that.
        return subprocess.Popen([GRADUS, *arguments], cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler), **options)

    def interrupted_training(self, number):
        process = self.start("train", DATA / "digits.csv", "--target", "digit", "-o", "m.safetensors", "--epochs",
                             "1000000", "--no-early-stopping", "--log", "l.jsonl", "--threads", "1")
        for _ in range(500):
            if (self.dir / "l.jsonl").exists() and (self.dir / "l.jsonl").stat().st_size > 400:
                break
            time.sleep(0.02)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        return process.returncode, err.decode()

    def test_interrupt_saves_the_best_model(self):
        """SIGINT: 130"""
        code, err = self.interrupted_training(signal.SIGINT)
        self.assertEqual(code, 130, err)
        result = self.assert_ok(self.gradus("evaluate", "m.safetensors", DATA / "digits.csv", "--json"))
        self.assertGreater(json.loads(result.out)["accuracy"], 0.5)
        inspected = json.loads(self.assert_ok(self.gradus("inspect", "m.safetensors", "--json")).out)
        self.assertEqual(inspected["training"]["stop_reason"], "interrupted")
        self.assertEqual(sorted(self.snapshot()), ["l.jsonl", "m.safetensors", "t.csv"])

    def test_terminate_saves_the_best_model(self):
        """143 the same for SIGTERM"""
        code, err = self.interrupted_training(signal.SIGTERM)
        self.assertEqual(code, 143, err)
        self.assert_ok(self.gradus("inspect", "m.safetensors"))

    def test_interrupt_while_reading(self):
        """SIGINT before there is a model: 130, nothing created"""
        before = self.snapshot()
        process = self.start("train", "-", "--target", "label", "-o", "m.safetensors", stdin=subprocess.PIPE)
        process.stdin.write(b"x,label\n1,a\n")
        process.stdin.flush()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=10), 130)
        process.stdin.close()
        process.stdout.close()
        process.stderr.close()
        self.assertEqual(self.snapshot(), before)

    def test_interrupt_while_predicting(self):
        """SIGINT while a pipe is silent, before its first byte or after some rows: 130 at once, nothing created"""
        self.trained("t.csv")
        before = self.snapshot()
        for sent in (b"", text_of(numeric_rows(40)).encode()):
            process = self.start("predict", "m.safetensors", "-", "-o", "p.csv", stdin=subprocess.PIPE)
            process.stdin.write(sent)
            process.stdin.flush()
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(timeout=10), 130)
            process.communicate()
            self.assertEqual(self.snapshot(), before)


class Predictions(OutputTest):
    def test_rows_from_a_pipe_are_answered_as_they_come(self):
        self.trained("t.csv")
        process = subprocess.Popen([GRADUS, "predict", "m.safetensors", "-"], cwd=self.dir, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE)
        process.stdin.write(b"x0,x1\n1.0,2.0\n")
        process.stdin.flush()
        self.assertRegex(process.stdout.readline().decode(), r"^prediction,probability:a,probability:b\r?\n")
        self.assertRegex(process.stdout.readline().decode(), r"^[ab],")
        process.stdin.write(b"0.5,0.25\n")
        process.stdin.flush()
        self.assertRegex(process.stdout.readline().decode(), r"^[ab],")
        process.stdin.close()
        self.assertEqual(process.wait(timeout=10), 0)
        process.stdout.close()

    def test_the_same_bytes_every_time(self):
        self.trained("t.csv")
        first = self.assert_ok(self.gradus("predict", "m.safetensors", "t.csv")).out_bytes
        for flags in ([], ["--threads", "3"], ["--simd", "portable"]):
            self.assertEqual(self.assert_ok(self.gradus("predict", "m.safetensors", "t.csv", *flags)).out_bytes, first)
        self.assert_ok(self.gradus("predict", "m.safetensors", "t.csv", "-o", "p.csv"))
        self.assertEqual((self.dir / "p.csv").read_bytes(), first)
        piped = self.gradus("predict", "m.safetensors", "-", stdin=(self.dir / "t.csv").read_bytes())
        self.assertEqual(piped.out_bytes, first)

    def test_rows_one_by_one_give_the_same_answers(self):
        self.trained("t.csv")
        lines = (self.dir / "t.csv").read_text().splitlines()
        whole = self.assert_ok(self.gradus("predict", "m.safetensors", "t.csv")).out.splitlines()
        for row in (1, 17, 40):
            one = self.gradus("predict", "m.safetensors", "-", stdin=text_of([lines[0], lines[row]]).encode())
            self.assertEqual(one.out.splitlines()[1], whole[row])

    def test_keep_and_threshold(self):
        self.trained("t.csv")
        out = self.assert_ok(self.gradus("predict", "m.safetensors", "t.csv", "--keep", "label,x0")).out.splitlines()
        self.assertEqual(sorted(out[0].split(",")), sorted("label x0 prediction probability:a probability:b".split()))
        for threshold, expected in (("0", "b"), ("1", "a")):
            out = self.assert_ok(self.gradus("predict", "m.safetensors", "t.csv", "--threshold", threshold)).out
            self.assertEqual({line.split(",")[0] for line in out.splitlines()[1:]}, {expected})
        self.assert_refused(64, ["predict", "m.safetensors", "t.csv", "--threshold", "1.5"], r"^--threshold: ")
        self.assert_refused(64, ["predict", "m.safetensors", "t.csv", "--keep", "lable", "-o", "p.csv"], r"lable", r"label")


class ModelFiles(OutputTest):
    def test_files_that_are_no_models(self):
        for content in (b"", b"1234567", b"\xff" * 8, b"\x80\x04\x95pickle", b"\x89HDF\r\n\x1a\n" * 4, b"GGUF" + b"\0" * 60):
            with self.subTest(content[:8]):
                self.write("bad.safetensors", content)
                for command in (["predict", "bad.safetensors", "t.csv", "-o", "p.csv"], ["inspect", "bad.safetensors"]):
                    self.assert_refused(65, command, r"^bad\.safetensors:")

    def test_flipped_and_missing_bytes(self):
        whole = self.trained("t.csv")
        (self.dir / "m.safetensors").unlink()
        for at in (0, 9, len(whole) // 2, len(whole) - 1):
            self.write("bad.safetensors", whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            self.assert_refused(65, ["inspect", "bad.safetensors"], r"^bad\.safetensors:")
            self.write("bad.safetensors", whole[:at])
            self.assert_refused(65, ["inspect", "bad.safetensors"], r"^bad\.safetensors:")
        self.write("bad.safetensors", whole + b"\0")
        self.assert_refused(65, ["inspect", "bad.safetensors"], r"^bad\.safetensors:")


if __name__ == "__main__":
    unittest.main()
