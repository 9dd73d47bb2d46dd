"""How the sandbox sends callbacks: each address has its own queue, and a deaf one holds up no other."""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from pos.gateways.sandbox.callbacks import Callback, Delivery

logger = logging.getLogger(__name__)

SENDERS_MAX = 32
"""So many addresses are called at the same time."""
LINES_MAX = 4
"""So many addresses of one machine and port are called at the same time; small servers drop what is more."""
WAITING_MAX = 1000
"""So many callbacks wait for one address."""
TOO_MANY = "not sent: too many callbacks wait for this address"

Then = Callable[[str, bytes], None]


@dataclass(frozen=True, slots=True, eq=False)
class Letter:
    """A callback on its way; `is_over` is set when it was answered, failed or was forgotten."""

    callback: Callback
    then: Then
    delivery: Delivery
    is_over: threading.Event = field(default_factory=threading.Event)


class Post:
    """Sends to one address one after the other in the order of asking, to several at the same time."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._queues: dict[str, deque[Letter]] = {}
        """Every address that has letters, or whose letter is being sent."""
        self._ready: deque[str] = deque()
        """The addresses with letters to which nothing is being sent."""
        self._lines: Counter[str] = Counter()
        """How many addresses are being called, by machine and port."""
        self._sending: set[Letter] = set()
        self._senders: set[threading.Thread] = set()
        self._is_stopped = False

    def put(self, callback: Callback, then: Then) -> Letter:
        """Have a callback sent, and `then` told what became of it."""
        letter = Letter(callback, then, Delivery(callback))
        with self._change:
            is_full = len(self._queues.get(callback.url, ())) >= WAITING_MAX
            if not is_full and not self._is_stopped:
                self._add(letter)
                return letter
        if is_full:
            then(TOO_MANY, b"")
        letter.is_over.set()
        return letter

    def settle(self, timeout_s: float) -> bool:
        """Wait until nothing is left to be sent; False if that took longer than `timeout_s`."""
        with self._change:
            return self._change.wait_for(lambda: not self._queues, timeout_s)

    def clear(self) -> None:
        """Forget what has not been sent, and break off what is being sent."""
        with self._change:
            waiting = [letter for queue in self._queues.values() for letter in queue]
            for queue in self._queues.values():
                queue.clear()
            sending, self._sending = self._sending, set()
        for letter in waiting:
            letter.is_over.set()
        for letter in sending:
            letter.delivery.cut()

    def stop(self) -> None:
        """Send nothing more, break off what is being sent, and end."""
        with self._change:
            self._is_stopped = True
            senders = list(self._senders)
        self.clear()
        for sender in senders:
            sender.join()

    def _add(self, letter: Letter) -> None:
        url = letter.callback.url
        if url in self._queues:
            self._queues[url].append(letter)
            return
        self._queues[url] = deque([letter])
        self._ready.append(url)
        if len(self._senders) < SENDERS_MAX:
            sender = threading.Thread(target=self._work, name="sandbox-post", daemon=True)
            self._senders.add(sender)
            sender.start()

    def _work(self) -> None:
        """Send one letter of each address in turn, and end when no address is ready."""
        while (url := self._next_address()) is not None:
            if (letter := self._taken(url)) is not None:
                self._send(letter)
            self._put_back(url)

    def _next_address(self) -> str | None:
        """Take the first address whose machine has a line free; those who send now come back for the rest."""
        with self._change:
            for url in self._ready:
                if self._lines[_machine(url)] < LINES_MAX:
                    self._ready.remove(url)
                    self._lines[_machine(url)] += 1
                    return url
            self._senders.discard(threading.current_thread())
        return None

    def _taken(self, url: str) -> Letter | None:
        with self._change:
            if not self._queues[url]:
                return None
            letter = self._queues[url].popleft()
            self._sending.add(letter)
            return letter

    def _send(self, letter: Letter) -> None:
        try:
            result, answer = letter.delivery.send()
            with self._change:
                is_wanted = letter in self._sending
                self._sending.discard(letter)
            if is_wanted:
                letter.then(result, answer)
        except Exception:
            # A sender that ends would leave its address without any for the rest of the run.
            logger.exception("A callback of the sandbox failed.")
        finally:
            letter.is_over.set()

    def _put_back(self, url: str) -> None:
        with self._change:
            self._lines[_machine(url)] -= 1
            if self._queues[url]:
                self._ready.append(url)
            else:
                del self._queues[url]
            self._change.notify_all()


def _machine(url: str) -> str:
    return url.partition("//")[2].partition("/")[0]
