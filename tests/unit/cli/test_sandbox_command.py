"""`kilotill sandbox`: it runs until it is stopped, and sends callbacks to this machine only."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest
import requests
from click.testing import CliRunner

from pos.cli.root import run
from pos.gateways.sandbox import credentials
from pos.gateways.sandbox.core import CHOICES
from pos.gateways.sandbox.scenarios import VARIANTS

ROOT = Path(__file__).parents[3]


def test_sandbox_runs_until_it_is_told_to_stop_and_needs_no_data_folder(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pos",
        "--data",
        str(tmp_path / "none"),
        "sandbox",
        "--port",
        "0",
        "--seed",
        "7",
    ]
    command += ["--callback", "airtel=http://127.0.0.1:9/x"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", program.stdout.readline())
        assert found is not None
        shown = requests.get(f"{found.group()}/_control", timeout=10).json()
        program.send_signal(signal.SIGTERM)
        rest = program.stdout.read()

    page = (ROOT / "docs/command-line.md").read_text(encoding="utf-8")
    assert rest.removesuffix("Sandbox stopped.\n") in page
    assert shown["callbacks"] == {"airtel": "http://127.0.0.1:9/x"}
    assert program.returncode == 0
    assert rest.endswith("Sandbox stopped.\n")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--port", "many"],
        ["--port", "0", "--callback", "mtn=http://127.0.0.1/x"],
        ["--port", "0", "--callback", "airtel=http://example.com/x"],
    ],
    ids=str,
)
def test_sandbox_used_wrongly_ends_with_2(arguments: list[str]) -> None:
    @click.command()
    def whole() -> None:
        raise SystemExit(run(["sandbox", *arguments]))

    assert CliRunner().invoke(whole, []).exit_code == 2


def test_sandbox_on_a_port_that_is_taken_says_so() -> None:
    @click.command()
    def whole() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            raise SystemExit(run(["sandbox", "--port", str(taken.getsockname()[1])]))

    result = CliRunner().invoke(whole, [])

    assert result.exit_code == 1
    assert "sandbox.port" in result.output


def test_page_names_every_credential_variant_and_setting() -> None:
    page = (ROOT / "docs/sandbox.md").read_text(encoding="utf-8")

    texts = [value for value in vars(credentials).values() if isinstance(value, str) and "5a4db0c5" in value]
    names = [*texts, *CHOICES, *(name.removeprefix("8-") for name in VARIANTS)]
    assert [name for name in names if name not in page] == []
