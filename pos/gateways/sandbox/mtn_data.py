"""MTN's published test values, environments, words and messages."""

from __future__ import annotations

from dataclasses import replace

from pos.gateways.sandbox.scenarios import DECLINED, EXPIRED, NO_MONEY, REFUSED, Outcome, Scenario

SANDBOX = "sandbox"
CURRENCIES: dict[str, tuple[str, ...]] = {
    SANDBOX: ("EUR",),
    "mtncongo": ("XAF",),
    "mtnuganda": ("UGX",),
    "mtnghana": ("GHS",),
    "mtnivorycoast": ("XOF",),
    "mtnzambia": ("ZMW",),
    "mtncameroon": ("XAF",),
    "mtnbenin": ("XOF",),
    "mtnswaziland": ("SZL",),
    "mtnguineaconakry": ("GNF",),
    "mtnsouthafrica": ("ZAR",),
    "mtnliberia": ("LRD", "USD"),
    "mtnsouthsudan": ("SSP",),
    "mtnnigeria": ("NGN",),
    "mtnrwanda": ("RWF",),
}
"""Of each target environment, the first one is that of the balance."""

AT_ONCE = Scenario(0, "paid at once")
AFTER_A_MOMENT = Scenario(0, "the payer approves after four seconds", after_s=4)
DELAYED = Scenario(0, "CREATED, then paid after 25 seconds", after_s=25)


def _failing(reason: str) -> Scenario:
    return Scenario(0, f"fails: {reason}", outcome=Outcome.FAILED, reason=reason)


TEST_NUMBERS: dict[str, Scenario] = {
    "46733123450": _failing("INTERNAL_PROCESSING_ERROR"),
    "46733123451": _failing("APPROVAL_REJECTED"),
    "46733123452": _failing("EXPIRED"),
    "46733123453": Scenario(0, "ongoing: stays PENDING", is_endless=True),
    "46733123454": DELAYED,
    "46733123455": _failing("PAYER_NOT_FOUND"),
    "46733123456": _failing("PAYEE_NOT_ALLOWED_TO_RECEIVE"),
    "46733123457": _failing("NOT_ALLOWED"),
    "46733123458": _failing("NOT_ALLOWED_TARGET_ENVIRONMENT"),
    "46733123459": _failing("INVALID_CALLBACK_URL_HOST"),
    "46733123460": _failing("INVALID_CURRENCY"),
    "46733123461": _failing("INTERNAL_PROCESSING_ERROR"),
    "46733123462": _failing("SERVICE_UNAVAILABLE"),
    "46733123463": _failing("COULD_NOT_PERFORM_TRANSACTION"),
    "46733123464": _failing("TRANSFER_TYPE_UNKNOWN"),
}
HTTP_500_NUMBERS = frozenset(f"467331234{ending}" for ending in range(55, 64))
"""One page answers these at once with HTTP 500; a setting of the sandbox."""

PAYMENT_AMOUNTS: dict[str, Scenario] = {
    "1000": AT_ONCE,
    "2000": _failing("INTERNAL_PROCESSING_ERROR"),
    "3000": replace(AFTER_A_MOMENT, title="pending, then paid"),
    "7000": _failing("TRANSFER_TYPE_UNKNOWN"),
}

HOLDERS: dict[str, str] = {
    "46733123450": "not_found",
    "46733123451": "not_active",
    "46733123452": "NOT_ALLOWED",
    "46733123453": "NOT_ALLOWED_TARGET_ENVIRONMENT",
    "46733123454": "INTERNAL_PROCESSING_ERROR",
    "46733123455": "SERVICE_UNAVAILABLE",
    "notfound@email.com": "not_found",
    "notactive@email.com": "not_active",
    "notallowed@email.com": "NOT_ALLOWED",
    "notallowedtargetenvironment@email.com": "NOT_ALLOWED_TARGET_ENVIRONMENT",
    "internalprocessingerror@email.com": "INTERNAL_PROCESSING_ERROR",
    "serviceunavailable@email.com": "SERVICE_UNAVAILABLE",
    "5cecb5a7-8bd0-4f49-87b1-8eb9ecc7b7bc": "not_found",
    "b0040b3c-b426-4a90-af6e-673e65861cd7": "not_active",
    "4d5f500f-c385-4901-9be5-25b6d36ad220": "NOT_ALLOWED",
    "d2265f9b-0c22-496d-908f-79a65ad66266": "NOT_ALLOWED_TARGET_ENVIRONMENT",
    "8f548a78-ceb8-4d12-a243-5640b91e91a4": "INTERNAL_PROCESSING_ERROR",
    "585c07a4-2c80-42f7-9e73-e586b36dee68": "SERVICE_UNAVAILABLE",
}

USER_INFO = {
    "given_name": "Sand",
    "family_name": "Box",
    "birthdate": "1976-08-13",
    "locale": "sv_SE",
    "gender": "MALE",
}

REASONS = {
    NO_MONEY: "NOT_ENOUGH_FUNDS",
    REFUSED: "APPROVAL_REJECTED",
    DECLINED: "APPROVAL_REJECTED",
    EXPIRED: "EXPIRED",
}

MESSAGES = {
    "INVALID_CURRENCY": "Currency not supported.",
    "NOT_ALLOWED": "Authorization failed. Insufficient permissions.",
    "NOT_ALLOWED_TARGET_ENVIRONMENT": "Access to target environment is forbidden.",
    "INVALID_CALLBACK_URL_HOST": "Callback URL does not match the configured value.",
    "INTERNAL_PROCESSING_ERROR": "An internal error occurred while processing.",
    "PAYER_NOT_FOUND": "Payee does not exist.",
    "SERVICE_UNAVAILABLE": "Service temporarily unavailable, try again later.",
    "RESOURCE_NOT_FOUND": "Requested resource was not found.",
    "RESOURCE_ALREADY_EXIST": "Duplicated reference id. Creation of resource failed.",
    "BAD_REQUEST": "Bad request. The request is not valid.",
}
