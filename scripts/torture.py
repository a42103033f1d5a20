#!/usr/bin/env python3
"""Kills and starves training at random instants and at every call it makes to the file system.

usage: torture.py [--kills N] [--calls EVERY] [--seed S] [--gradus PATH]

After each blow every file there must be whole, and going on must end in the bits of a run that was never disturbed:
  kills    N SIGKILLs at random instants of runs of several kinds, counted by what the run was doing;
  calls    a SIGKILL at every write, fsync, rename, link and unlink, by strace's injection;
  errors   ENOSPC or EIO from every write, fsync and rename: exit 74, the files before untouched, no temporary left;
  full     file systems too small by more and more bytes: short writes as they really come (needs root, for a tmpfs).
--calls 3 takes every third call and size. What the machine doesn't allow is left out, and said.
"""
import argparse
import collections
import contextlib
import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DIGITS = ROOT / "data" / "digits.csv"
PREFIX = b'{"__metadata__":{"sha256":"'
RECIPES = {
    "sgd": ["--preset", "plain", "--solver", "sgd", "--lr", "0.1"],
    "adam": ["--preset", "plain"],
    "adamw, dropout, ema": ["--dropout", "0.2", "--ema", "0.99", "--schedule", "cosine"],
    "batch norm, noise": ["--normalization", "batch", "--input-noise", "0.1"],
    "float64, lion, swa": ["--precision", "float64", "--solver", "lion", "--lr", "0.001", "--swa", "0.5"],
    "rprop, streamed": ["--solver", "rprop", "--stream"],
}
# Deterministic calls: a checkpoint an epoch, one thread.
STEADY = ["--hidden", "64", "--epochs", "3", "--threads", "1", "--checkpoint-every", "1", "--preset", "plain"]
KILLED_CALLS = ["write", "fsync", "rename", "link", "unlink"]
FAILED_CALLS = [("write", "ENOSPC"), ("write", "EIO"), ("fsync", "EIO"), ("rename", "EIO"), ("rename", "ENOSPC")]


class Failure(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Failure(what)


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_whole(path):
    """The seal of docs/model-file.md, by code of our own."""
    data = path.read_bytes()
    expect(data[8:35] == PREFIX, f"{path.name} is no model or checkpoint")
    expect(data[35:99].decode() == hashlib.sha256(data[:35] + b"0" * 64 + data[99:]).hexdigest(), f"{path.name} is damaged")


def temporaries(where):
    """The files being written, as they are now."""
    return {(path.name, path.stat().st_ino, path.stat().st_mtime_ns)
            for path in [*where.glob("*.new"), *where.glob(".gradus-*")]}


class Torture:
    def __init__(self, gradus, folder):
        self.gradus = gradus
        self.folder = pathlib.Path(folder)
        self.straight = {}

    def command(self, flags, where):
        return [str(self.gradus), "train", str(DIGITS), "--target", "digit", "-o", str(where / "model"), *flags]

    def kept(self, flags, where):
        return self.command([*flags, "--checkpoint", str(where / "run.ckpt"), "--resume"], where)

    def straight_bits(self, flags):
        key = tuple(flags)
        if key not in self.straight:
            where = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
            plain = [flag for i, flag in enumerate(flags)
                     if flag != "--checkpoint-every" and (i == 0 or flags[i - 1] != "--checkpoint-every")]
            subprocess.run([*self.command(plain, where), "--quiet"], check=True)
            self.straight[key] = sha(where / "model")
        return self.straight[key]

    def check_files(self, where):
        for name in ("run.ckpt", "run.ckpt.previous", "model"):
            if (where / name).exists():
                check_whole(where / name)

    def check_end(self, flags, where):
        """Goes on to the end."""
        done = subprocess.run([*self.kept(flags, where), "--quiet"], stderr=subprocess.PIPE, text=True)
        expect(done.returncode == 0, f"going on ended with {done.returncode}: {done.stderr}")
        expect(sha(where / "model") == self.straight_bits(flags), "going on ended in other bits")
        left = sorted(path.name for path in where.iterdir())
        expect(left in (["model", "run.ckpt"], ["model", "run.ckpt", "run.ckpt.previous"]), f"found {left} at the end")

    # Kills at random instants.

    def kill_once(self, flags, where, report_first, delay):
        """What the run was doing when it was killed, `delay` after its start or its report, or 'over'."""
        report = where / "report.txt"
        before = temporaries(where)
        with open(report, "wb") as out:
            process = subprocess.Popen(self.kept(flags, where), stdout=out, stderr=subprocess.DEVNULL)
            while report_first and process.poll() is None and report.stat().st_size == 0:
                time.sleep(0.0005)
            time.sleep(delay)
            process.kill()
            process.wait()
        text = report.read_text()
        report.unlink()
        if process.returncode != -signal.SIGKILL:
            expect(process.returncode == 0, f"a run ended with {process.returncode}")
            return "over"
        if temporaries(where) - before:
            return "saving"
        return "training" if "network " in text else "reading"

    def kills(self, count, draw):
        phases = collections.Counter()
        runs = 0
        names = list(RECIPES)
        while sum(phases.values()) < count:
            name = names[runs % len(names)]
            flags = ["--hidden", "192", "--epochs", "12", "--checkpoint-every", "0.001s", *RECIPES[name]]
            self.straight_bits(flags)
            where = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
            for _ in range(30):
                # Threads may change from one run to the next.
                flags_now = [*flags, "--threads", str(draw.choice([1, 2]))]
                report_first = draw.random() < 0.75
                phase = self.kill_once(flags_now, where, report_first, draw.expovariate(50.0))
                self.check_files(where)
                if phase == "over" or sum(phases.values()) >= count:
                    break
                phases[phase] += 1
            self.check_end(flags, where)
            shutil.rmtree(where)
            runs += 1
        return f"{sum(phases.values())} kills in {runs} runs: " + ", ".join(
            f"{phases[phase]} {phase}" for phase in ("reading", "training", "saving"))

    # Blows at every call.

    def traced(self, where, calls, inject=None):
        """Exit code and trace of one steady run."""
        log = self.folder / "trace"
        command = ["strace", "-qq", "-y", "-o", str(log), "-e", f"trace={calls}"]
        if inject:
            command += ["-e", f"inject={inject}"]
        done = subprocess.run([*command, *self.kept(STEADY, where), "--quiet"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
        return done, log.read_text(errors="replace")

    def number_of(self, call):
        where = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        done, trace = self.traced(where, call)
        expect(done.returncode == 0, f"strace: {done.stderr}")
        shutil.rmtree(where)
        return len(re.findall(rf"^{call}\(", trace, re.MULTILINE))

    def at_each(self, call, every, blow):
        count = self.number_of(call)
        done = 0
        for number in range(1, count + 1, every):
            where = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
            try:
                blow(where, number)
            except Failure as failure:
                raise Failure(f"{call} number {number} of {count}: {failure}") from None
            shutil.rmtree(where)
            done += 1
        return done

    def calls(self, every):
        done = {}
        for call in KILLED_CALLS:
            def blow(where, number, call=call):
                self.traced(where, call, f"{call}:signal=KILL:when={number}")
                self.check_files(where)
                self.check_end(STEADY, where)
            done[call] = self.at_each(call, every, blow)
        return "a kill at " + ", ".join(f"{count} x {call}" for call, count in done.items())

    def errors(self, every):
        done = {}
        for call, error in FAILED_CALLS:
            def blow(where, number, call=call, error=error):
                result, trace = self.traced(where, call, f"{call}:error={error}:when={number}")
                hit = next((line for line in trace.splitlines() if "INJECTED" in line), "")
                # A folder's fsync comes when nothing could be undone any more; a tail of progress goes nowhere.
                harmless = call == "fsync" and hit.split("<", 1)[-1].split(">", 1)[0] == str(where)
                expect(result.returncode == (0 if harmless else 74), f"exit {result.returncode} after {hit}")
                if not harmless:
                    expect(len(result.stderr.splitlines()) == 1, f"said {result.stderr!r}")
                self.check_files(where)
                left = [path.name for path in where.iterdir() if path.name not in ("run.ckpt", "run.ckpt.previous", "model")]
                expect(not left, f"left {left}")
                self.check_end(STEADY, where)
            done[f"{error} from {call}"] = self.at_each(call, every, blow)
        return ", ".join(f"{count} x {what}" for what, count in done.items())

    # Disks that are full.

    def full(self, every):
        with tempfile.TemporaryDirectory(dir=self.folder) as probe:
            self.check_end(STEADY, pathlib.Path(probe))
            needed = sum(path.stat().st_size for path in pathlib.Path(probe).iterdir()) // 1024
        failed = passed = 0
        for size in range(16, needed + 200, 16 * every):
            where = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
            with mounted(where, size):
                result = subprocess.run([*self.kept(STEADY, where), "--quiet"], stderr=subprocess.PIPE, text=True)
                expect(result.returncode in (0, 73, 74), f"{size} KiB: exit {result.returncode}: {result.stderr}")
                failed += result.returncode != 0
                passed += result.returncode == 0
                self.check_files(where)
                left = [path.name for path in where.iterdir() if path.name not in ("run.ckpt", "run.ckpt.previous", "model")]
                expect(not left, f"{size} KiB: left {left}")
                subprocess.run(["mount", "-o", "remount,size=64m", str(where)], check=True)
                self.check_end(STEADY, where)
            where.rmdir()
        expect(failed > 0 and passed > 0, "no size was too small, or none large enough")
        return f"{failed} file systems too small and {passed} large enough"


@contextlib.contextmanager
def mounted(where, kib):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "none", str(where)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(where)], check=True)


def may_trace():
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-qq", "-o", os.devnull, "-e", "inject=fsync:error=EIO:when=1", "true"],
                          stderr=subprocess.DEVNULL).returncode == 0


def may_mount():
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], stderr=subprocess.DEVNULL)
        return mount.returncode == 0 and subprocess.run(["umount", folder]).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--calls", type=int, default=1, metavar="EVERY")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gradus", type=pathlib.Path, default=ROOT / "build/release/gradus")
    arguments = parser.parse_args()
    every = max(arguments.calls, 1)
    failed = False
    with tempfile.TemporaryDirectory(prefix="gradus-torture-") as folder:
        torture = Torture(arguments.gradus.resolve(), folder)
        parts = [
            ("kills", True, "", lambda: torture.kills(arguments.kills, random.Random(arguments.seed))),
            ("calls", may_trace(), "strace can't be used here", lambda: torture.calls(every)),
            ("errors", may_trace(), "strace can't be used here", lambda: torture.errors(every)),
            ("full", may_mount(), "no file system may be mounted here", lambda: torture.full(every)),
        ]
        for name, possible, why, run in parts:
            start = time.monotonic()
            try:
                outcome = run() if possible else f"left out: {why}"
            except Failure as failure:
                outcome, failed = f"FAILED: {failure}", True
            print(f"{name:<8} {outcome} ({time.monotonic() - start:.0f} s)", flush=True)
    print("a file was damaged, or a run ended in other bits" if failed else
          "every file was whole after each blow, and every run ended in the bits of an undisturbed one")
    sys.exit(failed)


if __name__ == "__main__":
    main()
