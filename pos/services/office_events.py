"""What people did to a meter at head office: who, when, what and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos.domain.journal import parse_instant


@dataclass(frozen=True, slots=True)
class OfficeChange:
    """One value of a meter that was changed; `field` is head office's name of it."""

    field: str
    old: object
    new: object


@dataclass(frozen=True, slots=True)
class OfficeEvent:
    """Something a person did to a meter; `kind` is `changed`, `arrears` or `merged`."""

    at: datetime
    who: str
    kind: str
    changes: tuple[OfficeChange, ...]
    reason: str


def read_event(found: Mapping[str, Any]) -> OfficeEvent:
    """Return an event as head office tells it."""
    changes = tuple(OfficeChange(one["field"], one["old"], one["new"]) for one in found["changes"])
    at = parse_instant(found["at"])
    return OfficeEvent(at, found["actor_name"], found["kind"], changes, found["reason"])
