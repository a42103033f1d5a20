#!/bin/sh
# Installs what is missing of the Debian packages below, and nothing when all are there, so it works without a network then.
#   install.sh          what building and testing needs
#   install.sh ci       also what the checks need: clang, its sanitizers, clang-format
#   install.sh browser  also Chromium and a font, for the test that looks at pages
#   install.sh torture  also strace, which makes system calls fail
#   install.sh arm      also compilers for AArch64 and 32-bit Arm, their libraries, and qemu to run what they build
#   install.sh bench    also the rivals that the benchmarks measure beside Gradus
set -eu

packages="g++ cmake ninja-build ccache pkg-config python3
  libhwy-dev libfmt-dev nlohmann-json3-dev libcli11-dev libtomlplusplus-dev libfast-float-dev
  zlib1g-dev libzstd-dev librandom123-dev nettle-dev libgtest-dev libgmock-dev libbenchmark-dev
  libonnx-dev libprotobuf-dev protobuf-compiler python3-onnx"
case "${1:-}" in
  ci) packages="$packages clang clang-format libclang-rt-14-dev libmpfr-dev strace" ;;
  browser) packages="$packages chromium fonts-dejavu-core" ;;
  torture) packages="$packages strace" ;;
  bench) packages="$packages libtorch-dev libdnnl-dev libopenblas-pthread-dev libeigen3-dev libfann-dev libopencv-ml-dev
         python3-pandas python3-sklearn python3-torch python3-matplotlib" ;;
  arm) packages="$packages g++-aarch64-linux-gnu gcc-arm-linux-gnueabihf libc6-dev-armhf-cross qemu-user libfmt-dev:arm64 libhwy-dev:arm64 zlib1g-dev:arm64
         libzstd-dev:arm64 nettle-dev:arm64 libprotobuf-dev:arm64 libgtest-dev:arm64 libgmock-dev:arm64" ;;
  "") ;;
  *) echo "usage: install.sh [ci|browser|torture|arm|bench]" >&2; exit 64 ;;
esac

missing=""
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 || { echo "install.sh: these packages are missing and need root:$missing" >&2; exit 1; }
  as_root=sudo
fi
case "$missing" in *:arm64*) $as_root dpkg --add-architecture arm64 ;; esac
echo "Installing:$missing"
# shellcheck disable=SC2086
if ! { $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
       --no-install-recommends $missing >/dev/null; }; then
  echo "install.sh: could not install:$missing" >&2
  exit 1
fi
