#!/usr/bin/env python3
"""Runs every session in README.md and compares what the commands print; "..." stands for any lines."""
import os
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GRADUS = os.path.abspath(os.environ.get("GRADUS", os.path.join(ROOT, "build", "release", "gradus")))
README = os.path.join(ROOT, "README.md")
BLOCK = re.compile(r"```console\n(.*?)```", re.S)


def commands(block):
    """(command line, expected output lines) pairs."""
    pairs = []
    for line in block.splitlines():
        if line.startswith("$ "):
            pairs.append((line[2:], []))
        else:
            pairs[-1][1].append(line)
    return pairs


def run(line, folder):
    words = shlex.split(line)
    assert words[0] == "gradus", line
    # Progress goes to stderr and is not shown, unless it is all there is: an error.
    done = subprocess.run([GRADUS, *words[1:]], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return (done.stdout if done.returncode == 0 else done.stderr).splitlines()


def matches(expected, actual):
    if not expected:
        return not actual
    if expected[0] == "...":
        return any(matches(expected[1:], actual[i:]) for i in range(len(actual) + 1))
    return bool(actual) and actual[0] == expected[0] and matches(expected[1:], actual[1:])


def main():
    with open(README, encoding="utf-8") as file:
        text = file.read()
    faults = ran = 0
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.join(ROOT, "data"), os.path.join(folder, "data"))
        for block in BLOCK.findall(text):
            for line, expected in commands(block):
                actual = run(line, folder)
                ran += 1
                if not matches(expected, actual):
                    faults += 1
                    print(f"$ {line}\nexpected:\n" + "\n".join(expected) + "\nfound:\n" + "\n".join(actual))
    print(f"{ran} commands, {faults} differ")
    sys.exit(1 if faults or ran < 5 else 0)


if __name__ == "__main__":
    main()
