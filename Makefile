# Everything from a fresh checkout with Python 3.11 or newer and its shared library, a C++ compiler,
# make and perl:
#
#   make demo     quantize the example network, generate its accelerator, prove it byte for byte
#   make test     style, types and the test suite
#   make bench    a suite of networks on several budgets: cycles, utilization, proofs
#   make fuzz     random networks on many accelerators; N=5000 cases, SEED=... repeats a run
#   make sweep    place and route what the resource models are fitted on: hours; goes on where it ended
#   make install  only the virtual environment .venv
#   make lint     only style and types
#   make clean    remove what the tools wrote; `make distclean` removes .venv too
#
# PYTHON names another interpreter, and PIP_FLAGS goes to every `pip install`.

PYTHON ?= python3
PIP_FLAGS ?=

# PyTorch's own index has a build without CUDA: 200 MB in the place of several GB. Where that index
# cannot be reached, pip falls back to those it is configured for.
TORCH := $(shell sed -n 's/^ *"\(torch==[^"]*\)".*/\1/p' pyproject.toml)
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

BIN := .venv/bin
INSTALLED := .venv/.isomac-installed
PIP := $(BIN)/python -m pip -q --disable-pip-version-check install $(PIP_FLAGS)

DEMO := build/fashion_cnn
MODEL := examples/fashion_cnn/model.py

# The simulator loads the interpreter as a library: ends with status 1 if there is none. What
# `find_libpython` finds later is here, too, or the loader knows it.
define FIND_LIBPYTHON
import ctypes.util, os, sys, sysconfig
value = sysconfig.get_config_var
names = [n for n in (value("INSTSONAME"), value("LDLIBRARY")) if n and not n.endswith(".a")]
folders = [value("LIBDIR"), value("LIBPL"), value("PYTHONFRAMEWORKPREFIX"), sys.base_prefix + "/lib"]
there = [n for f in folders if f for n in names if os.path.exists(os.path.join(f, n))]
sys.exit(not (there or ctypes.util.find_library("python%d.%d" % sys.version_info[:2])))
endef
export FIND_LIBPYTHON

# need TEST THING: ends with one sentence when the test fails.
NEED := need() { eval "$$1" >/dev/null 2>&1 || { echo "isomac needs $$2." >&2; exit 1; }; };

# The package of that library; those for developers need not be there.
LIBPYTHON = on Debian and Ubuntu: apt install $(shell $(PYTHON) -c \
  'import sys; print("libpython%d.%d" % sys.version_info[:2])' 2>/dev/null)

.PHONY: demo test bench fuzz sweep install tools lint clean distclean
.DEFAULT_GOAL := demo

demo: install
	$(BIN)/python examples/fashion_cnn/demo.py $(DEMO)

bench: install
	$(BIN)/isomac bench --peers --json bench/results.json
	test -e $(DEMO)/manifest.json || $(MAKE) demo
	$(BIN)/python bench/cosim_speed.py $(DEMO)

# Random cases of `make fuzz`, and their seed, which is random if it is empty.
N ?= 5000
SEED ?=

fuzz: install
	$(BIN)/isomac fuzz -n $(N) $(if $(SEED),--seed $(SEED))

# The points go to a Dask cluster with SCHEDULER=tcp://host:8786, else to JOBS processes of this machine.
SCHEDULER ?=
JOBS ?=
RESOURCES := sw/isomac/resources

sweep: install
	$(BIN)/isomac sweep $(RESOURCES)/sweep.csv $(if $(SCHEDULER),--scheduler $(SCHEDULER)) \
	  $(if $(JOBS),--jobs $(JOBS))
	$(BIN)/isomac resources --table $(RESOURCES)/sweep.csv --fit $(RESOURCES)/coefficients.json

test: lint
	$(BIN)/pytest -n 2

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

install: $(INSTALLED) tools

tools:
	@$(NEED) \
	need "command -v c++" "a C++ compiler named c++ (on Debian and Ubuntu: apt install g++)"; \
	need "command -v perl" "perl (on Debian and Ubuntu: apt install perl)"

$(INSTALLED): pyproject.toml | tools
	@$(NEED) \
	need "$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11)'" \
	  "Python 3.11 or newer, and $(PYTHON) is not (name another with make PYTHON=python3.12)"; \
	need "$(PYTHON) -c 'import venv, ensurepip'" \
	  "the module venv of $(PYTHON) (on Debian and Ubuntu: apt install python3-venv)"; \
	need "$(PYTHON) -c \"\$$FIND_LIBPYTHON\"" \
	  "Python's shared library for the simulator ($(LIBPYTHON))"; \
	test -x $(BIN)/python || $(PYTHON) -m venv --clear .venv
	@rm -f $@
	$(PIP) --no-deps --retries 0 --extra-index-url $(TORCH_INDEX) $(TORCH)
	$(PIP) -e '.[dev]'
	@$(NEED) \
	need "$(BIN)/python -c 'import find_libpython as f; assert f.find_libpython()'" \
	  "Python's shared library for the simulator ($(LIBPYTHON))"
	@touch $@

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find hw sw cosim tests examples -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv
