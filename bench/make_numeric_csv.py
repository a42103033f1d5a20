#!/usr/bin/python3
"""Writes a numeric CSV such as numpy and pandas users have: floats of 6 and of 17 digits, integers, a few missing cells.

usage: make_numeric_csv.py OUT.csv [--rows 400000] [--columns 21] [--seed 1] [--missing 0.0]
"""
import argparse
import random


def cell(kind, rng):
    if kind == 0:
        return f"{rng.gauss(0.0, 1.0):.6g}"
    if kind == 1:
        return f"{rng.gauss(10.0, 3.0):.17g}"
    return str(rng.randrange(0, 10000))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out")
    parser.add_argument("--rows", type=int, default=400000)
    parser.add_argument("--columns", type=int, default=21)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--missing", type=float, default=0.0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with open(options.out, "w", encoding="ascii") as out:
        out.write(",".join(f"x{i}" for i in range(options.columns)) + "\n")
        for _ in range(options.rows):
            row = (cell(i % 3, rng) for i in range(options.columns))
            if options.missing > 0.0:
                row = ("" if rng.random() < options.missing else text for text in row)
            out.write(",".join(row) + "\n")


if __name__ == "__main__":
    main()
