"""What the tests of the command share: they run the real binary, named by GRADUS, in a folder of their own."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
GRADUS = os.path.abspath(os.environ.get("GRADUS", str(ROOT / "build/release/gradus")))
DATA = ROOT / "data"

# A sanitized program reserves terabytes of address space, so limits on it can't be tested.
CACHE = pathlib.Path(GRADUS).parent / "CMakeCache.txt"
SANITIZED = CACHE.exists() and "GRADUS_SANITIZE:STRING=\n" not in CACHE.read_text()

# Small and quick; tests that need more say so.
SMALL = ["--hidden", "4", "--epochs", "3", "--threads", "1", "--seed", "1"]


class Result:
    def __init__(self, code, out, err):
        self.code = code
        self.out_bytes = out
        self.out = out.decode("utf-8", "replace")
        self.err = err.decode("utf-8", "replace")

    def __repr__(self):
        return f"exit {self.code}\nstdout: {self.out[-2000:]}\nstderr: {self.err[-2000:]}"


def numeric_rows(count, columns=2):
    """`count` rows of a table that can be learned: x0, x1, ..., and a label a or b."""
    lines = [",".join(f"x{c}" for c in range(columns)) + ",label"]
    for row in range(count):
        cells = [f"{((row * (7 + 3 * c)) % 11) / 4:.2f}" for c in range(columns)]
        lines.append(",".join(cells) + ("," + ("a" if row * 7 % 11 < 5 else "b")))
    return lines


def text_of(lines, end="\n"):
    return end.join(lines) + end


class CliTest(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="gradus-test-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def write(self, name, content):
        path = self.dir / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    def gradus(self, *arguments, stdin=None, timeout=300, env=None, **options):
        environment = dict(os.environ, **(env or {}))
        if not isinstance(stdin, (bytes, type(None))):
            options["stdin"] = stdin
            stdin = None
        elif stdin is None:
            options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("cwd", self.dir)
        done = subprocess.run([GRADUS, *map(str, arguments)], input=stdin, timeout=timeout, env=environment, **options)
        return Result(done.returncode, done.stdout or b"", done.stderr or b"")

    def snapshot(self):
        """Every file below the test's folder with its bytes' hash; pipes and folders by their kind."""
        found = {}
        for path in sorted(self.dir.rglob("*")):
            name = str(path.relative_to(self.dir))
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "not a file"
        return found

    def assert_ok(self, result):
        self.assertEqual(result.code, 0, result)
        return result

    def assert_refused(self, code, arguments, *patterns, **options):
        """Exit `code`; besides warnings and progress one line on standard error, matching every pattern; nothing created
        or changed."""
        before = self.snapshot()
        result = self.gradus(*arguments, **options)
        self.assertEqual(result.code, code, result)
        errors = [line for line in result.err.splitlines() if not line.startswith(("warning: ", "epoch "))]
        self.assertEqual(len(errors), 1, result)
        for pattern in patterns:
            self.assertRegex(errors[0], pattern)
        self.assertEqual(self.snapshot(), before, "an error must create and change nothing")
        return result

    def train(self, data, *flags, target="label", output="m.safetensors", **options):
        return self.gradus("train", data, "--target", target, "-o", output, *SMALL, *flags, **options)

    def trained(self, data, *flags, output="m.safetensors", **options):
        """The bytes of the model that training writes."""
        self.assert_ok(self.train(data, *flags, output=output, **options))
        return (self.dir / output).read_bytes()

    def refuse_training(self, content, *patterns, code=65, flags=(), name="t.csv", target="label"):
        self.write(name, content)
        return self.assert_refused(
            code, ["train", name, "--target", target, "-o", "m.safetensors", *SMALL, *flags], *patterns
        )
