"""The compared days as a paper: for the file of the office."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pos.domain.day_figures import BookColour
from pos.i18n.wording import Wording
from pos.printing.document import Block, Document, Gap, Row, Rule, TableRow, Text, Title
from pos.services.books_rows import BookDay
from pos.services.report_paper import day_name

COLOUR_WORDS = {BookColour.GREEN: "Equal", BookColour.RED: "Differs", BookColour.GREY: "Waiting"}


def books_paper(days: Sequence[BookDay], wording: Wording, *, at: datetime) -> Document:
    """Return the paper: a row for each day and till, and both sides of those that differ."""
    say = wording.say
    blocks: list[Block] = [
        Title(say("Books")),
        Text(wording.day_time(at), is_centred=True),
        Rule(),
    ]
    for colour, word in COLOUR_WORDS.items():
        blocks.append(Row(say(word), wording.count(sum(day.colour is colour for day in days))))
    blocks += [Gap(), TableRow((say("Day"), say("Sales"), wording.currency), is_bold=True), Rule()]
    for day in days:
        name = f"{day_name(day.day, wording)} {day.till_code}"
        here = day.here
        blocks.append(TableRow((name, wording.count(here.sales), wording.amount(here.money_minor))))
        blocks.append(Row(f"  {say(COLOUR_WORDS[day.colour])}", here.seal))
        if day.colour is BookColour.RED and day.there is not None:
            there = day.there
            cells = (f"  {say('Head office')}", wording.count(there.sales), wording.amount(there.money_minor))
            blocks.append(TableRow(cells))
    return Document("books", wording.language, tuple(blocks))
