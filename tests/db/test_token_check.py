from pathlib import Path
from uuid import UUID

import pytest

from pos.domain.permissions import Role
from pos.tokens.display import control_of_test, display_token
from pos.tokens.numbers import make_drn
from tests.factories.office import Office, code_of, make_office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_office(tmp_path)


def test_verify_when_this_till_sold_it_says_what_and_when(office: Office) -> None:
    drn = office.shop.add_meter(1)
    result = office.sell(drn)
    digits = result.credit_token["digits"]

    verdict = office.token_check.verify(
        drn, f"{digits[:4]} {digits[4:12]}-{digits[12:]}", actor=office.cashier
    )

    assert verdict.sentences[0] == "Credit for electricity: 30.3 kWh."
    assert verdict.tid == result.credit_token["tid"]
    assert verdict.issued_here is not None
    assert (verdict.issued_here.sale_id, verdict.issued_here.receipt_number) == (
        UUID(result.sale["sale_id"]),
        1,
    )
    assert (verdict.issued_here.cause, verdict.issued_here.cashier) == ("sale", office.supervisor.name)
    assert verdict.issued_here.at == office.shop.clock.now()


def test_verify_when_another_till_sold_it_says_only_what_it_is(office: Office, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = make_office(tmp_path / "other")
    drn = other.shop.add_meter(1)
    digits = other.sell(drn).credit_token["digits"]
    office.shop.add_meter(1)

    verdict = office.token_check.verify(drn, digits, actor=office.cashier)

    assert verdict.issued_here is None
    assert verdict.sentences[0] == "Credit for electricity: 30.3 kWh."


def test_verify_when_the_token_is_of_another_meter_is_not_verified(office: Office) -> None:
    drn, other = office.shop.add_meter(1), office.shop.add_meter(2)
    digits = office.sell(drn).credit_token["digits"]

    assert (
        code_of(lambda: office.token_check.verify(other, digits, actor=office.cashier))
        == "token.not_verified"
    )


def test_verify_when_it_is_a_test_token_explains_it(office: Office) -> None:
    digits = display_token(subclass=0, manufacturer_code=0, control=control_of_test(0, 1))

    verdict = office.token_check.verify(office.shop.add_meter(1), digits, actor=office.cashier)

    assert verdict.sentences[0] == "Asks the meter to test or show: 1 (load switch)."
    assert (verdict.tid, verdict.issued_here) == (None, None)


@pytest.mark.parametrize(
    ("digits", "code"), [("123", "token.length"), ("x" * 20, "token.not_digits"), ("9" * 20, "token.range")]
)
def test_verify_when_the_digits_are_none_says_why(office: Office, digits: str, code: str) -> None:
    drn = office.shop.add_meter(1)

    assert code_of(lambda: office.token_check.verify(drn, digits, actor=office.cashier)) == code


def test_verify_when_it_cannot_be_done_says_why(office: Office) -> None:
    drn = office.shop.add_meter(1)
    digits = office.sell(drn).credit_token["digits"]
    nobody = make_drn("04", "99999999").digits

    assert code_of(lambda: office.token_check.verify(nobody, digits, actor=office.cashier)) == "meter.unknown"
    auditor = office.person(Role.AUDITOR)
    assert code_of(lambda: office.token_check.verify(drn, digits, actor=auditor)) == "permission.denied"
    office.shop.vault.lock()
    assert code_of(lambda: office.token_check.verify(drn, digits, actor=office.cashier)) == "vault.locked"
