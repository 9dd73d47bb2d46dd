"""The top of the command line: help, version, exit codes, errors."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from pos.cli import demo_token, root
from pos.cli.root import kilotill, run
from pos.errors import MachineFault

ROOT = Path(__file__).parents[3]
COMMANDS = [[], ["sts"], ["sts", "explain"], ["sts", "self-test"]]


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


def test_no_command_shows_a_demo_token_a_meter_takes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_token, "missing_qt_packages", list)

    result = _run()

    assert result.exit_code == 0
    assert "Credit for electricity: 25.6 kWh." in result.stdout
    assert "ACCEPT" in result.stdout
    assert "USED" in result.stdout
    assert result.stderr == ""


def test_no_command_on_a_machine_without_windows_names_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demo_token, "missing_qt_packages", lambda: ["libegl1", "libgl1"])

    result = _run()

    assert result.exit_code == 0
    assert "apt-get install libegl1 libgl1" in result.stderr


def test_command_that_refuses_ends_with_1_and_shows_text_and_code() -> None:
    result = _run("sts", "explain", "1234")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == "A token has 20 digits; this one has 4. [token.length]\n"


def test_command_on_a_faulty_machine_ends_with_1_and_no_stack_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise MachineFault("disk.full", "The disk is full.")

    monkeypatch.setattr(root, "show_demo_token", fail)

    result = _run()

    assert (result.exit_code, result.stderr) == (1, "The disk is full. [disk.full]\n")


def test_command_stopped_from_the_keyboard_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(root, "show_demo_token", stop)

    result = _run()

    assert result.exit_code == 1
    assert "Stopped." in result.stderr


def test_program_started_as_a_module_ends_with_the_exit_code() -> None:
    for arguments, code in ((["--version"], 0), (["sts", "explain", "1"], 1), (["sell"], 2)):
        command = [sys.executable, "-m", "pos", *arguments]
        assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == code, arguments


def _paths(command: click.Command, path: list[str]) -> list[list[str]]:
    inner = command.commands.items() if isinstance(command, click.Group) else []
    return [path, *(deeper for name, child in inner for deeper in _paths(child, [*path, name]))]


def _run(*arguments: str) -> Result:
    @click.command()
    def whole() -> None:
        raise SystemExit(run(arguments))

    return CliRunner().invoke(whole, [])
