"""People for tests: actors without a database, and a shop's staff with cheap PINs in one."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pos.domain.permissions import Actor, Role
from pos.models.uow import Units
from pos.services.approval import Approver
from pos.services.operators import NewOperator, Operators, insert_operator
from pos.services.pins import PinSeal, RecoveryCodes
from pos.services.sign_in import Recovery, SignIn
from pos.system.ids import new_id
from pos.system.sealed_file import PassphraseCost
from tests.db.schema import make_database
from tests.fakes.clock import FakeClock
from tests.fakes.fact_list import FactList
from tests.fakes.secret_store import MemorySecretStore

QUICK = PassphraseCost(memory_kib=8, passes=1)
"""Hashing that costs a test nothing."""

PINS = {"Chantal": "11111", "Samuel": "222222", "Fatou": "33333", "Alice": "444444", "Umar": "55555"}


def an_actor(role: Role | str, institution: str | None = None, *, number: int = 1) -> Actor:
    return Actor(UUID(int=number), number, f"person {number}", Role(role), institution)


@dataclass
class Staff:
    """One person of each role, and the services that look after them."""

    units: Units
    clock: FakeClock
    store: MemorySecretStore
    book: FactList
    sign_in: SignIn
    approver: Approver
    operators: Operators
    recovery: Recovery

    def actor(self, name: str) -> Actor:
        """Who that person is, without typing a PIN."""
        people = self.operators.list_operators(an_actor("A"))
        return next(person.actor for person in people if person.actor.name == name)


def make_staff(folder: Path, clock: FakeClock | None = None, store: MemorySecretStore | None = None) -> Staff:
    """Open a new database with the five people of `PINS`."""
    staff = staff_of(make_database(folder), clock or FakeClock(), store or MemorySecretStore())
    pins = PinSeal(staff.store, QUICK)
    pins.make_key_if_gone()
    with staff.units.write() as unit:
        for name, pin in PINS.items():
            new = NewOperator(name, Role(name[0]), pin)
            operator_id = new_id(staff.clock.now())
            insert_operator(unit.connection, new, operator_id=operator_id, sealed=pins.seal(operator_id, pin))
    return staff


def staff_of(units: Units, clock: FakeClock, store: MemorySecretStore) -> Staff:
    """The services as a newly started program would build them."""
    pins, codes, book = PinSeal(store, QUICK), RecoveryCodes(QUICK), FactList()
    sign_in = SignIn(units, clock, pins=pins)
    return Staff(
        units,
        clock,
        store,
        book,
        sign_in,
        Approver(sign_in, clock),
        Operators(units, clock, pins=pins, codes=codes, book=book),
        Recovery(units, clock, pins=pins, codes=codes, book=book),
    )
