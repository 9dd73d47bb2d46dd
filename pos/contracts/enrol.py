"""`POST /v1/tills/enrol`: a till becomes one of an organisation (docs/formats.md §8, §10).

Codes: `enrol.code` (unknown, used or too late), `enrol.tries` (five wrong), `enrol.currency`,
`enrol.demo` (a demo book at a live server or the other way), `till.code_taken`, `enrol.already`
(this till id is enrolled with another key), `enrol.replaces_unknown`.
Repeated with the same code and public key it gives the same answer.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from pos.contracts.envelope import SignedEnvelope
from pos.contracts.wire import Currency, Hash, InstantText, Message, PublicKey, Sgc, Whole

EnrolCode = Annotated[str, StringConstraints(pattern=r"^[A-Z2-7]{10}$")]
"""Ten base32 characters; blanks, dashes and small letters are cleaned away before."""


class Replaced(Message):
    """The till that the new one replaces: its id, and how far its book was restored."""

    till: UUID
    seq: Whole
    hash: Hash


class HeldLane(Message):
    """The lane a till has in a supply group."""

    sgc: Sgc
    lane: int = Field(ge=1, lt=60)


class EnrolRequest(Message):
    """What a till says of itself. `till` is the id in its journal; the server keeps it."""

    code: EnrolCode
    public_key: PublicKey
    machine: str
    till: UUID
    till_code: str
    currency: Currency
    time_zone: str
    is_demo: bool = False
    app: str = ""
    # The envelope in force on a till that stood alone: the server's first one comes after it.
    envelope_sequence: Whole = 0
    replaces: Replaced | None = None
    # Of a till that a restored server does not know any more: it goes on in its lanes where they are free.
    lanes: tuple[HeldLane, ...] = Field(default=(), max_length=1_000)


class OrganisationFacts(Message):
    id: UUID
    name: str
    time_zone: str
    currency: Currency
    tin: str | None = None


class SalesPointFacts(Message):
    id: UUID
    name: str
    address: str | None = None
    phone: str | None = None
    currency: Currency
    language: str = "en"


class ServerKey(Message):
    """A key the server signs envelopes with; `key_id` as envelopes name it."""

    key_id: str
    public_key: PublicKey


class ReplacedTill(Message):
    """What the server has of the replaced till.

    Where `last_seq` is above the restored seq, the new till fetches the lines between with
    `GET /v1/sync/lines`; where it is below, it pushes them (pos.contracts.push). Of a book that a copy of the
    till carried on otherwise it is the last line that both have.
    `receipt_last` is the last receipt number booked, 0 for none.
    """

    till: UUID
    till_code: str
    last_seq: int
    last_hash: Hash
    receipt_last: int = 0


class EnrolAnswer(Message):
    """What the till is from now on; the envelope holds its lanes."""

    till: UUID
    till_code: str
    organisation: OrganisationFacts
    sales_point: SalesPointFacts
    server_keys: tuple[ServerKey, ...]
    envelope: SignedEnvelope | None = None
    replaced: ReplacedTill | None = None
    server_time: InstantText
    min_app: str = ""
