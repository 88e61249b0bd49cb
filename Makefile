# Kaitsu: `make` lists what there is. Needs git, make and Python 3.11+ with venv; everything else is fetched into .venv/ and .kaitsu/.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
PY := $(VENV)/bin/python
# The name of the stamp holds the hashes of the lock and of the installer: a changed lock installs anew, an unchanged one does nothing.
hash = $(shell cat $(1) tools/install.sh | cksum | cut -d' ' -f1)
RUN := $(VENV)/.stamp-run-$(call hash,requirements.lock)
DEV := $(VENV)/.stamp-dev-$(call hash,requirements-dev.lock)
SERVICES := intake provisioning billing notify
# How many forms and which seed the demonstration takes: make demo FORMS=100 SEED=7
FORMS ?=
SEED ?=
ARGS ?=
BENCH ?= $(patsubst benchmarks/%/__main__.py,%,$(sort $(wildcard benchmarks/*/__main__.py)))
QUICK ?=

.PHONY: help
help: ## list the targets
	@echo "Kaitsu. First: make demo (shows an order's whole way, about 5 minutes), make test (checks everything)."
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-22s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@printf "  %-22s %s\n" "run-<service>" "serve one of: $(SERVICES) (settings from the environment, see docs/settings.md)"

$(RUN):
	@tools/install.sh $(VENV) requirements.lock $@
$(DEV):
	@tools/install.sh $(VENV) requirements-dev.lock $@

# ---- to see it run
.PHONY: demo up doctor
demo: $(RUN) ## 300 forms through four services on a real Kafka and PostgreSQL, to the invoices and the checks
	@$(VENV)/bin/kaitsu demo $(if $(FORMS),--forms $(FORMS)) $(if $(SEED),--seed $(SEED)) $(ARGS)
up: $(RUN) ## the whole system until Ctrl-C (ARGS="--virtual 600" makes time pass faster)
	@$(VENV)/bin/kaitsu up $(ARGS)
doctor: $(RUN) ## what is missing on this machine, and how to get it
	@$(VENV)/bin/kaitsu doctor $(ARGS)

# ---- to check it: each stage alone, `check` = the quick ones, `test` = everything, stopping at the first red
.PHONY: test check fmt lint types walls unit contract integration e2e faults
test: $(DEV) ## everything: lint, types, walls, unit, contract, integration, e2e, faults (about 15 minutes)
	@tools/stages.sh lint types walls unit contract integration e2e faults
check: $(DEV) ## the quick part: lint, types, walls, unit, contract (no engines)
	@tools/stages.sh lint types walls unit contract
fmt: $(DEV) ## write code as the formatter wants it, and mend what can be mended
	@$(VENV)/bin/ruff check --fix --quiet . || true
	@$(VENV)/bin/ruff format .
lint: $(DEV) ## format, lint, spelling
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/typos
types: $(DEV) ## types, strictly
	@$(VENV)/bin/basedpyright
walls: $(DEV) ## who may import whom, and that the walls hold when pushed
	@$(VENV)/bin/lint-imports
	@$(PY) -m pytest -q tests/arch $(ARGS)
unit: $(DEV) ## pure code and single parts, no engines
	@$(PY) -m pytest -q tests/unit $(ARGS)
contract: $(DEV) ## events, examples, snapshots, compatibility with what was released
	@$(PY) -m pytest -q tests/contract $(ARGS)
integration: $(DEV) ## on real PostgreSQL and real Apache Kafka (KAITSU_TEST_RUNTIME=embedded|containers|external)
	@$(PY) -m pytest -q tests/integration $(ARGS)
e2e: $(DEV) ## from the form to the invoice, all processes
	@$(PY) -m pytest -q tests/e2e $(ARGS)
faults: $(DEV) ## kill services, broker and database at work: nothing lost, nothing twice (embedded engines only)
	@$(PY) -m pytest -q tests/faults $(ARGS)

# ---- to work on it
.PHONY: bench snapshot-contracts docs new-migration new-adr lock clean
bench: $(DEV) ## measurements of benchmarks/, into docs/performance.md (about 10 minutes; QUICK=1 for a glance, BENCH=machine for one)
	@for name in $(BENCH); do $(PY) -m benchmarks.$$name $(if $(QUICK),--quick,--write) $(ARGS); done
snapshot-contracts: $(DEV) ## write contracts/schemas/ from the classes (then read the diff: is it a break?)
	@$(PY) -m contracts.snapshot
docs: $(DEV) ## write the generated pages: docs/asyncapi.json, docs/topics.md, docs/settings.md, docs/cis-coverage.md, deploy/kafka/
	@$(PY) -m contracts.asyncapi
	@$(PY) -m tests.arch.generate
new-migration: ## SERVICE=billing NAME=add_credit_notes [PHASE=pre|post]: an empty, numbered migration
	@tools/new.sh migration "$(SERVICE)" "$(NAME)" "$(or $(PHASE),pre)"
new-adr: ## NAME=a_short_title: an empty, numbered decision record
	@tools/new.sh adr "$(NAME)"
lock: $(DEV) ## resolve requirements*.in anew into the hashed locks
	@for part in requirements-service requirements requirements-dev; do \
	  $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url --output-file $$part.lock $$part.in; done
clean: ## throw away caches and the state of runs (.kaitsu/), keep .venv/
	@rm -rf .kaitsu .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

.PHONY: $(SERVICES:%=run-%) $(SERVICES:%=migrate-%)
$(SERVICES:%=run-%): run-%: $(RUN)
	@exec $(PY) -m services.$*
$(SERVICES:%=migrate-%): migrate-%: $(RUN)
	@exec $(PY) -m services.$* migrate
