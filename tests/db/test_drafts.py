from pathlib import Path
from uuid import UUID, uuid4

import pytest

from pos.domain.permissions import Role
from pos.models.db import open_engine
from pos.models.uow import Units
from pos.services.drafts import Drafts
from tests.factories.office import Office, code_of, make_office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_office(tmp_path)


def test_draft_when_held_again_keeps_the_newest_text(office: Office) -> None:
    sale_id = uuid4()
    office.drafts.hold(sale_id, office.cashier, body={"amount": "5"})
    office.shop.clock.pass_time(seconds=3)
    office.drafts.hold(sale_id, office.supervisor, body={"amount": "5000"})

    draft = office.drafts.recall(sale_id, office.cashier)

    assert (draft.body, draft.operator_key) == ({"amount": "5000"}, office.supervisor.key)
    assert draft.changed_at == office.shop.clock.now()


def test_drafts_when_listed_stand_latest_first(office: Office) -> None:
    ids = [uuid4() for _ in range(3)]
    for sale_id in ids:
        office.drafts.hold(sale_id, office.cashier, body={})
        office.shop.clock.pass_time(seconds=1)

    assert [draft.sale_id for draft in office.drafts.list(office.supervisor)] == ids[::-1]


def test_draft_when_the_power_fails_is_still_there(office: Office, tmp_path: Path) -> None:
    sale_id = uuid4()
    office.drafts.hold(sale_id, office.cashier, body={"drn": "04000000014"})

    units = Units(open_engine(tmp_path / "till.sqlite"))

    assert Drafts(units, office.shop.clock).recall(sale_id, office.cashier).body == {"drn": "04000000014"}


def test_draft_when_sold_is_gone_and_cannot_be_held_again(office: Office) -> None:
    drn, sale_id = office.shop.add_meter(1), uuid4()
    office.drafts.hold(sale_id, office.cashier, body={})

    office.sell(drn, sale_id=sale_id)

    assert office.drafts.list(office.cashier) == []
    assert code_of(lambda: office.drafts.hold(sale_id, office.cashier, body={})) == "sale.id_conflict"


def test_draft_when_discarded_is_unknown(office: Office) -> None:
    sale_id = uuid4()
    office.drafts.hold(sale_id, office.cashier, body={})

    office.drafts.discard(sale_id, office.cashier)

    assert code_of(lambda: office.drafts.recall(sale_id, office.cashier)) == "draft.unknown"
    assert code_of(lambda: office.drafts.discard(sale_id, office.cashier)) == "draft.unknown"


def test_draft_when_the_role_does_not_sell_is_refused(office: Office) -> None:
    auditor = office.person(Role.AUDITOR)

    assert code_of(lambda: office.drafts.hold(UUID(int=1), auditor, body={})) == "permission.denied"
    assert code_of(lambda: office.drafts.list(auditor)) == "permission.denied"
