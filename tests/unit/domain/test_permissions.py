import pytest

from pos.domain.permissions import HOLDERS, ON_THE_SPOT, Permission, Role, sees_institution
from pos.errors import ApprovalNeeded, UserError
from pos.services.approval import require
from tests.factories.people import an_actor

# docs/formats.md §13, typed from the page and not from the program.
PAGE = """
sale.create CSA · sale.view_own C · sale.view_all SAU · sale.reprint CSA · sale.duplicate S* ·
sale.void CS · sale.unknown_meter S* · sale.free_issue S* · sale.bulk SFA · refund.make S* ·
case.open CSF · case.decide S*A · token.verify CSA · token.engineering S*A · token.key_change SA ·
meter.view CSFAU · meter.edit SFA · meter.block SA · meter.import FA · customer.view CSFAU ·
customer.edit CSFA · customer.export A · customer.erase A · reading.add FA · tariff.view CSFAU ·
tariff.edit A · arrears.adjust S*A · shift.open CS · shift.close CS · shift.difference S* ·
cash.move CS · cash.bank S · float.view SAU · float.top_up SA · voucher.make A · voucher.sell CS ·
voucher.redeem CSF · voucher.cancel S* · payment.requery CSA · payment.resolve S*A ·
report.view SFAU · report.export SFAU · alert.manage FA · institution.manage FA · user.manage A ·
user.unlock SA · key.load A · till.enrol A · till.revoke A · setting.edit A · backup.make SA ·
backup.restore A · journal.verify SAU · review.decide A · audit.view AU
"""
ROWS = [tuple(entry.split()) for entry in PAGE.replace("\n", " ").split("·")]
CELLS = [(permission, letters, role) for permission, letters in ROWS for role in "CSFAU"]


def test_permissions_when_compared_with_the_page_then_none_is_missing_and_none_invented() -> None:
    assert [permission for permission, _ in ROWS] == [permission.value for permission in Permission]
    assert HOLDERS.keys() == set(Permission)
    assert {p.value for p in ON_THE_SPOT} == {permission for permission, letters in ROWS if "*" in letters}


@pytest.mark.parametrize(
    ("permission", "letters", "role"), CELLS, ids=[f"{permission}-{role}" for permission, _, role in CELLS]
)
def test_require_when_a_role_asks_for_a_permission_then_follows_the_page(
    permission: str, letters: str, role: str
) -> None:
    actor = an_actor(role)
    if role in letters:
        assert require(actor, Permission(permission)) is None
    elif "*" in letters and role != "U":  # an auditor changes nothing, approved or not
        with pytest.raises(ApprovalNeeded) as needed:
            require(actor, Permission(permission))
        assert (needed.value.code, needed.value.permission) == ("permission.approval_needed", permission)
    else:
        with pytest.raises(UserError) as refused:
            require(actor, Permission(permission))
        assert refused.value.code == "permission.denied"


@pytest.mark.parametrize("role", "CSA")
def test_sees_institution_when_the_role_is_of_the_shop_then_sees_all(role: str) -> None:
    assert sees_institution(an_actor(role), "school")
    assert sees_institution(an_actor(role), None)


@pytest.mark.parametrize("role", "FU")
def test_sees_institution_when_tied_to_one_then_sees_only_that(role: str) -> None:
    actor = an_actor(role, "school")
    assert sees_institution(actor, "school")
    assert not sees_institution(actor, "hospital")
    assert not sees_institution(actor, None)


def test_sees_institution_when_none_is_set_then_auditor_sees_all_and_facility_manager_nothing() -> None:
    assert sees_institution(an_actor(Role.AUDITOR), "school")
    assert sees_institution(an_actor(Role.AUDITOR), None)
    assert not sees_institution(an_actor(Role.FACILITY_MANAGER), "school")
    assert not sees_institution(an_actor(Role.FACILITY_MANAGER), None)
