#!/usr/bin/env python3
"""Draws the table of `make bench` for the README.   plot.py BENCH.json OUT.svg

Left: how many times as fast as each rival Gradus is, on a logarithmic axis. Right: the share of the machine's fma peak that a
training step reaches as width, depth and batch grow.
"""
import json
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "gradus", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
import matplotlib.pyplot as plt  # noqa: E402  (the backend first)

SECTIONS = {"step, one thread": "", "prediction, one thread": "predict ", "epoch, one thread, Adam": "epoch "}
COLOURS = {"libtorch": "#c44e52", "PyTorch": "#dd8452", "PyTorch loader": "#dd8452", "scikit-learn": "#4c72b0",
           "FANN": "#55a868", "OpenCV": "#8172b3", "Eigen": "#937860"}


def draw_ratios(axes, rows):
    chosen = [row for row in rows if row["section"] in SECTIONS and any("ratio" in rival for rival in row["rivals"])]
    labels = []
    for place, row in enumerate(reversed(chosen)):
        labels.append(SECTIONS[row["section"]] + row["name"])
        for rival in row["rivals"]:
            if "ratio" in rival:
                axes.plot(rival["ratio"], place, "o", color=COLOURS[rival["name"]], markersize=5,
                          label=rival["name"].replace(" loader", ""))
    axes.axvline(1.0, color="#444444", linewidth=1)
    axes.set_xscale("log")
    axes.set_yticks(range(len(labels)), labels)
    axes.grid(axis="x", color="#dddddd", linewidth=0.5)
    axes.set_xlabel("times as fast as the rival (right of the line: Gradus is faster)")
    names = dict(zip(*reversed(axes.get_legend_handles_labels())))
    axes.legend(names.values(), names.keys(), loc="lower right", frameon=False)


def draw_growth(axes, rows):
    for along, mark in (("width", "o"), ("depth", "s"), ("batch", "^")):
        shares = [100.0 * row["share_of_peak"] for row in rows if row["section"] == f"growth with {along}"]
        axes.plot(range(len(shares)), shares, mark + "-", markersize=4, label=along)
    axes.set_ylim(0, 100)
    axes.set_xticks([])
    axes.set_xlabel("width 8 to 2,048 · depth 1 to 16\nbatch 1 to 4,096")
    axes.set_ylabel("% of fma peak, one thread, Adam")
    axes.grid(axis="y", color="#dddddd", linewidth=0.5)
    axes.legend(loc="lower right", frameon=False)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = json.load(file)["rows"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5), gridspec_kw={"width_ratios": [2, 1]})
    draw_ratios(left, rows)
    draw_growth(right, rows)
    figure.tight_layout()
    figure.savefig(sys.argv[2], facecolor="white", metadata={"Date": None})


if __name__ == "__main__":
    main()
