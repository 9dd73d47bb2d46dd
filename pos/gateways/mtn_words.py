"""The words of MTN Mobile Money as data: environments, pace, codes and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from pos.domain.poll_schedule import Pace, PollSchedule
from pos.gateways.answers import BAD_REQUEST
from pos.gateways.reasons import Reason

ENVIRONMENTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "sandbox": ("", "EUR"),
        "mtncongo": ("CG", "XAF"),
        "mtnuganda": ("UG", "UGX"),
        "mtnghana": ("GH", "GHS"),
        "mtnivorycoast": ("CI", "XOF"),
        "mtnzambia": ("ZM", "ZMW"),
        "mtncameroon": ("CM", "XAF"),
        "mtnbenin": ("BJ", "XOF"),
        "mtnswaziland": ("SZ", "SZL"),
        "mtnguineaconakry": ("GN", "GNF"),
        "mtnsouthafrica": ("ZA", "ZAR"),
        "mtnliberia": ("LR", "LRD"),
        "mtnsouthsudan": ("SS", "SSP"),
        "mtnnigeria": ("NG", "NGN"),
        "mtnrwanda": ("RW", "RWF"),
    }
)
"""Country and currency of each `X-Target-Environment`; MTN's own sandbox takes numbers of any country."""

SCHEDULE = PollSchedule(
    paces=(
        Pace(timedelta(seconds=30), timedelta(seconds=3)),
        Pace(timedelta(minutes=6), timedelta(seconds=10)),
        Pace(timedelta(hours=1), timedelta(minutes=1)),
    ),
    then_every=timedelta(minutes=10),
    grace=timedelta(minutes=1),
    resend_until=timedelta(minutes=6),
    alarm_after=timedelta(hours=1),
)

REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        "PAYER_NOT_FOUND": Reason.PAYER_UNKNOWN,
        "PAYEE_NOT_FOUND": Reason.SET_UP,
        "NOT_ALLOWED": Reason.NOT_ALLOWED,
        "NOT_ALLOWED_TARGET_ENVIRONMENT": Reason.SET_UP,
        "INVALID_CALLBACK_URL_HOST": Reason.SET_UP,
        "INVALID_CURRENCY": Reason.SET_UP,
        "SERVICE_UNAVAILABLE": Reason.SERVER_TROUBLE,
        "INTERNAL_PROCESSING_ERROR": Reason.REFUSED,
        "NOT_ENOUGH_FUNDS": Reason.NOT_ENOUGH_MONEY,
        "LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED": Reason.NOT_ENOUGH_MONEY,
        "PAYER_LIMIT_REACHED": Reason.LIMIT_REACHED,
        "PAYEE_LIMIT_REACHED": Reason.LIMIT_REACHED,
        "PAYEE_NOT_ALLOWED_TO_RECEIVE": Reason.SET_UP,
        "PAYMENT_NOT_APPROVED": Reason.REFUSED_BY_PAYER,
        "APPROVAL_REJECTED": Reason.REFUSED_BY_PAYER,
        "TRANSACTION_CANCELED": Reason.REFUSED_BY_PAYER,
        "EXPIRED": Reason.EXPIRED,
        "COULD_NOT_PERFORM_TRANSACTION": Reason.EXPIRED,
        "SENDER_ACCOUNT_NOT_ACTIVE": Reason.PAYER_NOT_ACTIVE,
        "VALIDATION_ERROR": Reason.BAD_REQUEST,
    }
)
REFUSALS = frozenset(REASONS) - {"INTERNAL_PROCESSING_ERROR", "SERVICE_UNAVAILABLE"}
"""Codes after which no payment exists. The two others say that MTN has trouble: the request may live."""
ABSENT = frozenset({"RESOURCE_NOT_FOUND", "TRANSACTION_NOT_FOUND"})
DUPLICATE = "RESOURCE_ALREADY_EXIST"


REFUSED_STATUS = {BAD_REQUEST: Reason.BAD_REQUEST, 401: Reason.CREDENTIALS, 403: Reason.SET_UP}
