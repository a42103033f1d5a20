# Thin: every target installs what is missing, then calls a CMake preset or a script.
MAKEFLAGS += --no-print-directory
JOBS := $(shell nproc)
DATA ?= ../shared/accuracy/data

.PHONY: help build demo test bench accuracy coverage format check fuzz torture arm exhaustive nightly install clean

help:
	@echo "make demo      build, then train on scanned digits, evaluate, predict: see what Gradus does"
	@echo "make test      build, then run every test"
	@echo "make build     the command at build/release/gradus"
	@echo "make bench     benchmarks, beside rivals where they are installed (ROWS=step QUICK=1 JSON=file)"
	@echo "make accuracy  accuracy on real tables, five splits each (DATA=folder of CSV files)"
	@echo "make coverage  coverage of intervals and sets on real tables, twenty splits each (DATA=folder of CSV files)"
	@echo "make format    clang-format over the sources"
	@echo "make check     formatting and layering"
	@echo "make fuzz      a short run of every fuzz target"
	@echo "make torture   kills and starves training at every call it makes to the file system (KILLS=1000)"
	@echo "make arm       the kernels' tests and a few models on AArch64, exported C on Cortex-M4, under qemu"
	@echo "make exhaustive every float32 input of every function, against double"
	@echo "make nightly   what takes longer: every seeded mistake, long fuzzing, torture, exhaustive sweeps"
	@echo "make install   into /usr/local (PREFIX=dir)"

build: build/release/build.ninja
	@cmake --build build/release -j $(JOBS)

build/release/build.ninja: CMakeLists.txt CMakePresets.json
	@sh scripts/install.sh
	@cmake --preset release >/dev/null

demo: build/release/build.ninja
	@cmake --build build/release -j $(JOBS) --target gradus_command
	@sh scripts/demo.sh build/release/gradus

test: build
	@ctest --test-dir build/release -j $(JOBS) --output-on-failure

bench: build
	@sh scripts/install.sh bench
	@sh scripts/bench.sh build/release

accuracy: build
	@python3 scripts/accuracy.py --data $(DATA) --gradus build/release/gradus

coverage: build
	@python3 scripts/coverage.py --data $(DATA) --gradus build/release/gradus --log-loss

format:
	@sh scripts/install.sh ci
	@git ls-files '*.h' '*.cc' '*.cpp' | xargs clang-format -i

check:
	@sh scripts/install.sh ci
	@git ls-files '*.h' '*.cc' '*.cpp' | xargs clang-format --dry-run -Werror
	@python3 tests/layering_test.py

fuzz:
	@sh scripts/install.sh ci
	@sh scripts/fuzz.sh 60

torture: build
	@sh scripts/install.sh torture
	@python3 scripts/torture.py --kills $(or $(KILLS),1000)

arm: build
	@sh scripts/install.sh arm
	@sh scripts/arm.sh

exhaustive: build
	@cmake --build build/release --target exhaustive
	@build/release/exhaustive

nightly: build
	@sh scripts/install.sh ci
	@python3 scripts/nightly.py

install: build
	@cmake --install build/release --prefix $(or $(PREFIX),/usr/local)

clean:
	@rm -rf build
