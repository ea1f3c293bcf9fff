# One command per intent. `make` alone is the gate: lint, types, template, seconds of import, every test.
# Variables: PORT and DATA_DIR for run; FILE for demo; PYTHON for the interpreter that .venv is made with.
.DEFAULT_GOAL := check
.PHONY: run demo test soak check lint types template imports setup tools programs build deploy upgrade lock bench profile shots clean

export PORT ?= 8000
export DATA_DIR ?= .local
PYTHON ?= python3
PY := .venv/bin/python
# sam runs the layers' Makefiles with the python3 that it finds first.
SAM := SAM_CLI_TELEMETRY=0 PATH="$(CURDIR)/.venv-tools/bin:$$PATH" .venv-tools/bin/sam

run: setup
	@$(PY) -m local run

demo: setup
	@$(PY) -m local demo $(if $(FILE),"$(FILE)")

test: setup tools programs
	$(PY) -m pytest -n 2 --dist loadfile

# The state machine and the deaths of docs/reliability.md, for longer than a gate can wait.
soak: setup
	MODEL_RUNS=$${MODEL_RUNS:-500} MODEL_STEPS=$${MODEL_STEPS:-40} DEATHS=$${DEATHS:-1000} \
		$(PY) -m pytest tests/integration/database/test_model.py tests/integration/database/test_faults.py tests/integration/database/test_races.py

check: lint types template imports test

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	PYTHONPATH=shared .venv/bin/lint-imports

types: setup
	.venv/bin/basedpyright

template: tools
	@$(PYTHON) local/install.py scan
	AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint
	@mkdir -p .aws-sam
	.venv-tools/bin/python tests/template/transform.py template.yaml > .aws-sam/transformed.json
	.venv-tools/bin/cfn-lint template.yaml .aws-sam/transformed.json
	.venv-scan/bin/checkov --config-file .checkov.yaml --file template.yaml --framework cloudformation --skip-download --compact --quiet

# No test takes time; this does, with room for a slow machine (see bench/cold_start.py).
imports: setup
	PYTHONPATH=shared $(PY) -m bench.cold_start --check

setup:
	@$(PYTHON) local/install.py dev

tools:
	@$(PYTHON) local/install.py tools

programs:
	@$(PYTHON) local/install.py programs

build: tools
	$(SAM) build

# Asked once, before the first deploy; the file holds the stack's tag as well, which sam takes away where it is not told.
samconfig.toml: | tools
	@.venv-tools/bin/python -m local questions

deploy: samconfig.toml build
	find functions -name __pycache__ -prune -exec rm -rf {} +
	$(SAM) deploy

# The same without a question, for example in a pipeline.
upgrade: samconfig.toml build
	find functions -name __pycache__ -prune -exec rm -rf {} +
	$(SAM) deploy --no-confirm-changeset --no-fail-on-empty-changeset

lock: tools
	.venv-tools/bin/python layers/lock.py

# BENCH="--rows 1000 --rounds 1" for a short one; the whole takes a quarter of an hour on two quiet cores and writes docs/performance.md.
bench: setup
	@$(PYTHON) local/install.py bench
	@PYTHONPATH=shared $(PY) -m bench $(BENCH)

profile: setup
	@PYTHONPATH=shared $(PY) -m bench.profile

shots: setup programs
	@$(PY) -m tests.page.shots

clean:
	rm -rf .aws-sam .cache .local .pytest_cache .ruff_cache .hypothesis
	rm -f shared/takeback/tabular/loops/compiled.*
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
