#!/bin/sh
# Gradus for AArch64 under qemu: the kernels' tests on NEON and the portable target, then models whose bytes must be
# those that this machine's build trains.
set -eu
arm=build/arm
cmake --preset arm >/dev/null
cmake --build "$arm" --target gradus_command kernels_test
echo "== kernels' tests under qemu"
qemu-aarch64 "$arm/kernels_test" --gtest_brief=1 --gtest_filter='-*TwoUlp*:*FourUlp*' # digits: `make exhaustive`

echo "== the same bits"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM
failed=0
same() { # same NAME DATA TARGET FLAG...
  name=$1 data=$2 target=$3
  shift 3
  build/release/gradus train "$data" --target "$target" "$@" --quiet -o "$folder/here"
  for simd in neon portable; do
    qemu-aarch64 "$arm/gradus" train "$data" --target "$target" "$@" --quiet --simd "$simd" -o "$folder/there"
    if cmp -s "$folder/here" "$folder/there"; then verdict=same; else verdict=DIFFERENT failed=1; fi
    printf '%-28s %-9s %s %s\n' "$name" "$simd" "$(sha256sum "$folder/there" | cut -c1-16)" "$verdict"
  done
}
same "iris, default" data/iris.csv species --epochs 8
same "iris, classic" data/iris.csv species --preset classic --epochs 8
same "iris, float64, two threads" data/iris.csv species --epochs 8 --precision float64 --threads 2
same "mixed columns, dropout" data/credit_sample.csv Status --epochs 4 --dropout 0.2

echo "== exported C as a Cortex-M4 runs it, its own test under qemu"
cortex="-std=c99 -Wall -Wextra -pedantic -Werror -O2 -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard"
build/release/gradus train data/credit_sample.csv --target Status --epochs 4 --quiet -o "$folder/credit"
for kind in float int8; do
  if [ $kind = int8 ]; then flag=--int8; else flag=; fi
  # shellcheck disable=SC2086
  build/release/gradus export "$folder/credit" --to c --quiet $flag --name credit -o "$folder/credit.c"
  # shellcheck disable=SC2086
  arm-linux-gnueabihf-gcc $cortex -c -DCREDIT_SELF_TEST "$folder/credit.c" -o "$folder/credit.o"
  # Linux's library is for the A profile, and the linker would refuse what only says it is for M: its Thumb code is a part of A's.
  arm-linux-gnueabihf-objcopy -R .ARM.attributes "$folder/credit.o"
  arm-linux-gnueabihf-gcc -static "$folder/credit.o" -lm -o "$folder/credit.elf"
  printf '%-6s' $kind
  qemu-arm "$folder/credit.elf" || failed=1
done
exit $failed
