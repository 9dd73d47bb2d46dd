"""The first start: step by step to a plan, then the till, then the recovery code, shown once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pos.errors import KilotillError
from pos.i18n.wording import Wording
from pos.services.shop_file import ShopPlan
from pos.services.shop_setup import ShopMade
from pos.ui.first_start.answers import (
    BLANK_GROUP,
    OWN,
    UTILITY,
    Answers,
    FieldPath,
    read_plan,
    wrong_of,
)
from pos.ui.lanes import Lane, Tasks
from pos.ui.refusal_words import plain_sentence

_logger = logging.getLogger(__name__)

SetUp = Callable[[ShopPlan, str, str], ShopMade]
"""Makes the till: of the plan, the opening phrase of its vault, the passphrase of its secrets or ``."""

HOME_ZONES = {
    "RWF": "Africa/Kigali",
    "UGX": "Africa/Kampala",
    "KES": "Africa/Nairobi",
    "TZS": "Africa/Dar_es_Salaam",
    "BIF": "Africa/Bujumbura",
    "CDF": "Africa/Kinshasa",
    "ZMW": "Africa/Lusaka",
    "MWK": "Africa/Blantyre",
    "ZAR": "Africa/Johannesburg",
    "NGN": "Africa/Lagos",
    "GHS": "Africa/Accra",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One page: its word in the list, its question, what helps, and its fields."""

    key: str
    word: str
    title: str
    help: str
    fields: tuple[str, ...] = ()


STEPS = (
    Step(
        "welcome",
        "Language",
        "Welcome. Which language does the shop speak?",
        "The till and its receipts use it. Each can be changed later.",
        ("language",),
    ),
    Step(
        "shop",
        "Organisation",
        "Who sells here?",
        "Organisation and sales point stand on every receipt.",
        ("organisation", "tin", "sales_point", "address", "phone"),
    ),
    Step(
        "till",
        "Till",
        "Which till is this?",
        "The code begins every receipt number and, like the currency, never changes.",
        ("till_code", "currency", "time_zone"),
    ),
    Step(
        "person",
        "Administrator",
        "Who looks after the till?",
        "The administrator adds everybody else, in Settings.",
        ("name", "pin", "pin_again"),
    ),
    Step(
        "phrase",
        "Opening phrase",
        "Which phrase opens the vault?",
        "The vault holds the keys that make tokens. Whoever opens the shop types this phrase. "
        "It is stored nowhere: without it the keys must be loaded again.",
        ("phrase", "phrase_again", "passphrase", "passphrase_again"),
    ),
    Step(
        "limits",
        "Supply and limits",
        "Whose energy is sold, and how much without head office?",
        "With a utility behind the shop, a float that is paid before limits the sales.",
        ("supplier", "supplier_code", "supplier_name", "credit_limit", "money", "units"),
    ),
    Step(
        "tariffs",
        "Tariff",
        "What does energy cost?",
        "A file of tariffs (CSV). It may also be typed or imported later, in Tariffs.",
        ("tariffs",),
    ),
    Step(
        "keys",
        "Supply groups",
        "Which supply groups are sold for?",
        "The group code stands on the meter's papers. The vending keys themselves are typed by two people "
        "in Settings. All of this may be left for later.",
        ("supply_groups",),
    ),
    Step(
        "machine",
        "Printer, back-up",
        "Where do receipts and back-ups go?",
        "Both may be left for later. A back-up on the same disk does not survive the disk.",
        ("printer", "backup_folder"),
    ),
    Step("check", "Check", "Is everything right?", "Organisation, till code and currency stay for good."),
    Step(
        "code",
        "Recovery code",
        "Write the recovery code down now.",
        "It lets the administrator in when the PIN is forgotten. It is shown this once and stored nowhere.",
    ),
)
CHECK = next(n for n, step in enumerate(STEPS) if step.key == "check")
CODE = CHECK + 1


@dataclass(frozen=True, slots=True)
class FirstStartState:
    """What the window shows; `reached` is the furthest step that was come to."""

    step: int = 0
    reached: int = 0
    answers: Answers = field(default_factory=Answers)
    wrong: Mapping[FieldPath, str] = field(default_factory=dict)
    is_busy: bool = False
    failure: str = ""
    made: ShopMade | None = field(default=None, repr=False)
    is_written_down: bool = False
    wants_enrolment: bool = False

    @property
    def page(self) -> Step:
        """The step that is shown."""
        return STEPS[self.step]


class FirstStartPresenter:
    """Decides; `show` gets each new state, `finished` the till once its code is written down."""

    def __init__(
        self,
        set_up: SetUp,
        tasks: Tasks,
        wording: Wording,
        *,
        show: Callable[[FirstStartState], None],
        finished: Callable[[ShopMade], None],
        time_zone: str = "",
        asks_passphrase: bool = False,
    ) -> None:
        """`time_zone` is the machine's, offered first; `asks_passphrase`: it keeps no secrets by itself."""
        self.asks_passphrase = asks_passphrase
        self._set_up = set_up
        self._tasks = tasks
        self.wording = wording
        self._show = show
        self._finished = finished
        texts = {
            "language": wording.language,
            "currency": "RWF",
            "time_zone": time_zone if time_zone and time_zone != "UTC" else HOME_ZONES["RWF"],
            "supplier": OWN,
            "till_code": "T01",
        }
        self.state = FirstStartState(answers=Answers(texts))

    def refresh(self) -> None:
        """Show the state again, to a view that was made anew."""
        self._show(self.state)

    def type_field(self, path: FieldPath, text: str) -> None:
        """Take an answer."""
        answers = self.state.answers.with_text(path, text)
        if path == (-1, "currency") and text in HOME_ZONES:
            answers = answers.with_text((-1, "time_zone"), HOME_ZONES[text])
        wrong = {key: value for key, value in self.state.wrong.items() if key != path}
        self._set(answers=answers, wrong=wrong)

    def add_group(self) -> None:
        """Add a supply group."""
        answers = self.state.answers
        self._set(answers=replace(answers, groups=(*answers.groups, BLANK_GROUP)))

    def remove_group(self, place: int) -> None:
        """Remove a supply group."""
        groups = self.state.answers.groups
        answers = replace(self.state.answers, groups=groups[:place] + groups[place + 1 :])
        self._set(answers=answers, wrong={})

    def next(self) -> None:
        """Check this step and go on; on the last but one, make the till."""
        state = self.state
        if state.is_busy or state.step == CODE:
            return
        if state.step == CHECK:
            self._make()
            return
        wrong = self._wrong(state.step)
        if wrong:
            self._set(wrong=wrong)
            return
        step = state.step + 1
        self._set(step=step, reached=max(step, state.reached), wrong={}, failure="")

    def back(self) -> bool:
        """Go one step back; False where there is none."""
        state = self.state
        if state.is_busy or state.step in (0, CODE):
            return False
        self._set(step=state.step - 1, wrong={}, failure="")
        return True

    def go(self, step: int) -> None:
        """Go to a step that was come to before; what is wrong here is shown first."""
        state = self.state
        if state.is_busy or state.step == CODE or step > state.reached or step == state.step:
            return
        wrong = self._wrong(state.step) if step > state.step else {}
        if wrong:
            self._set(wrong=wrong)
        else:
            self._set(step=step, wrong={}, failure="")

    def write_down(self, *, is_written_down: bool) -> None:
        """Take that the code is on paper."""
        self._set(is_written_down=is_written_down)

    def want_enrolment(self, *, is_wanted: bool) -> None:
        """Take whether the till shall be enrolled at a head office next."""
        self._set(wants_enrolment=is_wanted)

    def finish(self) -> None:
        """End the first start, once the code is on paper."""
        made = self.state.made
        if made is not None and self.state.is_written_down:
            self._set(made=None)
            self._finished(made)

    def _wrong(self, step: int) -> dict[FieldPath, str]:
        names = STEPS[step].fields
        if not names:
            return {}
        if "supplier" in names:
            own = self.state.answers.text("supplier") != UTILITY
            skipped = {"supplier", *(("supplier_code", "supplier_name", "credit_limit") if own else ())}
            names = tuple(name for name in names if name not in skipped)
        if not self.asks_passphrase:
            names = tuple(name for name in names if not name.startswith("passphrase"))
        return wrong_of(self.state.answers, names, self.wording.say)

    def _make(self) -> None:
        for step in range(CHECK):
            wrong = self._wrong(step)
            if wrong:
                self._set(step=step, wrong=wrong)
                return
        set_up, answers = self._set_up, self.state.answers
        phrase, passphrase = answers.text("phrase"), answers.text("passphrase")
        self._set(is_busy=True, failure="")
        self._tasks.submit(
            Lane.BULK,
            lambda: set_up(read_plan(answers), phrase, passphrase),
            on_ok=self._made,
            on_error=self._not_made,
        )

    def _made(self, made: ShopMade) -> None:
        answers = self.state.answers.without_secrets()
        self._set(is_busy=False, made=made, step=CODE, reached=CODE, answers=answers)

    def _not_made(self, error: BaseException) -> None:
        if not isinstance(error, KilotillError):
            _logger.error("the till could not be set up", exc_info=error)
        self._set(is_busy=False, failure=self._sentence(error))

    def _sentence(self, error: BaseException) -> str:
        if not isinstance(error, KilotillError):
            return self.wording.say("Something went wrong in the program. Nothing was made.")
        return plain_sentence(error, self.wording)

    def _set(self, **values: Any) -> None:
        self.state = replace(self.state, **values)
        self._show(self.state)
