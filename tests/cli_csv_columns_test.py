"""Targets, columns and inputs that are malformed or odd, each through the real command."""

import gzip
import os
import shutil
import subprocess
import sys
import unittest

from cli_support import DATA, GRADUS, CliTest, numeric_rows, text_of


class Target(CliTest):
    def test_target_missing(self):
        """target missing: lists the names, suggests the nearest"""
        self.refuse_training(text_of(numeric_rows(40)), r"lable", r"x0", r"x1", r"label", code=64, target="lable")

    def test_one_class(self):
        """target with one class"""
        lines = ["x,label"] + [f"{row},same" for row in range(20)]
        self.refuse_training(text_of(lines), r"label", r"same|one class|1 class")

    def test_class_with_one_row(self):
        """a class with one row: named"""
        self.refuse_training(text_of(numeric_rows(40) + ["1.0,2.0,lonely"]), r'^t\.csv: .*"label".*one row.*"lonely"')

    def test_unknown_class_in_evaluation(self):
        """a class label in evaluation that training never saw: counted as wrong, said"""
        self.write("t.csv", text_of(numeric_rows(40)))
        self.trained("t.csv")
        self.write("new.csv", text_of(numeric_rows(8) + ["1.0,2.0,zebra", "1.0,2.0,zebra"]))
        result = self.assert_ok(self.gradus("evaluate", "m.safetensors", "new.csv"))
        self.assertRegex(result.out, r"rows +10\n")
        self.assertRegex(result.out, r"2 rows of a class that training never saw, counted as wrong")

    def test_missing_target(self):
        """a missing target: row left out, said"""
        lines = numeric_rows(40)
        self.write("whole.csv", text_of(lines))
        self.write("t.csv", text_of(lines + ["1.0,2.0,", "1.5,2.0,NA"]))
        result = self.assert_ok(self.train("t.csv"))
        self.assertRegex(result.out, r"2 left out for want of a target")
        result = self.assert_ok(self.gradus("evaluate", "m.safetensors", "t.csv"))
        self.assertRegex(result.out, r"rows +40\n")
        self.assertRegex(result.out, r"2 rows left out for want of a target")

    def test_one_row(self):
        """row count 1"""
        self.refuse_training("x,label\n1.5,a\n", r"row|class")
        self.write("t.csv", "x,y\n1.5,2.5\n")
        result = self.assert_ok(self.train("t.csv", "--task", "regression", target="y"))
        self.assertRegex(result.out, r"1 to train on, 0 to validate on")
        self.assertRegex(self.assert_ok(self.gradus("predict", "m.safetensors", "t.csv")).out, r"\n2\.5\d*\n")

    def test_two_rows(self):
        """row count 2"""
        self.write("t.csv", "x,y\n1.5,2.5\n2.5,3.5\n")
        result = self.train("t.csv", "--task", "regression", "--validation-fraction", "0", target="y")
        self.assert_ok(result)
        self.assertRegex(result.out, r"2 to train on, 0 to validate on")


class Columns(CliTest):
    def test_constant_column(self):
        """constant column: warned, scaling stays finite"""
        lines = ["c," + line if i == 0 else "7," + line for i, line in enumerate(numeric_rows(40))]
        self.write("t.csv", text_of(lines))
        result = self.assert_ok(self.train("t.csv"))
        self.assertRegex(result.err, r'warning: .*"c".*constant|warning: .*constant.*"c"')
        shifted = [lines[0]] + ["9" + line[1:] for line in lines[1:]]
        self.write("shifted.csv", text_of(shifted))
        result = self.assert_ok(self.gradus("predict", "m.safetensors", "shifted.csv"))
        self.assertNotRegex(result.out, r"(?i)nan|inf")

    def test_all_missing_column(self):
        """all-missing column"""
        lines = ["gone," + line if i == 0 else "," + line for i, line in enumerate(numeric_rows(40))]
        self.write("t.csv", text_of(lines))
        result = self.assert_ok(self.train("t.csv"))
        self.assertRegex(result.err, r'warning: .*"gone".*no value')
        self.assertNotRegex(self.assert_ok(self.gradus("predict", "m.safetensors", "t.csv")).out, r"(?i)nan|inf")

    def categories(self):
        lines = ["city,x,label"] + [
            f"{('Oslo', 'Rome', 'Bonn')[row % 3]},{row % 5},{'a' if row % 3 else 'b'}" for row in range(60)
        ]
        self.write("t.csv", text_of(lines))
        self.trained("t.csv")

    def test_unseen_category(self):
        """unseen category at predict: `unknown` bucket with a warning, or an error with `--strict`"""
        self.categories()
        self.write("new.csv", "city,x\nOslo,1\nLima,2\n")
        result = self.assert_ok(self.gradus("predict", "m.safetensors", "new.csv"))
        self.assertEqual(len(result.out.splitlines()), 3)
        self.assertRegex(result.err, r'warning: .*"?city"?')
        self.assert_refused(
            65, ["predict", "m.safetensors", "new.csv", "--strict", "-o", "p.csv"], r"^new\.csv:3", r"Lima", r"city"
        )

    def test_reordered_columns(self):
        """reordered columns at predict: matched by name"""
        self.categories()
        self.write("one.csv", "city,x\nOslo,1\nRome,2\n")
        self.write("other.csv", "x,city\n1,Oslo\n2,Rome\n")
        one = self.assert_ok(self.gradus("predict", "m.safetensors", "one.csv"))
        other = self.assert_ok(self.gradus("predict", "m.safetensors", "other.csv"))
        self.assertEqual(one.out, other.out)

    def test_missing_column(self):
        """missing column at predict"""
        self.categories()
        self.write("new.csv", "x\n1\n2\n")
        self.assert_refused(65, ["predict", "m.safetensors", "new.csv", "-o", "p.csv"], r"^new\.csv", r'"city"')
        self.assert_refused(65, ["evaluate", "m.safetensors", "new.csv"], r"^new\.csv", r'"city"|"label"')

    def test_extra_column(self):
        """extra column at predict: ignored"""
        self.categories()
        self.write("one.csv", "city,x\nOslo,1\nRome,2\n")
        self.write("more.csv", "city,note,x\nOslo,hello,1\nRome,,2\n")
        one = self.assert_ok(self.gradus("predict", "m.safetensors", "one.csv"))
        more = self.assert_ok(self.gradus("predict", "m.safetensors", "more.csv"))
        self.assertEqual(one.out, more.out)


class Inputs(CliTest):
    def test_truncated_gzip(self):
        """truncated gzip"""
        whole = gzip.compress(text_of(numeric_rows(4000)).encode())
        self.refuse_training(whole[: len(whole) // 2], r"^t\.csv\.gz", r"gzip|compressed|truncated|end", name="t.csv.gz")

    def test_gzip_bomb(self):
        """gzip bomb: cap"""
        bomb = gzip.compress(b"x0,x1,label\n" + b"1,1,a\n" * 3_000_000, 9)
        self.refuse_training(bomb, r"^t\.csv\.gz", r"--max-expansion", name="t.csv.gz", flags=["--max-expansion", "20"])

    def test_folder(self):
        """a folder: 66"""
        (self.dir / "folder").mkdir()
        self.assert_refused(66, ["train", "folder", "--target", "label", "-o", "m.safetensors"], r"^folder: .*folder")

    def test_absent(self):
        """an input that is not there: 66"""
        self.assert_refused(66, ["train", "none.csv", "--target", "label", "-o", "m.safetensors"], r"^none\.csv: ")
        self.write("t.csv", text_of(numeric_rows(8)))
        self.assert_refused(66, ["predict", "none.safetensors", "t.csv", "-o", "p.csv"], r"^none\.safetensors: ")

    def test_no_permission(self):
        """no permission: 66"""
        self.write("t.csv", text_of(numeric_rows(40)))
        (self.dir / "t.csv").chmod(0)
        self.dir.chmod(0o777)
        # Root may read anything, so root becomes nobody, who needs a command that nobody can reach.
        shutil.copy(GRADUS, self.dir / "gradus")
        command = ["./gradus", "train", "t.csv", "--target", "label", "-o", "m.safetensors"]
        as_nobody = (lambda: os.setuid(65534)) if os.getuid() == 0 else None
        done = subprocess.run(command, cwd=self.dir, preexec_fn=as_nobody, stderr=subprocess.PIPE, text=True)
        (self.dir / "t.csv").chmod(0o644)
        self.assertEqual(done.returncode, 66, done.stderr)
        self.assertRegex(done.stderr, r"^t\.csv: .*[Pp]ermission denied")
        self.assertEqual(sorted(os.listdir(self.dir)), ["gradus", "t.csv"])

    def test_file_shrinks(self):
        """file shrinks while being read: no crash"""
        text = text_of(numeric_rows(20)) + text_of(numeric_rows(400_000)[1:])
        self.write("t.csv", text)
        cut = f"import os, time\nfor part in range(20):\n  os.truncate('t.csv', {len(text)} * (20 - part) // 21)\n  time.sleep(0.004)"
        cutter = subprocess.Popen([sys.executable, "-c", cut], cwd=self.dir)
        result = self.train("t.csv", "--epochs", "1")
        cutter.wait()
        self.assertIn(result.code, (0, 65, 66), result)

    def test_same_model_from_every_kind_of_input(self):
        """standard input, a FIFO, gzip and zstd give the model that the file gives"""
        content = (DATA / "iris.csv").read_bytes()
        self.write("iris.csv", content)
        target = content.split(b"\n")[0].decode().strip().split(",")[-1]
        expected = self.trained("iris.csv", target=target)
        self.assertEqual(self.trained("-", target=target, stdin=content), expected)
        self.write("iris.csv.gz", gzip.compress(content))
        self.assertEqual(self.trained("iris.csv.gz", target=target), expected)
        packed = subprocess.run(["zstd", "-qc", "iris.csv"], cwd=self.dir, stdout=subprocess.PIPE, check=True).stdout
        self.write("iris.csv.zst", packed)
        self.assertEqual(self.trained("iris.csv.zst", target=target), expected)
        os.mkfifo(self.dir / "pipe")
        feeder = subprocess.Popen("cat iris.csv > pipe", shell=True, cwd=self.dir)
        self.assertEqual(self.trained("pipe", target=target), expected)
        feeder.wait()


if __name__ == "__main__":
    unittest.main()
