# `make demo` and `make test` do all of their set-up; `make help` lists the rest.

# The first that runs and is new enough: a name on the PATH may be a shim of a version not there.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$name -c 'import sys; sys.exit(sys.version_info < (3, 11) or print(sys.executable))' 2>/dev/null \
  && break; done)
VENV   := .venv
BIN    := $(VENV)/bin
LOCK   := deploy/requirements-dev.lock
READY  := $(VENV)/.ready
FUZZ_READY := $(VENV)/.ready-fuzz
EXTRAS_READY := $(VENV)/.ready-extras

# Without compiled files each of the suite's processes would compile all of its modules again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-more test-databases setup extras bench profile fresh faults soak simulate fuzz check format lint types imports protos protos-check protos-breaking release-protos protos-bundle protos-stubs alerts pictures fonts chart lock licences sbom pin-images audit clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

demo: setup ## run the suite on the embedded Valkey, with the sample
	@exec $(BIN)/enrayon up --demo

# Files in their order: the dearest are not left for the end. Tests wait for processes a third of
# their time, so there is one worker more than cores.
WORKERS := $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)
PYTEST := $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder
MORE   := tests/e2e/locator tests/e2e/counter tests/faults

test: setup ## run the tests on all cores; ARGS="-k nearest" chooses
	$(PYTEST) $(addprefix --ignore=,$(MORE)) $(ARGS)

test-more: setup ## run the tests in a browser and the short rows of the fault matrix
	$(PYTEST) --dist loadgroup $(MORE)

test-databases: setup ## run both on a Redis 7.0, if there is one, and on a Valkey Cluster of six
	@if command -v redis-server >/dev/null; then ENRAYON_TEST_DATABASE=redis $(MAKE) test test-more; \
	  else echo "no redis-server here (Debian: apt-get install redis-server): not run on Redis"; fi
	ENRAYON_TEST_DATABASE=cluster $(MAKE) test test-more

setup: $(READY) ## make .venv from the hash-pinned lock, nothing else

# The new stamp comes last, so that an interrupted set-up is done again.
$(READY): $(LOCK) pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "enrayon needs Python 3.11 or newer; install it, or run: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@if command -v uv >/dev/null 2>&1; then \
	  echo "Setting up $(VENV) with uv ..." && \
	  uv venv --quiet --allow-existing --python "$(PYTHON)" $(VENV) && \
	  uv pip install --quiet --python $(VENV) --require-hashes -r $(LOCK) && \
	  uv pip install --quiet --python $(VENV) --no-deps --no-build-isolation -e . ; \
	else \
	  "$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || \
	    { echo "Python's venv module is missing. On Debian or Ubuntu: sudo apt-get install python3-venv   On Fedora: it comes with python3"; exit 1; } ; \
	  echo "Setting up $(VENV); this takes a minute or two the first time ..." && \
	  "$(PYTHON)" -m venv $(VENV) && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK) && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $(READY)

extras: $(EXTRAS_READY) ## add the heavy readers that `make demo` does without: pyarrow

# Apart from the others: it is 55 MB, and only Parquet needs it. Tests of Parquet are skipped without.
$(EXTRAS_READY): deploy/requirements-extras.lock $(READY)
	@if command -v uv >/dev/null 2>&1; then \
	  uv pip install --quiet --python $(VENV) --require-hashes -r $< ; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< ; \
	fi
	@touch $(EXTRAS_READY)

bench: setup ## measure beside references; ONLY=P1,P8 chooses, SCALE=0.1 makes it quick
	$(BIN)/python -m tests.bench --only "$(ONLY)" --scale $(or $(SCALE),1)

fresh: ## try make demo and make test on bare machines in folders (root, debootstrap, 25 minutes)
	@"$(PYTHON)" -m tests.fresh $(if $(ONLY),--only $(ONLY)) --options="$(ARGS)"

faults: setup ## run the fault matrix (half an hour); ARGS=--write writes deploy/reliability.md
	$(BIN)/python -m tests.faults $(ARGS)

soak: setup ## the fault matrix and all other long runs; takes an hour or two
	$(BIN)/python -m tests.faults --soak
	$(BIN)/python -m pytest -m "(soak or long) and not faults"
	$(BIN)/python -m pytest --hypothesis-profile=thorough tests/geodata

simulate: setup ## simulate shop life from seeds; SEEDS=1000 says how many, ARGS=--resume goes on, ARGS=--twice compares
	$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),100) $(ARGS)

fuzz: $(FUZZ_READY) ## look for bytes that break a reader, by coverage; MINUTES=30 for all, ONLY=hours_documents
	@$(BIN)/python -m tests.fuzz --minutes $(or $(MINUTES),30) --only "$(ONLY)"

# Apart from the others: its wheels are for Linux on x86-64 alone.
$(FUZZ_READY): deploy/requirements-fuzz.lock $(READY)
	@if command -v uv >/dev/null 2>&1; then \
	  uv pip install --quiet --python $(VENV) --require-hashes -r $< ; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< ; \
	fi
	@touch $(FUZZ_READY)

profile: setup ## draw a flame graph of a server under load; CALL=nearest, batch, json or echo
	$(BIN)/python -m tests.bench.profile --call $(or $(CALL),nearest)

check: setup extras lint types imports protos-check protos-breaking alerts test test-more ## everything that must hold before a commit

format: setup ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy --num-workers auto

imports: setup
	$(BIN)/lint-imports

protos: setup ## write the stubs from the contracts
	$(BIN)/python protos/generate.py

protos-check: setup
	$(BIN)/python protos/generate.py --check
	$(BIN)/python protos/generate.py --image $(VENV)/contracts.binpb
	$(BIN)/buf lint $(VENV)/contracts.binpb --config protos/buf.yaml

# Not a part of `make check` before the first release: until then contracts may change.
protos-breaking: setup ## list the changes of the contracts that break callers of the released ones
	$(BIN)/python protos/generate.py --image $(VENV)/contracts.binpb
	$(BIN)/buf breaking $(VENV)/contracts.binpb --config protos/buf.yaml --against protos/released.binpb

release-protos: setup ## take the contracts as they are for the ones that later ones must not break
	$(BIN)/python protos/generate.py --image $(VENV)/contracts.binpb
	$(BIN)/buf build $(VENV)/contracts.binpb --config protos/buf.yaml --exclude-source-info -o protos/released.binpb

protos-bundle: setup ## write the contracts with all that they import, for any language, into dist/enrayon-protos.zip
	$(BIN)/python protos/generate.py --bundle dist/enrayon-protos.zip

protos-stubs: setup ## compile stubs of the bundle in Python, TypeScript, Go and Kotlin; takes minutes, and downloads
	$(BIN)/python -m pytest tests/contracts/test_bundle.py -m "long or not long"

alerts: ## try the alerts with promtool, if there is one
	@if command -v promtool >/dev/null; then \
	  promtool check config deploy/observability/prometheus.yaml && \
	  promtool test rules tests/deploy/alerts_test.yaml; \
	else echo "no promtool here (Debian: apt-get install prometheus): the alerts are not tried"; fi

pictures: setup ## draw the pictures of the README anew
	$(BIN)/python deploy/pictures/make.py
	$(BIN)/python deploy/pictures/locator.py
	$(BIN)/python deploy/pictures/counter.py
	$(BIN)/python deploy/pictures/agents.py
	$(BIN)/python deploy/pictures/roads.py

fonts: setup ## cut the page's fonts anew
	$(BIN)/python deploy/fonts.py

chart: setup ## draw the chart of the last bench anew
	$(BIN)/python deploy/pictures/bench.py

# Its wheels: 3.0 for Python 3.11, later ones from 3.12 on.
ATHERIS := "atheris<3.1; python_version < '3.12' and sys_platform == 'linux' and platform_machine == 'x86_64'" \
  "atheris>=3.1; python_version >= '3.12' and sys_platform == 'linux' and platform_machine == 'x86_64'"

lock: ## pin what pyproject.toml asks for, with hashes (needs uv)
	uv pip compile pyproject.toml --extra otel --extra roads --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --quiet --output-file deploy/requirements.lock
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --quiet --constraint deploy/requirements.lock --output-file $(LOCK)
	echo 'pyarrow>=26' | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --quiet --constraint $(LOCK) --output-file deploy/requirements-extras.lock
	printf '%s\n' $(ATHERIS) | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --quiet --output-file deploy/requirements-fuzz.lock
	echo hatchling | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --quiet --output-file deploy/requirements-build.lock

licences: setup ## list the licences of what is pinned
	$(BIN)/python deploy/licences.py

sbom: setup ## list what the image holds, with licences, as CycloneDX, into dist/sbom.cdx.json
	@mkdir -p dist
	$(BIN)/python deploy/sbom.py dist/sbom.cdx.json

pin-images: ## pin the base image and Valkey's by their digests (asks the registries, by docker)
	@"$(PYTHON)" deploy/pin_images.py

audit: setup ## look for known weaknesses of what is pinned (asks the package index about each)
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r deploy/requirements.lock

clean: ## remove the environment, the caches and the demo's data
	rm -rf $(VENV) .enrayon .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
