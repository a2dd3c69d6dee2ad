# What people and CI call. `make help` lists it; every target installs what it misses.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run deps test check compat record bench bench-ui bench-adoption screenshots fuzz docs fmt

NEXTEST_VERSION := 0.9.151
DENY_VERSION := 0.20.2

# One target folder for everything: the build, the clients of other people, what the tests leave behind.
export CARGO_TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))
# The cargo tools outlive the target folder, so that a fresh clone does not build them again.
export TOOLS := $(or $(REVAER_TOOLS),$(if $(or $(XDG_CACHE_HOME),$(HOME)),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/revaer/tools,$(CARGO_TARGET_DIR)/tools))
export PATH := $(TOOLS)/bin:$(PATH)

# A machine whose only toolchain is called `stable` cannot always fetch the pinned one.
ifneq ($(shell rustc --version >/dev/null 2>&1 && echo yes),yes)
export RUSTUP_TOOLCHAIN := stable
endif

# Cargo unites the features of the packages it is asked for, so every build of the tests asks for
# the whole workspace: a narrower one would compile the dependencies a second time.

# The black-box tests find what they drive here.
TEST_ENV = REVAER_BIN="$(CARGO_TARGET_DIR)/debug/revaer" COMPAT_PYTHON="$(CARGO_TARGET_DIR)/venv/bin/python" COMPAT_NPM="$(CARGO_TARGET_DIR)/npm"

CPP_FILES := $(wildcard native/cpp/*.cpp native/cpp/*.hpp native/cpp/*.h)

help: ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: ## Build the release binary and start it on 127.0.0.1:8080, state in ./data or $REVAER_HOME; ARGS="…" adds flags
	@scripts/system-packages build
	cargo build --release --locked --workspace --bins
	@REVAER_HOME="$${REVAER_HOME:-$(CURDIR)/data}" exec "$(CARGO_TARGET_DIR)/release/revaer" $(ARGS)

deps: ## Install what building and testing need; nothing later needs the network but cargo
	@scripts/system-packages build tests
	@scripts/python-clients "$(CARGO_TARGET_DIR)/venv"
	@scripts/npm-clients "$(CARGO_TARGET_DIR)/npm"
	@scripts/cargo-tool nextest $(NEXTEST_VERSION)
	cargo fetch --locked

# `nextest` builds the binary `revaer` before any test starts, because tests/it belongs to its
# package.
test: deps ## Everything that proves the product; TESTS="…" narrows it, in nextest's filter words
	$(TEST_ENV) cargo nextest run --locked --workspace $(TESTS)

check: ## Formatting, lints, licences and bans of dependencies, documentation, the web interface
	@scripts/system-packages build tests
	@scripts/npm-clients "$(CARGO_TARGET_DIR)/npm"
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	@scripts/cargo-tool deny $(DENY_VERSION)
	scripts/check-dependencies
	scripts/check-ui "$(CARGO_TARGET_DIR)/npm"
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --quiet
ifneq ($(CPP_FILES),)
	@if command -v clang-format >/dev/null; then clang-format --dry-run -Werror $(CPP_FILES); \
	else echo "C++ formatting: NOT CHECKED, clang-format is not installed"; fi
endif

fuzz: ## Feed the parsers generated input, FUZZ_SECONDS (30) for each target; TARGET="…" picks some
	@scripts/system-packages build
	@scripts/cargo-tool nextest $(NEXTEST_VERSION)
	FUZZ_SECONDS="$${FUZZ_SECONDS:-30}" cargo nextest run --locked --workspace --profile fuzz --test fuzz $(TARGET)

compat: deps ## The contract suite against live reference servers beside Revaer, as one table; needs root
	compat-tests/reference-servers.sh install
	cargo build --locked --workspace --all-targets
	scripts/check-shim "$$(ls -td "$(CARGO_TARGET_DIR)"/debug/build/revaer-native-*/out/cxxbridge | head -n 1)"
	$(TEST_ENV) "$(CARGO_TARGET_DIR)/debug/compat-tests" compare $(ARGS)

record: deps ## Make the recordings of compat-tests/golden anew from live reference servers; needs root
	compat-tests/reference-servers.sh install
	$(TEST_ENV) cargo run --locked --workspace --bin compat-tests -- record $(ARGS)

bench: ## Measure this build beside other servers; ARGS="…" goes to the benchmark
	@scripts/system-packages build
	cargo build --release --locked --workspace --bins
	REVAER_BIN="$(CARGO_TARGET_DIR)/release/revaer" "$(CARGO_TARGET_DIR)/release/bench" $(ARGS)

bench-ui: deps ## Measure the web interface over 50,000 torrents in a browser; ARGS="…" is another number
	cargo build --release --locked --workspace --bins
	scripts/ui "$(CARGO_TARGET_DIR)/npm" "$(CARGO_TARGET_DIR)/release/revaer" many $(ARGS)

bench-adoption: ## Measure how long a profile of 10,000 torrents takes to be taken over; ARGS="--torrents N" for others
	@scripts/system-packages build
	cargo build --release --locked --workspace --bins
	REVAER_BIN="$(CARGO_TARGET_DIR)/release/revaer" "$(CARGO_TARGET_DIR)/release/adoption" $(ARGS)

screenshots: deps ## Take the pictures of docs/screenshots anew
	cargo build --locked --workspace --bins
	scripts/ui "$(CARGO_TARGET_DIR)/npm" "$(CARGO_TARGET_DIR)/debug/revaer" screenshots docs/screenshots

docs: ## Build the documentation of the code
	@scripts/system-packages build
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps
	@echo "file://$(CARGO_TARGET_DIR)/doc/revaer/index.html"

fmt: ## Format Rust and C++
	cargo fmt --all
ifneq ($(CPP_FILES),)
	@if command -v clang-format >/dev/null; then clang-format -i $(CPP_FILES); fi
endif
