"""What a person wants to see of this till before and after it is enrolled."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pos.domain.permissions import Actor, Permission
from pos.models.office_link import find_link
from pos.models.uow import Units
from pos.services.approval import require_any
from pos.services.office_standing import OfficeStanding, office_standing


@dataclass(frozen=True, slots=True)
class OfficeFacts:
    """The till's name and key, how it stands to head office, and which till its book was before a restore.

    `fingerprint` is the start of the SHA-256 of its public key, which head office shows too.
    """

    till_code: str
    fingerprint: str
    standing: OfficeStanding
    former_code: str
    keeps_server_clock: bool


class OfficeFactsReader:
    """Reads them."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def read(self, actor: Actor) -> OfficeFacts:
        """Return the facts.

        Raises:
            UserError: `permission.denied`. MachineFault: `disk.*`.
        """
        require_any(actor, Permission.TILL_ENROL, Permission.SETTING_EDIT)
        with self._units.read() as connection:
            row: Any = connection.exec_driver_sql(
                "SELECT till.code, till.public_key FROM book JOIN till ON till.id = book.till_id"
            ).one()
            former = connection.exec_driver_sql(
                "SELECT till.code FROM former_book JOIN till ON till.id = former_book.till_id "
                "ORDER BY number DESC LIMIT 1"
            ).scalar()
            link = find_link(connection)
            standing = office_standing(connection)
        return OfficeFacts(
            row[0],
            sha256(row[1]).hexdigest()[:16],
            standing,
            former or "",
            link is not None and link.keeps_server_clock,
        )
