"""A key holder behind a network that follows a script, and whose own book outlives the till."""

import json
from collections.abc import Iterable
from enum import StrEnum, auto
from pathlib import Path
from typing import Any

from pos.services.key_holders import HolderAnswer, HolderVerdict
from pos.tokens.amount import encode_amount
from pos.tokens.credit import credit_token
from pos.tokens.names import BaseDate
from pos.tokens.tid import minute_of
from pos.tokens.vault import SoftwareVault
from tests.factories.shop import START, ZONE, meter_cipher


class Step(StrEnum):
    """What the holder does with one request."""

    ANSWER = auto()
    LOSE_ANSWER = auto()
    """Makes the token; the answer gets lost on the way back."""
    LOSE_REQUEST = auto()
    """Never hears of it."""
    NO = auto()


class RemoteHolderTwin:
    """Idempotent by sale id, as head office is; keeps its own book in a file."""

    def __init__(self, vault: SoftwareVault, book: Path, script: Iterable[Step] = ()) -> None:
        """Follow `script`, then answer; `book` holds a line for every token ever made."""
        self._vault = vault
        self._book = book
        self._script = list(script)
        self._refused: set[str] = set()
        self.is_up = True
        self.asked: list[str] = []

    def is_reachable(self) -> bool:
        return self.is_up

    def vend(self, request: str) -> HolderAnswer:
        """Take one request as it was stored."""
        asked = json.loads(request)
        sale_id = asked["sale_id"]
        self.asked.append(sale_id)
        step = self._script.pop(0) if self._script else Step.ANSWER
        if step is Step.LOSE_REQUEST:
            return HolderAnswer(HolderVerdict.UNKNOWN)
        if sale_id in self._refused or (step is Step.NO and sale_id not in self.made()):
            self._refused.add(sale_id)
            return HolderAnswer(HolderVerdict.FINAL_NO, reason="meter unknown there")
        token = self.made().get(sale_id) or self._make(asked)
        if step is Step.LOSE_ANSWER:
            return HolderAnswer(HolderVerdict.UNKNOWN)
        return HolderAnswer(HolderVerdict.TOKENS, (token,))

    def made(self) -> dict[str, dict[str, Any]]:
        """Tokens by sale id; none has two."""
        lines = self._book.read_text().splitlines() if self._book.exists() else []
        tokens: dict[str, dict[str, Any]] = {}
        for line in lines:
            sale_id, token = json.loads(line)
            assert sale_id not in tokens
            tokens[sale_id] = token
        return tokens

    def _make(self, asked: dict[str, Any]) -> dict[str, Any]:
        item = asked["quote"]["items"][0]
        tenths = item["token_units_tenths"]
        # Far from the till's own TIDs, as another lane would be: half a day behind, one a token.
        tid = minute_of(BaseDate.Y2014, START.replace(hour=0), ZONE) + len(self.made())
        digits = credit_token(
            meter_cipher(self._vault, item["meter"]["drn"], item["meter"]["sgc"]),
            subclass=0,
            rnd=3,
            tid=tid,
            amount_field=encode_amount(tenths),
        )
        token = {"n": 1, "token_class": 0, "subclass": 0, "tid": tid, "digits": digits, "tenths": tenths}
        with self._book.open("a") as book:
            book.write(json.dumps([asked["sale_id"], token]) + "\n")
        return token
