# The verbs of this repository. Each works in a fresh clone and without root: what is missing is installed
# into .venv first, and again only when pyproject.toml has changed.
#
#   make run      open the workstation on a living example
#   make test     everything that has to hold: lint, import contracts, types, tests
#   make check    lint, import contracts and types only
#   make shots    draw screenshots/*.svg again, from the real application
#   make bench    measure; see benchmarks/README.md
#   make clean    remove .venv and every cache
#
# PYTHON=… chooses the Python for a new .venv (3.11 or newer); WORKERS=… how many processes run the tests;
# ARGS=… is passed on to pytest: make test ARGS="-k sqlite -x".

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
# Half as many again as there are processors, because tests wait for half of their time: three on the machine with two
# that the 25 minutes of a full run are promised for.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); echo $$((n + (n + 1) / 2)))
ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check shots bench clean
.DEFAULT_GOAL := test

run: $(VENV)/installed
	@$(BIN)/flowtui demo

test: check
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

shots: $(VENV)/installed-dev
	$(BIN)/python docs/shots.py

bench: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache snapshot_report.html
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@python=$$(.ci/find-python $(PYTHON)) && echo "Making $(VENV) with $$python" && "$$python" -m venv --clear $(VENV)

$(VENV)/installed: $(BIN)/python pyproject.toml
	@echo "Installing flowtui and what it needs into $(VENV); this happens once"
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

# pip reads dependency groups only since 25.1, and a new venv may bring an older one.
$(VENV)/installed-dev: $(VENV)/installed
	@echo "Installing the tools for development into $(VENV)"
	@$(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['dependency-groups']['dev'], sep='\n')" > $(VENV)/dev.txt
	@$(BIN)/python -m pip install --quiet --requirement $(VENV)/dev.txt
	@touch $@
