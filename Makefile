# KAMS. `make demo` and `make test` need git, make and Python 3.11 with pip and venv; nothing else, and no root. Tests of
# pages are skipped where there is no Chromium.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help: ## say what there is (the default)
	@grep -E '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

demo: $(READY) ## import the sample company and show its funnel, forecast and relationship health
	@$(BIN)/kams demo

test: $(READY) ## run all tests, on up to three processes
	$(BIN)/python -m pytest tests --numprocesses=auto --maxprocesses=3 --dist=worksteal

check: style types rooms ## look for faults without running: ruff, mypy, the rules of the architecture

style: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

rooms: $(READY)
	$(BIN)/python -m pytest tests/architecture

screenshots: $(READY) ## take pictures of every page of the console into build/screenshots, and those of the README
	$(BIN)/python -m tests.console.screenshots

bench: $(READY) ## measure the speeds and compare them with their limits
	$(BIN)/python -m tests.benchmarks

lock: $(READY) ## pin the newest versions of everything in requirements.txt (needs uv)
	printf 'setuptools>=77\n' | uv pip compile pyproject.toml - --extra dev --universal --python-version 3.11 \
		--upgrade --no-header --no-annotate --output-file requirements.txt

clean: ## remove the environment and everything made, but not the data in .kams
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The pinned versions, which are complete, then this folder itself. pip obeys PIP_INDEX_URL by itself. What is installed
# is compiled on all cores, others' tests are not; what of theirs does not compile is told and stops nothing.
$(READY): requirements.txt pyproject.toml
	@echo "Making the environment in $(VENV): a few minutes, once." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --requirement requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@-$(BIN)/python -m compileall -q -j 0 -x '/tests?/' $(VENV)/lib
	@touch $@

.PHONY: help demo test check style types rooms screenshots bench lock clean
