"""Speaks with the server: log-in by nonce, bearer, request ids, and refusals as errors of ours."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError

from pos.contracts.problems import PROBLEM_JSON, Problem
from pos.contracts.till_session import ChallengeAnswer, ChallengeRequest, TokenAnswer, TokenRequest
from pos.contracts.wire import APP_HEADER, REQUEST_ID_HEADER, Message
from pos.domain.journal import parse_instant
from pos.domain.till_login import login_message
from pos.errors import Rejected, Unavailable
from pos.sync.server_time import ServerTime
from pos.sync.transport import Response, Transport
from pos.system.clock import Clock
from pos.system.ids import new_id

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Message)

_RENEW_BEFORE_MS = 60_000

APP = version("kilotill")


class ServerRefusal(Rejected):
    """The server's no, with what it said: `status` of HTTP and the whole `problem`."""

    def __init__(self, code: str, text: str, problem: Problem) -> None:
        super().__init__(code, text)
        self.problem = problem
        self.status = problem.status


@dataclass(frozen=True, slots=True)
class Login:
    """A session with the server: `scope` is `till`, or `drain` for a revoked till."""

    token: str
    scope: str
    expires_ms: int
    answer: TokenAnswer


class ServerClient:
    """One till's conversation with its server; logs in when it must. Thread-safe: one log-in at a time."""

    def __init__(
        self, transport: Transport, clock: Clock, *, till_id: UUID, sign: Callable[[bytes], bytes]
    ) -> None:
        """`sign` is the till's Ed25519 key at work."""
        self._transport = transport
        self._clock = clock
        self._till_id = till_id
        self._sign = sign
        self._turn = threading.Lock()
        self._login: Login | None = None
        self.server_time: ServerTime | None = None

    @property
    def is_logged_in(self) -> bool:
        return self._session() is not None

    def _session(self) -> Login | None:
        # Read once: another thread may log out between two looks.
        login = self._login
        return login if login is not None and self._clock.running_ms() < login.expires_ms else None

    def log_in(self) -> Login:
        """Return the session, a new one where the last has ended.

        Raises:
            Unavailable: no answer, or none of use. ServerRefusal: `till.*`, `sync.app_too_old`.
        """
        with self._turn:
            login = self._session()
            if login is not None:
                return login
            answer = self._signed_in()
            ends_ms = self._clock.running_ms() + answer.expires_in_s * 1000 - _RENEW_BEFORE_MS
            self._login = login = Login(answer.token, answer.scope, ends_ms, answer)
            return login

    def _signed_in(self) -> TokenAnswer:
        """Sign a nonce, and a second one where the first was used up: requests may arrive twice."""
        try:
            return self._sign_nonce()
        except ServerRefusal as refusal:
            if refusal.code != "till.nonce":
                raise
        return self._sign_nonce()

    def _sign_nonce(self) -> TokenAnswer:
        challenge = self._post("/v1/tills/challenge", ChallengeRequest(till=self._till_id), ChallengeAnswer)
        self.note_server_time(challenge.server_time)
        signature = self._sign(login_message(nonce=challenge.nonce, till=self._till_id))
        request = TokenRequest(till=self._till_id, nonce=challenge.nonce, signature=signature.hex())
        return self._post("/v1/tills/token", request, TokenAnswer)

    def log_out(self) -> None:
        """Forget the session: the next call logs in anew."""
        self._login = None

    def note_server_time(self, text: str) -> None:
        """Take note of the server's clock as an answer gave it."""
        self.server_time = ServerTime(parse_instant(text), self._clock.running_ms())

    def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send a request of a logged-in till and return the answer below 300.

        A bearer the server no longer knows is renewed once.

        Raises:
            Unavailable: `sync.*`, no answer or none of use. ServerRefusal: a problem of the server.
        """
        for is_last in (False, True):
            login = self.log_in()
            answer = self._send(
                method, path, {**(headers or {}), "Authorization": f"Bearer {login.token}"}, body
            )
            if answer.status != 401:
                break
            self.log_out()
            if is_last:
                # It does not know what it gave out a moment ago: its trouble, not this till's.
                raise Unavailable("sync.server_trouble", "Head office is in trouble; it is tried again.")
        return self._checked(answer)

    def anonymous(self, path: str, request: Message, answer: type[M]) -> M:
        """Post a message that needs no session: enrolment. Errors as `call`."""
        return self._post(path, request, answer)

    def read(self, answer: Response, shape: type[M]) -> M:
        """Read an answer. Raises Unavailable `sync.bad_answer`: something on the way answered instead."""
        try:
            return shape.model_validate_json(answer.body)
        except ValidationError as error:
            log.info("answer of %d bytes is no %s", len(answer.body), shape.__name__)
            raise bad_answer() from error

    def _post(self, path: str, request: Message, shape: type[M]) -> M:
        body = request.model_dump_json(exclude_none=True).encode()
        answer = self._checked(self._send("POST", path, {"Content-Type": "application/json"}, body))
        return self.read(answer, shape)

    def _send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        request_id = str(new_id(self._clock.now()))
        answer = self._transport.send(
            method, path, {APP_HEADER: APP, REQUEST_ID_HEADER: request_id, **headers}, body
        )
        log.debug("%s %s -> %d, request %s", method, path.partition("?")[0], answer.status, request_id)
        return answer

    def _checked(self, answer: Response) -> Response:
        if 200 <= answer.status < 300:
            return answer
        problem = problem_of(answer)
        if answer.status in (429, 503) or answer.status >= 500 or problem is None:
            retry_at = self._retry_at(answer, problem)
            if answer.status not in (429, 503):
                raise Unavailable(
                    "sync.server_trouble", "Head office is in trouble; it is tried again.", retry_at
                )
            text = "" if problem is None else problem.detail
            raise Unavailable("sync.server_busy", text or "Head office is busy; it is tried again.", retry_at)
        raise ServerRefusal(*said(problem), problem)

    def _retry_at(self, answer: Response, problem: Problem | None) -> datetime | None:
        wish = answer.headers.get("retry-after", "")
        if wish.isascii() and wish.isdigit():
            return self._after(wish)
        if problem is not None and problem.retry_after_s is not None:
            return self._after(str(max(0, problem.retry_after_s)))
        try:
            at = parsedate_to_datetime(wish) if wish else None
        except ValueError:
            return None
        # A date without a zone is none that HTTP knows.
        return None if at is None or at.tzinfo is None else at

    def _after(self, seconds: str) -> datetime:
        # Nobody means more than a day; the schedule knows what it bears of it.
        whole = 86_400 if len(seconds) > 5 else min(int(seconds), 86_400)
        return self._clock.now() + timedelta(seconds=whole)


def said(problem: Problem) -> tuple[str, str]:
    """Return the server's code and sentence."""
    return problem.code, problem.detail or problem.title or "Head office refused this."


def problem_of(answer: Response) -> Problem | None:
    """Return the server's problem; None for a proxy's page and the like."""
    if not answer.headers.get("content-type", "").startswith(PROBLEM_JSON):
        return None
    try:
        problem = Problem.model_validate_json(answer.body)
    except ValidationError:
        return None
    # What was answered counts, not what the body says was answered.
    return problem.model_copy(update={"status": answer.status})


def bad_answer() -> Unavailable:
    """Return the error of an answer that does not fit its contract."""
    return Unavailable(
        "sync.bad_answer", "What answered is not head office, or speaks otherwise; it is tried again."
    )
