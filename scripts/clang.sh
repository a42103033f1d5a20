#!/bin/sh
# Builds everything with clang, optimised, and runs every test.
set -eu
cmake --preset clang -DGRADUS_BENCH=OFF >/dev/null
cmake --build build/clang
ctest --test-dir build/clang -j "$(nproc)" --output-on-failure
