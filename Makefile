# `make help` lists what there is. Everything runs from .venv, which these targets build and keep current.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PORT ?= 8000

# uv installs in seconds; pip is the fallback where only pip's own configuration reaches an index.
define install
	@echo "Installing into .venv (once; under a minute)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Plumbrule needs Python 3.11; set PYTHON=/path/to/python3.11" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable . \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
endef

.PHONY: help demo run test test-fast test-modes check bench lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

.venv/.installed: requirements.txt requirements-uv.txt pyproject.toml
	$(call install,requirements.txt)

.venv/.installed-dev: requirements-dev.txt requirements-uv.txt pyproject.toml | .venv/.installed
	$(call install,requirements-dev.txt)

demo: .venv/.installed ## open an insecure pull request on a fake GitHub and print the review (KEEP=1 leaves it running)
	@$(BIN)/python -m tests.demo $(if $(KEEP),--keep)

run: .venv/.installed ## migrate, web and worker, as in the Procfile (needs the environment of README.md)
	@$(BIN)/plumbrule migrate
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/honcho start --no-prefix web worker

test: .venv/.installed-dev ## every test
	@$(BIN)/python -m pytest -n auto --dist loadfile

test-fast: .venv/.installed-dev ## the tests without real Checkov, PostgreSQL or worker processes
	@$(BIN)/python -m pytest -n auto --dist loadfile -m "not slow"

test-modes: .venv/.installed-dev ## the stories again: on a flaky GitHub, and with a worker that dies after each step
	@$(BIN)/python -m pytest tests/test_stories_*.py -m "not slow" --flaky-github
	@for step in announce examine publish upload commit answer look; do \
	  $(BIN)/python -m pytest tests/test_stories_*.py -m "not slow" --crash-after $$step || exit 1; done

check: .venv/.installed-dev ## format, lint, types, import contracts, dependency audit (where the advisory service is reachable)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m tests.audit

bench: .venv/.installed-dev ## ratios against the plain Checkov command line (REPO=path measures on any repository)
	@$(BIN)/python -m tests.bench $(if $(REPO),--repo "$(REPO)")

lock: .venv/.installed-dev ## pin the newest allowed dependencies, with hashes
	@$(BIN)/uv pip compile pyproject.toml --quiet --upgrade --python-version 3.11 --universal --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate -o requirements.txt
	@$(BIN)/uv pip compile pyproject.toml --quiet --extra dev -c requirements.txt --python-version 3.11 --universal \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements-dev.txt

clean: ## remove what was built and everything the demo left
	@rm -rf .venv var build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
