"""Maintenance: while it lasts only administrators are served (docs/operations.md)."""

from __future__ import annotations

import math
from datetime import datetime

from central.errors import Problem


def refuse_in_maintenance(until: datetime | None, note: str | None, now: datetime) -> None:
    """Refuse while an organisation's maintenance lasts. Raises Problem 503 `server.maintenance`."""
    if until is None or now >= until:
        return
    wait_s = max(1, math.ceil((until - now).total_seconds()))
    raise Problem(
        "server.maintenance",
        note or "The server is being worked on. Try again later; tills go on selling.",
        status=503,
        headers={"Retry-After": str(wait_s)},
    )
