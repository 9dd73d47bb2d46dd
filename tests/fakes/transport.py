"""A way to a server that answers what a test says: by path, in order, and never the network."""

import gzip
import json
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from pos.errors import Unavailable
from pos.sync.transport import Response


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def lines(self) -> list[bytes]:
        return gzip.decompress(self.body).splitlines()


Answer = Response | Exception | Callable[[Request], Response]


@dataclass(slots=True)
class ScriptedTransport:
    """Each beginning of a path has a queue of answers; the last one stays. What has none is unreachable."""

    requests: list[Request] = field(default_factory=list)
    _answers: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))

    def will(self, path: str, *answers: Answer) -> None:
        self._answers[path] = deque(answers)

    def sent(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path.startswith(path)]

    def send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        bare, _, query = path.partition("?")
        request = Request(method, bare, dict(parse_qsl(query, keep_blank_values=True)), headers or {}, body)
        self.requests.append(request)
        answers = next((known for start, known in self._answers.items() if bare.startswith(start)), None)
        if not answers:
            raise Unavailable("sync.unreachable", f"Nothing answers at {bare}.")
        answer = answers.popleft() if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else answer(request)


def ok(value: object, status: int = 200) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(value).encode())


def problem(status: int, code: str, headers: Mapping[str, str] | None = None, **extra: object) -> Response:
    body = {"status": status, "code": code, "detail": f"No: {code}.", **extra}
    return Response(
        status, {"content-type": "application/problem+json", **(headers or {})}, json.dumps(body).encode()
    )
