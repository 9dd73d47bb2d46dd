"""What a restore brought back, and by name what it did not: never silently nothing (docs/backup.md §5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pos.domain.receipt_number import receipt_number

PROPOSED = "record_proposed"
PROPOSALS_SHOWN = 5
"""A till proposes its whole register when it enrols: the sentences about people's acts must stay in sight."""


@dataclass(frozen=True, slots=True)
class MissingReceipts:
    """Receipts that were given out and are in no book: from `first` to `last`, both included."""

    till_code: str
    first: int
    last: int
    is_training: bool = False

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __iter__(self) -> Iterator[str]:
        return (self._name(number) for number in range(self.first, self.last + 1))

    def __str__(self) -> str:
        first, last = self._name(self.first), self._name(self.last)
        return first if first == last else f"{first} to {last}"

    def _name(self, number: int) -> str:
        return receipt_number(self.till_code, number, is_training=self.is_training)


@dataclass(frozen=True, slots=True)
class ToRepeat:
    """An act after the back-up: its line came back, its effect (on settings, tariffs, people) may not."""

    at: datetime
    act: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReport:
    """The outcome of a restore.

    `mirror_seq` is how far the mirror went, None without one; `not_booked` are lines kept without their rows
    (seq and what is unknown); `made_up` are records that only lines spoke of; `unfinished` are sales that are
    paid and not delivered; `papers_lost` counts receipts whose stored paper is gone (their lines are there).
    """

    former_code: str
    new_code: str
    backup_at: datetime
    backup_seq: int
    restored_seq: int
    mirror_seq: int | None
    last_receipt: str | None
    next_receipt: str
    missing: MissingReceipts | None
    is_end_known: bool
    not_booked: tuple[tuple[int, str], ...]
    made_up: tuple[str, ...]
    to_repeat: tuple[ToRepeat, ...]
    unfinished: tuple[UUID, ...]
    papers_lost: int
    has_vault: bool

    def sentences(self) -> list[str]:
        """Return the report in words, the missing receipts first."""
        return [self._about_missing(), *self._about_lines(), *self._about_work(), self._about_keys()]

    def _about_missing(self) -> str:
        last = self.last_receipt or "none"
        if self.missing is not None:
            return (
                f"MISSING: {len(self.missing)} receipts, {self.missing}. Their customers have tokens that no "
                "book knows; enter them from the papers."
            )
        if not self.is_end_known:
            return (
                f"The last receipt known is {last}. Nothing here says whether more was sold after it: "
                "compare with the last paper."
            )
        return f"Nothing is missing up to the end of the mirror. The last receipt is {last}."

    def _about_lines(self) -> Iterator[str]:
        mirror = "there was no mirror" if self.mirror_seq is None else f"the mirror had {self.mirror_seq}"
        yield (
            f"Restored to line {self.restored_seq} of till {self.former_code}: the back-up of "
            f"{self.backup_at:%Y-%m-%d %H:%M} UTC had {self.backup_seq}, {mirror}."
        )
        yield f"The till is now {self.new_code}; its next receipt is {self.next_receipt}."
        for seq, unknown in self.not_booked:
            yield f"Line {seq} is kept but not booked: this till does not know {unknown}."
        for name in self.made_up:
            yield f"New since the back-up, entered without its particulars: {name}."

    def _about_work(self) -> Iterator[str]:
        proposed = [act for act in self.to_repeat if act.act == PROPOSED]
        for act in (*(act for act in self.to_repeat if act.act != PROPOSED), *proposed[:PROPOSALS_SHOWN]):
            what = f"{act.act} {act.target}"
            yield f"Done on {act.at:%Y-%m-%d %H:%M} UTC, after the back-up; look whether it holds: {what}."
        if (more := len(proposed) - PROPOSALS_SHOWN) > 0:
            yield f"And {more} more {PROPOSED} until {proposed[-1].at:%Y-%m-%d %H:%M} UTC."
        for sale_id in self.unfinished:
            yield f"Paid and not delivered: sale {sale_id}."
        if self.papers_lost:
            yield f"{self.papers_lost} receipts after the back-up have no stored paper; the sales are there."

    def _about_keys(self) -> str:
        if self.has_vault:
            return "The vault opens with the recovery passphrase, or load the keys again."
        return "The back-up holds no vault: load the keys."
