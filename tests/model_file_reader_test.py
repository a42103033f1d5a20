"""A model that `gradus train` wrote, opened by the reader in docs/model-file.md, which knows only the public format."""

import hashlib
import json
import math
import pathlib
import re
import subprocess
import tempfile
import unittest

from cli_support import DATA, GRADUS, ROOT

SUM_OFFSET = 35


def reader_of_the_documentation():
    text = (ROOT / "docs/model-file.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(import json.*?)```", text, re.DOTALL).group(1)
    names = {}
    exec(code, names)
    return names["read_safetensors"]


class ModelFile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name) / "iris.safetensors"
        subprocess.run([GRADUS, "train", str(DATA / "iris.csv"), "--target", "species", "--hidden", "7,5", "--epochs",
                        "3", "--threads", "1", "-o", str(cls.path)], check=True, capture_output=True)
        cls.metadata, cls.tensors = reader_of_the_documentation()(cls.path)
        cls.model = json.loads(cls.metadata["gradus"])

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_shapes_are_the_networks(self):
        shapes = {name: shape for name, (shape, _) in self.tensors.items()}
        self.assertEqual(shapes, {"layers.0.weight": [4, 7], "layers.0.bias": [7],
                                  "layers.1.weight": [7, 5], "layers.1.bias": [5],
                                  "layers.2.weight": [5, 3], "layers.2.bias": [3]})

    def test_values_fill_the_shapes_and_are_finite(self):
        for name, (shape, values) in self.tensors.items():
            self.assertEqual(len(values), math.prod(shape), name)
            self.assertTrue(all(map(math.isfinite, values)), name)
        self.assertGreater(len(set(self.tensors["layers.0.weight"][1])), 20)

    def test_metadata_says_what_the_model_is(self):
        self.assertEqual(self.model["format"], {"major": 1, "minor": 0})
        self.assertEqual(self.model["task"], "classification")
        self.assertEqual([target["name"] for target in self.model["targets"]], ["species"])
        self.assertEqual(len(self.model["classes"]), 3)
        self.assertEqual(sum(column["width"] for column in self.model["columns"]), self.model["network"]["inputs"])
        self.assertEqual([op["outputs"] for op in self.model["network"]["ops"] if op["op"] == "affine"], [7, 5, 3])

    def test_the_sum_is_where_the_documentation_says(self):
        data = self.path.read_bytes()
        digits = data[SUM_OFFSET:SUM_OFFSET + 64]
        self.assertEqual(digits.decode(), self.metadata["sha256"])
        zeroed = data[:SUM_OFFSET] + b"0" * 64 + data[SUM_OFFSET + 64:]
        self.assertEqual(hashlib.sha256(zeroed).hexdigest(), self.metadata["sha256"])
        length = int.from_bytes(data[:8], "little")
        self.assertEqual((8 + length) % 64, 0)

    def test_inspect_prints_the_same_metadata(self):
        shown = subprocess.run([GRADUS, "inspect", str(self.path), "--json"], check=True, capture_output=True).stdout
        self.assertIn(self.model["training"]["fingerprint"], shown.decode())


if __name__ == "__main__":
    unittest.main()
