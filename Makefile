# One prerequisite: Python 3.11 or newer with venv. Everything else comes as packages into .venv
# and node_modules: uv, Node, Anvil, OpenZeppelin, PostgreSQL.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
PACKAGES := domain application projections infrastructure interfaces
VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements.txt requirements-dev.txt requirements-bootstrap.txt package.json package-lock.json
# The first Python that is new enough; `make PYTHON=python3.13` decides otherwise.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
RUN := PATH="$(CURDIR)/$(BIN):$$PATH"
PYTEST := $(RUN) $(BIN)/python -m pytest
# Three at once, also on two cores: many tests wait for blocks.
SIDE_BY_SIDE := -q -n 3 --dist worksteal

.PHONY: help setup demo up test test-node check fmt bench soak contracts docs lock clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r t d; do printf '  %-10s %s\n' "$$t" "$$d"; done

setup: $(VENV)/.ready ## Install everything into .venv and node_modules

demo: setup ## Deploy tokens on two real ledgers, and show that each happened once
	@$(BIN)/proofmint demo

up: setup ## Run the service with its development chains until Ctrl-C
	@$(BIN)/proofmint up --devnet

test: setup ## Every test but the long ones
	@$(PYTEST) $(SIDE_BY_SIDE)

test-node: setup ## The Algorand suite against ALGOD_URL, ALGOD_TOKEN, INDEXER_URL, INDEXER_TOKEN, ALGOD_MNEMONIC
	@$(PYTEST) -q -m node tests/node

check: setup ## Everything that CI checks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q .
	@$(BIN)/mypy
	@$(RUN) $(BIN)/lint-imports --no-cache
	@$(PYTEST) $(SIDE_BY_SIDE)

fmt: setup ## Format the code
	@$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .

bench: setup ## Measure; ratios of one run count, absolute figures do not
	@$(PYTEST) -q -s -m bench tests/benchmarks

soak: setup ## The long tests
	@$(PYTEST) -q -m soak

contracts: setup ## Rebuild the contracts, byte for byte
	@$(RUN) $(BIN)/python -m infrastructure.contracts.build

docs: setup ## Write the reference pages that are made from code
	@$(BIN)/python -m interfaces.cli.reference

# No lock file names a host: the machine's own configuration says where packages come from.
lock: setup ## Lock the requirements anew
	@for f in requirements requirements-dev; do $(BIN)/uv pip compile -q --system-certs --upgrade --universal --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --python-version 3.11 $$f.in -o $$f.txt; done

clean: ## Remove what setup and runs have made
	@rm -rf $(VENV) node_modules .proofmint .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.ready: $(LOCKS)
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed"; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-bootstrap.txt
	@$(BIN)/uv pip sync -q --system-certs --python $(BIN)/python --require-hashes requirements-dev.txt requirements-bootstrap.txt
	@NODE_USE_SYSTEM_CA=1 $(RUN) npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
# The packages of this checkout are run where they lie: five generic names belong into no
# shared environment, so nothing is installed but this command.
	@printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s/python" -m interfaces.cli.main "$$@"\n' "$(CURDIR)" "$(CURDIR)/$(BIN)" > $(BIN)/proofmint
	@chmod +x $(BIN)/proofmint
	@touch $@
