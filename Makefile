# Qingliu: what a newcomer runs. Everything lives in .venv, var/ and build/, all git-ignored.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := $(CURDIR)

.PHONY: help setup demo up chaos backup restore test check bench lock format clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 10

setup: $(VENV)/complete ## the environment, from hash-checked pins

$(VENV)/complete: requirements/dev.lock
	@echo "准备运行环境 / setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "需要 Python ≥ 3.11 及 venv（Debian: apt install python3-venv）"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

demo: setup ## the whole story over HTTP on a temporary stack; ends by itself, with KEEP=1 at Ctrl-C
	@$(BIN)/python -m demo $(if $(KEEP),--keep)

up: setup ## the stack in the foreground until Ctrl-C; data stays in var/
	@$(BIN)/python -m deploy.onebox.up --end-with-parent

bench: setup ## every figure against its limit; make bench NAME=roster_post runs one
	@$(BIN)/python -m benchmarks $(NAME)

chaos: setup ## kill -9 under load, 200 times; make chaos KILLS=20 is a short one
	@$(BIN)/python -m chaos --kills $(or $(KILLS),200)

backup: setup ## everything in one file, its keys in another; make backup TO=file
	@$(BIN)/python -m deploy.onebox.backup $(if $(TO),--to $(TO))

restore: setup ## put a backup back and compare its figures; make restore FROM=file [KEYS=file] [FORCE=1]
	@$(BIN)/python -m deploy.onebox.restore $(FROM) $(if $(KEYS),--keys $(KEYS)) $(if $(FORCE),--force)

test: setup ## every test, from nothing
	@$(BIN)/python -m pytest

check: setup ## format, lint, types, import contracts, migrations in step with tables
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m deploy.onebox.check_migrations

format: setup ## rewrite the sources in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup ## write requirements/*.lock anew from *.in
	@$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --python-version 3.11 requirements/runtime.in -o requirements/runtime.lock
	$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --python-version 3.11 -c requirements/runtime.lock requirements/dev.in -o requirements/dev.lock

clean: ## remove everything that was made here
	rm -rf $(VENV) var build .mypy_cache .ruff_cache .pytest_cache .hypothesis
