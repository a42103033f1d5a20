#!/usr/bin/env python3
"""Holds the table of allowed includes in ARCHITECTURE.md, and the other walls of the house."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# room -> rooms below it that it may include; every room may include itself and the public headers named beside it
ALLOWED = {
    "base": set(),
    "kernels": {"base"},
    "comm": {"base"},
    "nn": {"kernels", "base"},
    "optim": {"nn", "kernels", "base"},
    "data": {"kernels", "base"},
    "model": {"nn", "data", "kernels", "base"},
    "interop": {"model", "nn", "data", "kernels", "base"},
    "train": {"model", "optim", "data", "nn", "comm", "kernels", "base"},
    "analysis": {"train", "model", "data", "nn", "kernels", "base"},
}
LEAF_HEADERS = {"error.h", "matrix_view.h", "names.h"}
PUBLIC_FOR_BASE = LEAF_HEADERS | {"output_file.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.M)
PRINTING = re.compile(r"std::c(?:out|err)\b|\bexit\(|\bgetenv\b|\bprintf\(|\bputs\(")
PROTOBUF = re.compile(r"[<\"](?:onnx[./]|google/protobuf)")
SIMD = re.compile(r"immintrin|arm_neon|\bhwy/|\bHWY_|_mm(?:256|512)_")


def sources():
    listed = subprocess.run(["git", "ls-files", "*.h", "*.cc", "*.cpp"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    paths = listed.stdout.split()
    if not paths:  # not a checkout: a source archive
        paths = [os.path.relpath(os.path.join(folder, name), ROOT) for top in ("src", "include", "cli", "examples")
                 for folder, _, names in os.walk(os.path.join(ROOT, top)) for name in names]
    return [path for path in paths if os.path.exists(os.path.join(ROOT, path))]


def check_room(path, text, faults):
    room = path.split("/")[1]
    if room not in ALLOWED:
        faults.append(f"{path}: no such room")
        return
    for include in INCLUDE.findall(text):
        top = include.split("/")[0]
        if top in ALLOWED and top != room and top not in ALLOWED[room]:
            faults.append(f"{path}: {room} may not include {include}")
        if top == "gradus" and room in ("base", "kernels"):
            allowed = PUBLIC_FOR_BASE if room == "base" else LEAF_HEADERS
            if include.split("/")[1] not in allowed:
                faults.append(f"{path}: {room} may not include {include}")
    if room != "kernels" and SIMD.search(text):
        faults.append(f"{path}: SIMD outside kernels")
    if PROTOBUF.search(text) and not path.startswith("src/interop/onnx_"):
        faults.append(f"{path}: protobuf outside src/interop/onnx_*.cc")
    if PRINTING.search(text):
        faults.append(f"{path}: prints, exits or reads the environment")


def check(path, text, faults):
    top = path.split("/")[0]
    internal = [i for i in INCLUDE.findall(text) if i.split("/")[0] in ALLOWED]
    if top == "src" and not path.endswith("_test.cc"):
        check_room(path, text, faults)
    elif top in ("cli", "examples", "include") and internal:
        faults.append(f"{path}: {top} may include public headers only, found {', '.join(internal)}")


def check_table(faults):
    """The rooms of ARCHITECTURE.md's table, and what each may include, are those above."""
    with open(os.path.join(ROOT, "ARCHITECTURE.md"), encoding="utf-8") as file:
        table = file.read().split("| room | may include |", 1)[1].split("\n\n", 1)[0]
    told = {}
    for row in table.splitlines()[2:]:
        rooms, allowed = (cell.strip() for cell in row.strip("|").split("|", 1))
        words = set(re.findall(r"\w+", allowed.split(";")[0]))
        for room in rooms.split(", "):
            told[room] = words & set(ALLOWED) if room != "base" else set()
    for room, allowed in ALLOWED.items():
        if told.get(room) != allowed:
            faults.append(f"ARCHITECTURE.md: {room} may include {sorted(told.get(room, ()))}, expected {sorted(allowed)}")


def main():
    faults = []
    check_table(faults)
    paths = sources()
    for path in paths:
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            check(path, file.read(), faults)
    for fault in faults:
        print(fault)
    if not any(path.startswith("src/") for path in paths):
        faults.append("no sources found")
    print(f"{len(paths)} files, {len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
