"""What every page of the settings works with: its state, its tasks, and errors shown at their field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from pos.errors import KilotillError, MachineFault
from pos.i18n.wording import Wording
from pos.services.sign_in import PinRefused
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.refusal_words import plain_sentence

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SectionState:
    """`wrong` has a sentence for each field that was refused; `done` says what was done last."""

    wrong: Mapping[str, str] = field(default_factory=dict)
    is_busy: bool = False
    done: str = ""


State = TypeVar("State", bound=SectionState)


class Section(Generic[State]):
    """The presenter of one page. A view sets `show` to be told of each new state."""

    def __init__(self, context: Context, state: State) -> None:
        self.context = context
        self.state = state
        self.show: Callable[[State], None] = lambda _: None

    def say(self, source: str, /, **values: object) -> str:
        """Translate a text."""
        return self.context.say(source, **values)

    def set(self, **changes: Any) -> None:
        """Change the state and show it."""
        self.state = replace(self.state, **changes)
        self.show(self.state)

    def type(self, **typed: Any) -> None:
        """Take what was typed; what was wrong about it is so no more. Nothing is shown: the field has it."""
        wrong = {name: text for name, text in self.state.wrong.items() if name not in typed}
        self.state = replace(self.state, wrong=wrong, **typed)

    def submit(
        self,
        lane: Lane,
        work: Callable[[], T],
        on_ok: Callable[[T], None],
        *,
        field: str = "",
        is_shown: bool = True,
    ) -> None:
        """Work beside the window; a refusal is shown at `field`, or by the shell where there is none."""
        if is_shown:
            self.set(is_busy=True, wrong={}, done="")

        def ok(result: T) -> None:
            if is_shown:
                self.state = replace(self.state, is_busy=False)
            on_ok(result)

        def failed(error: BaseException) -> None:
            self.set(is_busy=False)
            self.refuse(error, field)

        self.context.tasks.submit(lane, work, on_ok=ok, on_error=failed)

    def refuse(self, error: BaseException, field: str) -> None:
        """Show a refusal at its field; a fault of the machine is the shell's."""
        if not field or isinstance(error, MachineFault) or not isinstance(error, KilotillError):
            self.context.shell.show_error(error)
            return
        self.set(wrong={**self.state.wrong, field: sentence(error, self.context.wording)})


def sentence(error: KilotillError, wording: Wording) -> str:
    """Return what happened in one sentence."""
    if isinstance(error, PinRefused):
        seconds = -(-error.wait_ms // 1000)
        if error.code == "pin.locked":
            return wording.say(
                "Locked after five wrong PINs. Wait 15 minutes, or ask a supervisor to unlock."
            )
        return wording.say(
            "The PIN is wrong. The next try waits {seconds} s; the fifth locks.", seconds=seconds
        )
    return plain_sentence(error, wording)
