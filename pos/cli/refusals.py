"""What the command line says when it refuses: the till's texts in the user's language, and the details."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pos.errors import KilotillError
from pos.i18n.catalogue import LANGUAGES, SOURCE_LANGUAGE
from pos.i18n.error_texts import explain_error

_LANGUAGE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def refusal_text(error: KilotillError, environment: Mapping[str, str]) -> str:
    """Return the lines to show for an error.

    A code with a text in four languages gives what happened, the next action with the code, and last the
    error's own English sentence, which names meters and amounts. Any other code gives that sentence alone.
    """
    explained = explain_error(error.code, language_of(environment))
    if explained is None:
        return f"{error.text} [{error.code}]"
    return f"{explained.sentence}\n{explained.next_action} [{error.code}]\n{error.text}"


def language_of(environment: Mapping[str, str]) -> str:
    """Return the language that the environment asks for if it is one of ours, else English."""
    wanted = next((environment[name] for name in _LANGUAGE_VARIABLES if environment.get(name)), "")
    language = re.split(r"[_.@-]", wanted)[0].lower()
    return language if language in LANGUAGES else SOURCE_LANGUAGE
