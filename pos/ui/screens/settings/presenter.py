"""The settings: which pages a person sees, which is open, what is looked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pos.domain.permissions import Permission
from pos.ui.context import Context
from pos.ui.screens.settings.fees import FeesSection
from pos.ui.screens.settings.form import Form
from pos.ui.screens.settings.messages import MessagesSection
from pos.ui.screens.settings.office import OfficeSection
from pos.ui.screens.settings.pages import Page, all_pages, matches
from pos.ui.screens.settings.payments import PaymentsSection
from pos.ui.screens.settings.people import PeopleSection
from pos.ui.screens.settings.printer import PrinterSection
from pos.ui.screens.settings.safety import SafetySection
from pos.ui.screens.settings.small import (
    AboutSection,
    LimitSection,
    OwnKeysSection,
    ScannerSection,
)
from pos.ui.screens.settings.vault import VaultSection


@dataclass(frozen=True, slots=True)
class SettingsState:
    """The open page, what is looked for, the pages that have it, and whether the side zone is in front."""

    page: str = ""
    wanted: str = ""
    pages: tuple[Page, ...] = ()
    is_side_shown: bool = False


class SettingsPresenter:
    """Holds the presenter of each page; `show` is called with each new state."""

    def __init__(self, context: Context, show: Callable[[SettingsState], None]) -> None:
        self.context = context
        self._show = show
        self.pages = tuple(
            page for page in all_pages(context.say) if any(context.may(one) for one in page.permissions)
        )
        self.form = Form(context)
        self.printer = PrinterSection(context, self.form)
        self.scanner = ScannerSection(context)
        self.vault = VaultSection(context)
        self.people = PeopleSection(context)
        self.limit = LimitSection(context)
        self.own_keys = OwnKeysSection(context, self.form)
        self.payments = PaymentsSection(context)
        self.fees = FeesSection(context)
        self.messages = MessagesSection(context)
        self.office = OfficeSection(context)
        self.safety = SafetySection(context)
        self.about = AboutSection(context)
        self.state = SettingsState(page=self.pages[0].key if self.pages else "", pages=self.pages)

    @property
    def page(self) -> Page:
        """Return the open page."""
        return next(page for page in self.pages if page.key == self.state.page)

    def open(self) -> None:
        """Read what the open page shows."""
        if self.context.may(Permission.SETTING_EDIT):
            self.form.open()
        self._open_page()

    def choose(self, key: str) -> None:
        """Open another page."""
        if key != self.state.page and any(page.key == key for page in self.pages):
            self._close_page()
            self._set(page=key, is_side_shown=False)
            self._open_page()

    def step(self, by: int) -> None:
        """Open the page that many places on."""
        keys = [page.key for page in self.state.pages]
        if keys:
            now = keys.index(self.state.page) if self.state.page in keys else 0
            self.choose(keys[min(len(keys) - 1, max(0, now + by))])

    def find(self, wanted: str) -> None:
        """Leave only the pages that have what is looked for."""
        found = tuple(page for page in self.pages if matches(page, wanted, self.context.say))
        self._set(wanted=wanted, pages=found)

    def open_found(self) -> str:
        """Open the first page that was found; returns the key of the setting that was meant, or nothing."""
        if not self.state.pages:
            return ""
        wanted, page = self.state.wanted.casefold().split(), self.state.pages[0]
        self.choose(page.key)
        for setting in page.settings:
            text = f"{self.context.say(setting.label)} {self.context.say(setting.help)}".casefold()
            if wanted and all(word in text for word in wanted):
                return setting.key
        return ""

    def turn(self) -> None:
        """Show the side zone in place of the page, or the page again, where there is room for one."""
        self._set(is_side_shown=not self.state.is_side_shown)

    def left(self) -> None:
        """Forget what nobody else should find on the screen."""
        self._close_page()

    def _open_page(self) -> None:
        sections = {
            "printer": (self.printer,),
            "keys": (self.vault,),
            "people": (self.people,),
            "rules": (self.limit,),
            "payments": (self.payments,),
            "fees": (self.fees,),
            "messages": (self.messages,),
            "office": (self.office,),
            "backup": (self.safety,),
            "about": (self.about,),
        }
        for section in sections.get(self.state.page, ()):
            section.open()  # type: ignore[attr-defined]

    def _close_page(self) -> None:
        self.vault.close()
        self.payments.close()
        self.messages.close()
        self.people.hide_code()
        self.office.close()
        self.own_keys.cancel()

    def _set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self._show(self.state)
