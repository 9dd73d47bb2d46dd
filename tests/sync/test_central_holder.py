"""Head office as the key holder that is asked first: a token online, the vault when the line is dead."""

from uuid import uuid4

import pytest

from pos.domain.permissions import Role
from pos.errors import Unavailable
from pos.services.key_holders import HolderVerdict
from pos.services.sale_values import SaleRequest
from pos.services.verify import verify
from pos.tokens.demo import demo_keys
from tests.fakes.transport import ScriptedTransport, ok, problem
from tests.server.till_rig import DRNS, Shop
from tests.sync.conftest import RealTill, give_group


@pytest.fixture
def online(real_till: RealTill, office: Shop) -> RealTill:
    give_group(office, holders=["central", "vault"])
    server = office.server
    with server.database.write() as connection:
        server.app.state.head_office.vault.put(
            connection, office.organisation, demo_keys()[0], by="A and B", now=server.clock.now()
        )
    real_till.enrol()
    real_till.engine.run_once()
    real_till.open_shift()
    return real_till


def test_sell_when_online_the_server_makes_the_token_in_its_own_lane(online: RealTill) -> None:
    sold = online.sell(DRNS[0], 5_000)

    assert sold.sale["holder"] == "central"
    assert sold.item["tokens"][-1]["tid"] % 16 == 0
    assert online.engine.run_once().flagged == 0
    assert verify(online.till.units).findings == ()


def test_sell_when_the_line_dies_the_paid_sale_waits_and_the_next_goes_to_the_vault(online: RealTill) -> None:
    online.line.is_cut = True
    request = SaleRequest(sale_id=uuid4(), drn=DRNS[0], money_minor=5_000)
    with pytest.raises(Unavailable):
        online.till.checkout.sell(request, online.people[Role.CASHIER])

    assert online.sell(DRNS[1], 2_000).sale["holder"] == "vault"

    online.line.is_cut = False
    delivered = online.till.checkout.deliver(request.sale_id, online.people[Role.CASHIER])
    again = online.till.checkout.sell(request, online.people[Role.CASHIER])
    assert delivered.sale["holder"] == "central"
    assert again.is_repeat and again.item["tokens"] == delivered.item["tokens"]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (ok({}, 202), HolderVerdict.UNKNOWN),
        (problem(404, "vend.unknown"), HolderVerdict.UNKNOWN),
        (problem(404, "vend.unknown", final=True), HolderVerdict.FINAL_NO),
        (problem(409, "vend.refused"), HolderVerdict.FINAL_NO),
        (problem(409, "vend.refused", final=True), HolderVerdict.FINAL_NO),
        (problem(409, "sync.fork", final=False), HolderVerdict.UNKNOWN),
        (problem(403, "till.not_authorised"), HolderVerdict.UNKNOWN),
        (problem(500, "server.fault"), HolderVerdict.UNKNOWN),
        (ok({"sale_id": "no"}), HolderVerdict.UNKNOWN),
    ],
)
def test_vend_when_the_server_answers_only_a_final_no_is_one(
    online: RealTill, answer: object, verdict: HolderVerdict
) -> None:
    scripted = ScriptedTransport()
    scripted.will("/v1/tills/challenge", ok({"nonce": "n", "server_time": "2026-11-20T08:00:00.000Z"}))
    scripted.will("/v1/tills/token", ok({"token": "t", "server_time": "2026-11-20T08:00:00.000Z"}))
    scripted.will("/v1/vend", answer)  # type: ignore[arg-type]
    online.till.office.use_transport(lambda _: scripted)

    assert online.till.office.holder.vend("{}").verdict is verdict
