"""Uploads and Books in words, decided without a window."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from pos.domain.day_figures import BookColour, Difference
from pos.errors import Rejected, Unavailable
from pos.i18n.catalogue import LANGUAGES, catalogue
from pos.i18n.wording import Wording
from pos.services.books_rows import BookDay, BookSide
from pos.services.uploads_desk import (
    DayCount,
    Entry,
    FlaggedEntry,
    OfficeStanding,
    RefusedEntry,
    SaleName,
    UploadsNow,
)
from pos.ui.screens.books.words import describe, figure_words
from pos.ui.screens.uploads.state import UploadsState, last_words, office_words
from pos.ui.screens.uploads.words import (
    FLAG_SENTENCES,
    FLAG_WORDS,
    amount_of,
    detail_of,
    flag_word,
    flagged_detail,
    refused_title,
    title_of,
)
from pos.ui.sync_runner import SyncState

NOW = datetime(2026, 11, 17, 12, 36, tzinfo=UTC)
WORDING = Wording(catalogue("en"), "RWF", ZoneInfo("Africa/Kigali"))
SALE = {
    "money_minor": 18_500,
    "items": [{"tokens": [{"token_class": 0, "subclass": 0}]}],
    "payments": [{"tender": "cash"}, {"tender": "mtn"}],
}


def entry(kind: str, body: Mapping[str, Any], *, has_sale: bool = True) -> Entry:
    name = SaleName("K2-004413", "MUKAMANA Claudine", 18_500, "2026-11-17")
    return Entry(11_200, kind, NOW, "2026-11-17", dict(body), uuid4(), name if has_sale else None)


def state(standing: OfficeStanding, sync: SyncState | None = None, *, waiting: int = 0) -> UploadsState:
    now = UploadsNow(standing, (), waiting, (), 0, (), DayCount(0, 0))
    return UploadsState(NOW, now=now, sync=sync or SyncState())


@pytest.mark.parametrize(
    ("kind", "body", "title", "detail", "amount"),
    [
        (
            "sale_delivered",
            {"sale": SALE},
            "Sale K2-004413",
            "MUKAMANA Claudine, electricity, cash, MTN MoMo",
            18_500,
        ),
        ("token_handed_over", {"copy": 1}, "Reprint, COPY 1 of K2-004413", "MUKAMANA Claudine", None),
        ("token_handed_over", {"copy": 0}, "Token handed over, K2-004413", "MUKAMANA Claudine", None),
        (
            "payment_changed",
            {"tender": "mtn", "to": "sent", "amount_minor": 6_000},
            "Phone payment asked",
            "MUKAMANA Claudine, MTN MoMo, not final",
            6_000,
        ),
        (
            "sale_closed",
            {"state": "voided", "amount_minor": 5},
            "Sale cancelled, K2-004413",
            "MUKAMANA Claudine",
            5,
        ),
        ("something_new", {}, "Something new, K2-004413", "MUKAMANA Claudine", None),
    ],
)
def test_entry_when_shown_is_named_as_people_do(
    kind: str, body: dict[str, Any], title: str, detail: str, amount: int | None
) -> None:
    shown = entry(kind, body)

    assert (title_of(shown, WORDING), detail_of(shown, WORDING)) == (title, detail)
    assert amount_of(shown) == amount


def test_flags_when_known_have_a_word_and_a_sentence_each() -> None:
    assert set(FLAG_WORDS) == set(FLAG_SENTENCES)
    flagged = FlaggedEntry(entry("sale_delivered", {"sale": SALE}), ("fraud:night", "block"), NOW)

    assert flag_word(flagged, WORDING) == "Looks unusual +1"
    assert flagged_detail(flagged, WORDING).startswith("MUKAMANA Claudine. A rule of head office")


def test_refused_when_an_entry_is_named_with_its_day() -> None:
    refused = RefusedEntry(entry("sale_delivered", {"sale": SALE}), "sync.bad_hash")

    assert refused_title(refused, WORDING) == "Sale K2-004413, 17\N{NO-BREAK SPACE}Nov"
    assert "04123456784" in refused_title(RefusedEntry(None, "proposal.refused", "04123456784"), WORDING)


@pytest.mark.parametrize(
    ("given", "light", "fact"),
    [
        (state(OfficeStanding()), "off", "This till stands alone"),
        (state(OfficeStanding("restored")), "off", "This till stands alone"),
        (state(OfficeStanding("enrolled")), "ok", "Head office has everything"),
        (state(OfficeStanding("enrolled"), waiting=4), "ok", "Head office answers"),
        (
            state(OfficeStanding("enrolled"), SyncState(is_running=True, step="push", done=2, of=9)),
            "off",
            "We are talking to head office",
        ),
        (
            state(OfficeStanding("enrolled"), SyncState(error=Unavailable("sync.unreachable", "No."))),
            "warn",
            "No answer from head office",
        ),
        (
            state(OfficeStanding("enrolled"), SyncState(error=Rejected("sync.bad_hash", "It does not fit."))),
            "bad",
            "Head office did not take it",
        ),
        (
            state(OfficeStanding("enrolled"), SyncState(error=Rejected("sync.app_too_old", "Too old."))),
            "bad",
            "This program is too old for head office",
        ),
        (state(OfficeStanding("forked")), "bad", "A copy of this till sold too"),
        (
            state(OfficeStanding("revoked")),
            "bad",
            "The office does not allow this till to sell",
        ),
    ],
)
def test_head_office_when_in_a_state_has_a_light_and_a_fact(
    given: UploadsState, light: str, fact: str
) -> None:
    words = office_words(given, WORDING)

    assert (words.light, words.fact) == (light, fact)
    assert words.sentence


def test_no_answer_when_shown_says_since_when() -> None:
    since = NOW - timedelta(minutes=15)
    standing = OfficeStanding("enrolled", synced_at=since)
    words = office_words(state(standing, SyncState(error=Unavailable("sync.unreachable", "No."))), WORDING)

    assert words.sentence == "Since 14:21, 15\N{NO-BREAK SPACE}min. We try again by ourselves."


def test_last_when_something_went_has_its_time_and_count() -> None:
    assert last_words(NOW, 12, "sent", now=NOW, wording=WORDING) == "14:36, 12 entries"
    assert last_words(NOW, 0, "fetched", now=NOW, wording=WORDING) == "14:36"
    assert last_words(None, 3, "sent", now=NOW, wording=WORDING) == "–"


def day(**values: Any) -> BookDay:
    side = BookSide(144, 468_000, "b3a91f04")
    return BookDay(uuid4(), "K2", "2026-11-16", side, **{"there": side, "colour": BookColour.GREEN, **values})


@pytest.mark.parametrize(
    ("given", "fact"),
    [
        (day(), "equal"),
        (day(colour=BookColour.GREY, unsent=2), "waiting"),
        (day(colour=BookColour.RED, there=None), "not at head office"),
        (day(colour=BookColour.RED, there=BookSide(143, 462_000, "00")), "one sale is missing"),
        (day(colour=BookColour.RED, there=BookSide(141, 462_000, "00")), "sales are missing: 3"),
        (day(colour=BookColour.RED, there=BookSide(146, 468_000, "00")), "head office has more sales: 2"),
        (day(colour=BookColour.RED, there=BookSide(144, 467_960, "00")), "the sums differ"),
        (day(colour=BookColour.RED, there=BookSide(144, 468_000, "00")), "the figures differ"),
    ],
)
def test_day_when_compared_says_what_differs(given: BookDay, fact: str) -> None:
    words = describe(given, WORDING, has_questions=False)

    assert words.fact == f"Till K2, Mon\N{NO-BREAK SPACE}16\N{NO-BREAK SPACE}Nov: {fact}"


@pytest.mark.parametrize(
    ("difference", "shown"),
    [
        (Difference("pieces.sale_delivered", 144, 143), ("Sales", "144", "143")),
        (Difference("tenders_minor.cash", 468_000, 462_000), ("Cash", "468,000", "462,000")),
        (Difference("sums_minor.energy", 5, 6), ("Energy", "5", "6")),
        (Difference("last_hash", "b3a91f04ff", "00"), ("Seal", "b3a9 1f04", "00 ")),
        (Difference("units_milli", 1500, 1400), ("Units", "1.5", "1.4")),
    ],
)
def test_figure_when_it_differs_is_named(difference: Difference, shown: tuple[str, str, str]) -> None:
    assert figure_words(difference, WORDING) == shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_when_in_any_language_say_every_state(language: str) -> None:
    wording = Wording(catalogue(language), "RWF", ZoneInfo("Africa/Kigali"))
    for standing in ("none", "enrolled", "revoked", "forked"):
        words = office_words(state(OfficeStanding(standing)), wording)
        assert words.fact and words.sentence
