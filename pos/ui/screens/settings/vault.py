"""Vending keys: the vault, loading a key by two people, changing the keys of a group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from pos.domain.permissions import Actor, Permission
from pos.errors import KilotillError, UserError
from pos.services.key_changes import Announcement
from pos.services.key_loading import ShopGroup, TypedComponents
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.settings.form import REASON
from pos.ui.screens.settings.section import Section, SectionState


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key in the vault: public attributes and check value."""

    sgc: str
    krn: int
    method: str
    algorithm: str
    base_date: str
    check_value: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """An announced key change and how far it is."""

    sgc: str
    krn: int
    ti: str
    from_at: datetime
    meters: int
    changed: int


@dataclass(frozen=True, slots=True)
class VaultState(SectionState):
    """`step` 0: nothing is loaded, 1: the first person types, 2: the second does."""

    is_open: bool = False
    keys: tuple[KeyRow, ...] = ()
    groups: tuple[ShopGroup, ...] = ()
    changes: tuple[ChangeRow, ...] = ()
    people: tuple[str, ...] = ()
    is_single: bool = False
    step: int = 0
    sgc: str = ""
    krn: str = ""
    first_check: str = ""
    second_check: str = ""
    second_person: str = ""
    ti: str = ""
    from_at: str = ""

    def group(self) -> ShopGroup | None:
        """Return the chosen supply group."""
        return next((one for one in self.groups if one.sgc == self.sgc), None)


@dataclass(frozen=True, slots=True)
class _Read:
    is_open: bool
    keys: tuple[KeyRow, ...]
    groups: tuple[ShopGroup, ...]
    changes: tuple[ChangeRow, ...]
    people: tuple[str, ...]


class VaultSection(Section[VaultState]):
    """Decides about the keys page. Components are held to the end of step 2, and shown nowhere."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, VaultState(is_open=context.desk.is_vault_open()))
        self._first = ""

    def open(self) -> None:
        """Read what the vault holds."""
        self.submit(Lane.READ, self._read, self._got, is_shown=False)

    def close(self) -> None:
        """Forget what was typed."""
        self._first = ""
        if self.state.step:
            self.set(step=0, first_check="", second_check="", wrong={})

    def unlock(self, phrase: str) -> None:
        """Open the vault with the opening phrase."""
        desk = self.context.desk

        def work() -> _Read:
            desk.unlock_vault(phrase)
            return self._read()

        def ok(read: _Read) -> None:
            self._got(read)
            self.set(done=self.say("The vault is open."))
            self.context.shell.toast(self.say("The vault is open."))
            self.context.shell.deliver_paid()
            self.context.shell.refresh_status()

        self.submit(Lane.SALE, work, ok, field="phrase")

    def begin(self, *, is_single: bool) -> None:
        """Begin to load a key; `is_single`: one person may type both components."""
        groups = self.state.groups
        if groups:
            sgc = self.state.sgc or groups[0].sgc
            self.set(step=1, is_single=is_single, sgc=sgc, wrong={}, done="")
            self.choose_group(sgc)

    def choose_group(self, sgc: str) -> None:
        """Choose the supply group."""
        self.set(sgc=sgc)
        group = self.state.group()
        if group is not None:
            self.set(krn=str(group.krn), ti=self.state.ti or group.ti)

    def check(self, component: str) -> None:
        """Show the check value of the first component, and let the second person come."""
        keys, actor, sgc = self.context.desk.keys, self.context.actor, self.state.sgc
        if not self._krn_or_none():
            return

        def ok(value: str) -> None:
            self._first = component
            people = self.state.people
            others = [name for name in people if name != actor.name]
            second = actor.name if self.state.is_single else (others[0] if others else "")
            self.set(step=2, first_check=value, second_person=second)

        self.submit(Lane.READ, lambda: keys.component_check_value(actor, sgc, component), ok, field="first")

    def load(self, component: str, pin: str) -> None:
        """Sign the second person in and load the key."""
        desk, actor, state, first = self.context.desk, self.context.actor, self.state, self._first
        krn = self._krn_or_none()
        if not krn:
            return
        if not pin and not self._is_alone():
            self.set(wrong={"pin": self.say("The second person types a PIN.")})
            return

        def work() -> tuple[str, _Read]:
            second = actor if self._is_alone() else self._sign_in(state.second_person, pin)
            typed = TypedComponents(first, component)
            loaded = desk.keys.load(
                state.sgc, typed, first=actor, second=second, is_single_custodian=state.is_single, krn=krn
            )
            return loaded.check_value, self._read()

        def ok(found: tuple[str, _Read]) -> None:
            value, read = found
            self._first = ""
            self._got(read)
            done = self.say(
                "The key of {group} is loaded. Its check value is {value}.", group=state.sgc, value=value
            )
            self.set(step=0, first_check="", done=done)
            self.context.shell.toast(done)

        self.submit(Lane.SALE, work, ok, field="second")

    def announce(self) -> None:
        """Announce the next key of the chosen group."""
        krn, state = self._krn_or_none(), self.state
        if not krn:
            return
        try:
            local = datetime.strptime(state.from_at.strip(), "%Y-%m-%d %H:%M")  # noqa: DTZ007 - as typed
        except ValueError:
            self.set(wrong={"from_at": self.say("Write it like 2026-12-31 06:00.")})
            return
        from_at = local.replace(tzinfo=self.context.desk.shop.time_zone)
        changes, actor = self.context.desk.key_changes, self.context.actor
        announcement = Announcement(
            sgc=state.sgc, krn=krn, ti=state.ti.strip(), from_at=from_at, reason=REASON
        )

        def work() -> _Read:
            changes.announce(announcement, actor)
            return self._read()

        self.submit(Lane.SALE, work, self._done(self.say("The key change is announced.")), field="announce")

    def complete(self, sgc: str) -> None:
        """End a key change: every meter has its new key."""
        changes, actor = self.context.desk.key_changes, self.context.actor

        def work() -> _Read:
            changes.complete(sgc, actor, reason=REASON)
            return self._read()

        self.submit(Lane.SALE, work, self._done(self.say("The key change is ended.")), field="announce")

    def refuse(self, error: BaseException, field: str) -> None:
        """Show a refusal at the field it is about."""
        code = str(getattr(error, "code", ""))
        if field == "second" and (code.startswith("pin.") or code == "permission.denied"):
            field = "pin"
        super().refuse(error, {"key_change.past": "from_at", "key.ti": "ti"}.get(code, field))

    def _done(self, text: str) -> Callable[[_Read], None]:
        def ok(read: _Read) -> None:
            self._got(read)
            self.set(done=text)
            self.context.shell.toast(text)

        return ok

    def _is_alone(self) -> bool:
        return self.state.second_person == self.context.actor.name

    def _krn_or_none(self) -> int:
        """Return the typed revision, 0 if it is none; says so at its field."""
        if self.state.krn.isdecimal() and 1 <= int(self.state.krn) <= 9:
            return int(self.state.krn)
        self.set(wrong={"krn": self.say("A revision is a digit from 1 to 9.")})
        return 0

    def _sign_in(self, name: str, pin: str) -> Actor:
        if not name:
            raise UserError("key.same_custodian", "The two components must be typed by two different people.")
        return self.context.desk.sign_in.sign_in(name, pin)

    def _read(self) -> _Read:
        desk, actor = self.context.desk, self.context.actor
        groups = desk.keys.list_groups(actor)
        keys: tuple[KeyRow, ...] = ()
        is_open = desk.is_vault_open()
        if is_open:
            keys = tuple(
                KeyRow(
                    one.group.sgc,
                    one.group.krn,
                    f"DKGA{one.group.method.value}",
                    f"EA{one.group.ea.value}",
                    one.group.base_date.value,
                    one.check_value,
                )
                for one in desk.keys.list_keys(actor)
            )
        changes = []
        for group in groups:
            if group.next_krn is None or group.next_from is None:
                continue
            try:
                progress = desk.key_changes.progress(group.sgc, actor)
            except KilotillError:
                # It was ended a moment ago.
                continue
            changes.append(
                ChangeRow(
                    group.sgc,
                    group.next_krn,
                    group.next_ti,
                    group.next_from,
                    progress.meters,
                    progress.changed,
                )
            )
        people = desk.counter.who_holds(Permission.KEY_LOAD)
        return _Read(is_open, keys, groups, tuple(changes), people)

    def _got(self, read: _Read) -> None:
        sgc = self.state.sgc or (read.groups[0].sgc if read.groups else "")
        self.state = replace(
            self.state,
            is_open=read.is_open,
            keys=read.keys,
            groups=read.groups,
            changes=read.changes,
            people=read.people,
            sgc=sgc,
        )
        self.set()
