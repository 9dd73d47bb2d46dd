"""Every setting of the till, declared once: key, kind, default, label, help, and where it is kept.

Secrets are never settings (docs/secrets.md). Amounts are minor units of the sales point's currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

from pos.errors import UserError

T = TypeVar("T")


class Level(StrEnum):
    """Where a setting is kept and who decides it."""

    MACHINE = "machine"  # a file beside the database: it is not in a back-up
    SHOP = "shop"  # the database


class Kind(Protocol[T]):
    """Reads and writes the text form of one kind of value."""

    def read(self, text: str) -> T:
        """Return the value; ValueError, with a sentence, for a text that is none."""
        ...

    def write(self, value: T) -> str:
        """Return the text form; ValueError, with a sentence, for a value that is not allowed."""
        ...


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `least` to `most`."""

    least: int
    most: int

    def read(self, text: str) -> int:
        try:
            return self._checked(int(text))
        except ValueError:
            raise self._error() from None

    def write(self, value: int) -> str:
        return str(self._checked(value))

    def _checked(self, value: int) -> int:
        if not self.least <= value <= self.most:
            raise self._error()
        return value

    def _error(self) -> ValueError:
        return ValueError(f"a whole number from {self.least} to {self.most} is wanted")


@dataclass(frozen=True, slots=True)
class WholeOrNone:
    """A whole number as `Whole`, or None, written as an empty text."""

    number: Whole

    def read(self, text: str) -> int | None:
        return self.number.read(text) if text else None

    def write(self, value: int | None) -> str:
        return "" if value is None else self.number.write(value)


@dataclass(frozen=True, slots=True)
class YesNo:
    """Yes or no."""

    def read(self, text: str) -> bool:
        if text not in ("yes", "no"):
            raise ValueError("yes or no is wanted")
        return text == "yes"

    def write(self, value: bool) -> str:  # noqa: FBT001 - the value itself
        return "yes" if value else "no"


@dataclass(frozen=True, slots=True)
class OneOf:
    """One word of a closed set."""

    words: tuple[str, ...]

    def read(self, text: str) -> str:
        if text not in self.words:
            raise ValueError(f"one of {', '.join(self.words)} is wanted")
        return text

    def write(self, value: str) -> str:
        return self.read(value)


@dataclass(frozen=True, slots=True)
class SomeOf:
    """At least one word of a closed set, each once, in the order wanted; written with blanks between."""

    words: tuple[str, ...]

    def read(self, text: str) -> tuple[str, ...]:
        found = tuple(text.split())
        if not found or len(set(found)) < len(found) or not set(found) <= set(self.words):
            raise ValueError(f"some of {', '.join(self.words)} are wanted, each once")
        return found

    def write(self, value: tuple[str, ...]) -> str:
        self.read(" ".join(value))
        return " ".join(value)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Words of a closed set, each once, in the order wanted, or none; written with blanks between."""

    words: tuple[str, ...]

    def read(self, text: str) -> tuple[str, ...]:
        found = tuple(text.split())
        if len(set(found)) < len(found) or not set(found) <= set(self.words):
            raise ValueError(f"any of {', '.join(self.words)} are wanted, each once")
        return found

    def write(self, value: tuple[str, ...]) -> str:
        self.read(" ".join(value))
        return " ".join(value)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text, which may be empty."""

    length_max: int

    def read(self, text: str) -> str:
        if len(text) > self.length_max or (text and not text.isprintable()):
            raise ValueError(f"one line of at most {self.length_max} characters is wanted")
        return text

    def write(self, value: str) -> str:
        return self.read(value)


@dataclass(frozen=True, slots=True)
class Server(Line):
    """The name of a server, alone or with `:` and its port, or nothing.

    What an earlier version stored is read all the same: a wrong port stops the mail, not the till.
    """

    def write(self, value: str) -> str:
        _, colon, port = Line.write(self, value).partition(":")
        is_port = port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65_535
        if colon and not is_port:
            raise ValueError("after the colon a port from 1 to 65535 is wanted")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[T]):
    """One setting. `label` and `help` are English texts that the window translates."""

    key: str
    kind: Kind[T]
    default: T
    label: str
    help: str
    level: Level = Level.SHOP

    def read(self, text: str) -> T:
        """Return the value a text stands for. Raises UserError `setting.value`."""
        try:
            return self.kind.read(text)
        except ValueError as error:
            raise self._refused(error) from None

    def write(self, value: T) -> str:
        """Return the text that stands for a value. Raises UserError `setting.value`."""
        try:
            return self.kind.write(value)
        except ValueError as error:
            raise self._refused(error) from None

    def _refused(self, error: ValueError) -> UserError:
        return UserError("setting.value", f"{self.label} ({self.key}): {error}.")


LANGUAGES = ("en", "fr", "rw", "sw")

_MONEY = Whole(0, 2**53 - 1)
_MONEY_OR_NONE = WholeOrNone(_MONEY)

LANGUAGE = Setting(
    key="language",
    kind=OneOf(LANGUAGES),
    default="en",
    label="Language of the screens",
    help="The language of screens and messages on this till.",
)
RECEIPT_LANGUAGES = Setting(
    key="receipt_languages",
    kind=SomeOf(LANGUAGES),
    default=LANGUAGES,
    label="Receipt languages",
    help="The languages a customer may choose for the receipt; the first is offered.",
)
RECEIPT_FOOTER = Setting(
    key="receipt_footer",
    kind=Line(200),
    default="",
    label="Line under each receipt",
    help="For example the complaints number or what the law wants printed.",
)
RECEIPT_LOGO = Setting(
    key="receipt_logo",
    kind=Line(1000),
    default="",
    label="Logo on receipts",
    help="The path of a PNG picture on this computer; empty for none.",
    level=Level.MACHINE,
)
BANK_NAME = Setting(
    key="bank_name",
    kind=Line(80),
    default="",
    label="Bank",
    help="The bank that cash is brought to, as it stands on deposit slips.",
)
BANK_ACCOUNT = Setting(
    key="bank_account",
    kind=Line(40),
    default="",
    label="Bank account",
    help="The account that cash is paid into, as it stands on deposit slips.",
)
FLOAT_LOW_MINOR = Setting(
    key="float_low_minor",
    kind=_MONEY,
    default=0,
    label="Low float",
    help="Below this the float with a supplier counts as low and the till warns.",
)
PAPER_WIDTH_MM = Setting(
    key="paper_width_mm",
    kind=OneOf(("58", "80")),
    default="80",
    label="Paper width in mm",
    help="The width of the roll in the receipt printer.",
    level=Level.MACHINE,
)
PRINTER = Setting(
    key="printer",
    kind=Line(300),
    default="",
    label="Receipt printer",
    help="The device the receipts go to; empty prints nothing.",
    level=Level.MACHINE,
)
BACKUP_FOLDER = Setting(
    key="backup_folder",
    kind=Line(1000),
    default="",
    label="Back-up folder",
    help="A folder on a second disk, a stick or a share. Empty: a folder beside the database, which does not "
    "survive the loss of the disk.",
    level=Level.MACHINE,
)
BACKUP_HOURS = Setting(
    key="backup_hours",
    kind=Whole(1, 168),
    default=24,
    label="Hours between back-ups",
    help="A back-up is also made after each close of a shift.",
)
DUPLICATE_GUARD_MINUTES = Setting(
    key="duplicate_guard_minutes",
    kind=Whole(0, 1440),
    default=30,
    label="Duplicate guard in minutes",
    help="A second sale to the same meter within this time first shows the earlier token; 0 turns it off.",
)
DUPLICATE_LIMIT_MINOR = Setting(
    key="duplicate_limit_minor",
    kind=_MONEY,
    default=0,
    label="Second sale without a supervisor up to",
    help="Above this amount a second sale within the time of the duplicate guard needs a supervisor.",
)
SHIFT_DIFFERENCE_LIMIT_MINOR = Setting(
    key="shift_difference_limit_minor",
    kind=_MONEY,
    default=0,
    label="Cash difference without a supervisor up to",
    help="A larger difference between counted and expected cash needs a supervisor at the close.",
)
GOODWILL_LIMIT_MINOR = Setting(
    key="goodwill_limit_minor",
    kind=_MONEY,
    default=0,
    label="Wrong meter decided by one person up to",
    help="A second token for a wrong meter, by proof or by goodwill, needs two people above this amount.",
)
SMALLEST_COIN_MINOR = Setting(
    key="smallest_coin_minor",
    kind=Whole(1, 1_000_000),
    default=1,
    label="Smallest coin",
    help="The price of a sale by units is rounded up to it.",
)
VEND_MIN_MINOR = Setting(
    key="vend_min_minor",
    kind=_MONEY_OR_NONE,
    default=None,
    label="Smallest sale",
    help="Empty: what the tariff says.",
)
VEND_MAX_MINOR = Setting(
    key="vend_max_minor",
    kind=_MONEY_OR_NONE,
    default=None,
    label="Largest sale",
    help="Empty: what the tariff says.",
)
AUDIT_DAYS = Setting(
    key="audit_days",
    kind=Whole(30, 3650),
    default=400,
    label="Days that papers are kept",
    help="Stored receipts and raw answers of providers are removed after this time; the journal stays.",
)
SINGLE_CUSTODIAN = Setting(
    key="single_custodian",
    kind=YesNo(),
    default=False,
    label="One person loads keys",
    help="For a shop of one person: both components of a vending key may be typed by the same administrator.",
)
TRAINING = Setting(
    key="training",
    kind=YesNo(),
    default=False,
    label="Training",
    help="The program opens the training database, whose tokens are worth nothing.",
    level=Level.MACHINE,
)

THEME = Setting(
    key="theme",
    kind=OneOf(("light", "dark")),
    default="light",
    label="Colours",
    help="Light for a bright shop, dark for evenings.",
    level=Level.MACHINE,
)
TEXT_PERCENT = Setting(
    key="text_percent",
    kind=Whole(100, 200),
    default=100,
    label="Size of the text in percent",
    help="From 150 the screens become one column.",
    level=Level.MACHINE,
)
LOCK_MINUTES = Setting(
    key="lock_minutes",
    kind=Whole(0, 240),
    default=10,
    label="Minutes until the till locks itself",
    help="Without a key or a click for so long, the sign-in screen comes back; 0 turns it off.",
)
KEYS = Setting(
    key="keys",
    kind=Line(2000),
    default="",
    label="Own keys",
    help="Keys that this shop has changed; empty for the usual ones.",
    level=Level.MACHINE,
)
CUSTOMER_DISPLAY = Setting(
    key="customer_display",
    kind=YesNo(),
    default=False,
    label="Second screen for the customer",
    help="Shows the amount, the change and the token in a window of its own.",
    level=Level.MACHINE,
)

PROVIDERS = ("mtn_momo", "airtel_money", "paystack")

PAYMENT_PROVIDERS = Setting(
    key="payment_providers",
    kind=AnyOf(PROVIDERS),
    default=PROVIDERS,
    label="Payment providers",
    help="By which providers customers may pay. Only those that fit country and currency are offered.",
)
PAYMENT_MODE = Setting(
    key="payment_mode",
    kind=OneOf(("direct", "central")),
    default="direct",
    label="Way to the providers",
    help="Direct: this till speaks to them with its own keys. Head office: it does, and has the keys.",
)
PAYMENT_STAGE = Setting(
    key="payment_stage",
    kind=OneOf(("sandbox", "live")),
    default="sandbox",
    label="Payments are real",
    help="Sandbox: nobody pays anything, for trying and training. Live: real money moves.",
)
SANDBOX_URL = Setting(
    key="sandbox_url",
    kind=Line(300),
    default="",
    label="Address of the sandbox",
    help="A sandbox that runs by itself; empty: the one inside this program.",
    level=Level.MACHINE,
)
MTN_URL = Setting(
    key="mtn_url",
    kind=Line(300),
    default="https://proxy.momoapi.mtn.com",
    label="Address of MTN MoMo",
    help="MTN names it when the shop's account goes live.",
)
MTN_ENVIRONMENT = Setting(
    key="mtn_environment",
    kind=Line(40),
    default="",
    label="MTN target environment",
    help="Such as mtnrwanda; empty: the one of this shop's country.",
)
AIRTEL_URL = Setting(
    key="airtel_url",
    kind=Line(300),
    default="https://openapi.airtel.africa",
    label="Address of Airtel Money",
    help="The country's own address where there is one.",
)
AIRTEL_VERSION = Setting(
    key="airtel_version",
    kind=OneOf(("v1", "v2")),
    default="v2",
    label="Version of the Airtel interface",
    help="Version 2 signs every request.",
)
PAYSTACK_URL = Setting(
    key="paystack_url",
    kind=Line(300),
    default="https://api.paystack.co",
    label="Address of Paystack",
    help="Changed only for trying.",
)
PAYSTACK_EMAIL = Setting(
    key="paystack_email",
    kind=Line(200),
    default="",
    label="E-mail address for Paystack",
    help="The shop's own address, for customers who give none.",
)
PROVIDER_LOW_MINOR = Setting(
    key="provider_low_minor",
    kind=_MONEY,
    default=0,
    label="Low money at a provider",
    help="Below this the till warns: refunds would fail. 0 for no warning.",
)
SMS_WAY = Setting(
    key="sms_way",
    kind=OneOf(("off", "file")),
    default="off",
    label="Text messages",
    help="Off: none. File: each is written into the message folder, for a program that sends it.",
)
EMAIL_WAY = Setting(
    key="email_way",
    kind=OneOf(("off", "file", "smtp")),
    default="off",
    label="E-mail",
    help="Off: none. File: into the message folder. SMTP: sent by the mail server below.",
)
MESSAGE_FOLDER = Setting(
    key="message_folder",
    kind=Line(1000),
    default="",
    label="Message folder",
    help="Empty: a folder beside the database.",
    level=Level.MACHINE,
)
SMTP_SERVER = Setting(
    key="smtp_server",
    kind=Server(300),
    default="",
    label="Mail server",
    help="Name and port, such as mail.example.org:587. The connection is encrypted.",
)
SMTP_SENDER = Setting(
    key="smtp_sender",
    kind=Line(200),
    default="",
    label="Sender of e-mail",
    help="The address that e-mails come from, also the name to sign in with.",
)

SETTINGS: Mapping[str, Setting[Any]] = MappingProxyType(
    {
        setting.key: setting
        for setting in (
            LANGUAGE,
            RECEIPT_LANGUAGES,
            RECEIPT_FOOTER,
            RECEIPT_LOGO,
            PAPER_WIDTH_MM,
            PRINTER,
            BANK_NAME,
            BANK_ACCOUNT,
            FLOAT_LOW_MINOR,
            BACKUP_FOLDER,
            BACKUP_HOURS,
            DUPLICATE_GUARD_MINUTES,
            DUPLICATE_LIMIT_MINOR,
            SHIFT_DIFFERENCE_LIMIT_MINOR,
            GOODWILL_LIMIT_MINOR,
            SMALLEST_COIN_MINOR,
            VEND_MIN_MINOR,
            VEND_MAX_MINOR,
            AUDIT_DAYS,
            SINGLE_CUSTODIAN,
            TRAINING,
            THEME,
            TEXT_PERCENT,
            LOCK_MINUTES,
            KEYS,
            CUSTOMER_DISPLAY,
            PAYMENT_PROVIDERS,
            PAYMENT_MODE,
            PAYMENT_STAGE,
            SANDBOX_URL,
            MTN_URL,
            MTN_ENVIRONMENT,
            AIRTEL_URL,
            AIRTEL_VERSION,
            PAYSTACK_URL,
            PAYSTACK_EMAIL,
            PROVIDER_LOW_MINOR,
            SMS_WAY,
            EMAIL_WAY,
            MESSAGE_FOLDER,
            SMTP_SERVER,
            SMTP_SENDER,
        )
    }
)
"""All settings by key, in the order of the settings screen."""
