"""Tells waiting tills that callbacks came: one look at the database for all that wait in this process."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import UUID

import structlog
from starlette.concurrency import run_in_threadpool

from central.services.webhooks import Webhooks
from pos.contracts.payments import HintsAnswer
from pos.errors import KilotillError

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 0.5
"""Callbacks may come in through another worker process, which cannot tell this one."""


class HintBoard:
    """Waits for news; holds no thread and no connection meanwhile."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks
        self._waiting = 0
        self._number = 0
        self._bell = asyncio.Event()
        self._end = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    async def wait(self, till_id: UUID, *, after: int, seconds: float) -> HintsAnswer:
        """Return the hints of a till after a number, as soon as there are any, at the latest after a time."""
        time = asyncio.get_running_loop().time
        ends = time() + seconds
        self._waiting += 1
        try:
            while True:
                # The bell first, then the look: what comes between the two rings it.
                bell = await self._current_bell()
                found = await run_in_threadpool(self._webhooks.hints, till_id, after)
                left = ends - time()
                if found.hints or after < 0 or left <= 0 or self._end.is_set():
                    return found
                with suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), left)
        finally:
            self._waiting -= 1

    async def stop(self) -> None:
        """End the looking: after it nothing of this board uses the database."""
        # Not cancelled: the thread of a look would go on and hold its connection.
        self._end.set()
        self._bell.set()
        if self._looking is not None:
            await self._looking

    async def _current_bell(self) -> asyncio.Event:
        """Return what is rung at the next callback, with somebody looking for it."""
        if self._looking is None or self._looking.done():
            self._number = await run_in_threadpool(self._webhooks.last_number)
            self._looking = asyncio.create_task(self._look())
        return self._bell

    async def _look(self) -> None:
        """Look while anybody waits."""
        while self._waiting and not self._end.is_set():
            await self._look_once()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._end.wait(), LOOK_EVERY_S)

    async def _look_once(self) -> None:
        try:
            number = await run_in_threadpool(self._webhooks.last_number)
        except KilotillError as error:
            # Those who wait stay: the database may be back before their time is over.
            log.info("hints.no_look", code=error.code)
            return
        if number > self._number:
            self._number = number
            bell, self._bell = self._bell, asyncio.Event()
            bell.set()
