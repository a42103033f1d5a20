"""The command as the linker left it: position-independent, its tables read-only, its stack guarded, its copies checked."""

import subprocess
import unittest

from cli_support import CACHE, GRADUS, SANITIZED


def readelf(*flags):
    return subprocess.run(["readelf", "--wide", *flags, GRADUS], capture_output=True, text=True, check=True).stdout


@unittest.skipIf(SANITIZED, "sanitizers bring guards of their own")
class Hardening(unittest.TestCase):
    def test_position_independent(self):
        self.assertRegex(readelf("--file-header"), r"Type: +DYN .*")
        self.assertIn("PIE", readelf("--dynamic"))

    def test_full_relro(self):
        self.assertIn("GNU_RELRO", readelf("--program-headers"))
        self.assertRegex(readelf("--dynamic"), r"\bNOW\b")

    def test_stack_is_not_executable(self):
        self.assertRegex(readelf("--program-headers"), r"GNU_STACK .* RW +0x")

    def test_stack_protector(self):
        self.assertIn("__stack_chk_fail", readelf("--dyn-syms"))

    @unittest.skipUnless(CACHE.exists() and "CMAKE_BUILD_TYPE:STRING=Release" in CACHE.read_text(), "needs optimisation")
    def test_checked_copies(self):
        self.assertRegex(readelf("--dyn-syms"), r"__(memcpy|memmove|readlink|read|snprintf|memset)_chk")


if __name__ == "__main__":
    unittest.main()
