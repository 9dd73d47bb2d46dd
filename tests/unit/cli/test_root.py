"""The top of the command line: help, version, exit codes, errors."""

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from pos.cli import demo, demo_shop
from pos.cli.root import kilotill, run
from pos.errors import MachineFault
from pos.system.paths import DataFolder

ROOT = Path(__file__).parents[3]
COMMANDS = [
    line.split()
    for line in (
        "",
        *("init", "demo", "keys", "keys load", "keys list", "people", "people recover", "people set-pin"),
        *("meters", "meters import", "meters find", "meters export", "meters undo"),
        *("tariff", "tariff trial", "tariff import", "tariff export"),
        *("shift", "shift open", "shift status", "shift close", "sell", "receipt"),
        *("sales", "sales list", "sales export", "cases", "resume", "verify", "backup", "restore"),
        *("float", "float list", "float top-up", "envelope", "envelope show", "envelope renew"),
        *("clock", "clock confirm", "clock reset", "vault", "vault set-recovery", "vault recover"),
        "vault new",
        *("pay", "pay list", "pay status", "pay requery", "pay run", "pay rest", "pay resolve", "pay refund"),
        *("pay settle", "pay providers", "pay credentials", "pay fee"),
        *("enrol", "sync", "books", "sandbox", "sts", "sts explain", "sts self-test"),
    )
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_of_every_command_says_how_to_use_it(command: list[str]) -> None:
    result = _run(*command, "--help")

    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: kilotill")
    assert len(result.stdout.splitlines()) > 5


def test_help_covers_every_command_there_is() -> None:
    assert sorted(_paths(kilotill, [])) == sorted(COMMANDS)


def test_version_says_the_name_and_a_number() -> None:
    result = _run("--version")

    assert result.exit_code == 0
    assert result.stdout.startswith("kilotill, version ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["sell"],
        ["--colour"],
        ["sts", "sell"],
        ["sts", "--json"],
        ["sts", "explain"],
        ["sts", "explain", "1", "--ea", "09"],
        ["sts", "explain", "1", "--base-date", "2014"],
        ["sts", "explain", "1", "--key"],
        ["sts", "explain", "1", "--ea", "07"],
        ["sts", "self-test", "now"],
    ],
    ids=" ".join,
)
def test_command_used_wrongly_ends_with_2_and_says_why(arguments: list[str]) -> None:
    result = _run(*arguments)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr


@pytest.fixture
def _short_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """One day of past sales instead of three months, and all libraries of a window there."""
    monkeypatch.setattr(demo, "make_demo_shop", partial(demo_shop.make_demo_shop, days=1))
    monkeypatch.setattr(demo, "missing_qt_packages", list)


@pytest.mark.usefixtures("_short_past")
def test_no_command_when_run_twice_then_each_time_sells_one_demo_token_and_writes_its_receipt() -> None:
    folder = Path(os.environ["XDG_DATA_HOME"]) / "Kilotill" / "demo"

    first, second = _run(), _run()

    for result in (first, second):
        assert result.exit_code == 0, result.stderr
        (digits,) = re.findall(r"^Token: ((?:\d{4} ?){5})$", result.stdout, flags=re.MULTILINE)
        (pdf,) = re.findall(r"^Receipt: (.+\.pdf)$", result.stdout, flags=re.MULTILINE)
        assert Path(pdf).parent == folder
        assert Path(pdf).read_bytes().startswith(b"%PDF-")
        assert digits not in (second if result is first else first).stdout
    assert second.stderr == ""


@pytest.mark.usefixtures("_short_past")
def test_no_command_on_a_machine_without_windows_names_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demo, "missing_qt_packages", lambda: ["libegl1", "libgl1"])

    result = _run()

    assert result.exit_code == 0
    assert "apt-get install libegl1 libgl1" in result.stderr


def test_command_that_refuses_ends_with_1_and_shows_text_and_code() -> None:
    result = _run("sts", "explain", "1234")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == "A token has 20 digits; this one has 4. [token.length]\n"


def test_command_on_a_faulty_machine_ends_with_1_and_no_stack_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_folder: DataFolder) -> int:
        raise MachineFault("disk.full", "The disk is full.")

    monkeypatch.setattr(demo, "show_demo_sale", fail)

    result = _run()

    assert result.exit_code == 1
    assert result.stderr.endswith("[disk.full]\nThe disk is full.\n")


def test_command_stopped_from_the_keyboard_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_folder: DataFolder) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "show_demo_sale", stop)

    result = _run()

    assert result.exit_code == 1
    assert "Stopped." in result.stderr


def test_program_started_as_a_module_ends_with_the_exit_code() -> None:
    for arguments, code in ((["--version"], 0), (["sts", "explain", "1"], 1), (["sell"], 2)):
        command = [sys.executable, "-m", "pos", *arguments]
        assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == code, arguments


def _paths(command: click.Command, path: list[str]) -> list[list[str]]:
    if not isinstance(command, click.Group):
        return [path]
    context = click.Context(command)
    children = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [path, *(deeper for name, child in children if child for deeper in _paths(child, [*path, name]))]


def _run(*arguments: str) -> Result:
    @click.command()
    def whole() -> None:
        raise SystemExit(run(arguments))

    return CliRunner().invoke(whole, [])
