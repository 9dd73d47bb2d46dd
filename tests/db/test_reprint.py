import hashlib
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from pos.domain.permissions import Role
from pos.services.reprint import HandedOver
from tests.factories.office import Office, code_of, make_office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_office(tmp_path)


def sold(office: Office) -> UUID:
    return UUID(office.sell(office.shop.add_meter(1)).sale["sale_id"])


def test_reprint_when_asked_twice_counts_the_copies_and_queues_them(office: Office) -> None:
    sale_id = sold(office)
    assert office.reprints.hand_over(sale_id, office.cashier, how=HandedOver.PRINTED)

    copies = [office.reprints.reprint(sale_id, office.cashier) for _ in range(2)]

    assert [copy.copy for copy in copies] == [1, 2]
    listed = office.reprints.copies(sale_id, office.cashier)
    assert [(one.copy, one.state) for one in listed] == [(0, "waiting"), (1, "waiting"), (2, "waiting")]
    assert office.rows("SELECT copy, opens_drawer FROM print_job ORDER BY key") == [(0, 1), (1, 0), (2, 0)]
    assert [body["copy"] for body in office.bodies("token_handed_over")] == [0, 1, 2]


def test_reprint_when_the_original_never_came_out_is_a_copy_all_the_same(office: Office) -> None:
    sale_id = sold(office)

    first = office.reprints.reprint(sale_id, office.cashier)
    late = office.reprints.hand_over(sale_id, office.cashier, how=HandedOver.PRINTED)
    second = office.reprints.reprint(sale_id, office.cashier)

    assert (first.copy, late, second.copy) == (1, False, 2)


def test_hand_over_when_shown_then_printed_states_both_and_each_once(office: Office) -> None:
    sale_id = sold(office)
    ways = [HandedOver.SHOWN, HandedOver.SHOWN, HandedOver.PRINTED, HandedOver.PRINTED, HandedOver.SMS]

    stated = [office.reprints.hand_over(sale_id, office.cashier, how=how) for how in ways]

    assert stated == [True, False, True, False, False]
    assert [body["how"] for body in office.bodies("token_handed_over")] == ["shown", "printed"]


def test_hand_over_paper_when_the_spool_printed_finds_the_sale(office: Office) -> None:
    sale_id = sold(office)
    (place,) = office.rows("SELECT place FROM print_job")[0]

    assert office.reprints.hand_over_paper(place, office.cashier)
    assert office.bodies("token_handed_over") == [{"copy": 0, "how": "printed", "sale_id": str(sale_id)}]


def test_document_when_read_again_is_the_one_of_the_sale(office: Office) -> None:
    result = office.sell(office.shop.add_meter(1))

    document = office.reprints.document(UUID(result.sale["sale_id"]), office.cashier)

    assert hashlib.sha256(document).hexdigest() == result.sale["document_sha256"]


def test_reprint_when_made_as_a_file_or_without_a_printer_counts_and_queues_nothing(office: Office) -> None:
    sale_id = sold(office)

    as_file = office.reprints.reprint(sale_id, office.cashier, how=HandedOver.PDF)
    office.shop.set_rules(printer="")
    unprinted = office.reprints.reprint(sale_id, office.cashier)

    assert [(one.copy, one.print_job) for one in (as_file, unprinted)] == [(1, None), (2, None)]
    assert office.rows("SELECT copy FROM print_job") == [(0,)]


@pytest.mark.parametrize("act", ["reprint", "copies", "document"])
def test_reprint_when_there_is_nothing_says_so(office: Office, act: str) -> None:
    assert (
        code_of(lambda: getattr(office.reprints, act)(uuid4(), office.cashier)) == "sale.nothing_to_reprint"
    )


def test_reprint_when_the_paper_was_purged_says_so(office: Office) -> None:
    sale_id = sold(office)
    with office.shop.units.write() as unit:
        unit.connection.exec_driver_sql("DELETE FROM document")

    assert code_of(lambda: office.reprints.reprint(sale_id, office.cashier)) == "sale.nothing_to_reprint"
    assert office.bodies("token_handed_over") == []


def test_hand_over_when_there_is_no_token_says_so(office: Office) -> None:
    assert (
        code_of(lambda: office.reprints.hand_over(uuid4(), office.cashier, how=HandedOver.SHOWN))
        == "sale.nothing_to_reprint"
    )


@pytest.mark.parametrize("role", [Role.FACILITY_MANAGER, Role.AUDITOR])
def test_reprint_when_the_role_may_not_is_refused(office: Office, role: Role) -> None:
    sale_id = sold(office)

    assert code_of(lambda: office.reprints.reprint(sale_id, office.person(role))) == "permission.denied"
