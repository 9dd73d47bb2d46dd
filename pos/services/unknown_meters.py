"""Why a meter that is not in the register cannot be sold to."""

from __future__ import annotations

from sqlalchemy import Connection

from pos.errors import UserError
from pos.models.queries.office import group_waited_for


def not_in_register(connection: Connection, drn: str) -> UserError:
    """Return `key.group_not_allowed` where it is of a group that is not here (yet), else `meter.unknown`.

    Whoever added it by hand would make a second record of it, with a group whose tokens it does not take.
    """
    sgc = group_waited_for(connection, drn)
    if sgc is None:
        return UserError("meter.unknown", f"Meter {drn} is not known at this till.")
    return UserError(
        "key.group_not_allowed",
        f"Meter {drn} belongs to supply group {sgc}, which this till may not vend for.",
    )
