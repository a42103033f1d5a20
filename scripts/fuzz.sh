#!/bin/sh
# Builds the fuzz targets and runs each for SECONDS.   fuzz.sh SECONDS
set -eu
seconds=$1
cmake --preset fuzz >/dev/null
cmake --build build/fuzz --target fuzz_targets
for target in build/fuzz/fuzz/*_fuzz; do
  name=$(basename "$target")
  mkdir -p "build/fuzz/corpus/$name"
  [ -d "fuzz/seeds/$name" ] && cp -n "fuzz/seeds/$name"/* "build/fuzz/corpus/$name/" 2>/dev/null || true
  echo "== $name, $seconds s"
  "$target" -max_total_time="$seconds" -rss_limit_mb=4096 -timeout=20 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="build/fuzz/$name-" "build/fuzz/corpus/$name" 2>&1 | grep -E 'stat::number_of_executed_units|ERROR|SUMMARY' || true
  if ls build/fuzz/"$name"-crash-* build/fuzz/"$name"-timeout-* build/fuzz/"$name"-oom-* >/dev/null 2>&1; then
    echo "$name found a fault: build/fuzz/$name-*" >&2
    exit 1
  fi
done
