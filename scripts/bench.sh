#!/bin/sh
# Builds and runs the benchmarks, rivals beside Gradus in one run where they are installed.   bench.sh BUILD_FOLDER
#   ROWS=text,...   only the rows whose section and name contain one of these; then nothing else is run
#   QUICK=1         shorter samples, fewer rounds
#   JSON=file       where the table goes as JSON; BUILD_FOLDER/bench/bench.json if not said
set -eu
build=$1
cmake "$build" >/dev/null # rivals may have been installed since
cmake --build "$build" --target benchmarks
set -- --json "${JSON:-$build/bench/bench.json}"
[ -z "${QUICK:-}" ] || set -- "$@" --quick
[ -z "${ROWS:-}" ] || set -- "$@" --rows "$ROWS"
"$build/bench/bench" "$@"
[ -z "${ROWS:-}" ] || exit 0

echo
echo "installed, stripped"
for file in gradus libgradus.a; do
  strip -g -o "$build/bench/stripped" "$build/$file"
  printf '  %-12s %6.2f MB\n' "$file" "$(stat -c %s "$build/bench/stripped" | awk '{print $1 / 1e6}')"
done

echo
echo "reading a numeric CSV of 88 MB"
table=$build/bench/numeric.csv
[ -f "$table" ] || python3 bench/make_numeric_csv.py "$table"
if /usr/bin/python3 -c 'import pandas' 2>/dev/null; then
  /usr/bin/python3 bench/csv_against_pandas.py "$build/bench/read_csv_bench" "$table"
else
  "$build/bench/read_csv_bench" "$table" 5
fi
