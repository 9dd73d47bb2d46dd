"""The tax authority's stamp on a receipt, behind a port: a sale never waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pos.i18n.wording import Wording
from pos.printing.document import Block, Qr, Row, Small, Text


class FiscalState(StrEnum):
    """Not a tax invoice, or one whose stamp is awaited, or one that has it."""

    NONE = "none"
    PENDING = "pending"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class FiscalStamp:
    """What the tax authority gave; number, signature and QR content are empty unless SIGNED."""

    state: FiscalState
    number: str = ""
    signature: str = ""
    qr: str = ""


class FiscalSigner(Protocol):
    """Gives the stamp of a receipt as far as it is known now, at once and without network."""

    def stamp(self, receipt_number: str) -> FiscalStamp:
        """Give the stamp of one receipt or credit note."""
        ...


class NoFiscalSigner:
    """For places without fiscal receipts: every paper says that it is no tax invoice."""

    def stamp(self, receipt_number: str) -> FiscalStamp:  # noqa: ARG002 - the port's form
        return FiscalStamp(FiscalState.NONE)


class LaterFiscalSigner:
    """Signed later: pending until `signed`, which the caller keeps, has the stamp of the receipt."""

    def __init__(self, signed: Mapping[str, FiscalStamp]) -> None:
        self._signed = signed

    def stamp(self, receipt_number: str) -> FiscalStamp:
        return self._signed.get(receipt_number, FiscalStamp(FiscalState.PENDING))


def fiscal_blocks(stamp: FiscalStamp, wording: Wording) -> list[Block]:
    """Give what a paper prints for its stamp."""
    if stamp.state is FiscalState.NONE:
        return [Text(wording.say("This is not a tax invoice."), is_centred=True)]
    if stamp.state is FiscalState.PENDING:
        return [Row(wording.say("Fiscal number"), wording.say("pending"))]
    blocks: list[Block] = [Row(wording.say("Fiscal number"), stamp.number)]
    if stamp.signature:
        blocks.append(Small(stamp.signature))
    if stamp.qr:
        blocks.append(Qr(stamp.qr))
    return blocks
