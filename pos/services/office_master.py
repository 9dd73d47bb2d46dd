"""Tariffs and meters of head office, in an administrator's own name; what changed meanwhile is not undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pos.domain.csv_table import RowError
from pos.domain.permissions import Actor, Permission
from pos.domain.tariff import Tariff
from pos.domain.tariff_json import tariff_from_json
from pos.errors import MachineFault, UserError
from pos.services.office_events import OfficeEvent, read_event
from pos.system.files import read_whole
from pos.tokens.numbers import parse_meter_number

if TYPE_CHECKING:
    from pos.sync.office_client import OfficeClient

METERS_A_PAGE = 50
EVENTS_SHOWN = 5
CSV_LETTERS_MAX = 1_500_000
"""What the server takes at once."""

_TARIFFS_A_PAGE = 100
_PAGES_MAX = 20
_MADE_ELSEWHERE = frozenset({"id", "drn", "arrears_minor", "merged_into", "next_key", "version"})
"""What a change of a meter does not say: its number and its debt stay."""

SignedIn = Callable[[Actor, Permission], "OfficeClient"]


@dataclass(frozen=True, slots=True)
class OfficeTariff:
    """One version of a tariff as head office gives it to its tills."""

    id: str
    name: str
    tariff: Tariff


@dataclass(frozen=True, slots=True)
class OfficeMeter:
    """A meter of head office; `record` is all that was read of it, and what a change is made from."""

    id: str
    drn: str
    status: str
    block_reason: str
    tariff_code: str
    sgc: str
    arrears_minor: int
    record: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class MeterPage:
    """Some meters by number; `next` is where the next page begins, empty after the last."""

    meters: tuple[OfficeMeter, ...]
    next: str


@dataclass(frozen=True, slots=True)
class OfficeImport:
    """How an import went at head office; `errors` name the rows that were left out."""

    added: int
    changed: int
    errors: tuple[RowError, ...]


@dataclass(frozen=True, slots=True)
class MergedMeter:
    """A meter into which another one was merged, which is not in the list any more."""

    kept: OfficeMeter
    duplicate_id: str


class OfficeMaster:
    """Reads and changes what head office gives to every till."""

    def __init__(self, signed_in: SignedIn) -> None:
        """`signed_in` checks the permission and gives the person's conversation."""
        self._signed_in = signed_in

    # -- tariffs ------------------------------------------------------------------------------------------

    def list_tariffs(self, actor: Actor) -> tuple[OfficeTariff, ...]:
        """Return every version, by code, the newest first. Raises as `OfficeClient.call`."""
        client = self._signed_in(actor, Permission.TARIFF_EDIT)
        found: list[OfficeTariff] = []
        cursor: str | None = None
        for _ in range(_PAGES_MAX):
            page = client.get("/v1/tariffs", limit=_TARIFFS_A_PAGE, cursor=cursor)
            found += (_tariff(one) for one in page["items"])
            cursor = page.get("next_cursor")
            if not cursor:
                break
        found.sort(key=lambda one: (one.tariff.code, -one.tariff.version))
        return tuple(found)

    def import_tariffs(self, actor: Actor, path: Path) -> OfficeImport:
        """Add the versions of a CSV file; one that is there already changes nothing.

        Raises:
            UserError: `csv.encoding`, `csv.too_large`. MachineFault: `disk.read`.
            Rejected: `tariff.version_exists`, and as `OfficeClient.call`.
        """
        client = self._signed_in(actor, Permission.TARIFF_EDIT)
        return _imported(client.call("POST", "/v1/tariffs/import", {"text": _csv_text(path)}))

    # -- meters -------------------------------------------------------------------------------------------

    def list_meters(self, actor: Actor, number: str, *, after: str = "") -> MeterPage:
        """Return a page of meters whose number begins so. Raises as `OfficeClient.call`."""
        client = self._signed_in(actor, Permission.METER_EDIT)
        found = client.get("/v1/meters", number=number, cursor=after, limit=METERS_A_PAGE)
        return MeterPage(tuple(_meter(one) for one in found["items"]), found.get("next_cursor") or "")

    def set_status(self, actor: Actor, meter: OfficeMeter, *, status: str, reason: str) -> OfficeMeter:
        """Block a meter, take it out of use, or back; it is returned as it is then.

        Raises:
            Rejected: `request.stale`, somebody changed it meanwhile; and as `OfficeClient.call`.
        """
        client = self._signed_in(actor, Permission.METER_BLOCK)
        return _change(client, meter, status=status, block_reason=reason or None)

    def set_tariff(self, actor: Actor, meter: OfficeMeter, *, code: str) -> OfficeMeter:
        """Sell to a meter by another tariff. Raises as `set_status`, and `meter.unknown_tariff`."""
        client = self._signed_in(actor, Permission.METER_EDIT)
        return _change(client, meter, tariff_code=code)

    def set_debt(self, actor: Actor, meter: OfficeMeter, *, arrears_minor: int, reason: str) -> OfficeMeter:
        """Say what a meter owes, all of it, and why. Raises as `set_status`; a sale changes the debt too."""
        client = self._signed_in(actor, Permission.ARREARS_ADJUST)
        body = {"arrears_minor": arrears_minor, "reason": reason}
        path = f"/v1/meters/{meter.id}/arrears"
        return _meter(client.call("PUT", path, body, version=meter.record.get("version")))

    def import_meters(self, actor: Actor, path: Path, *, sales_point: str) -> OfficeImport:
        """Add or change meters by number, their customers at a sales point.

        Raises:
            UserError: `csv.encoding`, `csv.too_large`. MachineFault: `disk.read`.
            Rejected: as `OfficeClient.call`.
        """
        client = self._signed_in(actor, Permission.METER_IMPORT)
        body = {"text": _csv_text(path), "sales_point_id": sales_point or None}
        return _imported(client.call("POST", "/v1/meters/import", body))

    def list_events(self, actor: Actor, meter: OfficeMeter) -> tuple[OfficeEvent, ...]:
        """Return the last things people did to a meter, the newest first. Raises as `OfficeClient.call`."""
        client = self._signed_in(actor, Permission.METER_EDIT)
        found = client.get(f"/v1/meters/{meter.id}/events", limit=EVENTS_SHOWN)
        return tuple(read_event(one) for one in found["items"])

    def merge_number(self, actor: Actor, meter: OfficeMeter, *, number: str, reason: str) -> MergedMeter:
        """Let the meter of another number be this one from now on.

        Raises:
            NumberError: this is no number. UserError: `meter.same`, `office.no_meter`.
            Rejected: `meter.merged`, somebody was faster; and as `OfficeClient.call`.
        """
        client = self._signed_in(actor, Permission.REVIEW_DECIDE)
        drn = parse_meter_number(number).drn.digits
        if drn == meter.drn:
            raise UserError("meter.same", "A meter is not merged into itself.")
        # The number itself comes before longer ones that begin with it.
        found = client.get("/v1/meters", number=drn, limit=1)["items"]
        if not found or found[0]["drn"] != drn:
            raise UserError("office.no_meter", "Head office has no meter of this number.")
        body = {"duplicate_id": found[0]["id"], "reason": reason}
        kept = client.call("POST", f"/v1/meters/{meter.id}/merge", body)
        return MergedMeter(_meter(kept), found[0]["id"])

    def merge_duplicates(self, actor: Actor, meter: OfficeMeter, *, reason: str) -> int:
        """Let every meter of this number that tills propose be this one; returns how many.

        Raises:
            UserError: `office.no_duplicate`.
            Rejected: `proposal.decided`, somebody was faster; and as `OfficeClient.call`.
        """
        client = self._signed_in(actor, Permission.REVIEW_DECIDE)
        ids = _proposals_of(client, meter)
        if not ids:
            raise UserError("office.no_duplicate", "No till proposes another meter of this number.")
        for proposal in ids:
            body = {"decision": "accepted", "reason": reason}
            client.call("POST", f"/v1/proposals/{proposal}/decide", body)
        return len(ids)


def _proposals_of(client: OfficeClient, meter: OfficeMeter) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    for _ in range(_PAGES_MAX):
        page = client.get("/v1/proposals", state="waiting", limit=100, cursor=cursor)
        found += (
            one["id"]
            for one in page["items"]
            if one["resource"] == "meter"
            and meter.drn in (one["record"].get("drn"), one["record"].get("meter_number"))
        )
        cursor = page.get("next_cursor")
        if not cursor:
            break
    return found


def _change(client: OfficeClient, meter: OfficeMeter, **changes: Any) -> OfficeMeter:
    body = {name: value for name, value in meter.record.items() if name not in _MADE_ELSEWHERE}
    path = f"/v1/meters/{meter.id}"
    return _meter(client.call("PUT", path, body | changes, version=meter.record.get("version")))


def _csv_text(path: Path) -> str:
    try:
        text = read_whole(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError("csv.encoding", f"The file {path.name} is not UTF-8: save it as UTF-8.") from None
    except FileNotFoundError:
        raise MachineFault("disk.read", f"The file {path.name} cannot be read.") from None
    if len(text) > CSV_LETTERS_MAX:
        raise UserError("csv.too_large", "Head office takes 1.5 million letters at once: split the file.")
    return text


def _imported(found: dict[str, Any]) -> OfficeImport:
    errors = tuple(
        RowError(one["line"], one["column"], one["error_code"], one["error_text"]) for one in found["errors"]
    )
    return OfficeImport(found["added"], found["changed"], errors)


def _tariff(found: dict[str, Any]) -> OfficeTariff:
    return OfficeTariff(found["id"], found["name"] or "", tariff_from_json(found["body"]))


def _meter(found: dict[str, Any]) -> OfficeMeter:
    return OfficeMeter(
        found["id"],
        found["drn"],
        found["status"],
        found["block_reason"] or "",
        found["tariff_code"],
        found["sgc"],
        found["arrears_minor"],
        found,
    )
