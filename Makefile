# `make run` and `make test` need Python 3.11 or newer, make and the network, nothing else.

VENV := .venv
PY := $(VENV)/bin/python
RUNTIME := $(VENV)/runtime.stamp
EVERYTHING := $(VENV)/everything.stamp

# A version manager may offer a python3.12 that then refuses to start, so each candidate is really run.
PYTHON ?= $(shell for candidate in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$candidate -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& echo $$candidate && break; done)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run serve test check bench crash simulate chaos screenshots monkey package clean

help: ## List what make can do here
	@awk -F ': .*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

# Whoever has the developer's tools keeps them; everybody else gets only what the till needs.
run: $(if $(wildcard $(EVERYTHING)),$(EVERYTHING),$(RUNTIME)) ## Start the till
	@$(PY) main.py --demo

serve: $(EVERYTHING) ## Start head office on this machine; ARGS=--demo opens a demo
	@$(PY) -m central $(ARGS)

test: $(EVERYTHING) ## Run all tests; ARGS="-k meter" narrows them down
	@$(PY) -m tools.run_tests $(ARGS)

check: $(EVERYTHING) ## Formatting, lint, types, import contracts, migrations
	@$(PY) -m ruff format --check
	@$(PY) -m ruff check
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports --no-logo
	@$(PY) -m tools.check_migrations

bench: $(EVERYTHING) ## Measure, and print the figures
	@$(PY) -m benchmarks

screenshots: $(EVERYTHING) ## Draw every screen into docs/screenshots
	@$(PY) -m tools.screenshots

monkey: $(EVERYTHING) ## Let a monkey work at the window: make monkey EVENTS=20000
	@$(PY) -m tests.ui.monkey --events $(or $(EVENTS),20000)

# Ends a selling till N times in the middle of its work, then damages its log five times as often.
N ?= 1000
crash: $(EVERYTHING) ## Kill a selling till N times and look at its books; make crash N=1000
	@$(PY) -m tests.crash.harness --kills $(N)
	@$(PY) -m tests.crash.torn_wal --trials $$(( $(N) * 5 ))

simulate: N = 10000
simulate: $(EVERYTHING) ## Simulate tills and head office over a bad line: make simulate N=1000000
	@$(PY) -m tests.simulation --sales $(N) $(if $(SEED),--seed $(SEED)) $(if $(TILLS),--tills $(TILLS)) \
		$(if $(POSTGRES),--postgres)

chaos: N = 5
chaos: $(EVERYTHING) ## Kill a till amid payments, each provider in each scenario: make chaos N=20
	@$(PY) -m tests.chaos.harness --rounds $(N)

package: $(EVERYTHING) ## Make the folder dist/kilotill that runs without Python, and try it
	@$(PY) -m PyInstaller --noconfirm --log-level WARN packaging/kilotill.spec
	@$(PY) -m tools.smoke_frozen

clean: ## Remove what make and its tools have made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@test -n "$(PYTHON)" || { echo "Kilotill needs Python 3.11 or newer with its venv module (on Debian:" \
		"apt-get install python3 python3-venv). If you have one elsewhere: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv --clear $(VENV)

$(EVERYTHING): EXTRAS := [server,dev]
$(RUNTIME) $(EVERYTHING): pyproject.toml constraints.txt | $(PY)
	@echo "Installing what Kilotill needs into $(VENV); the first time this takes some minutes"
	@$(PY) -m pip install -qq --constraint constraints.txt pip setuptools
	@$(PY) -m pip install -qq --constraint constraints.txt --no-build-isolation --editable '.$(EXTRAS)'
	@touch $@
