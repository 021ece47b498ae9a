# The commands of this project: `make help`. The work is done by scripts/run.py.

PORT ?= 8000
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)
RUN = $(if $(PYTHON),$(PYTHON) scripts/run.py,@echo 'microblog needs Python 3.11 or newer, and none was found. Install it from the packages of your system (python3.11 or newer), then try again.' >&2; exit 1;)
VENV = .venv/bin
MANAGE = $(VENV)/python manage.py
LOCK = $(VENV)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

GROWTH = $(VENV)/python -m benchmarks.growth $(if $(SIZES),--sizes $(SIZES))

.DEFAULT_GOAL := help
.PHONY: help run admin demo test check fix coverage mutants messages bench lock install install-dev

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

run:  ## the site and its worker on http://localhost:8000 (PORT=8001 for another)
	@$(RUN) site --port="$(PORT)"

admin: install  ## make an administrator
	@$(MANAGE) createsuperuser

demo: install  ## fill an empty site with a lively community (ARGS="--people 50")
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) demo $(ARGS)

test:  ## the tests that need nothing but Python (ARGS="posts -k delete")
	@$(RUN) test $(ARGS)

check: install-dev  ## style, types, imports, migrations: what CI checks
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/djlint --check templates
	$(VENV)/djlint --lint templates
	$(VENV)/mypy
	$(VENV)/lint-imports --no-logo
	$(MANAGE) makemigrations --check --dry-run
	$(VENV)/python scripts/same_tests.py

fix: install-dev  ## fix the style with ruff
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .
	$(VENV)/djlint --reformat --quiet templates

coverage: install-dev  ## the tests with branch coverage, as HTML in htmlcov/ too
	$(VENV)/python -m pytest -n auto --cov --cov-report=term --cov-report=html $(ARGS)

mutants: install-dev  ## break behaviours one by one: does a test fail? (docs/testing.md)
	$(if $(findstring --operators,$(ARGS)),$(VENV)/python -m pip install --quiet --require-hashes -r requirements-mutants.txt)
	$(VENV)/python -m scripts.mutants $(ARGS)

messages: install-dev  ## extract, update and compile the catalogues (needs gettext)
	$(MANAGE) makemessages --all --no-location --ignore=.venv --ignore=var --ignore="*/tests/*"
	$(MANAGE) compilemessages --ignore=.venv

bench: install-dev  ## speed, as ratios within one run (docs/performance.md; ten minutes)
	$(GROWTH)
	$(if $(POSTGRES),$(GROWTH) --name PostgreSQL --database '$(POSTGRES)')
	$(if $(MARIADB),$(GROWTH) --name MariaDB --database '$(MARIADB)')
	$(VENV)/python -m benchmarks.plot
	$(VENV)/python -m benchmarks.pages
	$(VENV)/python -m benchmarks.posting
	$(VENV)/python -m benchmarks.writers
	$(if $(POSTGRES),$(VENV)/python -m benchmarks.writers --name PostgreSQL --database '$(POSTGRES)')
	$(if $(MARIADB),$(VENV)/python -m benchmarks.writers --name MariaDB --database '$(MARIADB)')
	$(VENV)/python -m benchmarks.search
	$(VENV)/python -m benchmarks.profilers
	$(VENV)/python -m benchmarks.enumeration

lock: install-dev  ## pin the newest packages that the .in files allow (ARGS=--upgrade)
	$(LOCK) $(ARGS) requirements.in -o requirements.txt
	$(LOCK) $(ARGS) requirements-dev.in -o requirements-dev.txt
	$(LOCK) $(ARGS) requirements-mutants.in -o requirements-mutants.txt
	$(LOCK) $(ARGS) requirements-mysql.in -o requirements-mysql.txt
	$(LOCK) $(ARGS) requirements-xapian.in -o requirements-xapian.txt

install:
	@$(RUN) install

install-dev:
	@$(RUN) install-dev
