"""Who stands on a paper: seller, customer, meter and counter. Plain values, given by the caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pos.domain.tariff import Service, Tariff


@dataclass(frozen=True, slots=True)
class Seller:
    """The shop as its papers name it.

    `names` are the shop's words for codes that stand in tariffs and payments: charges, levies, taxes, goods
    and tenders (`{"vat": "VAT", "momo": "MTN MoMo"}`). `footer` is the legal small print, `thanks` the last
    line.
    """

    name: str
    address: str = ""
    branch: str = ""
    phone: str = ""
    tin: str = ""
    logo: str = ""
    footer: str = ""
    thanks: str = ""
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomerSnapshot:
    """The customer as known at the sale; any of it may be empty (and is, once the customer is erased)."""

    name: str = ""
    place: str = ""
    tin: str = ""


@dataclass(frozen=True, slots=True)
class MeterFacts:
    """What a receipt says of a meter besides its number; `tariff` is the version the price was made with.

    `customer` overrides the sale's customer where a basket serves several.
    """

    tariff_name: str = ""
    service: Service = Service.ELECTRICITY
    tariff: Tariff | None = None
    customer: CustomerSnapshot | None = None

    @property
    def unit(self) -> str:
        """What a unit of this meter is called."""
        return "m\u00b3" if self.service is Service.WATER else "kWh"


@dataclass(frozen=True, slots=True)
class Counter:
    """Where, when and by whom: till code, shift (empty without one), cashier and the aware instant."""

    till_code: str
    cashier: str
    at: datetime
    shift: str = ""
