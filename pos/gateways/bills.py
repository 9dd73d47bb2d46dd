"""The port of providers that sell bills, data and tokens of others, with its values (docs/payments.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pos.domain.poll_schedule import PollSchedule
from pos.gateways.base import Answer, Balance


@dataclass(frozen=True, slots=True)
class BillProfile:
    """What such a provider is."""

    code: str
    label: str
    currency: str
    countries: frozenset[str]
    schedule: PollSchedule


@dataclass(frozen=True, slots=True)
class Category:
    """A group of services."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Service:
    """Something that is sold; bounds where the provider states them."""

    code: str
    name: str
    least_minor: int | None
    most_minor: int | None
    fee_minor: int | None
    has_fixed_prices: bool


@dataclass(frozen=True, slots=True)
class Variation:
    """One product of a service with its price."""

    code: str
    name: str
    price_minor: int
    has_fixed_price: bool


@dataclass(frozen=True, slots=True)
class BillCustomer:
    """Whom a number belongs to. Not found means: ask for no money."""

    is_found: bool
    name: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    details: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Purchase:
    """A purchase as stored before it is sent. `more` holds the fields that only some services have."""

    reference: str
    service: str
    amount_minor: int
    currency: str
    phone: str = field(default="", repr=False)
    biller_code: str = field(default="", repr=False)
    variation: str = ""
    more: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Goods:
    """What was bought. Key change tokens are entered before the token, in this order."""

    token: str = field(default="", repr=False)
    key_change_tokens: tuple[str, ...] = field(default=(), repr=False)
    units: str = ""
    pins: tuple[str, ...] = field(default=(), repr=False)
    link: str = field(default="", repr=False)
    commission_minor: int | None = None
    charged_minor: int | None = None

    @property
    def is_empty(self) -> bool:
        """Say whether nothing came that could be handed over; it may follow, so ask again."""
        return not (self.token or self.pins or self.link)


@dataclass(frozen=True, slots=True)
class BillAnswer:
    """What became of a purchase, and what came with it."""

    answer: Answer
    goods: Goods = Goods()


class BillGateway(Protocol):
    """One provider of bills; as with payments, calls about one purchase never raise for the other side."""

    @property
    def profile(self) -> BillProfile:
        """Say what this provider is."""
        ...

    def reference_for(self, payment_id: UUID, at: datetime) -> str:
        """Make the reference of a purchase; stored, with `at`, before it is sent."""
        ...

    def balance(self) -> Balance:
        """Ask for the shop's wallet."""
        ...

    def categories(self) -> tuple[Category, ...]:
        """List the groups of services."""
        ...

    def services(self, category: str) -> tuple[Service, ...]:
        """List the services of a group."""
        ...

    def variations(self, service: str) -> tuple[Variation, ...]:
        """List the products of a service with their prices of now."""
        ...

    def verify_customer(self, service: str, number: str, *, kind: str = "") -> BillCustomer:
        """Ask whom a meter, card or account belongs to, before any money is taken."""
        ...

    def buy(self, purchase: Purchase) -> BillAnswer:
        """Buy. Repeated with the same reference it never buys twice."""
        ...

    def ask_purchase(self, reference: str) -> BillAnswer:
        """Ask what became of a purchase."""
        ...
