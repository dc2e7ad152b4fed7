# The two commands are `make demo` and `make test`; both do all set-up.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VERSION := 0.1.0
KUBECTL ?= kubectl
OVERLAY ?= deploy/overlays/cluster-wide
export PYTHONPATH := operator:drift:examples:.

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

# An environment of another Python than the one that is asked for is made anew.
ifneq ($(origin PYTHON),file)
ifneq ($(shell $(PYTHON) -V 2>&1),$(shell $(BIN)/python -V 2>&1))
$(VENV)/.complete: another-python
endif
endif
.PHONY: another-python

# The marker is newer than what the environment was made from, or it is made anew.
$(VENV)/.complete: requirements/dev.txt requirements/uv.txt
	@echo "installing the development environment into $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; set PYTHON=..."; exit 1; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || { echo "the venv module is needed (Debian: apt install python3-venv)"; exit 1; }
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

.PHONY: setup
setup: $(VENV)/.complete ## Install everything that demo and test need
	@$(BIN)/python -m dev prepare

.PHONY: demo
demo: ## A first verdict, then the story on real parts (KEEP=1 leaves it up)
	@python=$(BIN)/python; make --question $(VENV)/.complete || python=$(PYTHON); \
	  KEEP=$(KEEP) exec $$python -m dev.demo

.PHONY: cluster
cluster: $(VENV)/.complete ## Start a local Kubernetes and keep it up until Ctrl-C
	@exec $(BIN)/python -m dev cluster

.PHONY: test
test: setup lint unit system ## Lint, types, import contracts, unit and system tests

.PHONY: lint
lint: $(VENV)/.complete ## Format, lint, strict types, import contracts
	@echo "== format and lint"; $(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@echo "== types"; $(BIN)/mypy --python-version \
	  $$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	@echo "== import contracts"; $(BIN)/lint-imports --no-cache | grep -E 'KEPT|BROKEN|Contracts:'

.PHONY: unit
unit: $(VENV)/.complete ## Tests without servers
	@echo "== unit tests"; $(BIN)/pytest -q -n 2 tests/unit tests/simulation

.PHONY: simulation
simulation: $(VENV)/.complete ## Every fault at every write, a death in every pass (about an hour)
	@$(BIN)/python -m tests.simulation --writes

.PHONY: system
system: setup ## Tests on the real servers
	@echo "== contract and system tests"; $(BIN)/pytest -q -n 2 --dist loadfile tests/contract tests/system

.PHONY: outages
outages: setup ## Half a minute without each system, in every phase (20 minutes)
	@echo "== outages"; $(BIN)/pytest -q --timeout 600 tests/outages

.PHONY: image
image: ## Build the images killick-operator and killick-worker (needs Docker)
	@for target in operator worker; do \
	  docker build --target $$target --tag killick-$$target:$(VERSION) .; done

.PHONY: test-image
test-image: $(VENV)/.complete ## Build and run the images for real (root; installs Debian's Docker)
	@echo "== images"; $(BIN)/pytest -q -s tests/image

.PHONY: deploy
deploy: ## Install Killick into the cluster of your kubeconfig (OVERLAY=deploy/overlays/…)
	@$(KUBECTL) apply --server-side -k $(OVERLAY)

.PHONY: undeploy
undeploy: $(VENV)/.complete ## Take it out, finalizers first (CRD=1: ModelDeployments, too; DRY_RUN=1)
	@$(BIN)/python -m killick.cli.main uninstall --yes $(if $(CRD),--crd) $(if $(DRY_RUN),--dry-run)

.PHONY: format
format: $(VENV)/.complete ## Format and mend what can be mended
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix --quiet .

.PHONY: requirements
requirements: $(VENV)/.complete ## Compile requirements/*.in to hashed *.txt
	@for name in operator worker training evidently nannyml warehouse warehouse-test data objectstore dev; do \
	  $(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate \
	    --universal -p 3.11 requirements/$$name.in -o requirements/$$name.txt; done
	@# Read without being imported, so without its dependencies.
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate \
	  --no-deps --universal -p 3.11 requirements/story.in -o requirements/story.txt

.PHONY: clean
clean: ## Remove the environment and the caches of this folder
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build
