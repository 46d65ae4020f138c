# Two commands matter: `make demo` runs the example catalogue, `make test` is the gate.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
OUT    ?= out
LOCK   := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
          --no-emit-index-url --custom-compile-command "make lock" $(LOCKED)
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# where this is set, each command of the tests would compile the program again
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test tests format lint types contracts docs docs-full bench lock factors examples clean

# a Python without ensurepip gets its environment from virtualenv
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || ( \
	    $(PYTHON) -m pip install --quiet --target $(VENV)-boot virtualenv && \
	    PYTHONPATH=$(VENV)-boot $(PYTHON) -m virtualenv --quiet --clear $(VENV) )

$(VENV)/.ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

# what only the developers need, Spark among it, is large: uv takes half the time of pip, which
# does it where uv does not know the way to the packages
$(VENV)/.tested: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	( $(PIP) 'uv==0.13.9' && $(BIN)/uv pip install --quiet --python $(BIN)/python \
	    --default-index "$$($(PYTHON) -m pip config get global.index-url 2> /dev/null || \
	        echo https://pypi.org/simple)" --require-hashes -r requirements-dev.lock ) || \
	    $(PIP) --require-hashes -r requirements-dev.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $(VENV)/.ready $@

demo: $(VENV)/.ready ## footprints of the example catalogue
	$(BIN)/carbon check examples/catalogue.csv
	$(BIN)/carbon footprint examples/catalogue.csv -o $(OUT)/footprints.xlsx
	$(BIN)/carbon footprint examples/catalogue.csv -o $(OUT)/footprints.csv
	$(BIN)/carbon inventory examples/catalogue.csv -o $(OUT)/inventory.parquet
	$(BIN)/carbon explain examples/catalogue.csv T_SHIRT-001 --cut 8
	$(BIN)/carbon whatif examples/catalogue.csv -o $(OUT)/savings.xlsx --draws 200
	$(BIN)/carbon whatif examples/catalogue.csv -o $(OUT)/dress.csv --sku DRESS-001 --picture $(OUT)/dress.svg
	$(BIN)/carbon label examples/catalogue.csv -o $(OUT)/labels --lang zh,en --sheets
	$(BIN)/carbon report examples/catalogue.csv -o $(OUT)/report.html --lang zh,en
	@echo
	@echo "Results lie in $(OUT)/: report.html, labels/ (labels-0001.pdf: sheets to print), footprints.xlsx,"
	@echo "footprints.csv, inventory.parquet, savings.xlsx, dress.svg"

test: lint contracts ## everything that must hold before a change lands
	$(MAKE) --no-print-directory --jobs 3 types docs tests

tests: $(VENV)/.tested
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.tested
	$(BIN)/mypy

contracts: $(VENV)/.tested
	$(BIN)/lint-imports

docs: $(VENV)/.tested ## the site, in $(OUT)/site; a warning is an error
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs $(OUT)/site

docs-full: $(VENV)/.tested ## the same with the results of the notebooks, as it is published
	$(BIN)/python -m sphinx -W --keep-going -q -b html -D nb_execution_mode=force docs $(OUT)/site

format: $(VENV)/.tested
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.tested ## the timed subjects; writes docs/performance.md
	mkdir -p $(OUT)/bench
	TMPDIR=$(abspath $(OUT))/bench $(BIN)/python -m benchmarks

factors: $(VENV)/.tested ## rebuild every package from the publishers' files in SOURCES
	$(BIN)/python factors/make.py $(SOURCES)

examples: $(VENV)/.tested
	$(BIN)/python examples/make.py

lock: ## resolve the versions again (needs uv); LOCKED=--upgrade for the newest
	$(LOCK) --extra fonts --group build -o requirements.lock
	$(LOCK) --all-extras --group build --group dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) $(VENV)-boot $(OUT) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
