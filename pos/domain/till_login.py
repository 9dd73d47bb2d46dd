"""What a till signs to log in at the server (docs/formats.md §3, §10)."""

from __future__ import annotations

from uuid import UUID

from pos.domain.canonical import canonical_bytes

LOGIN_PREFIX = b"kilotill-login-v1\n"


def login_message(*, nonce: str, till: UUID) -> bytes:
    """Return the bytes that a till signs over the server's nonce."""
    return LOGIN_PREFIX + canonical_bytes({"nonce": nonce, "till": str(till)})
