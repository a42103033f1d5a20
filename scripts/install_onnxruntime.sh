#!/bin/sh
# ONNX Runtime for the tests of exported graphs, into build/onnxruntime: npm's onnxruntime-node brings its Linux library
# in the package, so that none of its scripts has to run. Nothing when it is there already, so it works without a network
# then; nothing but a word where there is no npm.
set -eu
cd "$(dirname "$0")/.."
folder=build/onnxruntime
[ -e "$folder/node_modules/onnxruntime-node/package.json" ] && exit 0
command -v npm >/dev/null 2>&1 || { echo "install_onnxruntime.sh: found no npm; exported graphs are not run in ONNX Runtime"; exit 0; }
mkdir -p "$folder"
npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent onnxruntime-node@1.30.0
# Other systems' libraries, some 240 MB.
for other in "$folder"/node_modules/onnxruntime-node/bin/napi-v*/*; do
  case "$other" in */linux) ;; *) rm -rf "$other" ;; esac
done
