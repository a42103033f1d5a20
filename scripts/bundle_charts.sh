#!/bin/sh
# The charts library of the report's page, from npm, as build/web/charts.js. Nothing when it is there already, so it works without
# a network then. Without npm, or a network the first time, it says so and fails; the build goes on, and reports have no charts.
set -eu
cd "$(dirname "$0")/.."
folder=build/web
sum=$(cat web/package-lock.json web/charts.js web/bundle.mjs | sha256sum | cut -c 1-64)
[ -e "$folder/charts.js" ] && [ "$(cat "$folder/sum" 2>/dev/null)" = "$sum" ] && exit 0
fail() { echo "bundle_charts.sh: $1; reports have no charts" >&2; exit 1; }
command -v npm >/dev/null 2>&1 || fail "found no npm"
work=$(mktemp -d "${TMPDIR:-/tmp}/gradus-charts.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp web/package.json web/package-lock.json web/charts.js web/bundle.mjs "$work"
mkdir -p "$folder"
output=$(cd "$folder" && pwd)
# esbuild's program comes in a package of its own: none of the packages' scripts has to run.
(cd "$work" && timeout 120 npm ci --ignore-scripts --prefer-offline --fetch-retries=1 --fetch-timeout=20000 --no-audit --no-fund \
  --silent >npm.log 2>&1) || fail "npm could not fetch what web/package-lock.json lists"
(cd "$work" && node bundle.mjs "$output") || fail "the charts library could not be bundled"
printf '%s\n' "$sum" >"$folder/sum"
