"""Lines of every kind with odd values: whatever a till writes, its push is taken and the books hold."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from central.services.verify import verify_till
from pos.domain.ids import new_id
from tests.server.rig import Server
from tests.server.till_rig import DRNS, Till, make_shop

LINES = 400
SEED = 20261130
ODD: tuple[Any, ...] = (
    *(None, "", 0, -1, -5, True, 2**31, 2**53 - 1, 1 - 2**53, 10**13, 10**14),
    *("\x00", "x" * 5000, "é", "2026-02-30", "supplier:", "drawer:x", "RWFF", "mixed", "refunded", "token"),
    *([], {}, [[]], [None], {"a": 1}),
    *("00000000-0000-0000-0000-000000000000", "ABCDEF00-0000-0000-0000-000000000000"),
)


@pytest.fixture
def till(server: Server) -> Till:
    return make_shop(server).till()


def bodies(till: Till) -> Iterator[tuple[str, dict[str, Any]]]:
    """One good body of each kind that means something to the books."""

    def an_id() -> str:
        return str(new_id(till.now))

    yield "sale_delivered", {"sale": till.sale(till.item(money=5_000))}
    later = till.sale(till.item(DRNS[1], 2_000))
    quote = {key: value for key, value in later.items() if key not in ("receipt_number", "document_sha256")}
    paid, sale_id = later["payments"], later["sale_id"]
    step = {"payment_id": paid[0]["payment_id"], "sale_id": sale_id, "tender": "cash", "currency": "RWF"}
    step |= {"amount_minor": 2_000, "fee_minor": 0, "phone_mac": "ab" * 16, "source": "reply"}
    yield "payment_changed", step | {"from": "created", "to": "sent"}
    yield "sale_paid", {"sale_id": sale_id, "quote": quote, "payments": paid, "holder": "central"}
    closed = {"sale_id": sale_id, "reason": "x", "amount_minor": 5, "document_number": "T01-000077"}
    yield "sale_closed", closed | {"state": "refunded", "payment_id": paid[0]["payment_id"]}
    item = till.item(DRNS[2], 2_000)
    yield "tokens_issued", {"issue_id": an_id(), "cause": "free", "item": item, "charge_envelope_minor": 5}
    shift = {"shift_id": an_id(), "drawer_id": "d", "float_minor": 5, "count": []}
    yield "shift_opened", shift
    counted = {"counted_minor": 1, "expected_minor": 1, "difference_minor": 0}
    yield "shift_closed", {"shift_id": shift["shift_id"], "z_number": "Z1", **counted}
    yield "cash_moved", {"movement_id": an_id(), "kind": "in", "amount_minor": 5, "reason": "x"}
    yield "voucher_changed", {"voucher_id": an_id(), "batch_id": an_id(), "from": "sold", "to": "redeemed"}
    changes = [{"field": "note", "old": "", "new": "x"}]
    yield "meter_changed_here", {"meter_id": an_id(), "drn": DRNS[0], "changes": changes}
    reading = {"reading_id": an_id(), "meter_id": an_id(), "drn": DRNS[0], "register": "total"}
    yield (
        "reading_taken",
        reading | {"value_milli": 5, "read_at": "2026-11-20T07:00:00.000Z", "kind": "actual"},
    )
    case = {"case_id": an_id(), "case_kind": "wrong_meter", "from": "", "to": "open", "reason": "x"}
    yield "case_changed", case | {"wrong_drn": DRNS[0]}
    debt = {"meter_id": str(till.shop.meters[DRNS[0]]), "drn": DRNS[0]}
    yield "arrears_changed", debt | {"amount_minor": -5, "reason": "x"}
    moved = {"account": "supplier:REG", "amount_minor": 5, "kind": "top_up"}
    yield "float_moved", moved | {"reference": "x", "reason": "y"}
    yield "envelope_taken", {"sequence": 1, "sha256": "ab" * 32}
    yield "clock_noted", {"what": "back", "wall": "2026-11-20T07:00:00.000Z"}
    yield "token_handed_over", {"sale_id": an_id(), "how": "printed", "copy": 1}


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything inside a body."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*way, key)
        yield from places(inner, (*way, key))


def made_odd(body: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """A body in which one value is odd, missing, or there twice."""
    odd: Any = copy.deepcopy(body)
    *way, last = chance.choice(list(places(odd)))
    holder = odd
    for key in way:
        holder = holder[key]
    what = chance.random()
    if what < 0.8:
        holder[last] = copy.deepcopy(chance.choice(ODD))
    elif what < 0.9:
        del holder[last]
    elif isinstance(holder, list):
        holder.append(copy.deepcopy(holder[last]))
    return dict(odd)


def send_all(till: Till, chance: random.Random) -> None:
    """Pushes what waits, in batches of any size."""
    while till.sent < len(till.lines):
        last = min(len(till.lines), till.sent + chance.choice((1, 7, 50, 200)))
        answer = till.send(till.batch(last=last))
        assert answer.status_code == 200, answer.text
        till.sent = answer.json()["acked_seq"]


def test_push_when_lines_hold_odd_values_then_all_are_taken_and_verify_agrees(till: Till) -> None:
    chance = random.Random(SEED)
    while len(till.lines) < LINES:
        for kind, body in bodies(till):
            till.line(kind, body if chance.random() < 0.3 else made_odd(body, chance))
            if chance.random() < 0.3:
                till.line(kind, made_odd(body, chance))
        send_all(till, chance)
    assert verify_till(till.server.database, till.server.clock, till.id) is None
    till.sell(DRNS[2])
    assert "unknown_kind" not in till.flags()
