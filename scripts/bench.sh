#!/bin/sh
# Builds and runs the benchmarks, rivals beside Gradus in one run where they are installed.   bench.sh BUILD_FOLDER
set -eu
build=$1
cmake --build "$build" --target bench
echo "== one training step, Adam, one thread"
# OpenBLAS would take every core, whatever libtorch is told.
OPENBLAS_NUM_THREADS=1 "$build/bench/step_bench"
echo "== kernels"
"$build/bench/kernels_bench" --benchmark_min_time=0.1
echo "== reading a numeric CSV of 88 MB"
table=$build/bench/numeric.csv
[ -f "$table" ] || python3 bench/make_numeric_csv.py "$table"
if /usr/bin/python3 -c 'import pandas' 2>/dev/null; then
  /usr/bin/python3 bench/csv_against_pandas.py "$build/bench/read_csv_bench" "$table"
else
  "$build/bench/read_csv_bench" "$table" 5
fi
