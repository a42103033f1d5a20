"""Models exported to ONNX: accepted by ONNX's checker, and run by ONNX Runtime on 1,000 rows against `predict`.

ONNX Runtime is what scripts/install_onnxruntime.sh put into build/onnxruntime, or the folder that ONNXRUNTIME names; without
it those tests are skipped.
"""

import csv
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import export_models
from cli_export_c_test import MISSING
from cli_support import CliTest, ROOT, SMALL, numeric_rows, text_of

RUNTIME = pathlib.Path(os.environ.get("ONNXRUNTIME", ROOT / "build/onnxruntime"))
HAS_RUNTIME = (RUNTIME / "node_modules/onnxruntime-node").exists() and shutil.which("node") is not None
TOLERANCE = 1e-5
MOST_FLOAT = 3.4028234663852886e38
# What is left to rounding may decide otherwise.
NEAR = 2e-5

# Debian's python3-onnx belongs to its own Python, which may not be the first one in the path.
CHECKER = """
import json, sys, onnx
model = onnx.load(sys.argv[1])
onnx.checker.check_model(model, full_check=True)
print(json.dumps({"inputs": [value.name for value in model.graph.input], "domains": {o.domain: o.version for o in model.opset_import}}))
"""


def python_with_onnx():
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python) and subprocess.run([python, "-c", "import onnx"], capture_output=True).returncode == 0:
            return python
    raise RuntimeError("found no Python with the package onnx, expected Debian's python3-onnx: scripts/install.sh")


def checked_by_onnx(path):
    done = subprocess.run([python_with_onnx(), "-c", CHECKER, str(path)], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


def run_in_onnx_runtime(folder, jobs):
    done = subprocess.run(["node", str(ROOT / "tests/onnx_runtime.js")], input=json.dumps(jobs), cwd=folder, text=True,
                          capture_output=True, env=dict(os.environ, ONNXRUNTIME=str(RUNTIME)))
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class ExportOnnx(CliTest):
    def export(self, name, *flags):
        return self.assert_ok(self.gradus("export", f"{name}.safetensors", "--to", "onnx", "-o", f"{name}.onnx", *flags))

    def inspected(self, name):
        return json.loads(self.assert_ok(self.gradus("inspect", f"{name}.safetensors", "--json")).out)

    def predicted(self, name):
        return list(csv.DictReader(io.StringIO(self.assert_ok(self.gradus("predict", f"{name}.safetensors", "rows.csv", "-q")).out)))

    def inputs(self, model):
        with open(self.dir / "rows.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        tensors = {}
        for column in model["columns"]:
            cells = [row[column["name"]] for row in rows]
            if column["kind"] == "text":
                tensor = {"type": "string", "data": ["" if cell in MISSING else cell for cell in cells]}
            else:
                most = sys.float_info.max if column["wide"] else MOST_FLOAT  # a float input holds no more
                tensor = {"type": "float64" if column["wide"] else "float32",
                          "data": [None if cell in MISSING or cell == "inf" else max(min(float(cell), most), -most) for cell in cells]}
            tensors[column["name"]] = {**tensor, "shape": [len(rows), 1]}
        return tensors

    def columns_of(self, model, outputs):
        """The outputs as columns named as those of `predict`."""
        targets = [target["name"] for target in model["targets"]]
        labels = model["classes"] or targets
        several = len(targets) > 1
        taus = model["network"]["head"].get("quantiles", [])

        def names(output):
            if output == "prediction":
                many = several or model["task"] == "multilabel"
                return ["prediction"] if not many else [f"prediction:{name}" for name in targets]
            if output == "probabilities":
                return [f"probability:{label}" for label in labels]
            if output == "quantiles":
                return [f"quantile:{tau}:{name}" if several else f"quantile:{tau}" for name in targets for tau in taus]
            if output == "set":
                return [f"set {label}" for label in labels]
            return [f"{output}:{name}" if several else output for name in targets]

        columns = {}
        for output, tensor in outputs.items():
            heads = names(output)
            for k, head in enumerate(heads):
                columns[head] = tensor["data"][k::len(heads)]
        return columns

    def undecided(self, model, want):
        """Whether some probability is so near to another, or to a threshold, that rounding may decide."""
        p = sorted((float(value) for name, value in want.items() if name.startswith("probability:")), reverse=True)
        least = model.get("calibration", {}).get("least_probability", -1.0)
        edges = [least, 0.5] if model["task"] == "multilabel" else [least]
        return any(abs(value - edge) < NEAR for value in p for edge in edges) or (
            model["task"] == "classification" and p[0] - p[1] < NEAR)

    def compare(self, model, outputs, expected):
        columns = self.columns_of(model, outputs)
        targets = [target["name"] for target in model["targets"]]
        headings = [name for name in expected[0] if name != "set"]
        self.assertEqual(set(headings), {name for name in columns if not name.startswith("set ")})
        self.assertEqual("set" in expected[0], any(name.startswith("set ") for name in columns))
        largest = 0.0
        for i, want in enumerate(expected):
            for name in headings:
                if name.startswith("prediction") and model["task"] != "regression":
                    if not self.undecided(model, want):
                        self.assertEqual(str(columns[name][i]), want[name], (i, name, want))
                    continue
                target = name.rpartition(":")[2]
                place = targets.index(target) if target in targets else 0
                scale = model["targets"][place]["scale"] if model["task"] == "regression" else 1.0
                largest = max(largest, abs(columns[name][i] - float(want[name])) * scale)
            for label in (model["classes"] or targets) if "set" in want else []:
                if not self.undecided(model, want):
                    self.assertEqual(bool(columns[f"set {label}"][i]), label in want["set"].split("|"), (i, label, want))
        return largest

    def check(self, name):
        export_models.train(self, name)
        told = self.export(name).out
        difference = float(re.search(r"largest difference from predict (\S+)", told).group(1))
        self.assertLess(difference, TOLERANCE)
        self.assertEqual(checked_by_onnx(self.dir / f"{name}.onnx")["domains"], {"": 17, "ai.onnx.ml": 3})
        if not HAS_RUNTIME:
            self.skipTest("ONNX Runtime is not there: scripts/install_onnxruntime.sh")
        model = self.inspected(name)
        outputs, = run_in_onnx_runtime(self.dir, [{"model": f"{name}.onnx", "inputs": self.inputs(model)}])
        self.assertLessEqual(self.compare(model, outputs, self.predicted(name)), TOLERANCE)

    @unittest.skipUnless(HAS_RUNTIME, "ONNX Runtime is not there: scripts/install_onnxruntime.sh")
    def test_test_vectors_are_what_onnx_runtime_answers(self):
        export_models.train(self, "quantiles")
        self.export("quantiles", "--test-vectors", "v.json", "--test-rows", "200")
        vectors = json.loads((self.dir / "v.json").read_text())
        self.assertEqual(vectors["outputs"]["quantiles"]["shape"], [200, 2, 3])
        self.assertIn(None, vectors["inputs"]["x0"]["data"])
        self.assertIn("unseen", vectors["inputs"]["colour"]["data"])
        outputs, = run_in_onnx_runtime(self.dir, [{"model": "quantiles.onnx", "inputs": vectors["inputs"]}])
        scales = [target["scale"] for target in self.inspected("quantiles")["targets"]]
        for name, want in vectors["outputs"].items():
            self.assertEqual(outputs[name]["shape"], want["shape"])
            each = len(want["data"]) // (200 * len(scales))
            for i, (found, expected) in enumerate(zip(outputs[name]["data"], want["data"])):
                self.assertLessEqual(abs(found - expected) * scales[i // each % len(scales)], TOLERANCE)

    def test_single_input(self):
        export_models.train(self, "digits")
        self.assertRegex(self.export("digits", "--single-input").out, r"graph +1 input to prediction, probabilities")
        if HAS_RUNTIME:
            model = self.inspected("digits")
            columns = [tensor["data"] for tensor in self.inputs(model).values()]
            data = [value for row in zip(*columns) for value in row]
            inputs = {"columns": {"type": "float32", "shape": [1000, 64], "data": data}}
            outputs, = run_in_onnx_runtime(self.dir, [{"model": "digits.onnx", "inputs": inputs}])
            self.assertEqual(outputs["prediction"]["type"], "int64")
            self.assertLessEqual(self.compare(model, outputs, self.predicted("digits")), TOLERANCE)
        export_models.train(self, "one_number")
        self.assert_refused(64, ["export", "one_number.safetensors", "--to", "onnx", "--single-input", "-o", "m.onnx"],
                            '--single-input: found the column "\\w+" of (texts|wide numbers)')

    def test_columns_called_as_outputs_and_tensors(self):
        lines = ["prediction,layers.0.weight,Gemm_1,,y"]
        for row in range(40):
            lines.append(f"{row % 7},{row % 5}.5,{row % 3},{row % 4},{'a' if row % 7 > 3 else 'b'}")
        self.write("t.csv", text_of(lines).replace("Gemm_1,,", "Gemm_1,probabilities,"))
        self.assert_ok(self.gradus("train", "t.csv", "--target", "y", "-o", "m.safetensors", *SMALL))
        self.export("m")
        self.assertEqual(checked_by_onnx(self.dir / "m.onnx")["inputs"],
                         ["prediction_", "layers.0.weight", "Gemm_1", "probabilities_"])

    def test_json_says_what_was_written(self):
        self.write("t.csv", text_of(numeric_rows(40)))
        self.trained("t.csv")
        told = json.loads(self.assert_ok(self.gradus("export", "m.safetensors", "--to", "onnx", "-o", "m.onnx", "--json",
                                                     "--test-rows", "50")).out)
        self.assertEqual((told["inputs"], told["rows"], told["predicted_otherwise"]), (2, 50, 0))
        self.assertEqual(told["bytes"], (self.dir / "m.onnx").stat().st_size)
        self.assertLess(told["largest_difference"], TOLERANCE)

    def test_refusals(self):
        self.write("t.csv", text_of(numeric_rows(40)))
        model = self.trained("t.csv")

        def refuse(code, flags, *patterns):
            self.assert_refused(code, ["export", "m.safetensors", "--to", "onnx", *flags], *patterns)

        refuse(64, ["-o", "m.onnx", "--int8"], "--int8: found with --to onnx")
        refuse(64, ["-o", "m.onnx", "--name", "x"], "--name: found with --to onnx")
        refuse(64, ["-o", "m.onnx", "--test-vectors", "m.onnx"], "--test-vectors: found the same file")
        refuse(64, ["-o", "m.onnx", "--test-vectors", "-"], '--test-vectors: found "-"')
        refuse(64, ["-o", "m.onnx", "--test-vectors", "m.safetensors"], "also an input")
        refuse(64, ["-o", "m.safetensors"], "also an input")
        refuse(64, ["-o", "m.onnx", "--test-rows", "1e9"], "--test-rows: found")
        refuse(73, ["-o", "nowhere/m.onnx"], "cannot create")
        refuse(73, ["-o", "m.onnx", "--test-vectors", "nowhere/v.json"], "cannot create")
        refuse(74, ["-o", "/dev/full"], "No space left")
        self.write("cut", model[:100])
        self.assert_refused(65, ["export", "cut", "--to", "onnx", "-o", "m.onnx"], "cut:byte")


def add_model_tests():
    for name in export_models.MODELS:
        setattr(ExportOnnx, f"test_model_{name}", lambda self, name=name: self.check(name))


add_model_tests()

if __name__ == "__main__":
    unittest.main()
