# Every command of the project. Needs Python 3.11 or newer and make; everything else goes into .venv.
SHELL := /bin/sh
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8000
# The demo answers as a public site does; DEBUG=1 make demo shows tracebacks and the browsable API.
DEBUG ?= 0
export DEBUG

# The newest supported Python that can make a virtualenv; PYTHON=/path/to/python chooses another.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python3.14 python; do \
	"$$p" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v "$$p"; break; }; done)

# Only what the environment asks for is installed beside the example's own needs.
comma := ,
EXTRAS := assets$(comma)example$(if $(filter postgres%,$(DATABASE_URL)),$(comma)postgres)$(if $(OPENAI_API_KEY)$(OPENAI_BASE_URL)$(OLLAMA_BASE_URL)$(OLLAMA_MODEL)$(GEMINI_API_KEY),$(comma)openai)$(if $(REDIS_URL),$(comma)redis)
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help axe demo demo-data test test-accounts test-outside test-postgres lint format reference docs bench dist matrix clean bench-assets bench-chat
.DELETE_ON_ERROR:

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with the venv module is needed (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@echo "Making a virtualenv in $(VENV) with $(PYTHON)" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --quiet --upgrade "pip>=25.1"

$(VENV)/.demo-$(EXTRAS): pyproject.toml | $(BIN)/python
	@echo "Installing the library and what the example needs" >&2
	@$(PIP) install --quiet --editable ".[$(EXTRAS)]"
	@touch "$@"

$(VENV)/.test: pyproject.toml | $(BIN)/python
	@echo "Installing what the tests need" >&2
	@$(PIP) install --quiet --editable ".[accounts,assets,example,openai,passkeys,postgres,totp]" --group test --group browser --group live --group media --group pdf
	@touch "$@"

$(VENV)/.lint: pyproject.toml | $(VENV)/.test
	$(PIP) install --quiet --group lint --group types
	@touch "$@"

$(VENV)/.docs: pyproject.toml | $(VENV)/.test
	$(PIP) install --quiet --group docs
	@touch "$@"

$(VENV)/.tox: pyproject.toml | $(BIN)/python
	$(PIP) install --quiet build tox
	@touch "$@"

# Pinned: a new rule must not turn an unchanged tree red.
$(VENV)/axe/node_modules/axe-core/axe.min.js: | $(BIN)/python
	npm install --silent --no-save --no-audit --no-fund --prefix $(VENV)/axe axe-core@4.14.1

axe: $(VENV)/axe/node_modules/axe-core/axe.min.js ## install axe-core, with which the browser tests look for barriers (needs npm)

demo: $(VENV)/.demo-$(EXTRAS) ## install, load the sample site, print the logins, serve on http://HOST:PORT
	@$(BIN)/python example_project/manage.py demo --host "$(HOST)" --port "$(PORT)"

demo-data: $(VENV)/.demo-$(EXTRAS) ## the same without serving, as JSON
	@$(BIN)/python example_project/manage.py demo --no-serve --json --host "$(HOST)" --port "$(PORT)"

# Every app from within; what takes browsers, projects of their own, many processes or long tables is `make test-outside`.
INSIDE := not (stress or browser or processes or thorough)
# Tests wait now and then, for a provider that says nothing or a thread that sleeps: one worker more than there are cores.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1)

# The accounts run beside the others, whose tests wait now and then, and are shown behind them.
test: $(VENV)/.test ## the test suite on SQLite, and on PostgreSQL when DATABASE_URL names one
	@mkdir -p .pytest_cache; $(MAKE) test-accounts >.pytest_cache/accounts.log 2>&1 & accounts=$$!; \
	env -u DATABASE_URL $(BIN)/python -m pytest -n $(WORKERS) -m "$(INSIDE)" $(ARGS); own=$$?; \
	wait $$accounts; beside=$$?; cat .pytest_cache/accounts.log; test $$own -eq 0 && test $$beside -eq 0
	$(if $(filter postgres%,$(DATABASE_URL)),$(MAKE) test-postgres)

# A user model is chosen once for a project, so these have settings, and a run, of their own.
test-accounts: $(VENV)/.test ## the tests of accounts, with the library's user and with a host's own
	$(MAKE) -j 2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) test-accounts-own test-accounts-swapped

# Side by side in one process each: what a process costs to start is more than the tests.
test-accounts-%: $(VENV)/.test
	env -u DATABASE_URL $(BIN)/python -m pytest --ds=tests.settings.accounts$(subst _own,,_$*) -o cache_dir=.pytest_cache/accounts-$* \
		-m "$(INSIDE)" tests/accounts $(ARGS)

test-postgres: $(VENV)/.test ## the test suite on the PostgreSQL of DATABASE_URL
	$(BIN)/python -m pytest -n auto --ds=tests.settings.postgres -m "$(INSIDE)" $(ARGS)
	$(BIN)/python -m pytest -n auto --ds=tests.settings.accounts_postgres -m "$(INSIDE)" tests/accounts $(ARGS)

test-outside: $(VENV)/.test ## the slow tests: browsers, projects of their own, many processes, long tables; PostgreSQL as above
	env -u DATABASE_URL $(BIN)/python -m pytest -m "not ($(INSIDE))" $(ARGS)
	env -u DATABASE_URL $(BIN)/python -m pytest --ds=tests.settings.accounts -m "not ($(INSIDE))" tests/accounts $(ARGS)
	$(if $(filter postgres%,$(DATABASE_URL)),$(BIN)/python -m pytest -m "not ($(INSIDE))" --ds=tests.settings.postgres $(ARGS))

lint: $(VENV)/.lint ## ruff, the contract of imports, mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(VENV)/.lint ## sort imports and format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

reference: $(VENV)/.test ## write the tables of docs/reference from the code
	$(BIN)/python docs/tables.py

docs: $(VENV)/.docs ## build the documentation into docs/_build/html
	$(BIN)/sphinx-build -n -W --keep-going -b html docs docs/_build/html

bench-assets: ## pictures beside easy-thumbnails and Wagtail, in an environment of their own; ARGS="--pictures 24"
	python3 -m venv .venv-peers
	.venv-peers/bin/pip install -q -e ".[assets,s3]" easy-thumbnails wagtail scikit-image "moto[s3,server]"
	.venv-peers/bin/python -m benchmarks.assets $(ARGS)

bench-chat: $(VENV)/.test ## 200 streamed answers beside django-ag-ui, in an environment of its own; ARGS="--database sqlite"
	python3 -m venv .venv-peers
	.venv-peers/bin/pip install -q django-ag-ui uvicorn
	$(BIN)/python -m benchmarks.chat --ag-ui .venv-peers/bin/python $(ARGS)

bench: $(VENV)/.test ## the benchmarks; ARGS="--pages 1000 --database postgres"
	$(BIN)/python -m benchmarks.run $(ARGS)
	$(BIN)/python -m benchmarks.assist $(if $(findstring postgres,$(ARGS)),--database postgres)
	$(BIN)/python -m benchmarks.retrieval $(if $(findstring postgres,$(ARGS)),--database postgres)

dist: $(VENV)/.tox ## build the sdist and the wheel into dist/ and try the wheel in host projects
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python tests/wheel/run.py --wheel dist/*.whl

matrix: $(VENV)/.tox ## every supported Python and Django, and the other tox environments
	$(BIN)/tox run $(ARGS)

clean: ## remove what the commands above made, the demo's database included
	rm -rf $(VENV) .tox dist build docs/_build htmlcov .coverage* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	rm -rf example_project/db.sqlite3* example_project/media example_project/staticfiles
