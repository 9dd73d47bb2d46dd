"""A way to the real server application without a socket."""

from collections.abc import Callable, Mapping

import httpx2 as httpx

from pos.errors import Unavailable
from pos.sync.transport import Response


class ClientTransport:
    """Sends through the test client of an application; `is_cut` makes it a dead line.

    `before` hears of each path in the thread that sends: it may let it hang.
    """

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.is_cut = False
        self.before: Callable[[str], None] = lambda _path: None

    def send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        if self.is_cut:
            raise Unavailable("sync.unreachable", "The line is cut.")
        self.before(path)
        answer = self._client.request(method, path, headers=dict(headers or {}), content=body)
        names = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, names, answer.content)
