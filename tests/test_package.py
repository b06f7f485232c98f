"""The package as a whole: its examples hold, its public names exist, it starts without heavy libraries."""

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import alarmin

MODULES = sorted(info.name for info in pkgutil.walk_packages(alarmin.__path__, "alarmin."))
HEAVY = (
    "lifelines",
    "altair",
    "numba",
    "llvmlite",
    "pint",
    "libsbml",
    "duckdb",
    "pandas",
    "scipy",
    "pyarrow",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold_and_public_names_exist(name):
    module = importlib.import_module(name)
    if not name.endswith("__main__"):
        assert module.__doc__
        for public in module.__all__:
            assert hasattr(module, public), public
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    "start",
    ["import alarmin", "import sys; sys.argv = ['alarmin', '--help']; from alarmin.cli import main; main()"],
)
def test_starting_loads_nothing_heavy(start):
    code = f"""
import atexit, sys
atexit.register(lambda: print("LOADED", *sorted(set(sys.modules) & {set(HEAVY)!r})))
{start}
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "LOADED"
