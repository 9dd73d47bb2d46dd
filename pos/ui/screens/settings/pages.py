"""The pages of the settings: their places in the list, and which settings stand on which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pos import config
from pos.config import Setting
from pos.domain.permissions import Permission


@dataclass(frozen=True, slots=True)
class Page:
    """One row of the list. Whoever holds any of the permissions sees it."""

    key: str
    icon: str
    word: str
    about: str
    settings: tuple[Setting[Any], ...] = ()
    permissions: tuple[Permission, ...] = (Permission.SETTING_EDIT,)


def all_pages(say: Callable[[str], str]) -> tuple[Page, ...]:
    """Return the pages from top to bottom. Each setting a person may set stands on exactly one."""
    return (
        Page(
            "shop",
            "building",
            say("Shop and receipts"),
            say("What stands on papers. Changes count at once and are written in the journal."),
            (
                config.RECEIPT_LANGUAGES,
                config.RECEIPT_FOOTER,
                config.RECEIPT_LOGO,
                config.BANK_NAME,
                config.BANK_ACCOUNT,
            ),
        ),
        Page(
            "printer",
            "printer",
            say("Printer and drawer"),
            say("Changes count at once and are written in the journal."),
            (config.PRINTER, config.PAPER_WIDTH_MM),
        ),
        Page("scanner", "scan", say("Scanner"), say("A scanner needs no setting. Try it here.")),
        Page(
            "keys",
            "shield",
            say("Keys"),
            say("Vending keys make tokens. Two people load one; nobody ever sees the whole of it."),
            (config.SINGLE_CUSTODIAN,),
            (Permission.KEY_LOAD,),
        ),
        Page(
            "people",
            "person",
            say("People and PINs"),
            say("Who works here and with which duties. A change holds from the next sign-in."),
            permissions=(Permission.USER_MANAGE, Permission.USER_UNLOCK),
        ),
        Page(
            "rules",
            "clock",
            say("Rules and limits"),
            say("From when on a supervisor is asked, and what a till may sell."),
            (
                config.DUPLICATE_GUARD_MINUTES,
                config.DUPLICATE_LIMIT_MINOR,
                config.VEND_MIN_MINOR,
                config.VEND_MAX_MINOR,
                config.SHIFT_DIFFERENCE_LIMIT_MINOR,
                config.GOODWILL_LIMIT_MINOR,
                config.FLOAT_LOW_MINOR,
                config.SMALLEST_COIN_MINOR,
                config.LOCK_MINUTES,
                config.AUDIT_DAYS,
            ),
        ),
        Page(
            "look",
            "eye",
            say("Look and language"),
            say("How the screens of this till look, and which keys do what."),
            (config.LANGUAGE, config.THEME, config.TEXT_PERCENT, config.CUSTOMER_DISPLAY, config.KEYS),
        ),
        Page(
            "payments",
            "phone",
            say("Payments"),
            say("By which providers customers pay here, and how this till reaches them."),
            (
                config.PAYMENT_PROVIDERS,
                config.PAYMENT_STAGE,
                config.PAYMENT_MODE,
                config.PROVIDER_LOW_MINOR,
                config.MTN_ENVIRONMENT,
                config.MTN_URL,
                config.AIRTEL_URL,
                config.AIRTEL_VERSION,
                config.PAYSTACK_EMAIL,
                config.PAYSTACK_URL,
                config.SANDBOX_URL,
            ),
        ),
        Page(
            "fees",
            "tag",
            say("Fees and statements"),
            say("What each way to pay costs, and what a provider's list says against the books."),
            permissions=(Permission.TARIFF_EDIT, Permission.FLOAT_VIEW),
        ),
        Page(
            "messages",
            "message",
            say("Messages"),
            say("Token texts to customers: where they go out, and what became of them."),
            (
                config.SMS_WAY,
                config.EMAIL_WAY,
                config.MESSAGE_FOLDER,
                config.SMTP_SERVER,
                config.SMTP_SENDER,
            ),
        ),
        Page(
            "office",
            "upload",
            say("Head office"),
            say("Where this till sends its books, and whose clock it goes by."),
            permissions=(Permission.TILL_ENROL,),
        ),
        Page(
            "backup",
            "folder",
            say("Back-up"),
            say("A back-up on another disk, and its mirror, bring everything back."),
            (config.BACKUP_FOLDER, config.BACKUP_HOURS),
        ),
        Page(
            "training",
            "flag",
            say("Training"),
            say("A shop beside the shop, to learn in."),
            (config.TRAINING,),
        ),
        Page("about", "help", say("About Kilotill"), say("What this program is, and help from far away.")),
    )


def matches(page: Page, wanted: str, say: Callable[[str], str]) -> bool:
    """Say whether a page has what somebody looks for, in its name or in its settings."""
    texts = [page.word, page.about]
    texts += [say(text) for setting in page.settings for text in (setting.label, setting.help)]
    return all(any(word in text.casefold() for text in texts) for word in wanted.casefold().split())
