# Everything that a contributor, an instructor or CI runs. `make` alone lists the targets.
VENV ?= .venv
PYTHON ?= python3
A ?=

BIN := $(abspath $(VENV))/bin
INSTALLED := $(VENV)/.installed
# nbgrader calls `alembic` by name.
export PATH := $(BIN):$(PATH)

.PHONY: help install demo test check verify refresh release lab clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED)  ## make the virtual environment (VENV, default .venv) with pinned versions

$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[dev]" --constraint constraints.txt
	touch $@

demo: install  ## grade the demo class of examples/ and print its scores
	$(BIN)/autograder demo

test: install  ## run the tests, then every source notebook against its stored outputs
	$(BIN)/pytest -n 2 --dist loadfile tests
	$(BIN)/pytest -n 2 --dist loadscope --nbval source

check: install  ## lint, format, types, import direction
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

verify: install  ## is the course whole? with a table of what was tried on each task
	$(BIN)/autograder verify --table

refresh: install  ## run source notebooks anew and store their outputs: make refresh A=a01_slopes, or all
	$(BIN)/python -m autograder.verify.refresh $(A)

release: install  ## generate release/ from source/
	rm -rf release
	$(BIN)/nbgrader generate_assignment '*' --no-db --force

lab: install  ## open the course in JupyterLab
	$(BIN)/jupyter lab

clean:  ## remove what the other targets made, the virtual environment too
	rm -rf build $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache *.egg-info
	find autograder tests source -name __pycache__ -prune -exec rm -rf {} +
