# Needs GNU make, Python 3.11 or newer with its venv module, and a package index that pip can reach.
# Another interpreter:        make test PYTHON=/path/to/python3.12
# Arguments for the lanes:    make test LANES="--only unit"

.DEFAULT_GOAL := help
.PHONY: help interpreter demo test lint types format lock clean

WANTED := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
ifndef PYTHON
PYTHON := $(shell for candidate in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	if $$candidate -c "$(WANTED)" >/dev/null 2>&1; then command -v $$candidate; break; fi; done)
endif

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

interpreter: ## print the Python that the environment is made from
	@"$(PYTHON)" -c "$(WANTED)" 2>/dev/null || { \
		echo "Helmert needs Python 3.11 or newer with the modules venv and ensurepip; found none that qualifies." >&2; \
		echo "Next: install one (on Debian: python3 and python3-venv), or name it: make test PYTHON=/path/to/python3.11" >&2; \
		exit 1; }
	@"$(PYTHON)" -c "import sys; print('python  ', sys.version.split()[0], sys.executable)"

demo: interpreter ## set up .venv with the run-time packages and show a migration from start to end
	@"$(PYTHON)" tools/environment.py runtime
	.venv/bin/helmert demo

test: interpreter ## set up .venv and run every lane, cheapest first
	@"$(PYTHON)" tools/environment.py dev
	.venv/bin/python -m tools.lanes $(LANES)

lint: interpreter ## formatting, lint rules and the direction of imports
	@"$(PYTHON)" tools/environment.py dev
	.venv/bin/python -m tools.lanes --keep-going --only format --only lint --only layers

types: interpreter ## mypy in strict mode
	@"$(PYTHON)" tools/environment.py dev
	.venv/bin/python -m tools.lanes --only types

format: interpreter ## rewrite the sources: formatting and the lint fixes that are safe
	@"$(PYTHON)" tools/environment.py dev
	.venv/bin/ruff check --fix-only --quiet .
	.venv/bin/ruff format .

lock: interpreter ## compile requirements/*.lock from pyproject.toml; UPGRADE=1 takes newer versions
	"$(PYTHON)" tools/lock.py $(if $(UPGRADE),--upgrade)

clean: ## remove the environment, caches and build results
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist helmert-demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
