# Every target sets up what it needs; nothing has to be installed by hand first except make and Python 3.11 or later.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
GBVKG := $(BIN)/gbvkg
.DEFAULT_GOAL := help
.PHONY: help publish serve validate test lint bench wheel editor check-editor clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.installed: pyproject.toml scripts/set-up.sh
	PYTHON=$(PYTHON) sh scripts/set-up.sh $(VENV) .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	PYTHON=$(PYTHON) sh scripts/set-up.sh $(VENV) '.[dev]' java chromium curl roqet rapper
	@touch $@

NODE := tests/clients/node_modules/.package-lock.json editor/node_modules/.package-lock.json
$(NODE): %/node_modules/.package-lock.json: %/package-lock.json scripts/set-up-node.sh
	sh scripts/set-up-node.sh $*
	@touch $@

publish: $(VENV)/.installed  ## Build, validate and release the graph of the real data into releases/
	@$(GBVKG) publish --if-new
	@echo "Vraag nu iets / now ask something:  $(GBVKG) query --list"

serve: publish  ## Publish the real data and serve it at http://127.0.0.1:8000/
	@$(GBVKG) serve

validate: $(VENV)/.installed  ## Check the data without publishing
	@$(GBVKG) validate

test: $(VENV)/.installed-test $(NODE) lint  ## Lint, type-check and run every test (also of the built wheel)
	$(BIN)/python -m pytest -n auto --dist loadgroup

lint: $(VENV)/.installed-test  ## Lint and type-check only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed-test  ## Measure, as ratios against a named peer in the same run
	@sh scripts/set-up.sh $(VENV) '.[bench]' wrk
	$(BIN)/python -m benchmarks

wheel: $(VENV)/.installed-test  ## Build the wheel into dist/
	$(BIN)/python -m build --wheel

editor:  ## Build the SPARQL editor that the service ships, from editor/ (needs node and npm)
	@sh scripts/set-up-node.sh editor
	@node editor/build.mjs

check-editor:  ## Check that the committed SPARQL editor is what editor/ gives
	@sh scripts/check-editor.sh

clean:  ## Remove what the other targets made, except releases
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .gbvkg
