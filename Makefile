# `make run` and `make test` need Python 3.11 or newer, make and a network; they do the rest.
# ARGS goes to the program: make run ARGS="--port 8090", make test ARGS="-k ledger -x".
# PYTHON names the interpreter to make .venv with, if the newest found is not the right one.

PYTHON ?=
ARGS ?=
ROUNDS ?= 10
BIN := .venv/bin
# a process that may not keep what it compiled starts a second later, each time
unexport PYTHONDONTWRITEBYTECODE
# half as many again as there are cores: a third of the time tests wait for processes
WORKERS := $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) * 3 / 2 )))

.PHONY: run test fuzz check docs bench torture screenshots update clean setup setup-dev ml

run: setup
	@exec $(BIN)/python run_dashboard.py $(ARGS)

test: setup-dev
	@$(BIN)/python -m tools.ensure_browser
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 6 --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports

bench: setup-dev
	@$(BIN)/python -m tools.ensure_browser
	@$(BIN)/python -m benchmarks $(ARGS)

# the properties, with other examples in each of ROUNDS; the first one that fails ends it
fuzz: setup-dev
	@for round in $$(seq $(ROUNDS)); do \
		FUZZ=1 $(BIN)/python -m pytest -q -m hypothesis -n $(WORKERS) $(ARGS) || exit 1; done

torture: setup-dev
	@TORTURE=1 $(BIN)/python -m pytest -m torture $(ARGS)

# the pages and schemas that are made from the code
docs: setup-dev
	@$(BIN)/python -m tools.make_docs

screenshots: setup-dev
	@$(BIN)/python -m tools.ensure_browser
	@$(BIN)/python -m tools.screenshots $(ARGS)

# data/ stays; the database is backed up and migrated at the next start
update:
	git pull --ff-only
	@$(MAKE) --no-print-directory setup

# what was installed and cached; never data/
clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup:
	@PYTHON="$(PYTHON)" sh tools/setup.sh requirements.txt

setup-dev: ml
	@PYTHON="$(PYTHON)" sh tools/setup.sh requirements-dev.txt

# PyTorch, for the strategy gru; the tests want it too. An index that is away is not asked for long.
ml:
	@PIP_RETRIES=2 PYTHON="$(PYTHON)" sh tools/setup.sh requirements-ml.txt
