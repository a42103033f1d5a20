#!/usr/bin/env python3
"""What takes longer than a change should wait for; prints one summary table.   nightly.py [--fuzz-seconds N]"""
import argparse
import os
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fuzz-seconds", type=int, default=900)
    arguments = parser.parse_args()
    jobs = [
        ("every test, optimised by clang", ["sh", "scripts/clang.sh"]),
        ("every seeded mistake", ["python3", "tests/mutants.py"]),
        ("long fuzzing", ["sh", "scripts/fuzz.sh", str(arguments.fuzz_seconds)]),
        ("kills, I/O errors and full disks", ["make", "torture"]),
        ("AArch64 under qemu, the same bits", ["make", "arm"]),
        ("every float32 input of every function", ["make", "exhaustive"]),
        ("accuracy on real tables", ["make", "accuracy"]),
        ("coverage and temperatures on real tables", ["make", "coverage"]),
    ]
    rows = []
    for name, command in jobs:
        print(f"== {name}: {' '.join(command)}", flush=True)
        start = time.monotonic()
        result = subprocess.run(command, cwd=ROOT)
        rows.append((name, "passed" if result.returncode == 0 else f"failed ({result.returncode})", time.monotonic() - start))
    print(f"\n{'job':<42} {'result':<12} {'seconds':>8}")
    for name, outcome, seconds in rows:
        print(f"{name:<42} {outcome:<12} {seconds:8.0f}")
    sys.exit(any(outcome != "passed" for _, outcome, _ in rows))


if __name__ == "__main__":
    main()
