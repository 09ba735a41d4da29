# Each target sets up what it needs; with nothing to do that costs a few milliseconds.
# PYTHON chooses the Python to start from: make test PYTHON=python3.13

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

# The question as it was typed: make would read a dollar sign in it as one of its own variables.
override Q := $(value Q)
export Q

.PHONY: ask chat test lint clean

ask: $(VENV)/ready-to-answer
	@$(RUN) -m skill ask -- "$$Q"

chat: $(VENV)/ready-to-answer
	@$(RUN) -m skill chat

test: lint
	@$(RUN) -m pytest
	@$(RUN) -m skill check
	@$(RUN) -m skill model --check

lint: $(VENV)/ready-to-test
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy

$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Body Signals needs Python 3.11 or newer; name one: make PYTHON=python3.13 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/ready-to-answer: pyproject.toml | $(RUN)
	@echo "Setting up in $(VENV) ..." >&2
	@$(RUN) -m pip install --quiet --disable-pip-version-check --editable '.[build]'
	@touch $@

$(VENV)/ready-to-test: pyproject.toml | $(RUN)
	@echo "Setting up the tests in $(VENV) ..." >&2
	@$(RUN) -m pip install --quiet --disable-pip-version-check --editable '.[build,test]'
	@touch $@ $(VENV)/ready-to-answer

clean:
	rm -rf $(VENV) build
