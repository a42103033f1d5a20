#!/usr/bin/env python3
"""Seeded mistakes: applies each one of tests/mutants.json to a copy of the sources, builds, and expects the tests to fail.

usage: mutants.py [--sample N] [--build DIR]

The unmutated copy must pass first. Prints one line a mutant and exits 1 when one survives. With --sample, every k-th mutant,
so that the choice is fixed.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAMS = ["base_test", "nn_test", "optim_test", "train_test", "kernels_test", "data_test", "model_test", "interop_test",
            "gradus_test"]
FAILED = re.compile(r"^\[  FAILED  \] (\S+?),? ", re.M)


def run(command, **keywords):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **keywords)


def files_below(root, name):
    """Paths of the files of `name`, a file or a folder, relative to `root`."""
    top = os.path.join(root, name)
    if os.path.isfile(top):
        return {name}
    return {os.path.relpath(os.path.join(folder, file), root) for folder, _, files in os.walk(top) for file in files}


def content(path):
    with open(path, "rb") as file:
        return file.read()


def copy_sources(work):
    """A mirror of the tree. A file that is there already is left alone with its time stamp, which is later than that of any
    object built from a mutant of it; so a build compiles what changed, and never takes a mutant's object for the real one."""
    for name in ("src", "include", "cmake", "tests", "data", "cli", "web", "CMakeLists.txt", "CMakePresets.json"):
        wanted = files_below(ROOT, name)
        for path in files_below(work, name) - wanted:
            os.remove(os.path.join(work, path))
        for path in wanted:
            source, target = os.path.join(ROOT, path), os.path.join(work, path)
            if os.path.exists(target) and content(source) == content(target):
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(source, target)


def build_folder(work):
    """As deep as build/release is, so that ccache has the unmutated objects from there."""
    return os.path.join(work, "build", "release")


def build(work):
    return run(["cmake", "--build", build_folder(work), "--target", *PROGRAMS])


def failing_program(work):
    """The first in the list of the test programs that fail, with its first test that does, or None. Once one has, no other
    is begun."""
    failed = {}

    def try_program(program):
        if failed:
            return
        done = run([os.path.join(build_folder(work), program), "--gtest_brief=1"], cwd=work, timeout=600)
        if done.returncode != 0:
            test = FAILED.search(done.stdout)
            failed[program] = f"{program}: {test.group(1) if test else 'it crashed'}"

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(try_program, PROGRAMS))
    return failed[min(failed, key=PROGRAMS.index)] if failed else None


def try_mutant(work, mutant):
    path = os.path.join(work, mutant["file"])
    with open(path, encoding="utf-8") as file:
        original = file.read()
    if original.count(mutant["find"]) != 1:
        return "STALE: the text to change is not there exactly once"
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(original.replace(mutant["find"], mutant["replace"]))
        built = build(work)
        if built.returncode != 0:
            return "STALE: does not compile\n" + built.stdout[-2000:]
        caught = failing_program(work)
        return f"caught by {caught}" if caught else "SURVIVED"
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(original)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "mutants"))
    arguments = parser.parse_args()
    with open(os.path.join(ROOT, "tests", "mutants.json"), encoding="utf-8") as file:
        mutants = json.load(file)
    if arguments.sample:
        mutants = mutants[:: max(1, len(mutants) // arguments.sample)][: arguments.sample]
    work = arguments.build
    copy_sources(work)
    configured = run(["cmake", "-S", work, "-B", build_folder(work), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                      "-DGRADUS_BENCH=OFF"])
    built = build(work) if configured.returncode == 0 else configured
    if built.returncode != 0:
        sys.exit("the unmutated tree does not build:\n" + built.stdout[-4000:])
    failing = failing_program(work)
    if failing:
        sys.exit(f"the unmutated tree fails {failing}")
    survivors = 0
    for mutant in mutants:
        outcome = try_mutant(work, mutant)
        survivors += not outcome.startswith("caught")
        print(f"{mutant['name']:<40} {outcome}", flush=True)
    print(f"{len(mutants) - survivors} of {len(mutants)} seeded mistakes caught")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
