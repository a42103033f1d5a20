"""Installs the build into a folder of its own and builds the examples against it, as a user would."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from cli_support import DATA, GRADUS, ROOT

BUILD = pathlib.Path(GRADUS).parent


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=300, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}"
    return done.stdout


def cached(name):
    """A value from the build's CMake cache."""
    found = re.search(rf"^{name}:\w+=(.*)$", (BUILD / "CMakeCache.txt").read_text(), re.MULTILINE)
    return found.group(1) if found else ""


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="gradus-install-"))
        cls.prefix = cls.dir / "prefix"
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)
        # The library of a sanitized build needs the same runtime in the program that links it.
        sanitize = cached("GRADUS_SANITIZE")
        cls.flags = [f"-fsanitize={sanitize}"] if sanitize else []
        cls.compiler = cached("CMAKE_CXX_COMPILER") or "c++"

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir, ignore_errors=True)

    def check_examples(self, folder):
        self.assertRegex(run(folder / "xor"), r"0 xor 1 = (0\.9|1\.0)\d+\n1 xor 0 = (0\.9|1\.0)\d+\n1 xor 1 = 0\.0\d+\n")
        self.assertRegex(run(folder / "predict_loop"), r"^10000 rows, .*, 0 allocations\n$")
        model = self.dir / "iris.safetensors"
        out = run(folder / "train_csv", DATA / "iris.csv", "species", model)
        self.assertGreater(float(re.search(r"^accuracy (\S+)$", out, re.MULTILINE).group(1)), 0.9)
        self.assertIn("150 rows predicted in 4 columns", out)
        self.assertIn("setosa", run(self.prefix / "bin/gradus", "inspect", model))

    def test_find_package(self):
        build = self.dir / "examples"
        run("cmake", "-S", ROOT / "examples", "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DCMAKE_CXX_COMPILER={self.compiler}", f"-DCMAKE_CXX_FLAGS={' '.join(self.flags)}")
        run("cmake", "--build", build, "-j2")
        self.check_examples(build)

    def test_pkg_config(self):
        folders = [str(path.parent) for path in self.prefix.rglob("gradus.pc")]
        self.assertEqual(len(folders), 1)
        environment = dict(os.environ, PKG_CONFIG_PATH=folders[0])
        flags = run("pkg-config", "--cflags", "--libs", "gradus", env=environment).split()
        self.assertNotIn(str(ROOT), " ".join(flags))
        run(self.compiler, "-std=c++20", ROOT / "examples/xor.cpp", "-o", self.dir / "xor", *self.flags, *flags)
        self.assertIn("1 xor 0 = ", run(self.dir / "xor"))

    def test_only_public_headers(self):
        folder = self.prefix / "include"
        installed = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.h"))
        self.assertEqual(installed, sorted(f"gradus/{path.name}" for path in (ROOT / "include/gradus").glob("*.h")))


if __name__ == "__main__":
    unittest.main()
