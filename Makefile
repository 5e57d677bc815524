# Every way to run, test and change this project. Plain `make` lists them.
PORT ?= $(or $(PODIUM_PORT),8000)
VAR ?= $(or $(PODIUM_VAR),var)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
PACKAGES := platform/podium datasets/tabset datasets/samples figures scoring leaderboard baselines benchmarks tools client/podium_client
INSTALLED := .venv/installed
MULTIMODAL := .venv-multimodal
LOCK := uv pip compile --system-certs --quiet --universal --python-version 3.11 --generate-hashes --no-header $(UPGRADE)

.PHONY: help setup demo test test-all test-multimodal check fuzz bench format lock migrations
.DEFAULT_GOAL := help

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 18

setup: $(INSTALLED) ## Install everything into .venv (done by the others when needed)

$(INSTALLED): requirements.lock pyproject.toml client/pyproject.toml tools/setup.sh
	@sh tools/setup.sh

demo: $(INSTALLED) ## Start the whole site with the sample challenge (PORT=8000 VAR=var)
	@python -m tools.serve --port $(PORT) --var $(VAR)

test: $(INSTALLED) ## Run the checks and the tests
	@python -m tools.run_tests

test-all: $(INSTALLED) ## Run what `make test` leaves out: drills, trainings, long fuzz runs, the site on SQLite
	@python -m tools.run_tests --rest

test-multimodal: $(MULTIMODAL)/installed ## Test the method autogluon-multimodal in an environment of its own (8 GB)
	@python -m pytest -q -m multimodal tests/baselines

$(MULTIMODAL)/installed: $(INSTALLED) requirements-multimodal.lock
	@uv venv --quiet --clear --python .venv/bin/python $(MULTIMODAL)
	@VIRTUAL_ENV=$(MULTIMODAL) uv pip sync --system-certs --quiet requirements-multimodal.lock
	@cp .venv/lib/python3.*/site-packages/_*podium*.pth $(MULTIMODAL)/lib/python3.*/site-packages/
	@touch $@

check: $(INSTALLED) ## Lint, formatting, types, import directions, layout
	ruff check .
	ruff format --check .
	mypy $(PACKAGES)
	lint-imports
	pytest -q tests/test_layout.py tests/test_docker.py

fuzz: $(INSTALLED) ## Send many hostile files through scoring (FILES=50000 SEED=7)
	python -m tests.scoring.fuzz --files $(or $(FILES),50000) --seed $(or $(SEED),7)

format: $(INSTALLED) ## Format the code and fix what the linter can
	ruff check --fix-only .
	ruff format .

bench: $(INSTALLED) ## Measure scoring, uploads, queues, rescores, boards and conversion, each against an alternative
	@mkdir -p $(VAR)/bench
	@for each in score upload_to_score drain rescore convert attacks event_attacks figure_attacks ladder boards pair_features; do \
	  python -m benchmarks.$$each --json $(VAR)/bench/$$each.json || exit 1; done

migrations: $(INSTALLED) ## Write the migrations that changed models need
	python manage.py makemigrations

lock: $(INSTALLED) ## Resolve pyproject.toml again into the lock files (UPGRADE=--upgrade for newer versions)
	$(LOCK) --extra baselines --extra dev --output-file requirements.lock pyproject.toml
	$(LOCK) --constraint requirements.lock --output-file docker/requirements.web.lock pyproject.toml
	$(LOCK) --extra baselines --extra multimodal --output-file requirements-multimodal.lock pyproject.toml
	$(LOCK) --constraint requirements.lock --extra baselines --output-file docker/requirements.baseline.lock pyproject.toml
