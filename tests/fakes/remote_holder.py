"""A key holder behind a network, scripted: it makes real tokens, loses answers and says no when told to."""

import json
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from pos.services.key_holders import HolderAnswer, HolderVerdict
from pos.tokens.amount import encode_amount
from pos.tokens.cipher import BlockCipher
from pos.tokens.credit import credit_token


class Script(Enum):
    """What the holder does with one request."""

    ANSWER = auto()
    LOSE_ANSWER = auto()
    """It makes the token, and the answer never arrives."""
    LOSE_REQUEST = auto()
    """Nothing arrives there."""
    SAY_NO = auto()
    """Its final no."""


class ScriptedHolder:
    """Idempotent by sale id, as a holder must be; without a script it answers everything."""

    def __init__(self, cipher_of: Callable[[str], BlockCipher], *script: Script, first_tid: int = 6_778_000) -> None:
        self.requests: list[str] = []
        self.made: dict[str, tuple[dict[str, Any], ...]] = {}
        self.is_there = True
        self._script = deque(script)
        self._cipher_of = cipher_of
        self._next_tid = first_tid

    def is_reachable(self) -> bool:
        return self.is_there

    def vend(self, request: str) -> HolderAnswer:
        self.requests.append(request)
        step = self._script.popleft() if self._script else Script.ANSWER
        asked = json.loads(request)
        if step is Script.LOSE_REQUEST:
            return HolderAnswer(HolderVerdict.UNKNOWN)
        if step is Script.SAY_NO and asked["sale_id"] not in self.made:
            return HolderAnswer(HolderVerdict.FINAL_NO, reason="meter unknown here")
        tokens = self.made.setdefault(asked["sale_id"], self._tokens(asked))
        if step is Script.LOSE_ANSWER:
            return HolderAnswer(HolderVerdict.UNKNOWN)
        return HolderAnswer(HolderVerdict.TOKENS, tokens)

    def _tokens(self, asked: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        item = asked["quote"]["items"][0]
        tenths, tid = item["token_units_tenths"], self._next_tid
        self._next_tid += 1
        digits = credit_token(
            self._cipher_of(asked["drn"]), subclass=0, rnd=7, tid=tid, amount_field=encode_amount(tenths)
        )
        return ({"n": 1, "token_class": 0, "subclass": 0, "tid": tid, "digits": digits, "tenths": tenths},)
