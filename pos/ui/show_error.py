"""The only place that turns an error into what a person sees: by its kind, in the person's language."""

from __future__ import annotations

import logging
import secrets

from pos.errors import KilotillError, MachineFault
from pos.i18n.error_texts import ErrorKind, explain_error
from pos.i18n.wording import Wording
from pos.ui.refusal_words import plain_sentence
from pos.ui.widgets.refusal_panel import Refusal

_logger = logging.getLogger(__name__)

_BANDS = {
    ErrorKind.STOP: "bad",
    ErrorKind.WAIT: "info",
    ErrorKind.SUPERVISOR: "sup",
    ErrorKind.FIX_IT: "warn",
}


def is_stop(error: BaseException, language: str) -> bool:
    """Say whether an error stops what the till does, rather than a field of it."""
    if not isinstance(error, KilotillError):
        return True
    explained = explain_error(error.code, language)
    return isinstance(error, MachineFault) or (explained is not None and explained.kind is ErrorKind.STOP)


def sentence_of(error: BaseException, wording: Wording) -> str:
    """Return what happened in one sentence, for a line under a field or a toast."""
    if not isinstance(error, KilotillError):
        return wording.say("Something went wrong here. The sale is safe; go on.")
    return plain_sentence(error, wording)


def refusal_of(error: BaseException, wording: Wording) -> Refusal:
    """Return what the panel of an error says. A bug is logged with a number that a person can tell."""
    say = wording.say
    if not isinstance(error, KilotillError):
        number = secrets.token_hex(3)
        _logger.error("unexpected error %s", number, exc_info=error)
        return Refusal(
            "bad",
            say("Something went wrong in the program"),
            say("What was paid and issued before is safe. Look at Sales before you do it again."),
            ((say("Next"), say("Go on. If it comes again, send the support bundle and this number.")),),
            f"#{number}",
            main=say("Go on"),
        )
    explained = explain_error(error.code, wording.language)
    if explained is None:
        kind = "bad" if isinstance(error, MachineFault) else "warn"
        return Refusal(kind, plain_sentence(error, wording), "", (), error.code, main=say("Go on"))
    head, _, rest = explained.sentence.partition(". ")
    sentence, _, quote = rest.partition("“") if "“" in rest else rest.partition('"')
    rows = []
    if sentence.strip():
        rows.append((say("So far"), sentence.rsplit(".", 1)[0].strip() + "."))
    if quote:
        rows.append((say("Tell them"), f"“{quote.rstrip('”' + chr(34))}”"))
    rows.append((say("Next"), explained.next_action))
    return Refusal(
        _BANDS[explained.kind], head.rstrip(".") + ".", "", tuple(rows), error.code, main=say("Go on")
    )
