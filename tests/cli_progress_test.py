"""Progress on a terminal: a bar that tells the truth and leaves nothing behind."""

import os
import pty
import re
import subprocess
import unittest

from cli_support import DATA, GRADUS, CliTest


class Bar(CliTest):
    def on_a_terminal(self, *arguments, columns=120):
        """What the command writes to a terminal of so many columns on standard error, and its exit code."""
        ours, theirs = pty.openpty()
        subprocess.run(["stty", "cols", str(columns)], stdin=theirs, check=True)
        process = subprocess.Popen([GRADUS, *map(str, arguments)], cwd=self.dir, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        written = b""
        try:
            while part := os.read(ours, 65536):
                written += part
        except OSError:
            pass  # the other side is closed
        os.close(ours)
        return process.wait(timeout=60), written.decode()

    def train(self, *flags, columns=120):
        return self.on_a_terminal("train", DATA / "digits.csv", "--target", "digit", "-o", "m.safetensors", "--threads",
                                  "1", "--hidden", "128,64", "--epochs", "60", "--no-early-stopping", *flags,
                                  columns=columns)

    def test_bar(self):
        code, written = self.train()
        self.assertEqual(code, 0, written)
        bars = re.findall(r"\r\[([#.]+)\] +(\d+) %  epoch (\d+)/60 .*? rows/s  at most (.+?) left\x1b\[K", written)
        self.assertGreaterEqual(len(bars), 2, written)
        shares = [int(share) for _, share, _, _ in bars]
        self.assertEqual(shares, sorted(shares))
        for blocks, share, epoch, _ in bars:
            self.assertLessEqual(abs(blocks.count("#") / len(blocks) - int(share) / 100), 0.05)
            # Epoch e of 60 is under way from (e - 1)/60 to e/60 of the rows.
            self.assertTrue((int(epoch) - 1) / 60 - 0.02 <= int(share) / 100 <= int(epoch) / 60 + 0.02, (epoch, share))

    def test_the_bar_is_taken_away(self):
        _, written = self.train()
        self.assertTrue(written.endswith("\r\x1b[K"), repr(written[-200:]))

    def test_lines_fit_the_terminal(self):
        for columns in (120, 80):
            _, written = self.train(columns=columns)
            for line in re.findall(r"\r(\[[^\r\n]*)", written):
                self.assertLess(len(line.replace("\x1b[K", "")), columns)
            self.assertRegex(written, r"accuracy [\d.]+  \S+ rows/s  at most .+? left")

    def test_quiet(self):
        self.assertEqual(self.train("--quiet"), (0, ""))


if __name__ == "__main__":
    unittest.main()
