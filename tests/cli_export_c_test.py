"""Models exported to C: compiled without a warning, tested by themselves, and held against `predict` on 1,000 rows."""

import csv
import hashlib
import io
import json
import os
import re
import resource
import struct
import subprocess
import unittest

import export_models
from cli_support import CliTest, SANITIZED, SMALL, numeric_rows, text_of

CFLAGS = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Wconversion", "-Wdouble-promotion", "-Wshadow", "-Werror"]
MISSING = {"", "NA", "N/A", "NaN", "nan", "null", "None", "?"}


def has_fma():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return re.search(r"^(flags|Features)\s*:.*\b(fma|asimd)\b", file.read(), re.MULTILINE) is not None


def c_text(text):
    return '"' + "".join(chr(b) if b < 128 and chr(b).isalnum() else f"\\{b:03o}" for b in text.encode()) + '"'


class ExportC(CliTest):
    def compile(self, source, output, *flags, optimise="-O2"):
        done = subprocess.run(["cc", *CFLAGS, optimise, *flags, source, "-o", output, "-lm"], cwd=self.dir, capture_output=True,
                              text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""), f"{source} {flags}\n{done.stderr[:3000]}")

    def run_program(self, program):
        return subprocess.run([f"./{program}"], cwd=self.dir, capture_output=True, text=True)

    def inspected(self, name):
        return json.loads(self.assert_ok(self.gradus("inspect", f"{name}.safetensors", "--json")).out)

    def predicted(self, name):
        result = self.assert_ok(self.gradus("predict", f"{name}.safetensors", "rows.csv", "-q"))
        return list(csv.DictReader(io.StringIO(result.out)))

    def outputs(self, model, heading):
        """C expressions of a prediction `p` beside the columns of `predict` that they stand for."""
        targets = [target["name"] for target in model["targets"]]
        several = len(targets) > 1
        taus = model["network"]["head"].get("quantiles", [])
        classes = model["classes"]
        pairs = []
        for name in heading:
            kind, _, rest = name.partition(":")
            if kind == "set":
                pairs += [(f"p.in_set[{k}]", ("set", label)) for k, label in enumerate(classes or targets)]
            elif kind == "prediction":
                pairs.append(("p.prediction" if classes else f"p.prediction[{targets.index(rest) if rest else 0}]", name))
            elif kind == "probability":
                pairs.append((f"p.probability[{(classes or targets).index(rest)}]", name))
            elif kind == "quantile":
                tau, _, target = rest.partition(":")
                pairs.append((f"p.quantile[{targets.index(target) if several else 0}][{taus.index(float(tau))}]", name))
            else:
                pairs.append((f"p.{kind}[{targets.index(rest) if several else 0}]", name))
        return pairs

    def harness(self, name, model, expressions):
        """A program that prints the outputs of every row of rows.csv, with what a float's bits need."""
        with open(self.dir / "rows.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        lines = []
        for row in rows:
            cells = []
            for column in model["columns"]:
                cell = row[column["name"]]
                if column["kind"] == "numeric":
                    cells.append("NAN" if cell in MISSING else cell.replace("inf", "INFINITY"))
                else:
                    cells.append("NULL" if cell in MISSING else c_text(cell))
            lines.append("{" + ", ".join(cells) + "},")
        prints = "".join(f'printf("%.17g ", (double){expression});' for expression in expressions)
        return (f'#include "{name}.c"\n#include <stdio.h>\nstatic const {name}_row rows[] = {{\n' + "\n".join(lines) +
                f"\n}};\nint main(void) {{\n  int i;\n  for (i = 0; i < {len(rows)}; ++i) {{\n    {name}_prediction p;\n"
                f"    {name}_predict(&rows[i], &p);\n    {prints}\n    printf(\"\\n\");\n  }}\n  return 0;\n}}\n")

    def scale_of(self, model, column):
        if not isinstance(column, str) or column.partition(":")[0] == "probability" or model["task"] != "regression":
            return 1.0
        names = [target["name"] for target in model["targets"]]
        target = column.rpartition(":")[2]
        return model["targets"][names.index(target) if target in names else 0]["scale"]

    def differences(self, name, *flags):
        """The largest difference between the compiled file and `predict`, and how many rows predict something else."""
        model, expected = self.inspected(name), self.predicted(name)
        pairs = self.outputs(model, expected[0])
        self.write("harness.c", self.harness(name, model, [expression for expression, _ in pairs]))
        self.compile("harness.c", "harness", *flags, optimise="-O1")
        single = model["network"]["precision"] == "float32"
        found = [line.split() for line in self.run_program("harness").stdout.splitlines()]
        self.assertEqual(len(found), 1000)
        largest, otherwise = 0.0, 0
        for row, want in zip(found, expected):
            for value, (_, column) in zip(row, pairs):
                if isinstance(column, tuple):
                    otherwise += (column[1] in want["set"].split("|")) != bool(int(value))
                elif column.startswith("prediction") and model["task"] != "regression":
                    wanted = model["classes"].index(want[column]) if model["classes"] else int(want[column])
                    otherwise += int(value) != wanted
                else:
                    wanted = struct.unpack("f", struct.pack("f", float(want[column])))[0] if single else float(want[column])
                    difference = abs(float(value) - wanted) * self.scale_of(model, column)
                    largest = max(largest, difference)
        return largest, otherwise

    def check(self, name):
        export_models.train(self, name)
        told = self.assert_ok(self.gradus("export", f"{name}.safetensors", "--to", "c", "-o", f"{name}.c"))
        self.compile(f"{name}.c", "self_test", f"-D{name.upper()}_SELF_TEST")
        tested = self.run_program("self_test")
        self.assertEqual(tested.returncode, 0, tested.stdout)
        self.assertRegex(tested.stdout, "32 synthetic rows, largest difference")
        largest, otherwise = self.differences(name)
        self.assertLessEqual(largest, 1e-12 if "double" in name else 1e-6, told.out)
        self.assertEqual(otherwise, 0)
        if has_fma():
            self.assertEqual(self.differences(name, "-march=native"), (0.0, 0), "expected the same bits")

    def test_credit_has_a_clean_header(self):
        export_models.train(self, "credit")
        out = self.assert_ok(self.gradus("export", "credit.safetensors", "--to", "c", "-o", "credit.c")).out
        text = (self.dir / "credit.c").read_text()
        model = self.inspected("credit")
        size = 4 * model["parameters"]
        self.assertIn(f"Parameters: {size} bytes", text)
        self.assertIn(f"{size:,} bytes of parameters", out)
        self.assertRegex(out, r"cc -std=c99 -O2 -DCREDIT_SELF_TEST credit\.c -lm")
        self.assertNotRegex(text, r"\b(malloc|calloc|realloc|free|alloca)\b")
        self.write("user.cc", '#define CREDIT_DECLARATIONS_ONLY\n#include "credit.c"\nint main() { credit_row row = '
                              'credit_row(); credit_prediction p; credit_predict(&row, &p); return p.prediction > 1; }\n')
        self.compile("credit.c", "credit.o", "-c")
        done = subprocess.run(["c++", "-Wall", "-Wextra", "-pedantic", "-Werror", "user.cc", "credit.o", "-o", "user"],
                              cwd=self.dir, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.run_program("user").returncode, 0)

    def test_the_self_test_notices_a_changed_weight(self):
        export_models.train(self, "credit")
        self.assert_ok(self.gradus("export", "credit.safetensors", "--to", "c", "-o", "credit.c"))
        text = (self.dir / "credit.c").read_text()
        spoilt, count = re.subn(r"(credit_bias_0\[\d+\] = \{\s+)(\S+)f,", r"\g<1>0.01f + \2f,", text)
        self.assertEqual(count, 1)
        self.write("credit.c", spoilt)
        self.compile("credit.c", "self_test", "-DCREDIT_SELF_TEST")
        self.assertEqual(self.run_program("self_test").returncode, 1)

    def test_self_test_rows_are_not_training_rows(self):
        export_models.train(self, "credit")
        self.assert_ok(self.gradus("export", "credit.safetensors", "--to", "c", "-o", "credit.c", "--test-rows", "200"))
        text = (self.dir / "credit.c").read_text()
        rows = re.search(r"credit_test_rows\[\] = \{\n(.*?)\n\};", text, re.DOTALL).group(1).splitlines()
        self.assertEqual(len(rows), 200)
        self.assertTrue(any("NAN" in row for row in rows) and any("NULL" in row for row in rows))
        self.assertTrue(any('"unseen"' in row for row in rows))
        with open(export_models.DATA / "credit_sample.csv", newline="", encoding="utf-8") as file:
            known = {tuple(row[:3]) + tuple(row[7:13]) for row in csv.reader(file)}
        for row in rows:
            cells = [cell.strip(' {},"').removesuffix(".0") for cell in row.split(", ")]
            self.assertNotIn(tuple(cells[:3]) + tuple(cells[7:13]), known)

    def test_int8(self):
        for name in ("credit", "quantiles", "digits"):
            with self.subTest(name=name):
                export_models.train(self, name)
                result = self.assert_ok(self.gradus("export", f"{name}.safetensors", "--to", "c", "--int8", "-o", f"{name}.c"))
                self.assertRegex(result.out, r"int8 +1,000 synthetic rows: \w+ off by at most 0\.\d+")
                self.compile(f"{name}.c", "self_test", f"-D{name.upper()}_SELF_TEST")
                tested = self.run_program("self_test")
                self.assertEqual(tested.returncode, 0, tested.stdout)
                largest, _ = self.differences(name)
                self.assertGreater(largest, 1e-6)  # it is another model
                self.assertLess(largest, 0.3)
        text = (self.dir / "digits.c").read_text()
        self.assertIn("static const signed char digits_weight_0[", text)

    def test_int8_loss_on_data(self):
        export_models.train(self, "digits")
        flags = ["export", "digits.safetensors", "--to", "c", "--int8", "-o", "d.c", "--data", str(export_models.DATA / "digits.csv")]
        result = json.loads(self.assert_ok(self.gradus(*flags, "--json")).out)
        evaluated = json.loads(self.assert_ok(self.gradus("evaluate", "digits.safetensors",
                                                          str(export_models.DATA / "digits.csv"), "--json")).out)
        self.assertEqual(result["data"]["model"]["accuracy"], evaluated["accuracy"])
        self.assertNotEqual(result["data"]["int8"]["log_loss"], evaluated["log_loss"])
        self.assertAlmostEqual(result["data"]["int8"]["accuracy"], evaluated["accuracy"], delta=0.02)
        self.assertEqual(result["name"], "d")
        weights = sum(a * b for a, b in ((64, 32), (32, 32), (32, 10)))
        self.assertEqual(result["parameter_bytes"], weights + 2 * 4 * (32 + 32 + 10))
        self.assertEqual(result["multiply_adds"], weights)
        out = self.assert_ok(self.gradus(*flags)).out
        self.assertRegex(out, r"(?m)^ +model +int8$")
        self.assertRegex(out, r"(?m)^ *accuracy +0\.\d+ +0\.\d+$")

    def test_names_and_texts_that_c_would_trip_over(self):
        odd = ["int", "2nd", "a b", "a-b", "*/ int main", "größe", "??/", "NAN", "\u202eevil"]
        lines = [",".join([*odd, "\"q\"\"\"", "label"])]
        for row in range(60):
            cells = [f"{row * (k + 3) % 7}.5" for k in range(len(odd))]
            lines.append(",".join([*cells, ["\\\\n??=", "\"a\"\"*/\"", "100%d"][row % 3], "yes" if row % 2 else "n\"o".replace('"', "''")]))
        self.write("odd.csv", text_of(lines))
        self.assert_ok(self.gradus("train", "odd.csv", "--target", "label", "-o", "m.safetensors", *SMALL))
        self.assert_ok(self.gradus("export", "m.safetensors", "--to", "c", "-o", "1-odd file.c"))
        self.compile("1-odd file.c", "self_test", "-DMODEL_1_ODD_FILE_SELF_TEST")
        self.assertEqual(self.run_program("self_test").returncode, 0)
        text = (self.dir / "1-odd file.c").read_text()
        for member in ("int_", "column_2nd", "a_b", "a_b_2", "NAN_", "column_evil"):
            self.assertIn(f"double {member};", text)

    def test_a_nul_character_is_refused(self):
        self.write("t.csv", text_of(["colour,label"] + [f"{'abcdefg' if row % 2 else 'red'},{row % 2}" for row in range(40)]))
        data = self.trained("t.csv")
        self.assertEqual(data.count(b"abcdefg"), 1)
        data = data.replace(b"abcdefg", b"\\\\u0000")  # the model's JSON stands escaped in the header's
        zeroed = data[:35] + b"0" * 64 + data[99:]
        self.write("nul", data[:35] + hashlib.sha256(zeroed).hexdigest().encode() + data[99:])
        self.assert_ok(self.gradus("inspect", "nul"))
        self.assert_refused(65, ["export", "nul", "--to", "c", "-o", "m.c"], r'category "\\x00": found a NUL character')

    def test_output_to_a_pipe_is_the_file_alone(self):
        self.write("t.csv", text_of(numeric_rows(40)))
        self.trained("t.csv")
        out = self.assert_ok(self.gradus("export", "m.safetensors", "--to", "c", "-o", "-", "--name", "abc")).out
        self.assertTrue(out.startswith("/* abc_predict:"))
        self.assertTrue(out.endswith("#endif /* ABC_DECLARATIONS_ONLY */\n"))
        self.assert_ok(self.gradus("export", "m.safetensors", "--to", "c", "-o", "abc.c"))
        self.assertEqual((self.dir / "abc.c").read_text(), out)

    def test_config_file(self):
        self.write("t.csv", text_of(numeric_rows(40)))
        self.trained("t.csv")
        self.write("e.toml", 'to = "c"\noutput = "x.c"\nname = "net"\nint8 = true\ntest-rows = 5\n')
        self.assert_ok(self.gradus("export", "m.safetensors", "--config", "e.toml"))
        self.assertIn("net_predict", (self.dir / "x.c").read_text())

    def test_where_nothing_can_be_written(self):
        self.write("t.csv", text_of(numeric_rows(40)))
        self.trained("t.csv")
        for kind in ("c", "onnx"):
            command = ["export", "m.safetensors", "--to", kind, "-o"]
            with open("/dev/full", "wb") as full:
                self.assert_refused(74, [*command, "m.out"], "standard output.*[Nn]o space", stdout=full)
                self.assert_refused(74, [*command, "-"], "[Nn]o space", stdout=full)
            reading, writing = os.pipe()
            os.close(reading)
            self.assert_refused(74, [*command, "-"], "[Pp]ipe", stdout=writing)
            os.close(writing)
            limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))
            self.assert_refused(74, [*command, "m.out", "-q"], r"^m\.out: .*[Ff]ile too large", preexec_fn=limit)
        self.write("old.c", "old")
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))
        self.assert_refused(74, ["export", "m.safetensors", "--to", "c", "-o", "old.c", "-q"], "too large", preexec_fn=limit)

    @unittest.skipIf(SANITIZED, "needs a limit on address space")
    def test_memory_limit(self):
        self.write("t.csv", text_of(numeric_rows(40)))
        self.assert_ok(self.gradus("train", "t.csv", "--target", "label", "-o", "m.safetensors", "--hidden", "1500,1500",
                                   "--epochs", "1", "--quiet"))
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (60 << 20, 60 << 20))
        for kind in ("c", "onnx"):
            self.assert_refused(70, ["export", "m.safetensors", "--to", kind, "-o", "m.out", "-q"], "out of memory",
                                preexec_fn=limit)

    def test_refusals(self):
        self.write("t.csv", text_of(numeric_rows(40)))
        model = self.trained("t.csv")

        def refuse(code, flags, *patterns, **options):
            self.assert_refused(code, ["export", *flags], *patterns, **options)

        refuse(64, ["m.safetensors", "-o", "m.c"], "--to: found none, expected c or onnx")
        refuse(64, ["m.safetensors", "--to", "d", "-o", "m.c"], '--to: found "d", expected c or onnx')
        refuse(64, ["m.safetensors", "--to", "c"], "--output: found none")
        refuse(64, ["m.safetensors", "--to", "c", "-o", "m.safetensors"], "also an input")
        refuse(64, ["m.safetensors", "--to", "c", "-o", "m.c", "--name", "1x"], '--name: found "1x", expected a letter')
        refuse(64, ["m.safetensors", "--to", "c", "-o", "m.c", "--name", ""], "--name: found an empty name")
        refuse(64, ["m.safetensors", "--to", "c", "-o", "m.c", "--test-rows", "0"], "--test-rows: found")
        refuse(64, ["m.safetensors", "--to", "c", "-o", "m.c", "--data", "t.csv"], "--data: found without --int8")
        refuse(64, ["m.safetensors", "--to", "c", "-o", "m.c", "--delimiter", ";"], "--delimiter: found without --data")
        refuse(64, ["m.safetensors", "--to", "c", "-o", "m.c", "--int9"], "--int8")
        refuse(64, ["m.safetensors", "--to", "c", "-o", "m.c", "--single-input"], "--single-input: found with --to c")
        refuse(64, ["m.safetensors", "--to", "c", "-o", "t.csv", "--int8", "--data", "t.csv"], "also an input")
        refuse(66, ["absent", "--to", "c", "-o", "m.c"], "absent: cannot")
        refuse(66, ["m.safetensors", "--to", "c", "-o", "m.c", "--int8", "--data", "absent"], "absent: cannot")
        refuse(73, ["m.safetensors", "--to", "c", "-o", "nowhere/m.c"], "cannot create")
        refuse(73, ["m.safetensors", "--to", "c", "-o", "."], "a folder")
        refuse(74, ["m.safetensors", "--to", "c", "-o", "/dev/full"], "No space left")
        self.write("cut", model[:-1])
        refuse(65, ["cut", "--to", "c", "-o", "m.c"], "cut:byte 35: found a SHA-256")
        self.write("t.gguf", b"GGUF" + bytes(200))
        refuse(65, ["t.gguf", "--to", "c", "-o", "m.c"], "found.*GGUF.*, expected a Gradus model")
        self.write("other.csv", "x0,label\n1,a\n")
        refuse(65, ["m.safetensors", "--to", "c", "-o", "m.c", "--int8", "--data", "other.csv"], 'no column "x1"')


def add_model_tests():
    for name in export_models.MODELS:
        setattr(ExportC, f"test_model_{name}", lambda self, name=name: self.check(name))


add_model_tests()

if __name__ == "__main__":
    unittest.main()
