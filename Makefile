# `make gate` does the main job, `make test` runs the tests; both set up what they need first.
# Paths are relative on purpose: the checkout may stand in a folder with a space in its name.

VENV_PYTHON = .venv/bin/python
FAULTS = $(foreach fault,$(FAULT),--fault "$(fault)")

.PHONY: help setup gate test test-fresh test-all lint format bench docs reference clean

help:
	@echo "make gate    measure the embedded shop and judge it      (FAULT=slow-payment turns a fault on; ARGS= goes to footfall gate)"
	@echo "make test    run all tests                               (ARGS= goes to pytest)"
	@echo "make test-fresh  try both commands in a fresh copy, then without a network (five minutes)"
	@echo "make test-all  both of these, then every promise of the examples against its fault (an hour)"
	@echo "make lint    ruff, mypy, import-linter"
	@echo "make format  rewrite the code in the house style"
	@echo "make bench   ratios against peers, each measured in one run"
	@echo "make docs    build the documentation into site/, strictly"
	@echo "make reference  write the parts of docs/ that are made from the code"
	@echo "make setup   only prepare .venv and a browser"
	@echo "make clean   remove what was measured and built (.venv stays)"

setup:
	@sh scripts/setup

gate: setup
	@$(VENV_PYTHON) -m footfall gate $(FAULTS) $(ARGS)

# What must not be disturbed (a gate on the healthy shop) runs alone, after all the rest.
test: setup
ifdef ARGS
	@$(VENV_PYTHON) -m pytest $(ARGS)
else
	@$(VENV_PYTHON) -m pytest --hypothesis-profile same-examples -n auto --dist loadfile --no-loadscope-reorder -m "not alone and not fresh and not matrix" --cov --cov-report=
	@$(VENV_PYTHON) -m pytest -m alone --cov --cov-append --cov-report=term
endif

test-fresh: setup
	@$(VENV_PYTHON) -m pytest -m fresh $(ARGS)

test-all: test test-fresh
	@$(VENV_PYTHON) -m pytest -m matrix

lint: setup
	@$(VENV_PYTHON) -m ruff check .
	@$(VENV_PYTHON) -m ruff format --check .
	@$(VENV_PYTHON) -m mypy
	@for suite in examples/*; do (cd $$suite && ../../$(VENV_PYTHON) -m mypy --config-file ../../pyproject.toml --cache-dir "../../.mypy_cache/$$suite" journeys loadtests) || exit 1; done
	@.venv/bin/lint-imports

format: setup
	@$(VENV_PYTHON) -m ruff check --fix .
	@$(VENV_PYTHON) -m ruff format .

bench: setup
	@for script in bench/*.py; do echo "== $$script"; $(VENV_PYTHON) "$$script" || exit 1; done

docs: setup reference
	@NO_MKDOCS_2_WARNING=1 $(VENV_PYTHON) -m mkdocs build --strict --quiet
	@echo "open site/index.html"

reference: setup
	@$(VENV_PYTHON) scripts/reference.py

clean:
	rm -rf out build dist site .footfall .pytest_cache .mypy_cache .ruff_cache .coverage .coverage.*
