# The environment lives in .venv; every target makes or refreshes it first.
.DEFAULT_GOAL := help
.PHONY: help setup run test test-browser test-slow test-all test-postgres check bench soak races model lock eval

PYTHON ?=
PYTEST := .venv/bin/python -m pytest -n 2
# test-all runs every test; `make test-all ONLY=slow` runs those that `make test` leaves out, `make test-slow` some of them.
ONLY ?=
# On which the integration tests keep their databases: sqlite, or postgres, of which a server is started for the run.
DATABASE ?= sqlite
export TEST_DATABASE = $(DATABASE)
# What tests write need not outlive them: it stays in memory where there is room for it, and nobody waits for a disk.
ROOM_MIB := $(shell df -m --output=avail /dev/shm 2>/dev/null | tail -1)
test test-browser test-slow test-all test-postgres: export TMPDIR = $(shell \
	[ -w /dev/shm ] && [ "$(ROOM_MIB)" -ge 4000 ] 2>/dev/null && echo /dev/shm || echo $${TMPDIR:-/tmp})

help:
	@echo "make setup | run | test | test-browser | test-slow | test-all | test-postgres | check | bench | soak [KILLS=N] | races | model [EXAMPLES=N] | lock | eval"

setup: .venv/.ready

.venv/.ready: requirements.lock pyproject.toml setup.sh
	@sh setup.sh $(PYTHON)

run: .venv/.ready
	.venv/bin/countersign demo

test: .venv/.ready
	$(PYTEST) -m "not slow"

# The pages in a real Chromium: deciding by mouse, keys and finger, and axe-core on every page in light and dark.
test-browser: .venv/.ready
	$(PYTEST) -m "browser and slow and not long" tests/integration/web

# The slow tests of the spine, with and without PostgreSQL: kills, a share of the races, the contract of the API, several
# processes, restore.
test-slow: .venv/.ready
	$(PYTEST) -m "slow and not long" tests/soak $(addprefix tests/integration/,races fuzz) tests/e2e $(addprefix tests/integration/,audit backup durable store workflow)

test-all: .venv/.ready
	$(PYTEST) $(if $(ONLY),-m "$(ONLY)")

# The workflow, the API, the log, the store and the queue on PostgreSQL; `make test-all DATABASE=postgres` runs everything.
test-postgres: export TEST_DATABASE = postgres
test-postgres: .venv/.ready
	$(PYTEST) -m "(not slow or postgres) and not browser" $(addprefix tests/integration/,api audit durable store workflow)

check: .venv/.ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: .venv/.ready
	.venv/bin/countersign bench

# All tasks, two at a time; of those whose rows take long each a sample, drawn by a seed. Sets that are not in
# COUNTERSIGN_DATA_DIR are left out, and it is said. `.venv/bin/countersign eval` answers every row.
eval: .venv/.ready
	.venv/bin/countersign eval --quick --jobs 2

# Half of the kills at random moments, half at fault points; a quarter on SQLite (one process), the rest on PostgreSQL
# (three), at the same time.
KILLS ?= 120
soak: .venv/.ready
	.venv/bin/python -m tests.soak --forked --seconds 86400 --kills $$(($(KILLS) / 8)) --points $$(($(KILLS) / 8))

# Every race with all of its rounds, on SQLite and PostgreSQL; CI runs a share of them.
races: .venv/.ready
	RACES=full $(PYTEST) tests/integration/races

# The stateful model for so many runs of 50 steps, other ones each time.
EXAMPLES ?= 500
model: .venv/.ready
	MODEL_EXAMPLES=$(EXAMPLES) .venv/bin/python -m pytest tests/integration/model

# Versions already in the lock are kept where they still fit pyproject.toml; delete a line to move it.
lock: .venv/.ready
	.venv/bin/uv pip compile pyproject.toml --quiet --system-certs --all-extras --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -o requirements.lock
