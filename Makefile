# Everything that a contributor, an instructor or CI runs. `make` alone lists the targets.
VENV ?= .venv
PYTHON ?= python3
# The versions to install. build/oldest.txt and build/newest.txt can be asked for too, best with a VENV of their own.
export CONSTRAINTS ?= constraints.txt
A ?=
UPGRADE ?=

BIN := $(abspath $(VENV))/bin
INSTALLED := $(VENV)/.installed
NEEDED := $(shell sed -n 's/^requires-python = ">=\(.*\)"/\1/p' pyproject.toml)
COMPILE = $(BIN)/uv pip compile pyproject.toml --extra dev --quiet --no-annotate --custom-compile-command "make $@"
# nbgrader calls `alembic` by name.
export PATH := $(BIN):$(PATH)

.PHONY: help install demo test coverage check verify refresh release lab pins clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED)  ## make the virtual environment (VENV, default .venv) with pinned versions

# With pip, a virtual environment is whole.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; old = sys.version_info < tuple(map(int, "$(NEEDED)".split("."))); sys.exit(old and \
	  "Grad School needs Python $(NEEDED) or newer, and $(PYTHON) is %d.%d: name a newer one, as in \
	make PYTHON=python$(NEEDED)" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml $(CONSTRAINTS) | $(BIN)/pip
	$(BIN)/python -m pip install --quiet --editable ".[dev]" --constraint $(CONSTRAINTS)
	touch $@

$(BIN)/uv: | $(BIN)/pip
	$(BIN)/python -m pip install --quiet uv

build/oldest.txt: pyproject.toml | $(BIN)/uv
	$(COMPILE) --python $(BIN)/python --resolution lowest-direct --output-file $@

build/newest.txt: pyproject.toml | $(BIN)/uv
	$(COMPILE) --python $(BIN)/python --upgrade --output-file $@

pins: $(BIN)/uv  ## pin what pyproject.toml asks for anew; UPGRADE=1 renews every version
	$(COMPILE) --universal $(if $(UPGRADE),--upgrade) --output-file constraints.txt

demo: install  ## grade the demo class of examples/ and print its scores
	$(BIN)/autograder demo

test: install  ## run the tests, then every source notebook against its stored outputs
	$(BIN)/pytest -n auto --dist loadfile tests; tests=$$?; \
	$(BIN)/pytest -n auto --dist loadscope --nbval --nbval-sanitize-with tests/nbval.cfg source; notebooks=$$?; \
	exit $$((tests || notebooks))

coverage: install  ## do the tests run enough of the modules that need no jail?
	$(BIN)/pytest -n auto --dist loadfile --cov --cov-report term tests/authoring tests/exchange tests/marking tests/show tests/tasks

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
	rm -rf build $(VENV) .coverage .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache *.egg-info
	find autograder tests source -name __pycache__ -prune -exec rm -rf {} +
