"""What is not final, by sale: a sale that is paid in parts stands once, with its parts under it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from pos.domain.shift import Unresolved
from pos.i18n.wording import Wording
from pos.ui.screens.shift.words import standing_words, tender_word


@dataclass(frozen=True, slots=True)
class WaitingSale:
    """A sale without its end; `parts` are its payments in the order of the report, at least one."""

    parts: tuple[Unresolved, ...]

    @property
    def first(self) -> Unresolved:
        """The part that says what all have in common: sale, owner, since when."""
        return self.parts[0]

    @property
    def sale_id(self) -> UUID:
        """Which sale it is."""
        return self.first.sale_id

    @property
    def amount_minor(self) -> int:
        """The money of all its parts."""
        return sum(one.amount_minor for one in self.parts)


def by_sale(unresolved: Iterable[Unresolved]) -> tuple[WaitingSale, ...]:
    """Put the parts of each sale together, in the order of their first parts; no sum changes."""
    found: dict[UUID, list[Unresolved]] = {}
    for one in unresolved:
        found.setdefault(one.sale_id, []).append(one)
    return tuple(WaitingSale(tuple(parts)) for parts in found.values())


def part_words(one: Unresolved, wording: Wording, *, has_amount: bool) -> str:
    """Say how a part is paid: of one with its end where it stands, of an open one its reference."""
    say = wording.say
    tender = tender_word(one.tender, wording) if one.tender else say("Payment")
    if has_amount:
        tender = f"{tender} {wording.amount(one.amount_minor)}"
        if one.payment == "succeeded":
            return f"{tender} · {standing_words(one, wording)[0]}"
    return say("{tender} · ref {reference}", tender=tender, reference=one.reference or str(one.sale_id)[-12:])


def person_needed(one: Unresolved, wording: Wording) -> str:
    """Say that a person must look at a part, whose it is and why; empty where nobody must."""
    state, why = standing_words(one, wording)
    return " · ".join((state, one.owner, why)) if why else ""
