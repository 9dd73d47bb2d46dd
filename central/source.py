"""Where a request came from, as sessions and the security log keep it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from central.limits import address_of, network_of

_AGENT_MAX = 200


@dataclass(frozen=True, slots=True)
class Source:
    """Network address, program, and the request's id."""

    address: str
    user_agent: str
    request_id: str

    @property
    def network(self) -> str:
        """What the address is counted as."""
        return network_of(self.address)


COMMAND_LINE = Source("command line", "", "")


def source_of(request: Request) -> Source:
    """Return where a request came from."""
    agent = "".join(letter for letter in request.headers.get("user-agent", "") if letter.isprintable())
    return Source(address_of(request)[:64], agent[:_AGENT_MAX], request.state.request_id)
