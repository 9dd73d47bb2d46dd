"""What a provider asks the payer for in between: which fields that takes, and how what is typed is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pos.gateways.base import Address, StepInput, StepKind
from pos.gateways.reasons import Reason
from pos.services.payment_views import PaymentView, SaleView

Say = Callable[..., str]

GIVEN = frozenset(
    {
        StepKind.GIVE_PIN,
        StepKind.GIVE_OTP,
        StepKind.GIVE_PHONE,
        StepKind.GIVE_BIRTHDAY,
        StepKind.GIVE_ADDRESS,
    }
)
"""Steps in which something is typed here."""

SECRET = frozenset({StepKind.GIVE_PIN, StepKind.GIVE_OTP})


@dataclass(frozen=True, slots=True)
class StepField:
    """One line to type into; `is_secret`: shown as dots, `example` stands there while it is empty."""

    label: str
    example: str = ""
    is_secret: bool = False
    is_number: bool = True


@dataclass(frozen=True, slots=True)
class StepAsk:
    """What one payment waits for. `text` is the provider's own sentence, or ours where it has none."""

    payment_id: UUID
    kind: StepKind
    text: str
    fields: tuple[StepField, ...]
    was_refused: bool


def asked_part(view: SaleView) -> PaymentView | None:
    """Return the payment that waits for something to be typed here, None where none does."""
    return next(
        (
            part
            for part in view.parts
            if part.is_under_way and part.step is not None and part.step.kind in GIVEN
        ),
        None,
    )


def step_ask(view: SaleView, say: Say) -> StepAsk | None:
    """Return what is asked for, None where nothing is."""
    part = asked_part(view)
    if part is None or part.step is None:
        return None
    kind = part.step.kind
    # Whatever the provider says about a step it did not take, it says without a final word.
    was_refused = part.reason == Reason.STEP_NEEDED.value and part.state.value == "unknown"
    return StepAsk(part.id, kind, part.step.text or _sentence(kind, say), _fields(kind, say), was_refused)


def _sentence(kind: StepKind, say: Say) -> str:
    return {
        StepKind.GIVE_PIN: say("The bank asks for the PIN of the card."),
        StepKind.GIVE_OTP: say("The provider has sent a code to the payer's phone."),
        StepKind.GIVE_PHONE: say("The bank asks for the payer's phone."),
        StepKind.GIVE_BIRTHDAY: say("The bank asks for the payer's birthday."),
        StepKind.GIVE_ADDRESS: say("The bank asks for the address of the card's owner."),
    }[kind]


def _fields(kind: StepKind, say: Say) -> tuple[StepField, ...]:
    if kind is StepKind.GIVE_ADDRESS:
        names = (say("Street"), say("Town"), say("State or province"), say("Postcode"))
        return tuple(StepField(name, is_number=False) for name in names)
    return {
        StepKind.GIVE_PIN: (StepField(say("PIN"), is_secret=True),),
        StepKind.GIVE_OTP: (StepField(say("Code"), is_secret=True, is_number=False),),
        StepKind.GIVE_PHONE: (StepField(say("Phone")),),
        StepKind.GIVE_BIRTHDAY: (StepField(say("Birthday"), "23/12/1995"),),
    }[kind]


def read_step(kind: StepKind, given: tuple[str, ...]) -> StepInput | None:
    """Read what was typed; None where it cannot be that."""
    texts = tuple(text.strip() for text in given)
    if kind is StepKind.GIVE_ADDRESS:
        return StepInput(kind, Address(*texts)) if len(texts) == 4 and all(texts) else None
    text = texts[0] if texts else ""
    if kind is StepKind.GIVE_BIRTHDAY:
        day = read_day(text)
        return None if day is None else StepInput(kind, day)
    if kind is StepKind.GIVE_PHONE:
        digits = re.sub(r"[ ()-]", "", text)
        return StepInput(kind, digits) if re.fullmatch(r"\+?\d{7,15}", digits) else None
    shape = r"\d{4,12}" if kind is StepKind.GIVE_PIN else r"[0-9A-Za-z]{3,12}"
    return StepInput(kind, text) if re.fullmatch(shape, text) else None


def read_day(text: str) -> date | None:
    """Read a day as people write it: 23/12/1995, 23.12.1995, 1995-12-23; None where it is none."""
    pieces = re.split(r"[/. -]+", text)
    if len(pieces) != 3 or not all(piece.isascii() and piece.isdecimal() for piece in pieces):
        return None
    numbers = [int(piece) for piece in pieces]
    year, month, day = numbers if len(pieces[0]) == 4 else reversed(numbers)
    try:
        return date(year, month, day) if year > 1900 else None
    except ValueError:
        return None
