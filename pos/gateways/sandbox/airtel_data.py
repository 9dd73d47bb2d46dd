"""Airtel Money's countries, codes and messages."""

from __future__ import annotations

from pos.gateways.sandbox.scenarios import DECLINED, EXPIRED, NO_MONEY, REFUSED, Scenario

CURRENCIES: dict[str, tuple[str, ...]] = {
    "UG": ("UGX",),
    "ZM": ("ZMW",),
    "KE": ("KES",),
    "TZ": ("TZS",),
    "RW": ("RWF",),
    "MW": ("MWK",),
    "CG": ("XAF",),
    "CD": ("CDF", "USD"),
    "TD": ("XAF",),
    "NG": ("NGN",),
    "GA": ("XAF",),
    "NE": ("XOF",),
    "MG": ("MGA",),
    "SC": ("SCR",),
}
NUMBER_LENGTHS = range(7, 11)
"""Digits of a number without country code and leading zero."""
ZERO_BELONGS = ("CG",)
"""Where the zero is no dialling prefix but a part of each number: +242 05 512 34 56."""

AFTER_THREE_ASKS = Scenario(0, "paid at the third enquiry", after_asks=3, after_s=30)

SUCCESS, IN_PROCESS, AMBIGUOUS = "DP00800001001", "DP00800001006", "DP00800001000"
NOT_FOUND, WRONG_SIGNATURE, REFUSED_CODE = "DP00800001025", "DP00800001026", "DP00800001008"
UNKNOWN_CODE = "DP00800001999"
REASONS = {
    NO_MONEY: "DP00800001007",
    REFUSED: "DP00800001002",
    DECLINED: REFUSED_CODE,
    EXPIRED: "DP00800001029",
}
GENERAL_FAILURE = "DP00800001005"

MESSAGES = {
    "DP00800001000": "Transaction is ambiguous",
    "DP00800001001": "SUCCESS",
    "DP00800001002": "Incorrect PIN",
    "DP00800001003": "Exceeds withdrawal amount limit(s) or number of transactions",
    "DP00800001004": "Invalid amount",
    "DP00800001005": "Transaction ID is invalid",
    "DP00800001006": "In process",
    "DP00800001007": "Not enough balance",
    "DP00800001008": "Refused",
    "DP00800001009": "Do not honor",
    "DP00800001010": "Transaction not permitted to payee",
    "DP00800001024": "Transaction timed out",
    "DP00800001025": "Transaction not found",
    "DP00800001026": "Forbidden",
    "DP00800001029": "Transaction expired",
    "DP00900001016": "Forbidden",
    "ROUTER001": "Wallet is not configured",
    "ROUTER003": "Parameter is missing",
    "ROUTER005": "Country route is not configured",
    "ROUTER006": "Invalid country code",
    "ROUTER007": "Not authorized to perform any operation in the provided country",
    "ROUTER112": "Invalid currency provided",
    "ROUTER116": "Invalid PIN",
    "ROUTER117": "Request timed out",
    "ROUTER119": "Invalid currency provided",
    "ESB000001": "General error",
    "ESB000004": "An error occurred while initiating the payment",
    "ESB000008": "Field validation",
    "ESB000011": "Failed",
    "ESB000014": "An error occurred while fetching the transaction status",
    "ESB000033": "Invalid MSISDN length",
    "ESB000034": "Invalid country name",
    "ESB000035": "Invalid currency code",
    "ESB000036": "Invalid MSISDN",
    "ESB000039": "Vendor is not configured to do transaction in the country",
    "ESB000041": "External transaction ID already exists",
    "ESB000045": "No transaction found with the provided transaction ID",
    "0000900": "Transaction is ambiguous",
}
DOUBTFUL_CODES = frozenset(
    {
        "DP00800001000",
        "DP00800001024",
        "ROUTER117",
        "ESB000001",
        "ESB000004",
        "ESB000008",
        "ESB000014",
        "0000900",
    }
)
"""Codes after which the payment lives all the same."""
