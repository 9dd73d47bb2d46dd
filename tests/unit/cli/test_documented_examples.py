"""What docs/command-line.md shows is what the program answers."""

import json
import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pos.cli.root import run
from pos.services.sts_lines import OPERATIONS, answer_lines

PAGE = (Path(__file__).parents[3] / "docs/command-line.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```jsonl\n(.+?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines()]
EXAMPLES = list(zip(LINES[::2], LINES[1::2], strict=True))


@pytest.mark.parametrize(("line", "documented"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_line_shown_on_the_page_is_answered_as_the_page_says(line: str, documented: str) -> None:
    (result,) = answer_lines([line])

    assert result.text == documented


def test_page_shows_a_good_answer_of_every_operation() -> None:
    shown = {json.loads(line)["op"] for line, answer in EXAMPLES if "error" not in json.loads(answer)}

    assert shown == set(OPERATIONS)


def test_explanation_shown_on_the_page_is_the_one_the_program_gives() -> None:
    ((command, text),) = re.findall(
        r"^```sh\n(kilotill sts explain .+)\n```\n\n```text\n(.+?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL
    )

    @click.command()
    def whole() -> None:
        raise SystemExit(run(shlex.split(command)[1:]))

    assert CliRunner().invoke(whole, []).stdout == text
