# The commands of this project. `make` alone lists them.
#
# Build outputs lie outside the checkout, in one directory for every purpose, so that nothing is compiled twice.

CARGO_TARGET_DIR ?= $(HOME)/.cache/tenon/target
export CARGO_TARGET_DIR
# What rustup installs is used even where a shell has not been started anew since.
export PATH := $(HOME)/.cargo/bin:$(PATH)
# The program that the demo and the end-to-end tests run.
TENON := $(CARGO_TARGET_DIR)/debug/tenon
export TENON
# Benchmarks of single crates.
EXAMPLES := $(CARGO_TARGET_DIR)/debug/examples
# The port of the demo's chain.
PORT ?= 9944

.DEFAULT_GOAL := help
.PHONY: help setup setup-build setup-test build demo clean-demo test explore sim net-test arm-test lint bench docs fmt

say = @printf '\n\033[1m== %s\033[0m\n'

help:
	@echo "make demo        install what is missing, build, start a chain, issue an asset and move it"
	@echo "make test        install what is missing, run every check and test"
	@echo "make explore     visit every state of the side chain's consensus within wider bounds (minutes, 6 GB)"
	@echo "make sim         simulate whole validators with faults of all kinds (SEEDS=10000, or SEED=n to replay one)"
	@echo "make net-test    run networks of 4, 7 and 10 validators through faults of all kinds (root; ONLY=kills-4 for some)"
	@echo "make arm-test    run the tests of the proof-of-work hash on 64-bit ARM in an emulator (needs qemu-user-static)"
	@echo "make setup       install what is missing"
	@echo "make build       build the program tenon"
	@echo "make bench       measure, beside peers and limits"
	@echo "make docs        build the book (needs mdbook)"
	@echo "make fmt         format the source"
	@echo "make clean-demo  stop the demo's chain and remove its data"

setup: setup-build setup-test

setup-build:
	$(say) "looking for what a build needs"
	@bash tests/setup.sh build

setup-test:
	$(say) "looking for what the tests need"
	@bash tests/setup.sh test

build: setup-build
	$(say) "building tenon (the first time takes about a quarter of an hour on two cores)"
	cargo build --package tenon

demo: build
	$(say) "starting a chain on port $(PORT)"
	@PORT=$(PORT) bash tests/e2e/demo.sh

clean-demo:
	@bash tests/e2e/demo.sh stop

lint: setup-build
	$(say) "checking the format"
	cargo fmt --all --check
	$(say) "checking for mistakes (clippy)"
	cargo clippy --workspace --all-targets -- -D warnings

# Building the tests builds the program too, with the same features of the same crates: nothing is compiled twice.
test: setup lint
	$(say) "building the program and all tests"
	cargo nextest run --workspace --no-run
	$(say) "checking the examples in the docs of the crates"
	cargo test --workspace --doc --quiet
	$(say) "running the tests"
	cargo nextest run --workspace --no-fail-fast

explore: setup-build
	$(say) "BBFT: every state within the bounds, and each broken rule"
	TENON_EXPLORE_VIEWS=$${TENON_EXPLORE_VIEWS:-3} TENON_EXPLORE_CRASHES=$${TENON_EXPLORE_CRASHES:-0} RUST_BACKTRACE=0 \
		cargo test --package tenon-core --lib bbft::explore -- --nocapture --test-threads 1

sim: setup-build
	$(say) "BBFT: whole validators under faults of network, disk, clocks and people, decided by seeds"
	cargo build --package tenon-sim
	RUST_BACKTRACE=0 $(CARGO_TARGET_DIR)/debug/tenon-sim $(if $(SEED),seed $(SEED),$(or $(SEEDS),10000) $(FIRST))

# Namespaces and small file systems need root; what needs them is left out, and said to be, without it.
net-test: build
	$(say) "networks of real processes: killed, frozen, cut, slow, lossy, full, lying"
	cargo build --package tenon-e2e --bin tenon-net-test
	$(CARGO_TARGET_DIR)/debug/tenon-net-test $(ONLY)

# The kernels for ARM run on no other processor. The emulator takes minutes.
arm-test: setup-build
	$(say) "Tensority on 64-bit ARM, in an emulator"
	@command -v qemu-aarch64-static >/dev/null && command -v aarch64-linux-gnu-gcc >/dev/null || { echo "missing: apt-get install" \
		"qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross"; exit 1; }
	rustup target add aarch64-unknown-linux-gnu
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64-static -L /usr/aarch64-linux-gnu" \
		cargo test --target aarch64-unknown-linux-gnu --package tenon-tensority --lib -- kernel

bench: build
	$(say) "building the benchmarks"
	cargo build --package tenon-engine --package tenon-crypto --package tenon-core --package tenon-host --package tenon-store \
		--package tenon-tensority \
		--package tenon-bench --examples
	cargo build --package tenon-bench
	$(say) "each method of each module: gas and time, beside a transfer in bare wasmtime"
	$(EXAMPLES)/method_speed
	$(say) "calls and gas in the engine"
	$(EXAMPLES)/engine_speed
	$(say) "signatures a second, single and in batches"
	$(EXAMPLES)/signature_speed
	$(say) "votes of validators: BLS signatures, single, aggregate, with a liar among them"
	$(EXAMPLES)/bls_speed
	$(say) "a light client: certificates and epochs, beside one sr25519 signature"
	$(EXAMPLES)/certificate_speed
	$(say) "Tensority: matrices, one hash by each kernel, and what its instruction does on registers alone"
	$(EXAMPLES)/tensority_speed 100
	$(say) "leaves of the state tree a second"
	$(EXAMPLES)/tree_speed
	$(say) "durable writes of the store"
	$(EXAMPLES)/store_speed
	$(say) "messages of a block of BBFT, beside the formula (sim messages)"
	cargo build --package tenon-sim
	$(CARGO_TARGET_DIR)/debug/tenon-sim messages
	$(say) "transfers a second through a running node"
	$(CARGO_TARGET_DIR)/debug/tenon-bench $(TENON) 20000
	$(CARGO_TARGET_DIR)/debug/tenon-bench $(TENON) 100000
	$(say) "four validators as processes: load against latency, and a node that comes back without data"
	$(CARGO_TARGET_DIR)/debug/tenon-bench $(TENON) net
	$(say) "the same number of ERC-20 transfers through anvil, if it is installed"
	@if command -v anvil >/dev/null; then node tests/bench/anvil.mjs "$$(command -v anvil)" 20000; \
	else echo "anvil is not installed: npm install --global @foundry-rs/anvil"; fi

docs:
	@command -v mdbook >/dev/null || { echo "mdbook is missing: cargo install --locked mdbook"; exit 1; }
	mdbook build docs
	@echo "open docs/book/index.html"

fmt:
	cargo fmt --all
