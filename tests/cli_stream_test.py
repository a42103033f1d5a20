"""--stream: the same model from data kept on the disk, in bounded memory, and nothing left behind."""

import gzip
import os
import resource
import signal
import subprocess
import time
import unittest

from cli_support import DATA, GRADUS, SANITIZED, SMALL, CliTest, numeric_rows, text_of

WINDOW = 65536  # rows shuffled together: more make several windows


class SameModel(CliTest):
    def assert_same(self, data, *flags, target="label", stdin=None):
        plain = self.trained(data, *flags, target=target, output="plain.safetensors", stdin=stdin)
        streamed = self.trained(data, *flags, "--stream", target=target, output="streamed.safetensors", stdin=stdin)
        self.assertEqual(streamed, plain, f"{data} {flags}")
        return plain

    def test_batch_sizes(self):
        """every batch size, with and without validation rows and early stopping"""
        for flags in (["--batch-size", "1", "--epochs", "1"], ["--batch-size", "7"], ["--batch-size", "256"],
                      ["--batch-size", "all"], ["--batch-size", "100", "--shards", "3"],
                      ["--validation-fraction", "0"], ["--epochs", "40", "--early-stopping", "--patience", "2"],
                      ["--precision", "float64"], ["--preset", "plain"], ["--threads", "2"]):
            with self.subTest(flags):
                self.assert_same(DATA / "digits.csv", *flags, target="digit")

    def test_tasks(self):
        """classes with text and missing cells, numbers, several targets"""
        self.assert_same(DATA / "credit_sample.csv", target="Status")
        self.assert_same(DATA / "iris.csv", target="sepal_length")
        self.assert_same(DATA / "iris.csv", target="sepal_length,petal_width")

    def test_more_than_one_window(self):
        self.write("t.csv", text_of(numeric_rows(WINDOW + 5000)))
        flags = ["--hidden", "none", "--batch-size", "500", "--epochs", "2"]
        self.assert_same("t.csv", *flags)
        self.assert_same("t.csv", *flags, "--validation-fraction", "0", "--seed", "2")

    def test_validation_file(self):
        self.write("t.csv", text_of(numeric_rows(300)))
        self.write("v.csv", text_of(numeric_rows(90)))
        self.assert_same("t.csv", "--validation", "v.csv")

    def test_pipe_and_gzip(self):
        """a file, standard input, a FIFO and gzip are one model"""
        text = text_of(numeric_rows(2000)).encode()
        self.write("t.csv", text)
        self.write("t.csv.gz", gzip.compress(text))
        models = {self.assert_same("t.csv"), self.assert_same("-", stdin=text), self.assert_same("t.csv.gz"),
                  self.assert_same("-", stdin=gzip.compress(text))}
        self.assertEqual(len(models), 1)

    def test_columns_that_prove_wrong(self):
        """read twice, widened, turned to text: the cells on the disk are those in memory"""
        count = 5000
        tables = {
            "text late": [str(row) if row < 4000 else f"t{row % 3}" for row in range(count)],
            "empty, then text": ["" if row < 4500 else f"t{row % 3}" for row in range(count)],
            "double from the start": [str(16777217 + 2 * row) for row in range(count)],
            "double late": [str(row if row < 4900 else 16777217 + row) for row in range(count)],
            "looks double": [f"{1e6 + row % 3 * 1e-3:.3f}" if row < 3000 else str(row * 1000) for row in range(count)],
        }
        for name, cells in tables.items():
            with self.subTest(name):
                lines = ["c,label"] + [f'{cell or ""},{"ab"[row % 2]}' for row, cell in enumerate(cells)]
                self.write("t.csv", text_of(lines))
                self.assert_same("t.csv")


class Memory(CliTest):
    def peak_megabytes(self, *arguments):
        with subprocess.Popen([GRADUS, *map(str, arguments)], cwd=self.dir, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE) as process:
            error = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0, error)
        return usage.ru_maxrss / 1024

    @unittest.skipIf(SANITIZED, "a sanitizer's shadow memory is counted too")
    def test_bounded(self):
        """an encoding of 160 MB in less than 100: a window of 26 MB, 32 MB kept resident, 13 bytes a row, the rest small"""
        some = [f"a{row % 50},b{row * 5 % 49},{'xy'[row * 5 % 49 < 20]}" for row in range(10_000)]
        self.write("t.csv", "a,b,label\n" + text_of(some) * 40)
        train = ["train", "t.csv", "--target", "label", "-o", "m.safetensors", *SMALL, "--epochs", "1", "--batch-size",
                 "1000", "--quiet"]
        plain = self.peak_megabytes(*train)
        bytes_plain = (self.dir / "m.safetensors").read_bytes()
        streamed = self.peak_megabytes(*train, "--stream")
        self.assertEqual((self.dir / "m.safetensors").read_bytes(), bytes_plain)
        self.assertGreater(plain, 160)
        self.assertLess(streamed, 100)


class NothingLeft(CliTest):
    def setUp(self):
        super().setUp()
        self.temporary = self.dir / "temporary"
        self.temporary.mkdir()
        self.env = {"TMPDIR": str(self.temporary)}

    def test_of_a_whole_run(self):
        self.write("t.csv", text_of(numeric_rows(500)))
        self.trained("t.csv", "--stream", env=self.env)
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_interrupted(self):
        """SIGINT: the best model so far, exit 130, no file in TMPDIR; nor after SIGKILL"""
        self.write("t.csv", text_of(numeric_rows(2000)))
        for sent, code in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
            with self.subTest(sent):
                process = subprocess.Popen(
                    [GRADUS, "train", "t.csv", "--target", "label", "-o", "m.safetensors", "--hidden", "4", "--epochs",
                     "1000000", "--no-early-stopping", "--log", "l.jsonl", "--stream"], cwd=self.dir,
                    env=dict(os.environ, **self.env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                log = self.dir / "l.jsonl"
                deadline = time.monotonic() + 60
                while not (log.exists() and log.stat().st_size) and time.monotonic() < deadline:
                    time.sleep(0.02)
                self.assertEqual(list(self.temporary.iterdir()), [], "the file has no name")
                process.send_signal(sent)
                self.assertEqual(process.wait(60), code)
                self.assertEqual(list(self.temporary.iterdir()), [])
                log.unlink()
        self.assert_ok(self.gradus("inspect", "m.safetensors"))

    def test_full_disk(self):
        """no room for the data: 74, nothing created"""
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, 1 << 19))
        self.write("t.csv", text_of(numeric_rows(500)))
        self.assert_refused(74, ["train", "t.csv", "--target", "label", "-o", "m.safetensors", *SMALL, "--stream"],
                            r"^cannot keep \d+ bytes more of the data in a temporary file: File too large",
                            preexec_fn=limit, env=self.env)

    def test_full_disk_at_the_encoding(self):
        """room for the cells but not for their encoding, 200 features of one column: 74, nothing created"""
        self.write("t.csv", text_of(["c,label"] + [f"v{row % 200},{'ab'[row % 3 == 0]}" for row in range(20_000)]))
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 20, 8 << 20))
        self.assert_refused(74, ["train", "t.csv", "--target", "label", "-o", "m.safetensors", *SMALL, "--stream",
                                 "--quiet"], r"^cannot keep \d+ bytes more", preexec_fn=limit, env=self.env)

    def test_folder_that_can_not_be_written(self):
        self.write("t.csv", text_of(numeric_rows(50)))
        for folder in ("/nonexistent", "/proc"):
            self.assert_refused(73, ["train", "t.csv", "--target", "label", "-o", "m.safetensors", *SMALL, "--stream"],
                                rf"^found no place for what --stream keeps on the disk, expected to write to {folder}: ",
                                env={"TMPDIR": folder})


if __name__ == "__main__":
    unittest.main()
