"""Models made on purpose, each with a right SHA-256: what they cost to refuse, and that no path in a file is followed."""

import ctypes
import hashlib
import json
import os
import struct
import subprocess
import sys
import unittest

from cli_support import GRADUS, SANITIZED, CliTest, numeric_rows, text_of

MIB = 1 << 20
ALLOWED = 64 * MIB
IN_OPEN = 0x20

# Started with a small process of its own: a child's peak includes what its parent had when it was forked.
MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
sys.stderr.buffer.write(done.stderr)
"""


def with_sum(header, data):
    header = header + b" " * (-(8 + len(header)) % 64)
    whole = bytearray(struct.pack("<Q", len(header)) + header + data)
    whole[35:99] = b"0" * 64
    whole[35:99] = hashlib.sha256(whole).hexdigest().encode()
    return bytes(whole)


class HostileModel(CliTest):
    def setUp(self):
        super().setUp()
        self.write("t.csv", text_of(numeric_rows(40)))
        whole = self.trained("t.csv")
        (length,) = struct.unpack("<Q", whole[:8])
        self.header, self.data = json.loads(whole[8:8 + length]), whole[8 + length:]
        self.text = self.header["__metadata__"]["gradus"]

    def model(self, text=None, header=None, data=None):
        """The file with another text, with `header` put behind its last tensor, with other data."""
        parts = {"__metadata__": {"sha256": "0" * 64, "gradus": text or self.text},
                 **{key: value for key, value in self.header.items() if key != "__metadata__"}}
        encoded = json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()
        if header is not None:
            encoded = encoded[:-1] + header.encode() + b"}"
        return with_sum(encoded, self.data if data is None else data)

    def edited(self, edit):
        document = json.loads(self.text)
        edit(document)
        return self.model(json.dumps(document, separators=(",", ":")))

    def added(self, value):
        """The text with one more field, written as it is."""
        return self.model(self.text[:-1] + ',"added":' + value + "}")

    def peak(self, content, *arguments):
        self.write("bad.safetensors", content)
        done = subprocess.run([sys.executable, "-S", "-c", MEASURE, GRADUS, *arguments], cwd=self.dir, capture_output=True,
                              timeout=20)
        code, peak = map(int, done.stdout.split())
        return code, peak, done.stderr.decode("utf-8", "replace")


@unittest.skipIf(SANITIZED, "sanitizers take memory of their own")
class Memory(HostileModel):
    def check(self, name, content, expected=65):
        with self.subTest(name):
            code, peak, err = self.peak(content, "inspect", "bad.safetensors")
            self.assertEqual(code, expected, err[:300])
            if expected == 65:
                self.assertRegex(err, r"^bad\.safetensors(:byte \d+)?: [^\n]+, expected [^\n]+\n$")
            self.assertLessEqual(peak, len(content) + ALLOWED, f"{name}: {peak / MIB:.1f} MiB of {len(content) / MIB:.1f}")
            if os.environ.get("GRADUS_SHOW_PEAKS"):
                print(f"{name}: file {len(content) / MIB:.1f} MiB, peak {peak / MIB:.1f} MiB", file=sys.stderr)

    def test_sizes_that_are_only_claimed(self):
        for width in (1 << 40, 1 << 62, (1 << 63) - 1):
            self.check(f"width {width}", self.edited(lambda d: d["network"]["ops"][0].update(outputs=width)))
            self.check(f"inputs {width}", self.edited(lambda d: d["network"].update(inputs=width)))
        ops = lambda count, op: self.edited(lambda d: d["network"].update(ops=[op] * count + [d["network"]["ops"][-1]]))
        self.check("a million ops", ops(1_000_000 // 2, {"op": "dropout", "rate": 0.5}))
        self.check("50,000 layers", ops(49_999, {"op": "affine", "outputs": 1}))
        self.check("49,999 norms", ops(49_999, {"op": "batch_norm", "epsilon": 0.1}))
        for length in (1 << 63, (1 << 64) - 1, 1 << 32, 33_000_000):
            self.check(f"header of {length}", struct.pack("<Q", length) + self.model()[8:])

    def test_nesting(self):
        for name, content in (("text", self.added("[" * 1_000_000)), ("header", self.model(header=',"x":' + "[" * 1_000_000)),
                              ("objects", self.added('{"a":' * 1_000_000))):
            self.check(name, content)

    def test_many_values(self):
        count = 7_000_000  # 14 MB
        for value in ("[]", "{}", "0", "1e5", '""', "true", '{\\"a\\":0}'.replace("\\", ""), "[0]", '"0123456789abcdef"'):
            many = "[" + ",".join([value] * (16 * MIB // (len(value) + 1 + 2 * value.count('"')))) + "]"
            self.check(f"many {value}", self.added(many))
        self.check("many in the header", self.model(header=',"x":[' + ",".join(["0"] * count) + "]"))
        objects = "[" + ",".join(["{" + ",".join(f'"{k}":0' for k in range(900)) + "}"] * 2500) + "]"
        self.check("objects of many keys", self.added(objects))
        self.check("many keys", self.added("{" + ",".join(f'"{k}":0' for k in range(2_000_000)) + "}"))
        tensors = "".join(f',"t{k}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}' for k in range(400_000))
        self.check("many tensors", self.model(header=tensors))
        tensors = "".join(f',"t{k}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}' for k in range(19_000))
        self.check("19,000 tensors", self.model(header=tensors))

    def test_lists_of_the_model(self):
        for count in (370_000, 3_000_000):
            self.check(f"{count} categories", self.edited(lambda d: d["columns"][0].update(
                kind="text", categories=[""] * count)))
            self.check(f"{count} classes", self.edited(lambda d: d.update(classes=["a"] * count)))
            self.check(f"{count} weights of classes", self.edited(lambda d: d.update(class_weights=[1.5] * count)))
        record = json.loads(self.text)["training"]["history"][0]
        self.check("long history", self.edited(lambda d: (d["training"].update(history=[record] * 100_000), d["columns"].pop())))
        column = json.loads(self.text)["columns"][0]
        # As many as a table may have: too many for this network's inputs, and for nothing else.
        code, _, err = self.peak(columns := self.edited(lambda d: d.update(
            columns=[{**column, "name": f"column {k}", "first": k} for k in range(65_536)])), "inspect", "bad.safetensors")
        self.assertRegex(err, r'"columns": found 65536 features, expected the network')
        self.check("65,536 columns", columns)

    def test_long_tokens(self):
        long = 30 * MIB
        for name, value in (("text", '"' + "x" * long + '"'), ("digits", "1" * long), ("spaces", " " * long + "0"),
                            ("escapes", '"' + "\\n" * (long // 3) + '"'), ("fraction", "0." + "1" * long),
                            ("not closed", '"' + "x" * long), ("key", '{"' + "x" * long + '":0}')):
            self.check(f"{name} in the text", self.added(value))
            if name in ("text", "spaces", "key"):
                self.check(f"{name} in the header", self.model(header=',"x":' + value))
        self.check("a text of nothing", self.model(text=" " * long))
        self.check("a text of escapes", self.model(text="\n" * (long // 2)))
        self.check("fourteen texts", self.added('["' + '","'.join(["x" * (2 * MIB - 100)] * 14) + '"]'), expected=0)

    def test_weights(self):
        width = 5000
        header = dict(self.header)
        sizes = {"layers.0.weight": [2, width], "layers.0.bias": [width], "layers.1.weight": [width, width],
                 "layers.1.bias": [width], "layers.2.weight": [width, 2], "layers.2.bias": [2]}
        offset = 0
        self.header = {}
        for name, shape in sizes.items():
            size = 4 * shape[0] * (shape[1] if len(shape) > 1 else 1)
            self.header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + size]}
            offset += size
        document = json.loads(self.text)
        affine, activation, last = ({"op": "affine", "outputs": width}, {"op": "activation", "activation": "relu"},
                                    {"op": "affine", "outputs": 2})
        document["network"]["ops"] = [affine, activation, affine, activation, last]
        self.text = json.dumps(document, separators=(",", ":"))
        for at in (0, offset - 4):
            data = bytearray(offset)
            data[at:at + 4] = struct.pack("<f", float("nan"))
            self.check(f"NaN at {at} of {offset}", self.model(data=bytes(data)))
        document["training"]["history"] = 3
        self.text = json.dumps(document, separators=(",", ":"))
        self.check("a mistake behind the network", self.model(data=bytes(offset)))
        self.header = header

    def test_a_large_file_of_another_kind_is_not_read(self):
        with open(self.dir / "bad.safetensors", "wb") as file:
            file.truncate(8 << 30)
        done = subprocess.run([sys.executable, "-S", "-c", MEASURE, GRADUS, "inspect", "bad.safetensors"], cwd=self.dir,
                              capture_output=True, timeout=20)
        code, peak = map(int, done.stdout.split())
        self.assertEqual(code, 65)
        self.assertLess(peak, ALLOWED)


class Rows(HostileModel):
    """Each row of what a model may have wrong, with a right SHA-256, through two commands."""

    def refuse(self, content, *patterns):
        self.write("bad.safetensors", content)
        for command in (["inspect", "bad.safetensors"], ["predict", "bad.safetensors", "t.csv", "-o", "p.csv"]):
            self.assert_refused(65, command, r"^bad\.safetensors(:byte \d+)?: .*expected", *patterns)

    def tensor(self, tensor="layers.0.weight", **fields):
        """The file with these fields of a tensor; None removes the tensor."""
        kept = self.header
        self.header = {name: {**value, **fields} if name == tensor else value for name, value in kept.items()}
        try:
            return self.model()
        finally:
            self.header = kept

    def test_shapes(self):
        for shape, pattern in (([2**32, 2**32], "2.63"), ([-2, 4], "-2"), ([2.5, 4], r"2\.5"), ([1e30, 4], r"1e\+?30"),
                               ([1] * 100_000, "2 dimensions"), ([2**64, 1], "shape"), ([4, 2], r"shape \(2, 4\)")):
            self.refuse(self.tensor(shape=shape), pattern)

    def test_offsets(self):
        begin, end = self.header["layers.0.bias"]["data_offsets"]
        for offsets in ([begin - 4, end - 4], [begin + 4, end + 4], [end, begin], [begin, 2**63], [begin, 2**64 - 1], [begin],
                        [begin, begin + 1], [-8, 8]):
            self.refuse(self.tensor("layers.0.bias", data_offsets=offsets), "layers.0.bias")
        self.refuse(self.model(data=self.data + b"\0" * 8), "8 bytes after the last tensor")
        self.refuse(self.model(data=self.data[:-4]), "layers.1")

    def test_dtypes(self):
        for dtype in ("F64", "F16", "BF16", "", 3):
            self.refuse(self.tensor(dtype=dtype), "layers.0.weight")

    def test_keys_twice(self):
        self.refuse(self.model(header=',"layers.0.bias":' + json.dumps(self.header["layers.0.bias"])), "layers.0.bias.* twice")
        self.refuse(self.model(self.text[:-1] + ',"task":"regression"}'), "task.* twice")

    def test_names_are_printed_escaped(self):
        self.refuse(self.model(header=',"\\u001b]0;owned\\u0007\\u0000":1'), r"\\x1b\]0;owned\\x07\\x00")

    def test_a_weight_that_is_absent(self):
        renamed = {("other" if name == "layers.1.bias" else name): value for name, value in self.header.items()}
        self.header, kept = renamed, self.header
        self.refuse(self.model(), 'found no tensor "layers.1.bias"')
        self.header = kept

    def test_weights_that_are_not_finite(self):
        for bad in (float("nan"), float("inf"), float("-inf")):
            self.refuse(self.model(data=struct.pack("<f", bad) + self.data[4:]), "expected finite numbers")

    def test_descriptions(self):
        def spoiled(*path, value):
            def edit(document):
                for key in path[:-1]:
                    document = document[key]
                document[path[-1]] = value
            return self.edited(edit)

        self.refuse(spoiled("network", "ops", 0, "outputs", value=5), r"shape")
        self.refuse(spoiled("network", "ops", value=[]), "last op")
        for scale in (None, -1.0, "inf"):
            self.refuse(spoiled("columns", 0, "scale", value=scale), r"columns\[0\]\.scale")
        self.refuse(spoiled("targets", 0, "scale", value=0.0), r"targets\[0\]\.scale")
        self.refuse(spoiled("format", value={"major": 2, "minor": 1}), "model format 2.1, written by .*gradus")

    def test_formats_of_others(self):
        for content, name in ((b"\x80\x04\x95pickle", "pickle"), (b"\x89HDF\r\n\x1a\n" * 9, "HDF5"),
                              (b"GGUF" + bytes(200), "GGUF"), (b"\x08\x08\x12\x07pytorch" + bytes(99), "ONNX"),
                              (b"PK\x03\x04" + bytes(99), "ZIP"), (b"", "empty")):
            self.refuse(content, name)


class Paths(HostileModel):
    def test_no_path_in_a_file_is_opened(self):
        """Names of a file stand wherever a model or a table holds text; the file is watched."""
        secret = str(self.dir / "secret")
        self.write("secret", "x,label\n1,a\n")
        libc = ctypes.CDLL(None, use_errno=True)
        watch = libc.inotify_init1(os.O_NONBLOCK)
        self.addCleanup(os.close, watch)
        self.assertGreaterEqual(libc.inotify_add_watch(watch, secret.encode(), IN_OPEN), 0)

        def spoil(d):
            d["columns"][0]["name"] = secret
            d["columns"][1]["name"] = f"file://{secret}"
            d["targets"][0]["name"] = "../" + self.dir.name + "/secret"
            d["program"] = d["training"]["fingerprint"] = secret
            d["classes"] = [secret + "0", secret + "1"]
            d["training"]["options"].update({key: secret for key in
                                             ("validation", "config", "log", "init_model", "output", "trials_file", secret)})
            d["external_data"] = {"location": secret}

        self.write("m.safetensors", self.edited(spoil))
        lines = [f"{secret},file://{secret},../{self.dir.name}/secret"]
        self.write("s.csv", text_of(lines + [f"{row % 7},{row % 3},{secret}{row % 2}" for row in range(40)]))
        for arguments in (["inspect", "m.safetensors"], ["inspect", "m.safetensors", "--json"],
                          ["predict", "m.safetensors", "s.csv"], ["evaluate", "m.safetensors", "s.csv"],
                          ["trace", "m.safetensors", "s.csv", "--row", "1"],
                          ["export", "m.safetensors", "--to", "c", "-o", "m.c"],
                          ["export", "m.safetensors", "--to", "onnx", "-o", "m.onnx"],
                          ["train", "s.csv", "--init-model", "m.safetensors", "-o", "n.safetensors", "--epochs", "1"],
                          ["train", "s.csv", "--target", lines[0].split(",")[2], "-o", "n.safetensors", "--epochs", "1"]):
            with self.subTest(arguments[0]):
                self.assert_ok(self.gradus(*arguments))
                with self.assertRaises(BlockingIOError):
                    os.read(watch, 4096)
        (self.dir / "secret").read_bytes()
        self.assertGreater(len(os.read(watch, 4096)), 0, "the watch would not have noticed")


if __name__ == "__main__":
    unittest.main()
