# All tasks of this project. Each target sets up what it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

LOWEST := $(VENV)/lowest
# All tests but those of the docs, the wheel, the image and the pages, which need the tools of contributors, and one that
# compares with a stored shopper of today's Faker.
LOWEST_TESTS ?= tests --ignore tests/browser --ignore tests/container --ignore tests/docs \
  --ignore tests/http/openapi --ignore tests/packaging \
  --ignore tests/pytest_plugin/test_new_project.py --ignore tests/test_deploy.py --ignore tests/tools \
  --deselect tests/homes/test_stored_sandbox.py::test_sandboxes_of_released_versions_are_read
NODE_TOOLS := tools/javascript/node_modules

# The tests start hundreds of processes, and each would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: serve demo test shared-test browser-test screens test-lowest image-test contract-coverage dist installed-test check format docs site check-javascript javascript-tools prepare-release lock bench mutants clean

serve: $(VENV)/ready ## start a server with one order on port 8566
	@$(BIN)/kustom-mock serve

demo: $(VENV)/ready ## run the provider's refund allocation example
	@$(BIN)/kustom-mock demo

test: $(VENV)/ready ## run the tests with coverage
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -n auto --dist worksteal
	@$(BIN)/coverage combine -q
	@$(BIN)/coverage report --fail-under=90
	@$(BIN)/coverage report --include='mockserver/domain/*,mockserver/sandbox/*' --fail-under=100

shared-test: $(VENV)/ready ## run the tests over HTTP on three replicas with Valkey or Redis; TESTS=file selects
	$(BIN)/python -m pytest -n auto --dist worksteal --home valkey-replicas $(or $(TESTS),tests/http)

test-lowest: $(LOWEST)/ready ## run the tests with the lowest versions of dependencies; LOWEST_TESTS selects some
	$(LOWEST)/bin/python -m pytest -n auto --dist worksteal $(LOWEST_TESTS)

image-test: $(VENV)/ready ## build and run the image with Docker, or with buildah and podman
	$(BIN)/python -m pytest -m container tests/container

browser-test: $(VENV)/ready javascript-tools ## test the pages in Chromium; as root on Debian it is installed
	@command -v chromium >/dev/null || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; }
	$(BIN)/python -m pytest -m browser -n 2 tests/browser

screens: $(VENV)/ready ## take pictures of every screen into .screens, to be looked at
	$(BIN)/python -m tools.screens

contract-coverage: $(VENV)/ready ## print which cases of the API contract the tests over HTTP cover
	@rm -rf .contract-coverage && mkdir .contract-coverage
	KUSTOM_COVERAGE_FOLDER=.contract-coverage $(BIN)/python -m pytest -q -n auto --dist worksteal tests/http tests/audit tests/whatif tests/drift
	@$(BIN)/kustom-mock coverage .contract-coverage/*.json --gaps

dist: $(VENV)/ready ## build the sdist, and the wheel from it
	rm -rf dist
	$(BIN)/python -m build

installed-test: $(VENV)/ready ## test the wheel in dist outside the clone
	$(BIN)/python tests/packaging/installed.py dist

check: $(VENV)/ready check-javascript ## lint, formatting and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

check-javascript: ## lint, types and unit tests of the pages' JavaScript; needs Node
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(NODE_TOOLS)/ready && \
	  $(NODE_TOOLS)/.bin/tsc -p tools/javascript && \
	  $(NODE_TOOLS)/.bin/eslint --config tools/javascript/eslint.config.js mockserver/http/dashboard mockserver/http/checkout_page tests/javascript && \
	  node --test tests/javascript/; \
	elif test -n "$$CI"; then echo "Node is missing" >&2; exit 1; \
	else echo "skipped the checks of JavaScript: Node is not installed"; fi

format: $(VENV)/ready ## format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/ready ## regenerate the generated pages and diagrams
	$(BIN)/python -m tools.docs_generator.site

site: $(VENV)/ready ## build the documentation site; dead links and unlisted pages fail
	$(BIN)/python -m tools.docs_generator.navigation
	$(BIN)/zensical build --strict --clean

prepare-release: $(VENV)/ready ## check TAG, write the repository URL into README and metadata
	$(BIN)/python -m tools.prepare_release "$$TAG" "$$URL"

lock: $(VENV)/ready ## pin what the image installs; UPGRADE=--upgrade takes newer versions
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	  --extra speed --extra tls --extra shared $(UPGRADE) --output-file requirements.lock pyproject.toml

bench: $(VENV)/ready ## compare with bare aiohttp and the peers on PATH; BENCH=--short is quick
	$(BIN)/python benchmarks/compare.py $(BENCH)

mutants: $(VENV)/mutants ## run mutation tests on the domain; MODULE=file selects a module
	$(BIN)/python tools/mutants.py $(MODULE)

clean:
	rm -rf $(VENV) .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache dist site .cache .screens

$(VENV)/ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kustom-mock needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable . --group dev --group docs
	@touch $@

$(NODE_TOOLS)/ready: tools/javascript/package.json
	npm install --silent --no-audit --no-fund --no-package-lock --prefix tools/javascript
	@touch $@

javascript-tools:
	@! command -v npm >/dev/null || $(MAKE) --no-print-directory $(NODE_TOOLS)/ready

$(LOWEST)/ready: $(VENV)/ready
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(LOWEST)
	$(BIN)/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct \
	  --editable .[tls] --group lowest
	@touch $@

$(VENV)/mutants: $(VENV)/ready
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group mutants
	@touch $@
