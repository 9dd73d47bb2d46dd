import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pos.domain.envelope import envelope_message
from pos.domain.permissions import Role
from pos.services.envelopes import Envelopes
from pos.services.local_envelope import LocalEnvelopes
from pos.tokens.secret import Secret
from tests.factories.office import Office, code_of, make_office
from tests.fakes.secret_store import MemorySecretStore

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_office(tmp_path, envelope_money_minor=6000, envelope_units_milli=10**9)


@pytest.fixture
def envelopes(office: Office) -> Envelopes:
    store = MemorySecretStore()
    store.set("till_key", Secret(KEY.private_bytes_raw()))
    local = LocalEnvelopes(store, office.shop.clock)
    return Envelopes(office.shop.units, office.shop.book, local)


def test_envelope_when_used_up_is_renewed_and_sells_on(office: Office, envelopes: Envelopes) -> None:
    office.sell(office.shop.add_meter(1))
    drn = office.shop.add_meter(2)
    assert code_of(lambda: office.sell(drn)) == "envelope.money"
    state = envelopes.state(office.supervisor)
    assert state is not None and (state.left_money_minor, state.left_units_milli) == (1000, 10**9 - 30_300)

    envelopes.renew_local_envelope(office.administrator, 7000, units_milli=50_000)

    office.sell(drn)
    state = envelopes.state(office.supervisor)
    assert state is not None and (state.sequence, state.left_money_minor, state.left_units_milli) == (
        2,
        2000,
        19_700,
    )


def test_envelope_when_renewed_is_as_of_the_head_and_signed_by_the_till(
    office: Office, envelopes: Envelopes
) -> None:
    ((head,),) = office.rows("SELECT head_seq FROM book")

    envelopes.renew_local_envelope(office.administrator, 7000, units_milli=50_000)

    ((body, signature),) = office.rows("SELECT body, signature FROM envelope WHERE sequence = 2")
    envelope = json.loads(body)
    assert (envelope["as_of_seq"], envelope["issuer"], envelope["expires_at"]) == (head, "local", None)
    KEY.public_key().verify(signature, envelope_message(envelope))
    assert office.bodies("envelope_taken")[-1]["sequence"] == 2


@pytest.mark.parametrize(("money_minor", "units_milli"), [(0, 1), (1, 0), (-5, 5)])
def test_envelope_when_it_limits_nothing_is_refused(
    office: Office, envelopes: Envelopes, money_minor: int, units_milli: int
) -> None:
    assert (
        code_of(
            lambda: envelopes.renew_local_envelope(office.administrator, money_minor, units_milli=units_milli)
        )
        == "envelope.size"
    )


def test_envelope_when_it_came_from_the_server_is_not_renewed_here(
    office: Office, envelopes: Envelopes
) -> None:
    with office.shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE envelope SET body = ?", (json.dumps({"issuer": "server"}),))

    assert (
        code_of(lambda: envelopes.renew_local_envelope(office.administrator, 1, units_milli=1))
        == "envelope.from_server"
    )


def test_envelope_when_it_has_ended_stops_until_renewed(office: Office, envelopes: Envelopes) -> None:
    drn = office.shop.add_meter(1)
    with office.shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE envelope SET expires_at = 0")

    assert code_of(lambda: office.sell(drn)) == "envelope.expired"
    envelopes.renew_local_envelope(office.administrator, 7000, units_milli=50_000)
    assert office.sell(drn).credit_token


def test_envelope_when_the_role_may_not_is_refused(office: Office, envelopes: Envelopes) -> None:
    for role in (Role.CASHIER, Role.SUPERVISOR, Role.AUDITOR):
        person = office.person(role)
        assert (
            code_of(lambda person=person: envelopes.renew_local_envelope(person, 1, units_milli=1))  # type: ignore[misc]
            == "permission.denied"
        )
    assert code_of(lambda: envelopes.state(office.cashier)) == "permission.denied"
