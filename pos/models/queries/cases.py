"""Cases as rows: one, that of a sale, and the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.receipt_number import case_number
from pos.domain.states import CaseKind, CaseState
from pos.models.places import book_number_of

PAGE_ROWS = 50
_PLACE_MAX = (1 << 62) - 1


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case; `sale_id` None for a fault."""

    place: int
    case_id: UUID
    number: str
    kind: CaseKind
    state: CaseState
    sale_id: UUID | None
    wrong_drn: str | None
    right_drn: str | None
    reason: str


_CASES = """
SELECT case_record.place, case_record.id, case_record.number, case_kind, case_record.state, sale.id,
  wrong_drn, right_drn, reason
FROM case_record LEFT JOIN sale ON sale.place = case_record.sale_place
"""


def find_case(connection: Connection, case_id: UUID) -> CaseRow | None:
    """Return one case, None if there is none."""
    row: Any = connection.exec_driver_sql(f"{_CASES} WHERE case_record.id = ?", (case_id.bytes,)).first()
    return None if row is None else _case(row, _till_codes(connection))


def open_case_of_sale(connection: Connection, sale_place: int) -> bool:
    """Say whether a sale has a case that is not refused: one sale gets at most one remedy."""
    found = connection.exec_driver_sql(
        "SELECT 1 FROM case_record WHERE sale_place = ? AND state <> 'refused'", (sale_place,)
    ).first()
    return found is not None


def latest_case_of_sale(connection: Connection, sale_id: UUID) -> CaseRow | None:
    """Return the last case about a sale, None if there is none."""
    row: Any = connection.exec_driver_sql(
        f"{_CASES} WHERE sale.id = ? ORDER BY case_record.place DESC LIMIT 1", (sale_id.bytes,)
    ).first()
    return None if row is None else _case(row, _till_codes(connection))


@dataclass(frozen=True, slots=True)
class ReplacementRow:
    """The tokens a case gave: the issue, where it stands, for which meter; in the order of the issue."""

    issue_id: UUID
    place: int
    drn: str
    digits: tuple[str, ...]
    tenths: int


# Led by the meter that got them: it has few issues, and tokens are not indexed by sale.
_REPLACEMENT = """
SELECT issue.id, issue.place, meter.drn, token.digits, token.tenths
FROM sale JOIN meter ON meter.drn = ?
JOIN issue INDEXED BY ix_issue_meter ON issue.meter_key = meter.key AND issue.cause = 'replacement'
JOIN token ON token.place = issue.place AND token.sale_place = sale.place
WHERE sale.id = ? ORDER BY issue.place DESC, token.item_n, token.n
"""


def replacement_of(connection: Connection, sale_id: UUID, drn: str) -> ReplacementRow | None:
    """Return the tokens that replaced those of a sale for a meter, None where there are none."""
    rows: Any = connection.exec_driver_sql(_REPLACEMENT, (drn, sale_id.bytes)).all()
    if not rows:
        return None
    newest = [row for row in rows if row[1] == rows[0][1]]
    return ReplacementRow(
        UUID(bytes=newest[0][0]),
        newest[0][1],
        newest[0][2],
        tuple(row[3] for row in newest),
        sum(row[4] or 0 for row in newest),
    )


def list_cases(
    connection: Connection, *, state: str | None = None, before: int | None = None
) -> list[CaseRow]:
    """Return a page of cases, newest first; `before` is the place of the last row of the page before."""
    condition = "case_record.place < ?" + ("" if state is None else " AND case_record.state = ?")
    values = (before or _PLACE_MAX, *(() if state is None else (state,)))
    rows: Any = connection.exec_driver_sql(
        f"{_CASES} WHERE {condition} ORDER BY case_record.place DESC LIMIT {PAGE_ROWS}", values
    ).all()
    codes = _till_codes(connection)
    return [_case(row, codes) for row in rows]


def cases_of_meter(connection: Connection, drn: str) -> list[CaseRow]:
    """Return the latest cases about a meter, newest first; there are few cases, so none has an index."""
    rows: Any = connection.exec_driver_sql(
        f"{_CASES} WHERE wrong_drn = ?1 OR right_drn = ?1 ORDER BY case_record.place DESC LIMIT {PAGE_ROWS}",
        (drn,),
    ).all()
    codes = _till_codes(connection)
    return [_case(row, codes) for row in rows]


def _case(row: Any, codes: dict[int, str]) -> CaseRow:
    return CaseRow(
        place=row[0],
        case_id=UUID(bytes=row[1]),
        number=case_number(codes[book_number_of(row[0])], row[2]),
        kind=CaseKind(row[3]),
        state=CaseState(row[4]),
        sale_id=None if row[5] is None else UUID(bytes=row[5]),
        wrong_drn=row[6],
        right_drn=row[7],
        reason=row[8],
    )


def _till_codes(connection: Connection) -> dict[int, str]:
    rows: Any = connection.exec_driver_sql(
        "SELECT number, code FROM book JOIN till ON till.id = till_id UNION ALL "
        "SELECT number, code FROM former_book JOIN till ON till.id = till_id"
    ).all()
    return {row[0]: row[1] for row in rows}
