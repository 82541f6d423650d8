# What one can do here. `make` alone lists it.
PYTHON ?= python3
WORKERS ?= auto
VENV := .venv
BIN := $(VENV)/bin

LOCK := uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11

.DEFAULT_GOAL := help

help:  ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

# What Kabar runs on, and what its tests and evaluations need besides, which is twice as much.
$(VENV)/.installed: requirements.lock pyproject.toml
	$(call install,requirements.lock)
	@touch $@

$(VENV)/.developed: requirements-dev.lock pyproject.toml
	$(call install,requirements-dev.lock)
	@touch $@ $(VENV)/.installed

define install
	@$(PYTHON) -c 'import sys; sys.exit("Kabar needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Say: make PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Python packages (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endef

setup: $(VENV)/.installed  ## install what is needed into .venv

setup-dev: $(VENV)/.developed  ## and what tests, benchmarks and training need

run: setup  ## start everything: Kafka, Elasticsearch, connectors, agents (FEEDS=path.opml for your own feeds)
	@$(BIN)/kabar up $(if $(FEEDS),--feeds "$(FEEDS)",--demo)

# In as many processes as cores and memory bear (tests/workers.py), each with servers of its own and with neighbouring
# tests, since a module's tests share what it prepares; who has none left takes over half of another's.
test: setup-dev  ## lint, types and every test, with the real servers (WORKERS=0: one after the other)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal

bench: setup-dev  ## the pipeline against a naive program, measured in one run (long)
	@$(BIN)/python -m tests.benchmarks.throughput

eval-language: setup-dev  ## the language of held-out texts beside langdetect, lingua, py3langid and pycld2
	@$(BIN)/python -m tests.benchmarks.language

lock:  ## re-resolve both lock files from pyproject.toml (needs uv)
	$(LOCK) --group dev pyproject.toml -o requirements-dev.lock
	$(LOCK) --group build --constraints requirements-dev.lock pyproject.toml -o requirements.lock

eval-alerts: setup-dev  ## precision and recall of alerts on labelled sentences
	@$(BIN)/python -m tests.benchmarks.alerts_eval

eval-entities: setup-dev  ## names found exactly on labelled texts, beside exact names and a CRF, by language (minutes)
	@$(BIN)/python -m tests.benchmarks.entities_eval

eval-stories: setup-dev  ## copies in twenty languages and labelled stories, beside SimHash, MinHash LSH and TF-IDF
	@$(BIN)/python -m tests.benchmarks.stories_eval

.PHONY: help setup setup-dev run test bench eval-language eval-alerts eval-entities eval-stories lock
