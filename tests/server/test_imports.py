"""The server starts without what only a till needs: the container does not have it."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
ONLY_TILLS = ("PySide6", "escpos", "usb", "serial", "keyring", "xlsxwriter", "python_calamine")
LOOK = """
import importlib, sys
from central.cli.root import COMMANDS
import central.app
for place in COMMANDS.values():
    importlib.import_module(place.partition(":")[0])
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_server_and_its_commands_load_nothing_of_the_tills_machine() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )

    loaded = set(answer.stdout.split())
    assert loaded.isdisjoint(ONLY_TILLS)
    assert {"fastapi", "psycopg", "structlog"} <= loaded


def test_container_installs_every_library_that_the_server_loads() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    recipe = (ROOT / "packaging/server/Containerfile").read_text(encoding="utf-8").lower()

    wanted = set(re.findall(r'^  "([A-Za-z0-9-]+)', PROJECT, re.MULTILINE))
    loaded = set(answer.stdout.split())
    tops = packages_distributions()
    used = {name.lower() for top in loaded for name in tops.get(top, [])} & {name.lower() for name in wanted}
    assert {"fastapi", "argon2-cffi", "pyjwt"} <= used
    assert sorted(name for name in used if name not in recipe) == []


def test_server_where_only_a_till_is_installed_says_how_to_install_it() -> None:
    without = (
        "import runpy, sys; sys.modules['structlog'] = None; runpy.run_module('central', run_name='__main__')"
    )
    answer = subprocess.run(
        [sys.executable, "-c", without], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )

    assert answer.returncode == 1
    assert (
        answer.stderr == "The server is not installed here (structlog is missing): run `make serve` once.\n"
    )
