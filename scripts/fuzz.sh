#!/bin/sh
# Builds the fuzz targets and runs each for SECONDS.   fuzz.sh SECONDS
set -eu
seconds=$1
cmake --preset fuzz >/dev/null
cmake --build build/fuzz --target fuzz_targets
for target in build/fuzz/fuzz/*_fuzz; do
  name=$(basename "$target")
  corpus=build/fuzz/corpus/$name
  mkdir -p "$corpus"
  echo "== $name, $seconds s"
  log=build/fuzz/$name.log
  if ! "$target" -max_total_time="$seconds" -rss_limit_mb=4096 -timeout=20 -print_final_stats=1 \
      -artifact_prefix="build/fuzz/$name-" "$corpus" "fuzz/seeds/$name" >"$log" 2>&1; then
    tail -40 "$log"
    echo "$name found a fault: build/fuzz/$name-*" >&2
    exit 1
  fi
  grep 'number_of_executed_units' "$log"
done
