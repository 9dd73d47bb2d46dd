"""The help: which topics a person has, which is open, what is looked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pos.ui.context import Context
from pos.ui.screens.help.texts import KEYBOARD, PAYMENTS, REFUSALS, Topic, all_topics, matches

SELL = "sell"
"""The place whose help has a second page."""


@dataclass(frozen=True, slots=True)
class HelpState:
    """`came_from` is the place that F1 was pressed in; Esc goes back there."""

    topic: str = KEYBOARD
    topics: tuple[Topic, ...] = ()
    wanted: str = ""
    came_from: str = ""
    is_side_shown: bool = False


class HelpPresenter:
    """Decides about the help; `places` are the keys of the places the person may go to."""

    def __init__(self, context: Context, places: tuple[str, ...], show: Callable[[HelpState], None]) -> None:
        self._context = context
        self._show = show
        own = {*places, KEYBOARD, REFUSALS}
        if SELL in places:
            own.add(PAYMENTS)
        self.all = tuple(topic for topic in all_topics(context.say) if topic.key in own)
        self.state = HelpState(topic=self.all[0].key, topics=self.all)

    @property
    def topic(self) -> Topic:
        """Return the open topic."""
        return next(topic for topic in self.all if topic.key == self.state.topic)

    def come(self, place: str) -> None:
        """Open the topic of the place that help was asked for in."""
        if not any(topic.key == place for topic in self.all):
            return
        came_from = self.state.came_from if place in (KEYBOARD, REFUSALS) else place
        if place == PAYMENTS:
            came_from = SELL
        self._set(topic=place, came_from=came_from, wanted="", topics=self.all, is_side_shown=False)

    def choose(self, key: str) -> None:
        """Open a topic."""
        if any(topic.key == key for topic in self.all):
            self._set(topic=key, is_side_shown=False)

    def step(self, by: int) -> None:
        """Open the topic that many places on."""
        keys = [topic.key for topic in self.state.topics]
        if keys:
            now = keys.index(self.state.topic) if self.state.topic in keys else 0
            self.choose(keys[min(len(keys) - 1, max(0, now + by))])

    def find(self, wanted: str) -> None:
        """Leave only the topics that have what is looked for; the first of them opens."""
        found = tuple(topic for topic in self.all if matches(topic, wanted))
        topic = self.state.topic
        if found and topic not in {one.key for one in found}:
            topic = found[0].key
        self._set(wanted=wanted, topics=found, topic=topic)

    def turn(self) -> None:
        """Show the keyboard in place of the topic, or the topic again."""
        self._set(is_side_shown=not self.state.is_side_shown)

    def back(self) -> bool:
        """One step back: the search, the keyboard, the place one came from. False if there is none."""
        if self.state.wanted:
            self.find("")
        elif self.state.is_side_shown:
            self.turn()
        elif self.state.came_from:
            self._context.shell.go(self.state.came_from)
        else:
            return False
        return True

    def _set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self._show(self.state)
