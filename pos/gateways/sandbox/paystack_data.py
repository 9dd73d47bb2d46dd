"""Paystack's test cards, banks, providers, fees and limits."""

from __future__ import annotations

from dataclasses import dataclass

from pos.gateways.sandbox.scenarios import DECLINED, EXPIRED, NO_MONEY, REFUSED, Outcome, Scenario

CURRENCIES = {"NGN": 5000, "USD": 200, "GHS": 10, "ZAR": 100, "KES": 300, "XOF": 100}
"""The smallest amount of each currency in its minor unit."""

MOBILE_PROVIDERS: dict[str, tuple[str, ...]] = {
    "mtn": ("GHS", "XOF"),
    "atl": ("GHS", "KES"),
    "vod": ("GHS",),
    "mpesa": ("KES",),
    "mpesa_offline": ("KES",),
    "mptill": ("KES",),
    "orange": ("XOF",),
    "wave": ("XOF",),
}
USSD_CODES = ("737", "919", "822", "966")
CHANNELS = (
    "card",
    "bank",
    "ussd",
    "qr",
    "mobile_money",
    "bank_transfer",
    "eft",
    "apple_pay",
    "capitec_pay",
    "payattitude",
)
INTERVALS = ("hourly", "daily", "weekly", "monthly", "quarterly", "biannually", "annually")

WAITING = Scenario(0, "waits for the checkout page", is_endless=True)
PROMPTED = Scenario(0, "the payer approves after five seconds or three checks", after_s=5, after_asks=3)
PAID = Scenario(0, "paid at once")


def _failing(reason: str) -> Scenario:
    return Scenario(0, f"fails: {reason}", outcome=Outcome.FAILED, reason=reason)


@dataclass(frozen=True, slots=True)
class Card:
    """A test card: what is asked for, one after the other, and how it ends."""

    cvv: str
    steps: tuple[tuple[str, str], ...] = ()
    ending: Scenario = PAID
    brand: str = "visa"
    refund: str = "processed"


OTP = "123456"
CARDS: dict[str, Card] = {
    "4084084084084081": Card("408"),
    "507850785078507812": Card("081", (("pin", "1111"),), brand="verve"),
    "5060666666666666666": Card("123", (("pin", "1234"), ("otp", OTP)), brand="verve"),
    "507850785078507804": Card("884", (("pin", "0000"), ("phone", ""), ("otp", OTP)), brand="verve"),
    "5192602720584796": Card("123", (("url", ""),), brand="mastercard"),
    "4084080000005408": Card("001", ending=_failing("Declined")),
    "507850785078507853": Card(
        "082",
        (("pin", "0000"),),
        _failing("Token Not Generated. Customer Not Enrolled on Token Platform"),
        "verve",
    ),
    "4084080000670037": Card("787", ending=_failing(NO_MONEY)),
    "4084080000671803": Card("180", refund="failed"),
    "4084080000671902": Card("190", refund="needs-attention"),
    "4000000000000010": Card("111", (("address", ""),)),
}
"""The last one is the sandbox's own: no published card asks for an address."""
OTHER_CARD = _failing("Declined. Please use the test card since you are doing a test transaction")
WRONG_CVV = _failing("Incorrect CVV")
EXPIRED_CARD = _failing("Expired card")
WRONG_TOKEN = _failing("Incorrect token")

BIRTHDAYS = ("2007-04-15", "1995-12-23")
ZENITH, KUDA = "057", "50211"
BANK_ACCOUNT = "0000000000"
REFUND_ACCOUNTS = {"1012204936": "failed", "1012204935": "needs-attention"}
ORANGE_OTP = "1234"

MESSAGES = {
    NO_MONEY: "Insufficient funds",
    REFUSED: "Declined by the payer",
    DECLINED: "Declined",
    EXPIRED: "Transaction timed out",
}
DISPLAY_TEXTS = {
    "otp": "Please enter the OTP that was sent to your phone",
    "phone": "Please enter your phone number",
    "birthday": "Please enter your birthday",
    "address": "Please enter your billing address",
}


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank or a mobile money network, as the list of banks has it."""

    id: int
    name: str
    code: str
    country: str = "Nigeria"
    currency: str = "NGN"
    type: str = "nuban"
    pays: bool = False
    """Its customers can pay from their accounts."""


BANKS = (
    Bank(1, "Access Bank", "044", pays=True),
    Bank(49, "Ecobank Nigeria", "050"),
    Bank(6, "Fidelity Bank", "070", pays=True),
    Bank(7, "First Bank of Nigeria", "011", pays=True),
    Bank(8, "First City Monument Bank", "214"),
    Bank(9, "Guaranty Trust Bank", "058", pays=True),
    Bank(67, "Kuda Bank", KUDA),
    Bank(171, "OPay Digital Services Limited (OPay)", "999992"),
    Bank(14, "Stanbic IBTC Bank", "221"),
    Bank(16, "Sterling Bank", "232", pays=True),
    Bank(17, "Union Bank of Nigeria", "032", pays=True),
    Bank(18, "United Bank For Africa", "033", pays=True),
    Bank(20, "Wema Bank", "035", pays=True),
    Bank(21, "Zenith Bank", ZENITH, pays=True),
    Bank(28, "MTN", "MTN", "Ghana", "GHS", "mobile_money"),
    Bank(51, "GCB Bank Limited", "040100", "Ghana", "GHS", "ghipps"),
    Bank(66, "Airtel Money", "ATL_KE", "Kenya", "KES", "mobile_money_business"),
    Bank(140, "Absa Bank Limited", "632005", "South Africa", "ZAR", "basa"),
)


def fees(amount: int, currency: str) -> int:
    """Return the fee of a payment in minor units: Nigeria's own steps, a rate of 1.95 % elsewhere."""
    if currency != "NGN":
        return amount * 195 // 10_000
    flat = 10_000 if amount >= 250_000 else 0
    return min(amount * 15 // 1000 + flat, 200_000)
