"""An administrator's own conversation with head office: name, password, second factor; nothing is stored."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from pos.contracts.problems import Problem
from pos.contracts.wire import APP_HEADER, REQUEST_ID_HEADER
from pos.errors import Rejected, Unavailable
from pos.sync.client import APP, ServerRefusal, bad_answer, problem_of, said
from pos.sync.transport import Response, Transport
from pos.system.clock import Clock
from pos.system.ids import new_id

_RENEW_BEFORE_MS = 60_000


class OfficeClient:
    """Signs in, renews the access token, and sends requests in a person's name. Thread-safe.

    Tokens live in this object only, and end with it.
    """

    def __init__(self, open_transport: Callable[[], Transport], clock: Clock) -> None:
        """`open_transport` gives the way to the till's head office."""
        self._open_transport = open_transport
        self._clock = clock
        self._turn = threading.RLock()
        self._transport: Transport | None = None
        self._access = ""
        self._refresh = ""
        self._ends_ms = 0

    @property
    def is_signed_in(self) -> bool:
        return bool(self._refresh)

    def sign_in(self, username: str, password: str, *, totp: str = "") -> None:
        """Sign in as a person of head office.

        Raises:
            Unavailable: `sync.*`. ServerRefusal: `login.*`, `two_factor.code_missing`, `two_factor.*`.
        """
        form = {"username": username, "password": password, "grant_type": "password"}
        if totp:
            form["totp"] = totp
        with self._turn:
            self._transport = self._open_transport()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = self._send("POST", "/token", urlencode(form).encode(), headers=headers)
            self._take(_checked(answer))

    def sign_out(self) -> None:
        """End the session; the tokens are forgotten whatever head office says.

        Raises:
            Unavailable: `sync.*`: it ends by itself at head office.
        """
        with self._turn:
            if not self.is_signed_in:
                return
            headers = self._bearer()
            self._access = self._refresh = ""
            self._send("POST", "/v1/auth/logout", headers=headers)

    def forget(self) -> None:
        """Forget the tokens without a word to head office."""
        with self._turn:
            self._access = self._refresh = ""

    def get(self, path: str, **query: str | int | None) -> dict[str, Any]:
        """Read something. Raises as `call`."""
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        return self.call("GET", f"{path}?{urlencode(asked)}" if asked else path)

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        version: int | str | None = None,
    ) -> dict[str, Any]:
        """Send a request and return its JSON, an empty object where there is none.

        `version` is what the change was made from (If-Match).

        Raises:
            Rejected: `office.signed_out`, nobody is signed in or the session has ended; head office's no.
            Unavailable: `sync.*`.
        """
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        data = b""
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        with self._turn:
            if not self.is_signed_in:
                raise signed_out()
            if self._clock.running_ms() >= self._ends_ms:
                self._renew()
            answer = self._send(method, path, data, headers={**headers, **self._bearer()})
            if answer.status == 401:
                self._renew()
                answer = self._send(method, path, data, headers={**headers, **self._bearer()})
        return _json(_checked(answer))

    def _renew(self) -> None:
        answer = self._send(
            "POST",
            "/v1/auth/refresh",
            json.dumps({"refresh_token": self._refresh}).encode(),
            headers={"Content-Type": "application/json"},
        )
        if answer.status == 401:
            self._access = self._refresh = ""
            raise signed_out()
        self._take(_checked(answer))

    def _take(self, answer: Response) -> None:
        tokens = _json(answer)
        try:
            self._access, self._refresh = str(tokens["access_token"]), str(tokens["refresh_token"])
            lives_ms = int(tokens["expires_in"]) * 1000
        except (KeyError, ValueError, TypeError) as error:
            raise bad_answer() from error
        self._ends_ms = self._clock.running_ms() + lives_ms - _RENEW_BEFORE_MS

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._access}"}

    def _send(
        self, method: str, path: str, body: bytes = b"", *, headers: Mapping[str, str] | None = None
    ) -> Response:
        assert self._transport is not None, "signed in before"
        request_id = str(new_id(self._clock.now()))
        return self._transport.send(
            method, path, {APP_HEADER: APP, REQUEST_ID_HEADER: request_id, **(headers or {})}, body
        )


def signed_out() -> Rejected:
    """Return the refusal of whoever is not signed in."""
    return Rejected("office.signed_out", "Sign in at head office first.")


def _checked(answer: Response) -> Response:
    if 200 <= answer.status < 300:
        return answer
    problem: Problem | None = problem_of(answer)
    if problem is not None and problem.code.startswith("login."):
        # Wrong passwords, and the wait after them, are the person's own and no trouble of head office.
        raise ServerRefusal(*said(problem), problem)
    if answer.status in (429, 503):
        raise Unavailable("sync.server_busy", "Head office is busy: try again.")
    if problem is None or answer.status >= 500:
        raise Unavailable("sync.server_trouble", "Head office is in trouble: try again.")
    raise ServerRefusal(*said(problem), problem)


def _json(answer: Response) -> dict[str, Any]:
    if not answer.body:
        return {}
    try:
        found = json.loads(answer.body)
    except ValueError as error:
        raise bad_answer() from error
    if not isinstance(found, dict):
        raise bad_answer()
    return found
