"""What the people's part of the API takes and gives (pydantic); what tills speak is in `pos.contracts`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

from central.passwords import LENGTH_MAX, LENGTH_MIN
from central.services.transactions import TransactionType
from central.services.users import USERNAME
from pos.domain.permissions import Role
from pos.domain.states import SaleState

INT_MAX = 2**53 - 1
MONEY_MAX = 10**15
# No control characters: they are never meant, and PostgreSQL keeps no zero byte.
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"

Instant = Annotated[
    datetime,
    PlainSerializer(lambda at: at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), return_type=str),
    Field(examples=["2026-11-20T10:15:30.123Z"]),
]
Username = Annotated[str, StringConstraints(pattern=USERNAME), Field(examples=["aline"])]
FullName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE),
    Field(examples=["Aline Uwase"]),
]
Password = Annotated[
    str,
    StringConstraints(min_length=LENGTH_MIN, max_length=LENGTH_MAX, pattern=PRINTABLE),
    Field(examples=["correct horse battery"]),
]
Reason = Annotated[
    str,
    StringConstraints(min_length=3, max_length=400, pattern=PRINTABLE),
    Field(examples=["Bank says: received"]),
]
Words = Annotated[str, StringConstraints(max_length=200, pattern=PRINTABLE)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=PRINTABLE)]
Note = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=PRINTABLE)]
Drn = Annotated[str, StringConstraints(pattern=r"^(?:[0-9]{11}|[0-9]{13})$"), Field(examples=["04100000373"])]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(examples=["RWF"])]


class Body(BaseModel):
    """A request: fields that nobody knows are ignored (docs/formats.md §10)."""

    model_config = ConfigDict(extra="ignore")


class FieldErrorOut(BaseModel):
    """What is wrong with one field."""

    field: str = Field(examples=["body.money_minor"])
    code: str = Field(examples=["greater_than"])
    detail: str = Field(examples=["Input should be greater than 0"])


class ProblemOut(BaseModel):
    """A problem (RFC 9457). `code` is stable; programs look at it and not at the sentence."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["This is a fact of a till: it changes at the till, by a new fact."])
    code: str = Field(examples=["transaction.owned_by_till"])
    request_id: str = Field(examples=["01980d2e-7c1a-7d3e-8a49-0f6d2b1c9e55"])
    errors: list[FieldErrorOut] | None = None


class TokensOut(BaseModel):
    """An access token and the refresh token that continues the session, once."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the kind of token
    expires_in: int = Field(description="Seconds the access token is good for.", examples=[1800])
    refresh_token: str
    refresh_expires_in: int = Field(examples=[604800])
    session_id: UUID


class RefreshIn(Body):
    refresh_token: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE)]


class UserIn(Body):
    """A new person."""

    username: Username
    full_name: FullName
    role: Role
    password: Password
    institution_id: UUID | None = None


class UserChange(Body):
    """What to change of a person; what is left out stays."""

    full_name: FullName | None = None
    role: Role | None = None
    is_active: bool | None = None
    institution_id: UUID | None = None


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    organisation_id: UUID
    username: str = Field(examples=["aline"])
    full_name: str = Field(examples=["Aline Uwase"])
    role: Role
    institution_id: UUID | None
    is_active: bool
    has_second_factor: bool
    version: int
    created_at: Instant
    changed_at: Instant


class UsersOut(BaseModel):
    items: list[UserOut]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page.")


class MeOut(UserOut):
    permissions: list[str] = Field(examples=[["sale.create", "sale.view_own"]])
    session_id: UUID
    recovery_codes_left: int


class OwnPasswordIn(Body):
    old_password: Annotated[str, StringConstraints(max_length=LENGTH_MAX, pattern=PRINTABLE)]
    new_password: Password


class PasswordIn(Body):
    password: Password


class TwoFactorOut(BaseModel):
    secret: str = Field(description="For authenticators without a camera.")
    uri: str = Field(description="For a QR code.", examples=["otpauth://totp/Kilotill:aline?secret=…"])


class TwoFactorIn(Body):
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] = Field(examples=["123456"])


class RecoveryCodesOut(BaseModel):
    recovery_codes: list[str] = Field(
        description="Each lets one sign-in through without the phone. Shown this once.",
        examples=[["ABCDE-FGHJK"]],
    )


class ProofIn(Body):
    """What proves that the person at the screen is the one who signed in."""

    password: Annotated[str, StringConstraints(max_length=LENGTH_MAX, pattern=PRINTABLE)]


class SessionOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    user_id: UUID
    created_at: Instant
    refreshed_at: Instant
    expires_at: Instant
    address: str
    user_agent: str
    has_second_factor: bool
    is_this: bool = False


class SessionsOut(BaseModel):
    items: list[SessionOut]


class SecurityEventOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: Instant
    kind: str = Field(examples=["login_failed"])
    actor_id: UUID | None
    subject_id: UUID | None
    session_id: UUID | None
    address: str
    request_id: str
    detail: dict[str, Any]


class SecurityEventsOut(BaseModel):
    items: list[SecurityEventOut]
    next_cursor: UUID | None


class OrganisationOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    slug: str
    name: str
    time_zone: str
    currency: str
    tin: str | None
    requires_two_factor: bool
    maintenance_until: Instant | None


class OrganisationChange(Body):
    requires_two_factor: bool


class MaintenanceIn(Body):
    minutes: int = Field(ge=1, le=7 * 24 * 60, examples=[30])
    note: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE)] | None = None


class MaintenanceOut(BaseModel):
    maintenance_until: Instant | None


class TransactionIn(Body):
    """A transaction that another program makes; nothing is delivered by making one."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "type": "bill",
                    "money_minor": 5000,
                    "currency": "RWF",
                    "state": "awaiting_payment",
                    "reference": "INV-2026-0042",
                }
            ]
        },
    )

    type: TransactionType
    money_minor: int = Field(ge=1, le=MONEY_MAX, strict=True)
    currency: Currency
    state: Literal[SaleState.DRAFT, SaleState.AWAITING_PAYMENT] = SaleState.DRAFT
    drn: Drn | None = None
    units_milli: int = Field(default=0, ge=0, le=MONEY_MAX, strict=True)
    institution_id: UUID | None = None
    reference: ShortText | None = None
    note: Note | None = None


class StateIn(Body):
    """Where to move a transaction, and why."""

    model_config = ConfigDict(
        extra="ignore", json_schema_extra={"examples": [{"state": "paid", "reason": "Bank says: received"}]}
    )

    state: SaleState
    reason: Reason


class TransactionOut(BaseModel):
    """A transaction."""

    id: UUID
    origin: Literal["till", "api"]
    till_id: UUID | None
    till_code: str | None = Field(examples=["T03"])
    type: str = Field(examples=["token"])
    state: SaleState
    business_day: date
    at: Instant
    money_minor: int = Field(examples=[5000])
    currency: str = Field(examples=["RWF"])
    units_milli: int = Field(examples=[30387])
    cashier_id: UUID | None
    cashier_name: str | None
    drn: str | None = Field(examples=["04100000373"])
    receipt_number: str | None = Field(examples=["T03-000123"])
    institution_id: UUID | None
    reference: str | None
    note: str | None
    is_flagged: bool
    version: int
    changed_at: Instant


class TransactionsOut(BaseModel):
    items: list[TransactionOut]
    next_cursor: str | None = Field(
        description="Give it as `cursor`, with the same filters, for the next page."
    )


class TransactionEventOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    n: int
    at: Instant
    from_state: str | None
    to_state: str
    reason: str
    actor_id: UUID | None
    actor_name: str


class TransactionEventsOut(BaseModel):
    items: list[TransactionEventOut]


class ReportRowOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    key: str = Field(examples=["token"])
    currency: str
    pieces: int
    money_minor: int
    units_milli: int


class ReportOut(BaseModel):
    first_day: date
    last_day: date
    by: str
    state: str | None
    rows: list[ReportRowOut]


class RoleOut(BaseModel):
    role: Role
    name: str
    permissions: list[str]


class RolesOut(BaseModel):
    roles: list[RoleOut]


class HealthOut(BaseModel):
    status: Literal["ok"] = "ok"


class ReadyOut(BaseModel):
    status: Literal["ready"] = "ready"
    database_version: str
