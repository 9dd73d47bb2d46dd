"""Pushing: what is refused whole, what is booked, and that nothing is booked twice."""

from __future__ import annotations

from tests.server.rig import Server
from tests.server.till_rig import make_shop


def test_push_when_sales_come_then_each_is_accepted_and_booked(server: Server) -> None:
    till = make_shop(server).till()
    sales = [till.sell() for _ in range(3)]
    till.line("token_handed_over", {"sale_id": sales[0]["sale_id"], "how": "printed", "copy": 0})
    answer = till.push()
    assert answer["acked_seq"] == 4
    assert [one["result"] for one in answer["results"]] == ["accepted"] * 4
    book = till.get(f"/v1/books/{till.id}/2026-11-20").json()
    assert book["pieces"] == {"sale_delivered": 3, "token_handed_over": 1}
    assert book["tenders_minor"] == {"cash": 15_000}
