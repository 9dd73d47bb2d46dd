"""What the command line says when it refuses, in the language of the environment."""

import click
import pytest
from click.testing import CliRunner, Result

from pos.cli import demo
from pos.cli.refusals import language_of, refusal_text
from pos.cli.root import run
from pos.errors import UserError

BLOCKED = UserError("meter.blocked", "Meter 01420998716 is blocked: rent. Nothing can be sold.")
EMPTY = {"LC_ALL": "", "LC_MESSAGES": "", "LANG": ""}


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        (EMPTY, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "fr_RW.UTF-8"}, "fr"),
        ({"LANG": "rw"}, "rw"),
        ({"LANG": "sw-KE"}, "sw"),
        ({"LANG": "rwk_TZ"}, "en"),
        ({"LC_ALL": "", "LANG": "fr"}, "fr"),
        ({"LC_ALL": "sw_KE.UTF-8", "LANG": "fr_FR.UTF-8"}, "sw"),
        ({"LC_MESSAGES": "rw_RW", "LANG": "fr_FR.UTF-8"}, "rw"),
        ({"LC_ALL": "C", "LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_language_when_the_environment_names_one_is_that_if_it_is_ours(
    environment: dict[str, str], language: str
) -> None:
    assert language_of(environment) == language


def test_refusal_when_its_code_has_texts_says_them_and_then_its_own_details() -> None:
    sentence, action, details = refusal_text(BLOCKED, {}).splitlines()

    assert sentence.startswith("The meter is blocked or not in use. Nothing is charged now")
    assert action == "Send the customer to the office, or sell to another meter. [meter.blocked]"
    assert details == BLOCKED.text


def test_refusal_when_the_environment_is_swahili_speaks_it() -> None:
    sentence, action, details = refusal_text(BLOCKED, {"LANG": "sw_KE.UTF-8"}).splitlines()

    assert sentence.startswith("Mita imezuiwa au haitumiki.")
    assert action.endswith("au uza kwa mita nyingine. [meter.blocked]")
    assert details == BLOCKED.text


def test_refusal_when_its_code_has_no_texts_is_its_own_sentence() -> None:
    error = UserError("token.length", "A token has 20 digits; this one has 4.")

    assert refusal_text(error, {"LANG": "fr"}) == "A token has 20 digits; this one has 4. [token.length]"


def _run(language: str) -> Result:
    @click.command()
    def whole() -> None:
        raise SystemExit(run([]))

    return CliRunner().invoke(whole, env=EMPTY | {"LANG": language})


def test_command_when_it_refuses_in_a_french_shell_answers_in_french(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_folder: object) -> int:
        raise BLOCKED

    monkeypatch.setattr(demo, "show_demo_sale", refuse)

    result = _run("fr_RW.UTF-8")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[0].startswith("Le compteur est bloqué ou hors service.")
    assert "[meter.blocked]\nMeter 01420998716" in result.stderr
