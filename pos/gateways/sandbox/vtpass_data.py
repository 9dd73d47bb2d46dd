"""VTpass's catalogue, test values, codes and texts."""

from __future__ import annotations

from dataclasses import dataclass

CATEGORIES = (
    ("airtime", "Airtime Recharge"),
    ("data", "Data Services"),
    ("tv-subscription", "TV Subscription"),
    ("electricity-bill", "Electricity Bill"),
    ("education", "Education"),
    ("insurance", "Insurance"),
    ("other-services", "Other Services"),
    ("funds", "Funds"),
    ("events", "Events"),
)


@dataclass(frozen=True, slots=True)
class Service:
    """A product: `fields` are what pay needs besides request id and service."""

    code: str
    name: str
    category: str
    fields: tuple[str, ...] = ("variation_code", "phone")
    minimum: int = 0
    maximum: int = 0
    is_flexible: bool = False
    has_number: bool = False
    result: str = ""


_TELCOS = (("mtn", "MTN"), ("glo", "GLO"), ("airtel", "Airtel"), ("etisalat", "9mobile"))
_COMPANIES = (
    ("ikeja", "IKEDC", "ikeja"),
    ("eko", "EKEDC", "eko"),
    ("kano", "KEDCO", "ikeja"),
    ("portharcourt", "PHED", "ikeja"),
    ("jos", "JED", "ikeja"),
    ("ibadan", "IBEDC", "capital"),
    ("kaduna", "KAEDCO", "ikeja"),
    ("abuja", "AEDC", "ikeja"),
    ("enugu", "EEDC", "enugu"),
    ("benin", "BEDC", "ikeja"),
    ("aba", "ABA", "capital"),
    ("yola", "YEDC", "ikeja"),
)
_DATA = (
    ("mtn-data", "MTN Data"),
    ("glo-data", "GLO Data"),
    ("airtel-data", "Airtel Data"),
    ("etisalat-data", "9mobile Data"),
    ("glo-sme-data", "GLO SME Data"),
    ("9mobile-sme-data", "9mobile SME Data"),
    ("smile-direct", "Smile Payment"),
    ("spectranet", "Spectranet Internet Data"),
)


def _services() -> tuple[Service, ...]:
    number = ("billersCode", "variation_code", "phone")
    airtime = [
        Service(code, f"{name} Airtime VTU", "airtime", ("amount", "phone"), 10, 50_000, is_flexible=True)
        for code, name in (*_TELCOS, ("foreign-airtime", "International"))
    ]
    bundles = [Service(code, name, "data", number) for code, name in _DATA]
    television = [
        Service("dstv", "DSTV Subscription", "tv-subscription", ("billersCode", "phone"), has_number=True),
        Service("gotv", "GOTV Payment", "tv-subscription", ("billersCode", "phone"), has_number=True),
        Service("startimes", "Startimes Subscription", "tv-subscription", number, has_number=True),
        Service("showmax", "ShowMax", "tv-subscription", number),
    ]
    power = [
        Service(
            f"{code}-electric",
            f"{name} - {code.capitalize()} Electric Payment",
            "electricity-bill",
            ("billersCode", "variation_code", "amount", "phone"),
            500,
            500_000,
            is_flexible=True,
            has_number=True,
            result=result,
        )
        for code, name, result in _COMPANIES
    ]
    education = [
        Service("waec", "WAEC Result Checker PIN", "education", result="waec"),
        Service("waec-registration", "WAEC Registration PIN", "education", result="waec-registration"),
        Service("jamb", "JAMB PIN VENDING", "education", number, has_number=True, result="jamb"),
    ]
    insurance = [
        Service("ui-insure", "Third Party Motor Insurance", "insurance", number, result="motor"),
        Service("personal-accident-insurance", "Personal Accident Insurance", "insurance", number),
        Service("health-insurance-rhl", "Health Insurance", "insurance", number),
        Service("home-cover-insurance", "Home Cover Insurance", "insurance", number),
    ]
    funds = Service(
        "bank-deposit",
        "Bank Deposit",
        "funds",
        ("billersCode", "variation_code", "amount", "phone"),
        100,
        1_000_000,
        is_flexible=True,
        has_number=True,
    )
    return (*airtime, *bundles, *television, *power, *education, *insurance, funds)


SERVICES = {service.code: service for service in _services()}

_METER = (("prepaid", "Prepaid", ""), ("postpaid", "Postpaid", ""))
_SMALL_DATA = (
    ("{0}-10mb-100", "N100 100MB - 24 hrs", "100.00"),
    ("{0}-50mb-200", "N200 200MB - 2 days", "200.00"),
    ("{0}-100mb-1000", "N1000 1.5GB - 30 days", "1000.00"),
)
_VARIATIONS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "dstv": (
        ("dstv-padi", "DStv Padi", "1850.00"),
        ("dstv-yanga", "DStv Yanga", "2565.00"),
        ("dstv79", "DStv Compact", "7900.00"),
    ),
    "gotv": (("gotv-lite", "GOtv Lite", "400.00"), ("gotv-value", "GOtv Value", "1250.00")),
    "startimes": (("nova", "Nova", "900.00"), ("basic", "Basic", "1300.00")),
    "showmax": (("full", "Full - 1 Month", "2900.00"), ("mobile_only", "Mobile Only - 1 Month", "1450.00")),
    "waec": (("waecdirect", "WAEC Result Checker PIN", "900.00"),),
    "waec-registration": (("waec-registraion", "WASSCE Registration", "14450.00"),),
    "jamb": (("utme", "UTME PIN", "4700.00"), ("de", "Direct Entry PIN", "4700.00")),
    "ui-insure": (
        ("1", "Private", "3000.00"),
        ("2", "Commercial", "5000.00"),
        ("3", "Tricycle", "1500.00"),
        ("4", "Motorcycle", "3000.00"),
    ),
    "personal-accident-insurance": (("option-a", "Option A", "1000.00"), ("option-b", "Option B", "2000.00")),
    "health-insurance-rhl": (("individual-monthly", "Individual - Monthly", "500.00"),),
    "home-cover-insurance": (("option-a", "Option A", "2500.00"), ("option-b", "Option B", "5000.00")),
    "bank-deposit": (("access", "Access Bank", ""), ("gtb", "GTBank", ""), ("zenith", "Zenith Bank", "")),
    "smile-direct": (("624", "FlexiDaily Plan", "450.00"),),
    "spectranet": (("vt-1000", "N1000", "1000.00"),),
}
ALIASES = {"waec-registration": "waec-registraion", "dstv1": "dstv-padi", "dstv2": "dstv-yanga"}
"""Other spellings that pages and older clients use."""


def variations(service: Service) -> tuple[tuple[str, str, str], ...]:
    """Return code, name and price of a service's variations; a meter's have no price."""
    if service.category == "electricity-bill":
        return _METER
    if service.code in _VARIATIONS:
        return _VARIATIONS[service.code]
    if service.category != "data":
        return ()
    stem = service.code.removesuffix("-data")
    return tuple((code.format(stem), name, price) for code, name, price in _SMALL_DATA)


GOOD_PHONE = "08011111111"
PHONES = {
    "201000000000": "pending",
    "500000000000": "unexpected",
    "400000000000": "silent",
    "300000000000": "slow",
}
SCENARIO_PREFIX = "0800"
"""A phone that begins so plays the scenario of its last two digits; nobody has such a number."""

METERS = {"prepaid": "1111111111111", "postpaid": "1010101010101"}
SMARTCARD = "1212121212"
PROFILE = "0123456789"
SMILE_EMAIL, BANK_NUMBER = "tester@sandbox.com", "1234567890"

TEXTS = {
    "000": "TRANSACTION SUCCESSFUL",
    "001": "TRANSACTION QUERY",
    "010": "VARIATION CODE DOES NOT EXIST",
    "011": "INVALID ARGUMENTS",
    "012": "PRODUCT DOES NOT EXIST",
    "013": "BELOW MINIMUM AMOUNT ALLOWED",
    "014": "REQUEST ID ALREADY EXIST",
    "015": "INVALID REQUEST ID",
    "016": "TRANSACTION FAILED",
    "017": "ABOVE MAXIMUM AMOUNT ALLOWED",
    "018": "LOW WALLET BALANCE",
    "019": "LIKELY DUPLICATE TRANSACTION",
    "020": "BILLER CONFIRMED",
    "021": "ACCOUNT LOCKED",
    "022": "ACCOUNT SUSPENDED",
    "023": "API ACCESS NOT ENABLED FOR USER",
    "024": "ACCOUNT INACTIVE",
    "025": "RECIPIENT BANK INVALID",
    "026": "RECIPIENT ACCOUNT COULD NOT BE VERIFIED",
    "027": "IP NOT WHITELISTED, CONTACT SUPPORT",
    "028": "PRODUCT IS NOT WHITELISTED ON YOUR ACCOUNT",
    "030": "BILLER NOT REACHABLE AT THIS POINT",
    "031": "BELOW MINIMUM QUANTITY ALLOWED",
    "032": "ABOVE MAXIMUM QUANTITY ALLOWED",
    "034": "SERVICE SUSPENDED",
    "035": "SERVICE INACTIVE",
    "040": "TRANSACTION REVERSAL",
    "044": "TRANSACTION RESOLVED",
    "083": "SYSTEM ERROR",
    "085": "IMPROPER REQUEST ID: DOES NOT CONTAIN VALID DATE",
    "087": "INVALID CREDENTIALS",
    "089": "REQUEST IS PROCESSING, PLEASE WAIT BEFORE MAKING ANOTHER REQUEST",
    "091": "TRANSACTION NOT PROCESSED",
    "099": "TRANSACTION IS PROCESSING",
}
DOUBTFUL_CODES = frozenset({"014", "030", "044", "083", "089", "099"})
"""Codes after which the order lives all the same."""
QUANTITY_MAX = 10

INSURANCE_LISTS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "color": ("Colour", (("20", "Ash"), ("1001", "Black"), ("1010", "White"))),
    "engine-capacity": ("Capacity", (("1", "0.1 - 1.59"), ("2", "1.6 - 2.0"))),
    "state": ("State", (("1", "Abia"), ("25", "Lagos"))),
    "lga": ("LGA", (("5001", "Ikeja"), ("5002", "Epe"))),
    "brand": ("VehicleMake", (("335", "Toyota"), ("100", "Honda"))),
    "model": ("VehicleModel", (("745", "Corolla"), ("746", "Camry"))),
}
