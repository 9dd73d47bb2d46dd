"""Journal lines and documents on disk: their exact bytes, deflated with a fixed dictionary (docs/adr/0004).

Most of a line is its keys and ids, the same from line to line. With a dictionary that holds them a sale takes
a fifth of the room; unpacking gives back the bytes that were hashed and signed, never a rebuilt form.
"""

from __future__ import annotations

import zlib

_VERSION = b"\x01"

# Part of the file format: changing it makes every stored line unreadable. A better one gets the next version.
_DICTIONARY_1 = (
    b'{"actor":"01a00000-0000-7000-8000-000000000000","app":"0.1.0","approved_by":null,"at":"202'
    b'6-11-20T10:15:30.123Z","body":{"copy":0,"how":"printed","sale_id":"01a00000-0000-7000-8000'
    b'-000000000000"},"business_day":"2026-11-20","id":"01a00000-0000-7000-8000-000000000000","k'
    b'ind":"token_handed_over","kind_version":1,"prev":"'
    b'{"actor":"01a00000-0000-7000-8000-000000000000","app":"0.1.0","approved_by":null,"at":"202'
    b'6-11-20T10:15:30.123Z","body":{"sale":{"currency":"RWF","document_sha256":"000000000000000'
    b'0000000000000000000000000000000000000000000000000","holder":"vault","items":[{"basis":{"ar'
    b'rears_before_minor":0,"bought_before_milli":12345,"charges_taken":[],"free_before_milli":0'
    b',"meter_cursor":0,"month":"2026-11","tariff_id":"01a00000-0000-7000-8000-000000000000","ta'
    b'riff_sha256":"0000000000000000000000000000000000000000000000000000000000000000","tariff_ve'
    b'rsion":1},"carry_in_milli":12,"carry_out_milli":34,"free_milli":0,"item_kind":"token","lin'
    b'es":[{"amount_minor":13208,"block":1,"code":"block_1","kind":"energy","n":1,"rate_micro":3'
    b'10000000,"tax_code":"B","units_milli":43638},{"amount_minor":19739,"block":2,"code":"block'
    b'_2","kind":"energy","n":2,"rate_micro":310000000,"tax_code":"B","units_milli":12771},{"amo'
    b'unt_minor":9399,"code":"vat","kind":"tax","n":3,"tax_code":"B","units_milli":3201}],"meter'
    b'":{"base_date":"14","dkga":"04","drn":"04123456784","ea":"07","krn":1,"kt":2,"meter_id":"0'
    b'1a00000-0000-7000-8000-000000000000","sgc":"201457","ti":"01"},"money_minor":5000,"n":1,"t'
    b'oken_units_tenths":303,"tokens":[{"digits":"02185337505413823766","n":1,"subclass":0,"tent'
    b'hs":303,"tid":6778183,"token_class":0}],"units_milli":30387}],"language":"en","money_minor'
    b'":5000,"payments":[{"amount_minor":5000,"change_minor":0,"payment_id":"01a00000-0000-7000-'
    b'8000-000000000000","tender":"cash"}],"receipt_number":"T03-000007","sale_id":"01a00000-000'
    b'0-7000-8000-000000000000"}},"business_day":"2026-11-20","id":"01a00000-0000-7000-8000-0000'
    b'00000000","kind":"sale_delivered","kind_version":1,"prev":"0000000000000000000000000000000'
    b'000000000000000000000000000000000","seq":7,"shift":"01a00000-0000-7000-8000-000000000000",'
    b'"till":"01a00000-0000-7000-8000-000000000000","v":1}'
)


class PackingError(ValueError):
    """Stored bytes that do not unpack: the database is damaged or was changed by hand."""


def pack_line(data: bytes) -> bytes:
    """Return the stored form of a journal line."""
    return _VERSION + _deflate(data, _DICTIONARY_1)


def unpack_line(packed: bytes) -> bytes:
    """Return the exact bytes of a stored journal line. Raises PackingError."""
    return _inflate(packed, _DICTIONARY_1)


def pack_document(data: bytes, line: bytes) -> bytes:
    """Return the stored form of a document; `line`, its journal line, already holds most of what it says."""
    return _VERSION + _deflate(data, _DICTIONARY_1 + line)


def unpack_document(packed: bytes, line: bytes) -> bytes:
    """Return the exact bytes of a stored document. Raises PackingError."""
    return _inflate(packed, _DICTIONARY_1 + line)


def _deflate(data: bytes, dictionary: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=dictionary)
    return packer.compress(data) + packer.flush()


def _inflate(packed: bytes, dictionary: bytes) -> bytes:
    if packed[:1] != _VERSION:
        raise PackingError("unknown form of stored bytes")
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS, zdict=dictionary)
    try:
        data = unpacker.decompress(packed[1:])
    except zlib.error as error:
        raise PackingError(str(error)) from error
    if not unpacker.eof or unpacker.unused_data:
        raise PackingError("cut short, or followed by other bytes")
    return data
