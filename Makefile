# The commands of the project. `make build` and `make test` set up what they need.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

COMMA := ,
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUPERSET := .venv-superset
# Python compiles what is imported when it first is: to compile every file of every package is 20 of 50 seconds. It keeps
# it too, whatever the environment says: else each start of dbt, and there are many, takes twice as long.
unexport PYTHONDONTWRITEBYTECODE
PIP := --quiet --quiet --disable-pip-version-check --no-compile
# Where `make build` builds: duckdb, postgres or spark.
ENGINE ?= duckdb
WRES_HOME ?= $(CURDIR)
WRES_REFERENCE_DATA ?= ../shared/data
# In the order of collection: what takes longest is first, so that no worker is left with it alone.
IN_PARALLEL := --numprocesses 2 --dist loadscope --no-loadscope-reorder
export WRES_HOME
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

.PHONY: help build test test-all test-cluster lint questions rules bench bench-receive bench-dashboard docs superset \
	superset-stop superset-picture report-pictures lock clean

help:  ## Show these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

$(VENV)/ready: requirements.lock pyproject.toml
	@echo "Setting up Python packages in $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed; this is " + sys.version.split()[0] + ". Try: make build PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install $(PIP) --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# What an engine other than DuckDB needs; DuckDB is a part of the packages above.
$(VENV)/duckdb: $(VENV)/ready

$(VENV)/postgres $(VENV)/spark: $(VENV)/%: requirements-%.lock $(VENV)/ready
	@echo "Setting up the packages for building on $* ..."
	@$(BIN)/python -m pip install $(PIP) --require-hashes --requirement $<
	@touch $@

# Synthetic returns are written anew only when what they are made from has changed.
$(WRES_HOME)/sample/made: $(VENV)/ready $(wildcard scripts/wres/sample* scripts/wres/form*.py seeds/*/*.csv)
	@rm -rf "$(WRES_HOME)/sample"
	@$(BIN)/wres sample --out "$(WRES_HOME)/sample"
	@touch "$@"

build: $(VENV)/$(ENGINE)  ## Make, receive, build and publish synthetic returns (ENGINE=postgres or spark: build there)
	@echo "1 of 4  Synthetic returns"
	@$(MAKE) --no-print-directory "$(WRES_HOME)/sample/made"
	@echo "2 of 4  Receive"
	@$(BIN)/wres receive "$(WRES_HOME)"/sample/*.xlsx
	@$(BIN)/wres sample --moderate
	@echo "3 of 4  Build"
	@$(BIN)/wres build --engine $(ENGINE)
ifeq ($(ENGINE),duckdb)
	@echo "4 of 4  Publish"
	@$(BIN)/wres publish
	@$(BIN)/wres status
else
	@echo "4 of 4  The published tables are in the schema published there; releases are made from DuckDB (docs/engines.md)"
endif

# Spark needs Java, 450 MB of packages and minutes to plan a small build: it is tested in test-all, where there is Java.
test: $(VENV)/postgres
test-all: $(VENV)/postgres $(if $(shell command -v java),$(VENV)/spark)

test: lint  ## Run every check
	@echo "Running the tests ..."
	@$(BIN)/python -m pytest $(IN_PARALLEL)

test-all: lint  ## Run every check, the statistical ones on many more tables
	@echo "Running the tests at full counts ..."
	@WRES_TEST_FULL=1 $(BIN)/python -m pytest $(IN_PARALLEL)

test-cluster: $(VENV)/spark  ## Build on a Spark cluster of two workers on this machine, and compare every published table
	@WRES_TEST_CLUSTER=1 $(BIN)/python -m pytest tests/python/test_spark_cluster.py

lint: $(VENV)/ready  ## Check the style of Python and SQL
	@echo "Checking the style of Python and SQL ..."
	@$(BIN)/ruff check scripts tests dashboards
	@$(BIN)/ruff format --check scripts tests dashboards
	@$(BIN)/python scripts/lint_sql.py

questions: $(VENV)/ready  ## Answer the questions of analyses/ in docs/questions.md, on synthetic returns and real statistics
	@test -d "$(WRES_REFERENCE_DATA)" || { echo "The real statistics are not at $(WRES_REFERENCE_DATA) (set WRES_REFERENCE_DATA)."; exit 1; }
	@rm -rf target/questions
	@export WRES_HOME=target/questions; \
		$(BIN)/wres sample --out target/questions/sample; \
		$(BIN)/wres receive target/questions/sample/*.xlsx "$(WRES_REFERENCE_DATA)"/{csww,census,childrens}*.csv; \
		$(BIN)/wres build; \
		$(BIN)/python scripts/questions.py

rules: $(VENV)/ready  ## Write docs/rules.md anew from the seeds of rules
	@$(BIN)/python scripts/rules.py

bench: $(VENV)/ready  ## Measure a build at several sizes, beside pandas, Polars and the other engines (SIZES=..., ALL=1, ENGINES=postgres,spark)
	@# An engine whose packages cannot be had is a row of the table that says so.
	-@$(if $(ENGINES),$(MAKE) --no-print-directory --keep-going $(addprefix $(VENV)/,$(subst $(COMMA), ,$(ENGINES))))
	@$(BIN)/python scripts/bench.py $(if $(ALL),--all) $(if $(SIZES),--sizes $(SIZES)) $(if $(ENGINES),--engines $(ENGINES)) \
		$(if $(ENGINE_SIZE),--engine-size $(ENGINE_SIZE)) $(if $(WRITE),--write)

bench-receive: $(VENV)/ready  ## Measure receiving: 1,530 synthetic returns, and one
	@$(BIN)/python scripts/bench_receive.py

bench-dashboard: $(VENV)/ready  ## Measure what dashboards ask of the published database (after a build)
	@$(BIN)/python scripts/bench_dashboard.py

docs: $(VENV)/ready  ## Write dbt's pages (after a build)
	@$(BIN)/dbt docs generate --static --select "*"
	@echo "Open target/static_index.html in a browser."

$(SUPERSET)/ready: dashboards/superset/requirements.lock
	@echo "Setting up Apache Superset in $(SUPERSET) (about a minute) ..."
	@$(PYTHON) -m venv $(SUPERSET)
	@$(SUPERSET)/bin/python -m pip install $(PIP) --require-hashes --requirement $<
	@touch $@

superset: $(SUPERSET)/ready  ## Start Apache Superset with the year-on-year dashboard, for this machine alone
	@$(SUPERSET)/bin/python dashboards/superset/serve.py start

superset-stop: $(SUPERSET)/ready  ## Stop it
	@$(SUPERSET)/bin/python dashboards/superset/serve.py stop

report-pictures: $(VENV)/ready  ## Take the pictures of the last national report for docs/report.md (needs Chromium and pdftoppm)
	@$(BIN)/python scripts/report_pictures.py "$$(ls -dt "$(WRES_HOME)"/reports/national/*/ | head -1)"

superset-picture: $(SUPERSET)/ready  ## Take the picture of the dashboard for the docs anew (needs Chromium, and Superset running)
	@$(SUPERSET)/bin/python dashboards/superset/screenshot.py docs/connect/superset.png > /dev/null

lock:  ## Pin every requirements*.in anew, with hashes (needs uv)
	@compile() { \
		uv pip compile --quiet --generate-hashes --no-header --universal --python-version 3.11 \
			--no-annotate --no-strip-extras $$1.in --output-file $$1.lock $${2:-}; \
	}; \
	compile requirements; \
	compile dashboards/superset/requirements; \
	for engine in postgres spark; do compile requirements-$$engine --constraint=requirements.lock; done

clean:  ## Delete what can be made again: the warehouse and dbt's artefacts
	rm -rf target logs "$(WRES_HOME)"/warehouse/* "$(WRES_HOME)/sample"
