"""Head office as a key holder: it makes the token while the till is online (docs/formats.md §6, §10)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from pos.errors import Unavailable
from pos.services.key_holders import HolderAnswer, HolderVerdict

if TYPE_CHECKING:
    from pos.sync.client import ServerClient

CENTRAL = "central"
"""Head office, as a group's list of holders names it."""

PATH = "/v1/vend"
_FINAL_NO = 409


class CentralHolder:
    """Asks `/v1/vend` with the stored request: the same sale gives the same token, however often."""

    def __init__(
        self,
        client: Callable[[], ServerClient | None],
        *,
        is_reachable: Callable[[], bool],
        unreachable: Callable[[], None],
    ) -> None:
        """`client` gives the conversation of an enrolled till, None for one that stands alone.

        `unreachable` is told when head office did not answer: the next sale goes to another holder at once.
        """
        self._client = client
        self._is_reachable = is_reachable
        self._unreachable = unreachable

    def is_reachable(self) -> bool:
        """Return whether a cycle with head office ended well a moment ago."""
        return self._is_reachable()

    def vend(self, request: str) -> HolderAnswer:
        """Send the stored request. A final no is a 404 that says so, or a 409 that does not say otherwise."""
        client = self._client()
        if client is None:
            return HolderAnswer(HolderVerdict.UNKNOWN)
        # Loaded only here: a window must open quickly, and few tills vend through head office.
        from pos.contracts.vend import VendAnswer
        from pos.sync.client import ServerRefusal

        try:
            answer = client.call(
                "POST", PATH, body=request.encode(), headers={"Content-Type": "application/json"}
            )
            if answer.status != 200:
                return HolderAnswer(HolderVerdict.UNKNOWN)
            vended = client.read(answer, VendAnswer)
        except Unavailable as error:
            self._unreachable()
            return HolderAnswer(HolderVerdict.UNKNOWN, reason=error.code)
        except ServerRefusal as refusal:
            is_final = (refusal.status == _FINAL_NO and refusal.problem.final is not False) or (
                refusal.status == 404 and refusal.problem.final is True
            )
            verdict = HolderVerdict.FINAL_NO if is_final else HolderVerdict.UNKNOWN
            return HolderAnswer(verdict, reason=refusal.code)
        if str(vended.sale_id) != json.loads(request)["sale_id"]:
            return HolderAnswer(HolderVerdict.UNKNOWN, reason="holder.wrong_answer")
        return HolderAnswer(
            HolderVerdict.TOKENS,
            tuple(_entry(token.model_dump()) for token in vended.tokens),
            key=vended.key.model_dump(),
        )


def _entry(token: dict[str, object]) -> dict[str, object]:
    """Return a token as an item has it: without `tenths` where it carries none, with `tid` even if null."""
    return {key: value for key, value in token.items() if key != "tenths" or value is not None}
