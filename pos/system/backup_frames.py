"""The body of a back-up file: deflated, in frames, each sealed where there is a key (docs/backup.md §3)."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pos.system.sealed_file import DamagedFileError
from pos.tokens.secret import Secret

CHUNK_BYTES = 1 << 20
DIGEST_BYTES = 32
_LENGTH_BYTES = 4
_TAG_BYTES = 16
_LEVEL = 6


def write_frames(
    file: BinaryIO, head: bytes, sources: Iterable[Path], *, key: Secret | None
) -> Iterator[None]:
    """Write `head`, the frames of the sources one after the other, and the digest; a step for each yield."""
    digest = hashlib.sha256(head)
    file.write(head)
    framing = _Framing(head, key)
    held: bytes | None = None
    for chunk in _deflated(sources):
        if held is not None:
            _put(file, digest, framing.close(held, is_last=False))
        held = chunk
        yield
    assert held is not None, "a deflated stream is never empty"
    _put(file, digest, framing.close(held, is_last=True))
    file.write(digest.digest())


def read_frames(file: BinaryIO, head: bytes, body_bytes: int, *, key: Secret | None) -> Iterator[bytes]:
    """Give the contents back piece by piece, from a file that stands behind its head.

    `body_bytes` is what the frames take. Only after the last piece is it certain that nothing was changed.
    Raises DamagedFileError; InvalidTag for changed frames; zlib.error.
    """
    digest = hashlib.sha256(head)
    framing = _Framing(head, key)
    unpacker = zlib.decompressobj()
    left = body_bytes
    while left > 0:
        frame = _take(file, digest, left)
        left -= _LENGTH_BYTES + len(frame)
        data = framing.open(frame, is_last=left == 0)
        while data:
            yield unpacker.decompress(data, CHUNK_BYTES)
            data = unpacker.unconsumed_tail
    if not unpacker.eof or file.read(DIGEST_BYTES) != digest.digest():
        raise DamagedFileError


class _Framing:
    """Numbers the frames and marks the last one, so that none can be left out, moved or cut off."""

    def __init__(self, head: bytes, key: Secret | None) -> None:
        self._cipher = None if key is None else AESGCM(key.reveal())
        self._head = hashlib.sha256(head).digest()
        self._count = 0

    def close(self, data: bytes, *, is_last: bool) -> bytes:
        nonce = self._nonce(is_last=is_last)
        return data if self._cipher is None else self._cipher.encrypt(nonce, data, self._head)

    def open(self, frame: bytes, *, is_last: bool) -> bytes:
        nonce = self._nonce(is_last=is_last)
        return frame if self._cipher is None else self._cipher.decrypt(nonce, frame, self._head)

    def _nonce(self, *, is_last: bool) -> bytes:
        """Counted, not random: the key is used for this one file."""
        self._count += 1
        return self._count.to_bytes(11, "big") + bytes((is_last,))


def _deflated(sources: Iterable[Path]) -> Iterator[bytes]:
    packer = zlib.compressobj(_LEVEL)
    gathered = bytearray()
    for source in sources:
        with source.open("rb") as file:
            while data := file.read(CHUNK_BYTES):
                gathered += packer.compress(data)
                if len(gathered) >= CHUNK_BYTES:
                    yield bytes(gathered)
                    gathered.clear()
    yield bytes(gathered) + packer.flush()


def _put(file: BinaryIO, digest: hashlib._Hash, frame: bytes) -> None:
    for piece in (len(frame).to_bytes(_LENGTH_BYTES, "big"), frame):
        digest.update(piece)
        file.write(piece)


def _take(file: BinaryIO, digest: hashlib._Hash, left: int) -> bytes:
    length = file.read(_LENGTH_BYTES)
    size = int.from_bytes(length, "big")
    # A frame is about a chunk: a damaged length must not ask for all memory.
    if size + _LENGTH_BYTES > left or size > 4 * CHUNK_BYTES + _TAG_BYTES:
        raise DamagedFileError
    frame = file.read(size)
    digest.update(length)
    digest.update(frame)
    return frame
