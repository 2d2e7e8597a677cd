# Every target sets up what it needs in .venv; nothing is installed outside this checkout
# (make interop and make compose-test install Debian packages where they are missing, and say so).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := test
.PHONY: run test compiled format lint types specs interop bench bench-growth guard wheels crash fuzz flood simulate reference hardship proof mutants demo-day compose-test clean

# Installing compiles what setup.py lists, if there is a C compiler: most of a minute. FIXPIT_BUILD=pure
# does without. After a change of a compiled source the venue runs as source until it is compiled again.
$(VENV)/.run: pyproject.toml setup.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml setup.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.run

# Compiles again, if a source is another than the compiled one.
compiled: $(VENV)/.dev
	@$(BIN)/python -m fixpit.build --is-compiled || $(BIN)/python setup.py --quiet build_ext --inplace

run: $(VENV)/.run
	$(BIN)/fixpit serve --http-port 8080

# One suite, two subjects: the compiled venue, where there is a compiler, and the same as source.
test: compiled
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q
	@! $(BIN)/python -m fixpit.build --is-compiled || (set -x; FIXPIT_PURE=1 $(BIN)/python -m pytest -q)
	$(BIN)/python -m tests.proof.run --quick --table var/proof-quick.txt

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

# Dictionaries and the tables of the rules of engagement, from fix_specs/messages.txt and fields.txt.
specs: $(VENV)/.dev
	$(BIN)/python -m tests.specs.write

interop: compiled
	$(BIN)/python -m tests.interop.run

bench: compiled
	$(BIN)/python -m tests.bench.run

# How the cost of an order grows with resting orders and sessions, also as var/growth.png.
bench-growth: compiled
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[plot]'
	$(BIN)/python -m tests.bench.growth --png var/growth.png

# CPU of an order on the hot path as a ratio, against the one kept in tests/bench/guard.txt.
guard: compiled
	$(BIN)/python -m tests.bench.guard
	@! $(BIN)/python -m fixpit.build --is-compiled || (set -x; FIXPIT_PURE=1 $(BIN)/python -m tests.bench.guard)

# Wheels with compiled modules and without, installed elsewhere and run.
wheels: $(VENV)/.dev
	$(BIN)/python -m tests.wheels.run

crash: compiled
	$(BIN)/python -m tests.crash.kills --kills 100

FUZZ_SECONDS ?= 600
fuzz: compiled
	$(BIN)/python -m tests.fuzz.run --seconds $(FUZZ_SECONDS)

flood: compiled
	$(BIN)/python -m tests.flood.run

# Whole lives of the venue from seeds: fake network, disk and clock, crashes at any step.
SEEDS ?= 200
simulate: compiled
	$(BIN)/python -m tests.simulation.run --seeds $(SEEDS)

# The engine beside a naive exchange written from the rule book.
REFERENCE_COMMANDS ?= 1000000
reference: compiled
	$(BIN)/python -m tests.reference.run --commands $(REFERENCE_COMMANDS)

# A log damaged everywhere, a full disk (needs root), a member that never reads, twice the load, a
# long day, the same log under other hash seeds and event loops, how long a start takes.
hardship: compiled
	$(BIN)/python -m tests.hardship.tears
	$(BIN)/python -m tests.hardship.determinism
	$(BIN)/python -m tests.hardship.recovery_speed
	$(BIN)/python -m tests.hardship.disk_full
	$(BIN)/python -m tests.hardship.slow_consumer
	$(BIN)/python -m tests.hardship.overload --seconds 60
	$(BIN)/python -m tests.hardship.soak --minutes 10

# All that could show that something acknowledged is lost, or happens twice: one table, also in
# var/proof.txt. About half an hour; the full disk needs root. PROOF="--kills 2000" for more of it.
PROOF ?=
proof: compiled
	$(BIN)/python -m tests.proof.run $(PROOF)

# Small changes of the venue, one at a time: does a test notice? PART is matching, session or log.
PART ?= matching
mutants: $(VENV)/.dev
	FIXPIT_PURE=1 $(BIN)/python -m tests.mutation.run $(PART)

# A trading day of eight members in a few seconds, to read: auctions, trades, and why they were made.
demo-day: compiled
	$(BIN)/python -m tests.demo_day.run

compose-test:
	docker/compose-test

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache var build fixpit.egg-info fixpit/compiled.txt
	find engine fixpit gateway -name '*.so' -delete
