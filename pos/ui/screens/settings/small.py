"""The small pages: trying a scanner, the offline limit, a shop's own keys, what the program is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pos import config
from pos.domain.money import format_major, format_scaled, parse_major, parse_scaled
from pos.errors import KilotillError, UserError
from pos.services.envelopes import EnvelopeState
from pos.services.support_bundle import AboutFacts, BundleMade
from pos.tokens.numbers import parse_meter_number
from pos.ui.context import Context
from pos.ui.key_words import act_words
from pos.ui.keymap import USUAL_KEYS, Act, KeyMap, KeyMapError, cap_text, read_keymap
from pos.ui.lanes import Lane
from pos.ui.screens.settings.form import Form
from pos.ui.screens.settings.section import Section, SectionState

_SCANS = 6


@dataclass(frozen=True, slots=True)
class Scan:
    """One try: what came, what it is, a light."""

    code: str
    meaning: str
    light: str


@dataclass(frozen=True, slots=True)
class ScannerState(SectionState):
    """The last tries, the newest first."""

    scans: tuple[Scan, ...] = ()


class ScannerSection(Section[ScannerState]):
    """Says what a scan was."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, ScannerState())

    def take(self, code: str, *, is_scan: bool) -> None:
        """Take a code, from the scanner or typed."""
        if code:
            self.set(scans=(self._scan(code, is_scan=is_scan), *self.state.scans)[:_SCANS])

    def _scan(self, code: str, *, is_scan: bool) -> Scan:
        say = self.say
        shown = "".join(letter if letter.isprintable() else "·" for letter in code)
        if not is_scan:
            return Scan(shown, say("Typed by hand, or the scanner is slow: letters {n}", n=len(code)), "warn")
        try:
            drn = parse_meter_number(code).drn.digits
        except KilotillError:
            return Scan(shown, say("Scanned, letters {n}. No meter number.", n=len(code)), "ok")
        return Scan(shown, say("Scanned. Meter {meter}", meter=drn), "ok")


@dataclass(frozen=True, slots=True)
class LimitState(SectionState):
    """The offline limit: what is left in words, and what is typed for the next."""

    left: str = ""
    share: int = 0
    money: str = ""
    units: str = ""


class LimitSection(Section[LimitState]):
    """Renews the offline limit of a stand-alone till."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, LimitState())

    def open(self) -> None:
        """Read what is left."""
        envelopes, actor = self.context.desk.envelopes, self.context.actor
        self.submit(Lane.READ, lambda: envelopes.state(actor), self._got, is_shown=False)

    def renew(self) -> None:
        """Put a new limit in place of the old one."""
        desk, actor = self.context.desk, self.context.actor
        values, wrong = {}, {}
        for name, text, digits in (("money", self.state.money, None), ("units", self.state.units, 3)):
            plain = "".join(text.split()).replace(",", "")
            try:
                is_money = digits is None
                value = parse_major(plain, desk.shop.currency) if is_money else parse_scaled(plain, 3)
                if value <= 0:
                    raise UserError("envelope.size", "An offline limit needs money and units above zero.")
                values[name] = value
            except UserError:
                wrong[name] = self.say("An amount above zero is wanted.")
        if wrong:
            self.set(wrong=wrong)
            return

        def work() -> EnvelopeState | None:
            desk.envelopes.renew_local_envelope(actor, values["money"], units_milli=values["units"])
            return desk.envelopes.state(actor)

        def ok(state: EnvelopeState | None) -> None:
            self._got(state)
            done = self.say("The offline limit is renewed.")
            self.set(done=done)
            self.context.shell.toast(done)
            self.context.shell.refresh_status()

        self.submit(Lane.SALE, work, ok, field="money")

    def _got(self, state: EnvelopeState | None) -> None:
        wording = self.context.wording
        if state is None:
            self.set(left=self.say("There is none yet."), share=0)
            return
        left = self.say(
            "{money} of {whole} left, and {units} units",
            money=wording.money(max(0, state.left_money_minor)),
            whole=wording.money(state.money_minor),
            units=wording.units(max(0, state.left_units_milli)),
        )
        self.set(
            left=left,
            share=max(0, 100 * state.left_money_minor // max(1, state.money_minor)),
            money=self.state.money or format_major(state.money_minor, self.context.desk.shop.currency),
            units=self.state.units or format_scaled(state.units_milli, 3).rstrip("0").rstrip("."),
        )


@dataclass(frozen=True, slots=True)
class KeysState(SectionState):
    """Own keys: the act whose key is being chosen, empty for none."""

    waiting: str = ""
    keys: Mapping[Act, str] | None = None


class OwnKeysSection(Section[KeysState]):
    """Gives acts other keys."""

    def __init__(self, context: Context, form: Form) -> None:
        super().__init__(context, KeysState())
        self._form = form

    def keymap(self) -> KeyMap:
        """Return the keys as stored; the usual ones where what is stored cannot be read."""
        try:
            return read_keymap(self._form.state.text(config.KEYS))
        except KeyMapError:
            return KeyMap()

    def begin(self, act: Act) -> None:
        """Wait for the new key of an act; once more: wait no longer."""
        self.set(waiting="" if self.state.waiting == act.value else act.value, wrong={}, done="")

    def cancel(self) -> bool:
        """Wait no longer; False if nothing was waited for."""
        if not self.state.waiting:
            return False
        self.set(waiting="")
        return True

    def press(self, key: str, *, is_text: bool) -> None:
        """Take the pressed key for the waiting act, unless it is another act's or types something."""
        act = Act(self.state.waiting)
        if is_text or key in _NEVER:
            self.set(wrong={act.value: self.say("This key types or moves: take an F-key, or one with Ctrl.")})
            return
        keymap = self.keymap()
        other = keymap.act_of(key)
        if other is not None and other is not act:
            word = act_words(self.say)[other]
            text = self.say("{key} is taken by: {act}", key=cap_text(key), act=word)
            self.set(wrong={act.value: text})
            return
        own = {one: keymap.key_of(one) for one in Act} | {act: key}
        self._store(KeyMap(own))

    def reset(self) -> None:
        """Give every act its usual key again."""
        self._store(KeyMap())

    def reset_one(self, act: Act) -> None:
        """Give one act its usual key again, where that is free."""
        keymap = self.keymap()
        other = keymap.act_of(USUAL_KEYS[act])
        if other is not None and other is not act:
            word = act_words(self.say)[other]
            text = self.say("{key} is taken by: {act}", key=cap_text(USUAL_KEYS[act]), act=word)
            self.set(wrong={act.value: text})
            return
        self._store(KeyMap({one: keymap.key_of(one) for one in Act} | {act: USUAL_KEYS[act]}))

    def _store(self, keymap: KeyMap) -> None:
        self.set(waiting="", wrong={})
        self._form.change(config.KEYS, keymap.to_text())


_NEVER = frozenset(
    {"Return", "Enter", "Esc", "Tab", "Backtab", "Backspace", "Del", "Space", "Up", "Down", "Left", "Right"}
    | {"Home", "End", "PgUp", "PgDown", "Ctrl+V", "Ctrl+A", "Ctrl+Z", "Ctrl+X", "Shift+Tab"}
    | {f"Alt+{digit}" for digit in range(1, 10)}
)


@dataclass(frozen=True, slots=True)
class AboutState(SectionState):
    """Versions, and the bundle: which part is being written, where it went."""

    facts: AboutFacts | None = None
    part: str = ""
    path: str = ""


class AboutSection(Section[AboutState]):
    """Tells what the program is and writes the support bundle."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, AboutState())

    def open(self) -> None:
        """Read the versions."""
        self.submit(
            Lane.READ,
            self.context.desk.support.about,
            lambda facts: self.set(facts=facts),
            is_shown=False,
        )

    def usual_name(self) -> str:
        """Return how a bundle of now is called."""
        return self.context.desk.support.name()

    def write(self, path: str, versions: Mapping[str, str]) -> None:
        """Write a support bundle."""
        if not path or self.state.is_busy:
            return
        support, actor, post = self.context.desk.support, self.context.actor, self.context.tasks.post

        def watch(part: str) -> None:
            post(lambda: self.set(part=part))

        def ok(made: BundleMade) -> None:
            size = self.context.wording.count(-(-made.size_bytes // 1024))
            self.set(part="", path=str(made.path), done=self.say("Written: {n} kB", n=size))
            self.context.shell.toast(self.say("The support bundle is written."))

        self.submit(
            Lane.BULK,
            lambda: support.write(actor, Path(path), versions=versions, watch=watch),
            ok,
            field="bundle",
        )
