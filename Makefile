# The commands of the project. A new machine needs Python 3.11, git, make and a package registry.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9

.DEFAULT_GOAL := help
.PHONY: help install demo test check coverage lint types imports bench soak mutation clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed ## Create .venv with everything pinned by uv.lock

$(VENV)/.installed: uv.lock pyproject.toml tap-procurify/pyproject.toml target-ifs-cloud/pyproject.toml sandbox/pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet "uv==$(UV_VERSION)"
	$(BIN)/uv sync --frozen --quiet --compile-bytecode
	@touch $@

demo: install ## Install, start the sandbox, run the pipeline twice through Meltano, show the result
	$(BIN)/python sandbox/demo.py

test: install ## Run all tests
	$(BIN)/pytest -n auto --dist loadscope --no-loadscope-reorder

check: lint types imports test ## Everything that must be green before a change lands

coverage: install ## Branch coverage of the pure core and of delivery by the fast tests (slow: tracing triples their time)
	$(BIN)/pytest -q -n auto --cov=target_ifs_cloud.mapping --cov=target_ifs_cloud.delivery --cov=target_ifs_cloud.ifs --cov=target_ifs_cloud.wire --cov-report=term:skip-covered --cov-fail-under=95 tests/unit tests/faults/test_delivery_faults.py tests/faults/test_routes_*.py

lint: install ## Ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install ## mypy, strict
	$(BIN)/mypy tap-procurify/tap_procurify target-ifs-cloud/target_ifs_cloud sandbox/erp_sandbox tests sandbox/demo.py

imports: install ## import-linter: which room may import which
	$(BIN)/lint-imports

bench: install ## Measure speed and memory against the sandbox, beside the targets (OPTIONS='--quick --keep')
	$(BIN)/python -m tests.bench $(OPTIONS)

soak: install ## Break everything on purpose, count what came of it, write docs/reliability.md (OPTIONS='--budget 20 --only R1,R2')
	$(BIN)/python -m tests.soak $(OPTIONS)

mutation: install ## Change the product one place at a time, count what the tests notice (OPTIONS='--count 50 --keep')
	$(BIN)/uv sync --frozen --quiet --group mutation
	$(BIN)/python -m tests.mutation $(OPTIONS)

clean: ## Remove what the commands above have made
	rm -rf $(VENV) .venv-targets .meltano .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis var
