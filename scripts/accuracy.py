#!/usr/bin/env python3
"""Accuracy on real tables with default settings: a 70/30 split by seed, five seeds, the mean beside its target.

usage: accuracy.py --data FOLDER --gradus COMMAND [--names a,b] [--preset P] [--seeds N]

FOLDER holds NAME.csv files with the target columns named below. Only the standard library is needed.
"""
import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time

# name, target, metric, preset, the figure to reach
TABLE = [
    ("digits", "digit", "accuracy", "default", 0.975),
    ("digits", "digit", "accuracy", "classic", 0.95),
    ("pima", "diabetes", "accuracy", "default", 0.74),
    ("soybean", "Class", "accuracy", "default", 0.92),
    ("vehicle", "Class", "accuracy", "default", 0.80),
    ("abalone", "rings", "r2", "default", 0.53),
    ("concrete", "compressive_strength", "r2", "default", 0.90),
]


def split(path, seed, folder, stratify):
    """Writes train.csv and test.csv: 30 % of the rows held out, of each class where `stratify` names a column."""
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    groups = {}
    for i, row in enumerate(rows):
        groups.setdefault(row[header.index(stratify)] if stratify else "", []).append(i)
    generator = random.Random(seed)
    test = set()
    for key in sorted(groups):
        members = groups[key]
        generator.shuffle(members)
        test.update(members[: max(1, round(0.3 * len(members)))])
    for name, keep in (("train.csv", lambda i: i not in test), ("test.csv", lambda i: i in test)):
        with open(os.path.join(folder, name), "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(row for i, row in enumerate(rows) if keep(i))


def measure(arguments, name, target, metric, preset, seed):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(arguments.data, name + ".csv")
        split(path, seed, folder, target if metric == "accuracy" else None)
        model = os.path.join(folder, "model.safetensors")
        start = time.monotonic()
        subprocess.run([arguments.gradus, "train", os.path.join(folder, "train.csv"), "--target", target, "-o", model,
                        "--preset", preset, "--seed", str(seed), "--threads", "1", "--quiet"], check=True)
        seconds = time.monotonic() - start
        result = subprocess.run([arguments.gradus, "evaluate", model, os.path.join(folder, "test.csv"), "--json"],
                                check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(result.stdout)[metric], seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--gradus", required=True)
    parser.add_argument("--names", default="")
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    names = arguments.names.split(",") if arguments.names else None
    missed = 0
    print(f"{'table':<10} {'preset':<8} {'metric':<9} {'mean':>7} {'lowest':>7} {'highest':>7} {'target':>7} {'slowest':>8}")
    for name, target, metric, preset, wanted in TABLE:
        if names and name not in names:
            continue
        if not os.path.exists(os.path.join(arguments.data, name + ".csv")):
            print(f"{name:<10} {preset:<8} no {name}.csv in {arguments.data}")
            continue
        runs = [measure(arguments, name, target, metric, preset, seed) for seed in range(1, arguments.seeds + 1)]
        values = [value for value, _ in runs]
        mean = sum(values) / len(values)
        missed += mean < wanted
        print(f"{name:<10} {preset:<8} {metric:<9} {mean:7.4f} {min(values):7.4f} {max(values):7.4f} {wanted:7.3f} "
              f"{max(seconds for _, seconds in runs):6.2f} s{'' if mean >= wanted else '  below'}", flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
