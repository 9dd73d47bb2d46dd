"""What the Uploads screen shows, and head office's state in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pos.errors import KilotillError, Unavailable
from pos.i18n.error_texts import explain_error
from pos.i18n.wording import Wording
from pos.services.uploads_desk import BothSums, OfficeStanding, UploadsNow
from pos.ui.refusal_words import plain_text
from pos.ui.sync_runner import SyncState, code_of

TO_DO, SENT = "todo", "sent"

STEP_WORDS = {
    "push": "Sending entries",
    "pull": "Fetching changes",
    "books": "Comparing the books",
    "envelope": "Renewing the envelope",
}


@dataclass(frozen=True, slots=True)
class UploadsState:
    """Everything that is shown; `at` is the instant ages count from."""

    at: datetime
    tab: str = TO_DO
    now: UploadsNow | None = None
    sync: SyncState = field(default_factory=SyncState)
    sums: BothSums | None = None
    written: str = ""


@dataclass(frozen=True, slots=True)
class OfficeWords:
    """Head office's state: a light (`ok`, `warn`, `bad`, `off`), a bold fact, a sentence."""

    light: str
    fact: str
    sentence: str


def office_words(state: UploadsState, wording: Wording) -> OfficeWords:
    """Say how head office is."""
    say, office = wording.say, OfficeStanding() if state.now is None else state.now.office
    if state.now is not None and not office.has_office:
        return OfficeWords(
            "off",
            say("This till stands alone"),
            say("It has no head office. Nothing is sent, and nothing is lost."),
        )
    if state.sync.is_running:
        return OfficeWords("off", say("We are talking to head office"), _step(state, wording))
    code = _code(state, office)
    if code:
        return _trouble(state, office, code, wording)
    if state.now is not None and state.now.waiting_count:
        return OfficeWords(
            "ok", say("Head office answers"), say("What waits goes out with the next try, by itself.")
        )
    return OfficeWords("ok", say("Head office has everything"), say("We look again every minute."))


def _code(state: UploadsState, office: OfficeStanding) -> str:
    if office.state == "forked":
        return "sync.fork"
    if office.state == "revoked":
        return "till.not_authorised"
    return code_of(state.sync.error) or office.failed_code


def _trouble(state: UploadsState, office: OfficeStanding, code: str, wording: Wording) -> OfficeWords:
    say = wording.say
    if code in NO_ANSWER:
        return OfficeWords("warn", say("No answer from head office"), _since(state, office, wording))
    explained = explain_error(code, wording.language)
    if explained is not None:
        fact, _, rest = explained.sentence.partition(". ")
        return OfficeWords("bad", fact.rstrip("."), f"{rest} {explained.next_action}".strip())
    if code in STOP_WORDS:
        fact, sentence = STOP_WORDS[code]
        return OfficeWords("bad", say(fact), say(sentence))
    error = state.sync.error
    text = error.text if isinstance(error, KilotillError) else office.failed_text
    is_passing = isinstance(error, Unavailable)
    fact = say("No answer from head office") if is_passing else say("Head office did not take it")
    return OfficeWords("warn" if is_passing else "bad", fact, plain_text(code, text, wording))


def _since(state: UploadsState, office: OfficeStanding, wording: Wording) -> str:
    since = office.synced_at or office.enrolled_at
    if since is None:
        return wording.say("We try again by ourselves.")
    seconds = max(0, int((state.at - since).total_seconds()))
    return wording.say(
        "Since {time}, {age}. We try again by ourselves.",
        time=_time(since, state.at, wording),
        age=wording.age(seconds),
    )


STOP_WORDS = {
    "sync.fork": (
        "A copy of this till sold too",
        "Stop selling here. An administrator must replace this till; nothing that was sold is lost.",
    ),
    "sync.app_too_old": (
        "This program is too old for head office",
        "Selling goes on. Nothing is sent until the program is renewed; nothing is lost.",
    ),
}
NO_ANSWER = frozenset({"sync.unreachable", "sync.time_out", "sync.server_busy", "sync.server_trouble"})
"""Trouble that goes by itself."""


def _step(state: UploadsState, wording: Wording) -> str:
    say, sync = wording.say, state.sync
    if sync.is_stopping:
        return say("It ends after the piece that is under way.")
    word = say(STEP_WORDS.get(sync.step, "Knocking"))
    if sync.of:
        return say(
            "{step}: {done} of {of}", step=word, done=wording.count(sync.done), of=wording.count(sync.of)
        )
    return f"{word}: {wording.count(sync.done)}" if sync.done else f"{word}."


def _time(at: datetime, now: datetime, wording: Wording) -> str:
    is_today = at.astimezone(wording.time_zone).date() == now.astimezone(wording.time_zone).date()
    return wording.time(at) if is_today else wording.day_time(at)


LAST_WORDS = {"sent": "{time}, {n} entries", "fetched": "{time}, {n} changes"}


def last_words(at: datetime | None, count: int, what: str, *, now: datetime, wording: Wording) -> str:
    """Say when something last went and how much: `14:21, 12 entries`; a dash before the first."""
    if at is None:
        return "–"
    time = _time(at, now, wording)
    return wording.say(LAST_WORDS[what], time=time, n=wording.count(count)) if count else time
