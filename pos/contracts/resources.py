"""One row model for each pulled resource (docs/formats.md §10).

Every row has an `id`: a UUID, or what is said beside it. A value that is not there is left out or null.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from pos.contracts.wire import Currency, Drn, InstantText, Message, Month, Sgc, Whole


class SettingRow(Message):
    """A setting head office decides; `id` is its key in the settings of the till, `value` its text form.

    A row may be for one sales point or one till; the server sends only what applies, the nearest one.
    """

    id: str
    value: str


class SalesPointRow(Message):
    id: UUID
    name: str
    address: str | None = None
    phone: str | None = None
    currency: Currency
    language: str = "en"
    is_active: bool = True


class TillRow(Message):
    """A till of the organisation, so that papers and lists can name it."""

    id: UUID
    code: str
    sales_point_id: UUID
    state: Literal["enrolled", "revoked", "replaced", "lost"] = "enrolled"


class UserRow(Message):
    """Somebody who may sign in at this till.

    `pin_hash` is the Argon2id hash of the PIN, in its usual text form; without one an administrator sets a
    PIN at the till. Wrong PINs and locks are the till's own.
    """

    id: UUID
    name: str
    role: Literal["C", "S", "F", "A", "U"]
    institution: str | None = None
    pin_hash: str | None = Field(default=None, repr=False)
    is_active: bool = True


class TariffRow(Message):
    """One version of a tariff. `body` is the tariff JSON of docs/formats.md §12, canonical, as text."""

    id: UUID
    code: str
    version: int
    valid_from: InstantText
    name: str | None = None
    body: str
    sha256: str


class FeeRuleRow(Message):
    """A fee on a way of paying: `ppm` of the amount plus `fixed_minor`, between the two bounds."""

    id: UUID
    tender: str
    version: int
    valid_from: InstantText
    ppm: int = 0
    fixed_minor: int = 0
    min_minor: int | None = None
    max_minor: int | None = None
    tax_code: str = ""
    is_active: bool = True


class NextKey(Message):
    """The announced next key of a group or a meter (docs/formats.md §8); `from` is the wire's name."""

    krn: int
    ken: int
    ti: str
    kt: int
    base_date: str
    from_: InstantText = Field(alias="from")
    sgc: Sgc | None = None


class SupplyGroupRow(Message):
    """A supply group; `id` is the SGC. Lane and lanes are this till's, as in its envelope."""

    id: Sgc
    key_method: Literal["02", "04"]
    algorithm: Literal["07", "11"]
    base_date: Literal["93", "14", "35"]
    ti: str
    krn: int
    kt: int
    ken: int
    tid_zone: str = "UTC"
    lanes: Literal[1, 4, 16, 60] = 16
    lane: int = Field(ge=0)
    holders: tuple[str, ...]
    supplier: str
    supplier_name: str | None = None
    check_value: str | None = None
    next_key: NextKey | None = None
    # Whether tills hold a float of their own with this supplier; else head office does, inside envelopes.
    float_here: bool = False

    @model_validator(mode="after")
    def _has_its_lane(self) -> Self:
        if self.lane >= self.lanes:
            raise ValueError("the lane is beyond the lanes")
        return self


class MeterRow(Message):
    """A meter. Empty key fields are the group's.

    `next_key` is only for a meter that leaves its group or changes alone. A meter with `merged_into` is a
    duplicate: sales go to the other id. `customer_id` is given even where this till does not get the
    customer.
    """

    id: UUID
    drn: Drn
    service: int = Field(default=0, ge=0, le=3)
    customer_id: UUID | None = None
    tariff_code: str
    sgc: Sgc
    ti: str | None = None
    krn: int | None = None
    kt: int | None = None
    algorithm: str | None = None
    key_method: str | None = None
    base_date: str | None = None
    status: Literal["active", "inactive", "suspended", "blocked"] = "active"
    block_reason: str | None = None
    arrears_minor: Whole = 0
    account_number: str | None = None
    institution: str | None = None
    site: str | None = None
    building: str | None = None
    department: str | None = None
    note: str | None = None
    home_till: UUID | None = None
    next_key: NextKey | None = None
    merged_into: UUID | None = None


class MeterMonthRow(Message):
    """What one till sold to a meter in a month; `id` is `<meter_id>/<month>/<till>`."""

    id: str
    meter_id: UUID
    month: Month
    till: UUID
    units_milli: Whole
    free_milli: Whole = 0
    charges: tuple[str, ...] = ()
    arrears_taken_minor: Whole = 0


class CustomerRow(Message):
    """A customer of the till's sales point; an erased one has `is_erased` and nothing else."""

    id: UUID
    name: str | None = None
    phone: str | None = None
    address: str | None = None
    area: str | None = None
    is_erased: bool = False


class InstitutionRow(Message):
    """A customer organisation; `credit_limit_minor` is for the tender `account`."""

    id: UUID
    name: str
    credit_limit_minor: int = 0
    is_active: bool = True


class FraudRuleRow(Message):
    """A rule the till applies before a sale (pos.domain.fraud); `id` names it in flags.

    `kind`: `velocity_meter`, `velocity_phone`, `velocity_cashier` (more than `count` sales in `minutes`),
    `repeated_amount` (the same amount to the meter `count` times in `minutes`), `out_of_hours` (outside
    `from_hour`..`to_hour` local time), `amount_above` (`amount_minor`), `clock_back`, `void_ratio`,
    `reprint_ratio`, `sequence_gap`, `customer_limit` (the last five at the server only; the last: more than
    the customer's level of verification allows).
    `action`: `allow`, `hold` (a supervisor), `flag`.
    """

    id: str
    kind: str
    action: Literal["allow", "hold", "flag"]
    params: dict[str, int] = Field(default_factory=dict)
    is_active: bool = True


class VoucherBatchRow(Message):
    id: UUID
    number: int
    pieces: int
    value_minor: int | None = None
    units_milli: int | None = None
    expires_on: str
    allotted_till: UUID | None = None
    state: str = "active"


class CatalogueRow(Message):
    """A product that is no electricity: goods, a bill, an account; `terms` as its kind needs."""

    id: UUID
    code: str
    kind: str
    name: str
    price_minor: int | None = None
    tax_code: str = ""
    supplier: str | None = None
    terms: dict[str, Any] = Field(default_factory=dict)
    is_active: bool = True


class RevocationRow(Message):
    """A till or a lane that counts no more; `id` is `till:<uuid>` or `lane:<sgc>/<base date>/<lane>`."""

    id: str
    revoked_at: InstantText
    reason: str = ""


class CustomerCreditRow(Message):
    """What a meter got taken twice and gets back at the one till `till` (docs/formats.md §5, §7.7).

    `cause` charge or arrears; `code` the charge's. The till posts it once and takes it off the next sale.
    """

    id: UUID
    meter_id: UUID
    till: UUID
    amount_minor: Whole = Field(gt=0)
    currency: Currency
    cause: Literal["charge", "arrears"]
    code: str = ""
    month: Month
    given_at: InstantText


ROW_MODELS: Mapping[str, type[Message]] = MappingProxyType(
    {
        "settings": SettingRow,
        "sales_points": SalesPointRow,
        "tills": TillRow,
        "users": UserRow,
        "tariffs": TariffRow,
        "fee_rules": FeeRuleRow,
        "institutions": InstitutionRow,
        "supply_groups": SupplyGroupRow,
        "customers": CustomerRow,
        "meters": MeterRow,
        "meter_month": MeterMonthRow,
        "customer_credits": CustomerCreditRow,
        "fraud_rules": FraudRuleRow,
        "voucher_batches": VoucherBatchRow,
        "catalogue": CatalogueRow,
        "revocations": RevocationRow,
    }
)
"""The resources in the order a till pulls them: what is pointed at comes before what points."""
