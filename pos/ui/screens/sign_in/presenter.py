"""Who is at the till: the people, the PIN, what a wrong one brings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pos.domain.permissions import Actor
from pos.errors import KilotillError
from pos.i18n.wording import Wording
from pos.services.sign_in import PinRefused
from pos.ui.desk import Desk
from pos.ui.lanes import Lane, Tasks
from pos.ui.refusal_words import plain_sentence
from pos.ui.role_words import ROLE_WORDS


@dataclass(frozen=True, slots=True)
class SignInPerson:
    """One row of the list."""

    name: str
    role: str

    @property
    def initials(self) -> str:
        """Return up to two letters for the square before the name."""
        words = [word for word in self.name.replace(".", " ").split() if word]
        return "".join(word[0] for word in (words if len(words) < 2 else (words[0], words[-1]))).upper()


@dataclass(frozen=True, slots=True)
class SignInState:
    """What the screen shows."""

    people: tuple[SignInPerson, ...] = ()
    chosen: int = 0
    message: str = ""
    is_wrong: bool = False
    is_busy: bool = False
    checks: tuple[tuple[str, str], ...] = field(default=())

    @property
    def person(self) -> SignInPerson | None:
        """Return who is chosen."""
        return self.people[self.chosen] if 0 <= self.chosen < len(self.people) else None


class SignInPresenter:
    """Decides; `show` is called with each new state, `signed_in` with who it is."""

    def __init__(
        self,
        desk: Desk,
        tasks: Tasks,
        wording: Wording,
        *,
        show: Callable[[SignInState], None],
        signed_in: Callable[[Actor], None],
    ) -> None:
        self._desk = desk
        self._tasks = tasks
        self._wording = wording
        self._show = show
        self._signed_in = signed_in
        self.state = SignInState()

    def open(self) -> None:
        """Read the people and how the till is."""
        people = self._desk.sign_in.people
        self._tasks.submit(Lane.READ, people, on_ok=self._got_people, on_error=self._failed)
        self._tasks.submit(Lane.READ, self._checks, on_ok=self._got_checks, on_error=self._failed)

    def choose(self, n: int) -> None:
        """Choose a person."""
        if self.state.people and not self.state.is_busy:
            n = min(len(self.state.people) - 1, max(0, n))
            self._set(chosen=n, message="", is_wrong=False)

    def step(self, by: int) -> None:
        """Choose the one before or after."""
        self.choose(self.state.chosen + by)

    def type_name(self, text: str) -> None:
        """Choose the first whose name begins with what is typed."""
        wanted = text.casefold()
        for n, person in enumerate(self.state.people):
            if person.name.casefold().startswith(wanted):
                self.choose(n)
                return

    def enter(self, pin: str) -> None:
        """Try a PIN."""
        person = self.state.person
        if person is None or self.state.is_busy:
            return
        if not pin:
            self._set(message=self._wording.say("Type your PIN, then Enter."), is_wrong=False)
            return
        self._set(is_busy=True, message="", is_wrong=False)
        sign_in = self._desk.sign_in
        self._tasks.submit(
            Lane.READ, lambda: sign_in.sign_in(person.name, pin), on_ok=self._ok, on_error=self._refused
        )

    def _ok(self, actor: Actor) -> None:
        self._set(is_busy=False)
        self._signed_in(actor)

    def _refused(self, error: BaseException) -> None:
        self._set(is_busy=False, message=self._sentence(error), is_wrong=True)

    def _sentence(self, error: BaseException) -> str:
        say = self._wording.say
        if isinstance(error, PinRefused) and error.wait_ms:
            seconds = -(-error.wait_ms // 1000)
            if error.code == "pin.locked":
                return say("Locked after five wrong PINs. Wait 15 minutes, or ask a supervisor to unlock.")
            if error.code == "pin.wait":
                return say(
                    "Too early: the PIN was not looked at. Wait {seconds} s, then type it.", seconds=seconds
                )
            return say("The PIN is wrong. The next try waits {seconds} s; the fifth locks.", seconds=seconds)
        if isinstance(error, KilotillError):
            return plain_sentence(error, self._wording)
        raise error

    def _got_people(self, people: tuple[Actor, ...]) -> None:
        say = self._wording.say
        rows = tuple(SignInPerson(one.name, say(ROLE_WORDS[one.role])) for one in people)
        self._set(people=rows)

    def _checks(self) -> tuple[tuple[str, str], ...]:
        """Return lights and sentences about the till: (light, text)."""
        desk, say = self._desk, self._wording.say
        status = desk.status.read()
        checks = []
        if status.printer:
            bad = bool(status.printer_error)
            checks.append(("bad", say("The printer is not ready")) if bad else ("ok", say("Printer ready")))
        else:
            checks.append(("off", say("No printer set up")))
        clock = {
            "ok": ("ok", say("Clock right")),
            "back": ("bad", say("The clock went back: tokens are stopped")),
            "confirm": ("warn", say("A supervisor must confirm the date")),
        }
        checks.append(clock[status.clock])
        made = desk.backups.last_made_at(desk.shop.till_code)
        if made is None:
            checks.append(("warn", say("No back-up yet")))
        else:
            text = say("Back-up {day} {time}", day=self._wording.day(made), time=self._wording.time(made))
            checks.append(("warn" if desk.backups.is_due(desk.shop.till_code) else "ok", text))
        if not status.is_vault_open:
            checks.append(("warn", say("The vault is locked: no tokens until it is opened")))
        return tuple(checks)

    def _got_checks(self, checks: tuple[tuple[str, str], ...]) -> None:
        self._set(checks=checks)

    def _failed(self, error: BaseException) -> None:
        text = plain_sentence(error, self._wording) if isinstance(error, KilotillError) else repr(error)
        self._set(message=text, is_wrong=True)

    def _set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self._show(self.state)
