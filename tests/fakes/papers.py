"""Papers that only name the sale: enough to hash, store and find again."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from pos.domain.canonical import canonical_bytes
from pos.domain.permissions import Actor


class PlainPapers:
    def receipt(
        self, connection: Connection, sale: Mapping[str, Any], *, actor: Actor, at: datetime
    ) -> bytes:
        return canonical_bytes({"blocks": [], "kind": "receipt", "number": sale["receipt_number"], "v": 1})

    def sha256_of(self, document: bytes) -> str:
        return hashlib.sha256(document).hexdigest()
