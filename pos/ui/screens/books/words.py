"""Books in words: what differs, why, and what the figures are called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from pos.domain.day_figures import BookColour, Difference
from pos.i18n.wording import Wording
from pos.services.books_paper import COLOUR_WORDS
from pos.services.books_rows import BookDay
from pos.services.report_paper import tender_name
from pos.ui.screens.uploads.words import KIND_WORDS, SUM_WORDS

TONES = {BookColour.GREEN: "ok", BookColour.RED: "bad", BookColour.GREY: "neutral"}
FIGURE_WORDS = {
    "first_seq": "First entry",
    "last_seq": "Last entry",
    "last_hash": "Seal",
    "tokens": "Tokens",
    "units_milli": "Units",
}


@dataclass(frozen=True, slots=True)
class DayWords:
    """The head of the side card."""

    fact: str
    sentence: str
    why: str = ""


def day_words(day: str, wording: Wording) -> str:
    """Write a business day as `Tue 17 Nov`."""
    return wording.week_day(datetime.combine(date.fromisoformat(day), time(12), wording.time_zone))


def seal_words(seal: str) -> str:
    """Write a seal in two groups: `7c1f 09ab`."""
    return f"{seal[:4]} {seal[4:8]}"


def state_words(day: BookDay, wording: Wording, *, names_till: bool) -> str:
    """Say in a badge how a day stands."""
    if day.colour is BookColour.GREY and names_till:
        return wording.say("Waiting for {till}", till=day.till_code)
    return wording.say(COLOUR_WORDS[day.colour])


def describe(day: BookDay, wording: Wording, *, has_questions: bool) -> DayWords:
    """Say what a day's comparison found."""
    say = wording.say
    name = say("Till {till}, {day}", till=day.till_code, day=day_words(day.day, wording))
    if day.colour is BookColour.GREEN:
        at = "" if day.compared_at is None else wording.day_time(day.compared_at)
        return DayWords(
            f"{name}: {say('equal')}", say("Count, sum and seal are the same. Compared {time}.", time=at)
        )
    if day.colour is BookColour.GREY:
        if day.unsent:
            text = say("Entries that head office has not got yet: {n}", n=wording.count(day.unsent))
        else:
            text = say("Head office was not asked yet. It is with the next try.")
        return DayWords(f"{name}: {say('waiting')}", text)
    if day.there is None:
        return DayWords(
            f"{name}: {say('not at head office')}",
            say("Head office has nothing of this day."),
            say("It may still be reading what was sent. Compare again; if it stays, send a report."),
        )
    return DayWords(
        f"{name}: {_what(day, wording)}", _how_much(day, wording), _why(wording, has_questions=has_questions)
    )


def _what(day: BookDay, wording: Wording) -> str:
    say, n = wording.say, day.missing_sales
    if n == 1:
        return say("one sale is missing")
    if n > 1:
        return say("sales are missing: {n}", n=wording.count(n))
    if n < 0:
        return say("head office has more sales: {n}", n=wording.count(-n))
    return say("the sums differ") if day.missing_minor else say("the figures differ")


def _how_much(day: BookDay, wording: Wording) -> str:
    say = wording.say
    assert day.there is not None, "asked before"
    if day.missing_sales or day.missing_minor:
        return say(
            "Head office has {there} sales, the till has {here}. The difference is {money}.",
            there=wording.count(day.there.sales),
            here=wording.count(day.here.sales),
            money=wording.money(abs(day.missing_minor)),
        )
    return say("Sales and money are the same; other figures are not.")


def _why(wording: Wording, *, has_questions: bool) -> str:
    if has_questions:
        return wording.say(
            "Head office has a question about these. The till keeps them and the sales are safe."
        )
    return wording.say(
        "No entry of the day has a question. The till keeps all of them and the sales are safe."
    )


def figure_words(difference: Difference, wording: Wording) -> tuple[str, str, str]:
    """Return what a figure is called and its two values."""
    group, _, kind = difference.name.partition(".")
    say = wording.say
    if group == "tenders_minor":
        name = tender_name(kind, wording)
    elif group == "sums_minor":
        name = say(SUM_WORDS.get(kind, kind))
    elif group == "pieces":
        name = say("Sales") if kind == "sale_delivered" else say(KIND_WORDS.get(kind, kind))
    else:
        name = say(FIGURE_WORDS.get(group, group))
    return name, *(_value(group, value, wording) for value in (difference.here, difference.there))  # type: ignore[return-value]


def _value(group: str, value: int | str, wording: Wording) -> str:
    if isinstance(value, str):
        return seal_words(value)
    if group.endswith("_minor"):
        return wording.amount(value)
    return wording.units(value) if group == "units_milli" else wording.count(value)
