"""The places of the rail: which there are, who may go there, and how their screen is made."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from pos.domain.permissions import Permission
from pos.ui.context import Context
from pos.ui.look import Look
from pos.ui.screen import Screen

MakeScreen = Callable[[Context, Look], Screen]


@dataclass(frozen=True, slots=True)
class Place:
    """A place: its key, icon, word, the package of its screen, and any permission that opens it."""

    key: str
    icon: str
    word: str
    package: str
    permissions: tuple[Permission, ...]


# On the rail of whom stands at the counter; who sees all sales comes here by the strip and from Books.
UPLOADS = Place("uploads", "upload", "Uploads", "uploads", (Permission.SALE_VIEW_OWN, Permission.SHIFT_CLOSE))

PLACES = (
    Place("sell", "bolt", "Sell", "sell", (Permission.SALE_CREATE,)),
    Place("sales", "receipt", "Sales", "sales", (Permission.SALE_VIEW_OWN, Permission.SALE_VIEW_ALL)),
    Place("meters", "gauge", "Meters", "meters", (Permission.METER_VIEW,)),
    Place("shift", "drawer", "Shift", "shift", (Permission.SHIFT_OPEN, Permission.SHIFT_DIFFERENCE)),
    UPLOADS,
    Place("dashboard", "chart", "Dashboard", "dashboard", (Permission.REPORT_VIEW,)),
    Place("float", "wallet", "Float", "floats", (Permission.FLOAT_VIEW,)),
    Place("tariffs", "tag", "Tariffs", "tariffs", (Permission.TARIFF_EDIT,)),
    Place("books", "book", "Books", "books", (Permission.JOURNAL_VERIFY,)),
    Place("office", "building", "Head office", "office", (Permission.TILL_REVOKE,)),
    Place("settings", "sliders", "Settings", "settings", (Permission.SETTING_EDIT, Permission.USER_UNLOCK)),
)
HELP = Place("help", "help", "Help", "help", ())
RESUME = Place("resume", "plug", "Resume", "resume", (Permission.SALE_CREATE,))


def places_of(context: Context) -> tuple[Place, ...]:
    """Return the places a person may go to; what a role has not is not there."""
    return tuple(place for place in PLACES if any(context.may_ask(one) for one in place.permissions))


def place_of(key: str) -> Place:
    """Return a place by its key."""
    return next(place for place in (*PLACES, HELP, RESUME) if place.key == key)


def make_screen(place: Place, context: Context, look: Look) -> Screen:
    """Make the screen of a place; its code is loaded now, so that the window opens without it."""
    module = importlib.import_module(f"pos.ui.screens.{place.package}.view")
    make = cast(MakeScreen, module.make_screen)
    return make(context, look)
