"""What each key does, in words: for the keyboard map and for a shop's own keys."""

from __future__ import annotations

from collections.abc import Callable

from pos.ui.keymap import Act


def act_words(say: Callable[[str], str]) -> dict[Act, str]:
    """Return what each act is called, in the order of the keyboard map."""
    words = {
        Act.HELP: say("Help for this screen"),
        Act.FIND: say("Find"),
        Act.TRIAL: say("Trial only, all lines"),
        Act.RECENT: say("Recent, filter"),
        Act.PLACE_5: say("F5 of the screen"),
        Act.PLACE_6: say("F6 of the screen"),
        Act.PLACE_7: say("F7 of the screen"),
        Act.MAIN: say("Pay, or the main act"),
        Act.REPRINT: say("Print again, test page"),
        Act.HOLD: say("Hold the sale"),
        Act.CASH: say("Cash in and out"),
        Act.LOCK: say("Lock the till"),
        Act.TENDER_1: say("Cash"),
        Act.TENDER_2: say("First provider of payments"),
        Act.TENDER_3: say("Second provider of payments"),
        Act.TENDER_4: say("Split"),
        Act.TENDER_5: say("Third provider of payments"),
        Act.ADD_PART: say("Another part of a split"),
        Act.READY: say("Go to the token that is ready"),
        Act.STOP_WAITING: say("Stop waiting for a payment"),
        Act.ARREARS: say("Arrears of the meter"),
        Act.CHECK_TOKEN: say("Check a token"),
        Act.OTHER_METER: say("Other meter of the owner"),
        Act.EXPORT: say("Write a file"),
        Act.COPY: say("Copy the token"),
        Act.EDIT: say("Change the record"),
        Act.CHART_TABLE: say("Chart as a table"),
        Act.REFRESH: say("Ask again, read anew"),
        Act.NOTICES: say("Notices of the till"),
    }
    return words | {act: act.value for act in Act if act not in words}


def fixed_keys(say: Callable[[str], str]) -> tuple[tuple[str, str], ...]:
    """Return the keys that are the same in every shop: cap and what it does."""
    return (
        (say("Enter"), say("The next step")),
        ("Esc", say("One step back")),
        ("Tab", say("The next field")),
        ("↑ ↓", say("Lists and choices")),
        ("Alt 1–9", say("Places of the rail")),
    )
