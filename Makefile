# One command per intent. `make` alone is the gate: lint, types, template, every test.
# Variables: PORT and DATA_DIR for run; FILE for demo; PYTHON for the interpreter that .venv is made with.
.DEFAULT_GOAL := check
.PHONY: run demo test check lint types template setup tools chromium build deploy bench profile shots clean

export PORT ?= 8000
export DATA_DIR ?= .local
PYTHON ?= python3
PY := .venv/bin/python

run: setup
	@$(PY) -m local run

demo: setup
	@$(PY) -m local demo $(if $(FILE),"$(FILE)")

test: setup tools chromium
	$(PY) -m pytest -n 2 --dist loadfile

check: lint types template test

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports

types: setup
	.venv/bin/basedpyright

template: tools

setup:
	@$(PYTHON) local/install.py dev

tools:
	@$(PYTHON) local/install.py tools

chromium:
	@$(PYTHON) local/install.py chromium

build: tools

deploy: build

bench: setup
	@$(PY) -m bench

profile: setup
	@$(PY) -m bench.profile

shots: setup chromium
	@$(PY) -m tests.page.shots

clean:
	rm -rf .aws-sam .cache .local .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
