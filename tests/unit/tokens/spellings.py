"""Finds key bytes in a text, however they are spelled."""

import base64


def shows(text: str, key: bytes) -> bool:
    """Return whether `text` holds `key` or its first half as hex, bytes literal, list, integer or base64."""
    return any(spelling in text for part in (key, key[: len(key) // 2]) for spelling in _spellings(part))


def _spellings(part: bytes) -> set[str]:
    plain = part.hex()
    return {
        plain,
        plain.upper(),
        part.hex(" "),
        part.hex(" ").upper(),
        part.hex(" ", 2),
        part.hex(" ", 2).upper(),
        part.hex("-"),
        part.hex(":"),
        repr(part)[2:-1],
        repr(list(part))[1:-1],
        str(int.from_bytes(part, "big")),
        str(int.from_bytes(part, "little")),
        f"{int.from_bytes(part, 'big'):x}",
        base64.b64encode(part).decode().rstrip("="),
    }
