# Each target sets up what it needs; with nothing to do that costs a few milliseconds.
# PYTHON chooses the Python to start from: make test PYTHON=python3.13

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

# What builds and runs the Lambda function, apart from the skill's own packages.
TOOLS := .venv-lambda
SAM := SAM_CLI_TELEMETRY=0 $(TOOLS)/sam/bin/sam
BUILT := .aws-sam/build/template.yaml

# The question as it was typed: make would read a dollar sign in it as one of its own variables.
override Q := $(value Q)
export Q

.PHONY: ask chat test test-sam lint fuzz judge build invoke skill-package build-SkillFunction clean

ask: $(VENV)/ready-to-answer
	@$(RUN) -m skill ask -- "$$Q"

chat: $(VENV)/ready-to-answer
	@$(RUN) -m skill chat

test: lint $(BUILT)
	@$(RUN) -m pytest
	@$(RUN) -m skill check
	@$(RUN) -m skill model --check

lint: $(VENV)/ready-to-test
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy

# The same with the real sam local, in a Docker engine.
test-sam: $(VENV)/ready-to-test $(BUILT)
	@$(RUN) -m pytest -m sam

build: $(BUILT)

# In a container, by sam local; EMULATOR=1 needs none.
invoke: $(BUILT)
	@$(RUN) -m skill invoke $(if $(EMULATOR),--emulator) -- "$$Q"

$(BUILT): template.yaml samconfig.toml Makefile $(shell find skill lambda knowledge -type f -not -name '*.pyc') $(TOOLS)/ready
	@$(SAM) build >&2
	@touch $@

# ENDPOINT is the stack's output SkillEndpoint, PRIVACY the public address of PRIVACY.md.
skill-package: $(VENV)/ready-to-answer
	@$(RUN) -m skill package $(if $(ENDPOINT),--endpoint "$(ENDPOINT)") $(if $(PRIVACY),--privacy "$(PRIVACY)")

# Called by `sam build`, which says where the artifact goes.
build-SkillFunction: $(VENV)/ready-to-answer $(TOOLS)/ready
	@$(RUN) -m skill artifact "$(ARTIFACTS_DIR)"

# As long as one likes: make fuzz TARGET=loader INPUTS=100000
TARGET ?= doors
INPUTS ?= 10000
fuzz: $(VENV)/ready-to-test
	@PYTHONPATH=.:tests $(RUN) tests/fuzzing.py $(TARGET) $(INPUTS)

# An independent judge of signatures, for tests/test_verification.py; needs node.
judge: $(VENV)/ready-to-test
	@npm install --silent --no-audit --no-fund --prefix build/judge alexa-verifier@4.0.0
	@$(RUN) -m pytest tests/test_verification.py

$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Body Signals needs Python 3.11 or newer; name one: make PYTHON=python3.13 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# Byte code is half of a start, and not every machine lets Python write it as it goes.
$(VENV)/ready-to-answer: pyproject.toml | $(RUN)
	@echo "Setting up in $(VENV) ..." >&2
	@$(RUN) -m pip install --quiet --disable-pip-version-check --editable '.[build]'
	@$(RUN) -m compileall -q skill lambda
	@touch $@

$(VENV)/ready-to-test: pyproject.toml | $(RUN)
	@echo "Setting up the tests in $(VENV) ..." >&2
	@$(RUN) -m pip install --quiet --disable-pip-version-check --editable '.[build,test,web]'
	@$(RUN) -m compileall -q skill lambda
	@touch $@ $(VENV)/ready-to-answer

# The function's own Python runs its client where there is one, or byte code would be none.
$(TOOLS)/ready: Makefile | $(VENV)/ready-to-answer
	@echo "Setting up SAM and the emulator in $(TOOLS) ..." >&2
	@$(PYTHON) -m venv $(TOOLS)/sam
	@$(TOOLS)/sam/bin/python -m pip install --quiet --disable-pip-version-check aws-sam-cli==1.170.0
	@"$$($(RUN) -m skill.deploy.tools)" -m venv $(TOOLS)/client
	@$(TOOLS)/client/bin/python -m pip install --quiet --disable-pip-version-check awslambdaric==4.2.2
	@touch $@

clean:
	rm -rf $(VENV) $(TOOLS) .aws-sam build
