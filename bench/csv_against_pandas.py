#!/usr/bin/python3
"""Reading and encoding against pandas' C reader on one core, in one run: best of several each,
in processor time.

usage: csv_against_pandas.py READ_CSV_BENCH FILE.csv [times]
"""
import os
import re
import subprocess
import sys
import time

import pandas


def main():
    bench, path = sys.argv[1], sys.argv[2]
    times = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    seconds = []
    for _ in range(times):
        start = time.process_time()
        pandas.read_csv(path, engine="c")
        seconds.append(time.process_time() - start)
    pandas_best = min(seconds)
    output = subprocess.run([bench, path, str(times)], check=True, capture_output=True, text=True).stdout
    ours = float(re.search(r"read and encoded +([0-9.]+) s", output).group(1))
    megabytes = os.path.getsize(path) / 1e6
    print(output, end="")
    print(f"pandas {pandas.__version__}     {pandas_best:7.3f} s  {megabytes / pandas_best:7.1f} MB/s")
    print(f"reading and encoding is {pandas_best / ours:.2f} times as fast as pandas' reading")


if __name__ == "__main__":
    main()
