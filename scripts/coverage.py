#!/usr/bin/env python3
"""Coverage of intervals and sets on real tables: a random 70/30 split by seed, --coverage at training, the coverage of the
rows held out; the mean over the splits beside what was asked. For classes also the log loss with and without temperature,
which in no split may be worse by more than 1 %.

usage: coverage.py --data FOLDER --gradus COMMAND [--names a,b] [--seeds N] [--coverage C] [--log-loss]

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

# name, target, intervals (else sets)
TABLE = [
    ("abalone", "rings", True),
    ("concrete", "compressive_strength", True),
    ("movies", "IMDB_Rating", True),
    ("pima", "diabetes", False),
    ("vehicle", "Class", False),
    ("credit", "Status", False),
    ("digits", "digit", False),
    ("soybean", "Class", False),
    ("satellite", "classes", False),
    ("thyroid", "cls", False),
]


def split(path, seed, folder):
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    random.Random(seed).shuffle(rows)
    held_out = round(0.3 * len(rows))
    for name, part in (("train.csv", rows[held_out:]), ("test.csv", rows[:held_out])):
        with open(os.path.join(folder, name), "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *part])


def metrics(gradus, folder, target, seed, *flags):
    model = os.path.join(folder, "model.safetensors")
    subprocess.run([gradus, "train", os.path.join(folder, "train.csv"), "--target", target, "-o", model, "--seed",
                    str(seed), "--threads", "1", "--quiet", *flags], check=True, stderr=subprocess.DEVNULL)
    result = subprocess.run([gradus, "evaluate", model, os.path.join(folder, "test.csv"), "--json", "--quiet"],
                            check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(result.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--gradus", required=True)
    parser.add_argument("--names", default="")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--coverage", type=float, default=0.9)
    parser.add_argument("--log-loss", action="store_true", help="train once more without temperatures and compare")
    arguments = parser.parse_args()
    names = arguments.names.split(",") if arguments.names else None
    asked, missed = arguments.coverage, 0
    print(f"{'table':<10} {'kind':<9} {'asked':>5} {'mean':>7} {'lowest':>7} {'highest':>7} {'size':>9}  log loss, raw")
    for name, target, intervals in TABLE:
        path = os.path.join(arguments.data, name + ".csv")
        if names and name not in names or not os.path.exists(path):
            continue
        found, raw = [], []
        for seed in range(1, arguments.seeds + 1):
            with tempfile.TemporaryDirectory() as folder:
                split(path, seed, folder)
                flags = ["--coverage", str(asked)] + (["--task", "regression"] if intervals else [])
                found.append(metrics(arguments.gradus, folder, target, seed, *flags))
                if arguments.log_loss and not intervals:
                    raw.append(metrics(arguments.gradus, folder, target, seed, *flags, "--no-calibrate")["log_loss"])
        covered = [one["coverage"] for one in found]
        mean = sum(covered) / len(covered)
        size = sum(one["mean_width" if intervals else "mean_set_size"] for one in found) / len(found)
        bad = mean < asked - 0.02 or (intervals and mean > asked + 0.04)
        line = (f"{name:<10} {'intervals' if intervals else 'sets':<9} {asked:5.2f} {mean:7.4f} {min(covered):7.4f} "
                f"{max(covered):7.4f} {size:9.4g}")
        if raw:
            scaled = [one["log_loss"] for one in found]
            worst = max(after / before for after, before in zip(scaled, raw))
            worse = sum(after > 1.01 * before for after, before in zip(scaled, raw))
            line += f"  {sum(scaled) / len(raw):.4f}, {sum(raw) / len(raw):.4f}; worst x {worst:.4f}, {worse} above x 1.01"
            bad = bad or worse > 0
        missed += bad
        print(line + ("  missed" if bad else ""), flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
