"""A line between till and head office on which everything goes wrong that can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from random import Random

from pos.errors import Unavailable
from pos.sync.transport import Response
from tests.simulation.office import Office
from tests.simulation.times import TrueTime

PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


class Fault(StrEnum):
    """What may happen to one request."""

    DROPPED = "dropped"
    CUT_AFTER_COMMIT = "cut after commit"
    DOUBLED = "doubled"
    LATE = "late and out of order"
    ERROR_500 = "answer 500"
    ERROR_500_AFTER_COMMIT = "answer 500 after commit"
    PAGE_502 = "page 502"
    PAGE_200 = "page 200"
    BUSY_503 = "answer 503"
    GARBLED = "answer cut short"
    NOT_BOOKED = "head office died between storing and booking"
    SESSION_LOST = "bearer forgotten"
    POWER_CUT = "till died amid a request"


_OF_ANY = tuple(fault for fault in Fault if fault is not Fault.NOT_BOOKED)


class PowerCut(BaseException):
    """The till's machine went off while it waited for an answer: no handler of the program runs."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Weather:
    """How bad the line of one till is: the share of requests to which something happens."""

    trouble: float = 0.0
    is_cut: bool = False


@dataclass(slots=True)
class BadLine:
    """The transport of one till. What is late is delivered before later requests, whoever sends them."""

    office: Office
    time: TrueTime
    chance: Random
    tally: Counter[str]
    late: list[Request]
    weather: Weather = field(default_factory=Weather)

    def send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        request = Request(method, path, dict(headers or {}), body)
        if self.weather.is_cut:
            raise _unreachable()
        self.time.pass_time(timedelta(milliseconds=self.chance.randrange(20, 400)))
        self.deliver_late()
        fault = self._fault(request)
        if fault is None:
            return self.office.answer(request.method, request.path, request.headers, request.body)
        self.tally[f"line: {fault.value}"] += 1
        return self._suffer(fault, request)

    def deliver_late(self, *, everything: bool = False) -> None:
        """Let some of what is under way arrive, in any order; nobody waits for its answers any more."""
        while self.late and (everything or self.chance.random() < 0.3):
            request = self.late.pop(self.chance.randrange(len(self.late)))
            self.office.answer(request.method, request.path, request.headers, request.body)

    def _fault(self, request: Request) -> Fault | None:
        if self.chance.random() >= self.weather.trouble:
            return None
        if request.path == "/v1/sync/push" and self.chance.random() < 0.25:
            return Fault.NOT_BOOKED
        return self.chance.choice(_OF_ANY)

    def _suffer(self, fault: Fault, request: Request) -> Response:
        before = self._before_it_arrives(fault, request)
        if before is not None:
            return before
        answer = self.office.answer(request.method, request.path, request.headers, request.body)
        if fault is Fault.DOUBLED:
            return self.office.answer(request.method, request.path, request.headers, request.body)
        if fault is Fault.CUT_AFTER_COMMIT:
            raise _time_out()
        if fault is Fault.POWER_CUT:
            raise PowerCut
        if fault is Fault.ERROR_500_AFTER_COMMIT:
            return _error(500)
        if fault is Fault.GARBLED:
            return Response(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
        return answer

    def _before_it_arrives(self, fault: Fault, request: Request) -> Response | None:
        """Return or raise what the till gets of a request that never came to the program of head office."""
        if fault is Fault.DROPPED:
            raise _unreachable()
        if fault is Fault.LATE:
            self.late.append(request)
            raise _time_out()
        if fault is Fault.NOT_BOOKED:
            self.office.store_only(request.headers, request.body)
            raise _time_out()
        if fault is Fault.SESSION_LOST:
            self.office.forget_sessions()
        return {
            Fault.ERROR_500: _error(500),
            Fault.BUSY_503: _error(503),
            Fault.PAGE_502: Response(502, {"content-type": "text/html"}, PAGE),
            Fault.PAGE_200: Response(200, {"content-type": "text/html"}, PAGE),
        }.get(fault)


def _error(status: int) -> Response:
    return Response(status, {"content-type": "text/plain", "retry-after": "7"}, b"trouble")


def _unreachable() -> Unavailable:
    return Unavailable("sync.unreachable", "The line is cut.")


def _time_out() -> Unavailable:
    return Unavailable("sync.time_out", "No answer came in time.")
