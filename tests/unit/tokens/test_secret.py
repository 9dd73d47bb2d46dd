import copy
import dataclasses
import json
import logging
import pickle
import traceback

import pytest

from pos.tokens.secret import Secret
from tests.unit.tokens.spellings import shows

KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210AABBCCDD")


@dataclasses.dataclass(frozen=True, slots=True)
class Holder:
    name: str
    secret: Secret


@pytest.mark.parametrize(
    "text", [repr(KEY), KEY.hex(), KEY.hex(" ", 2).upper(), f"<{list(KEY)}>", str(int.from_bytes(KEY, "big"))]
)
def test_search_when_a_key_is_spelled_out_then_finds_it(text: str) -> None:
    assert shows(text, KEY)


def test_secret_when_revealed_then_gives_the_bytes() -> None:
    assert Secret(KEY).reveal() == KEY
    assert len(Secret(KEY)) == 20


def test_secret_when_made_from_a_mutable_buffer_then_keeps_a_copy() -> None:
    buffer = bytearray(KEY)
    secret = Secret(buffer)
    buffer[0] ^= 1
    assert secret.reveal() == KEY


@pytest.mark.parametrize("show", [repr, str, "{}".format, "%s".__mod__, "%r".__mod__, dir, ascii])
def test_secret_when_printed_alone_or_inside_then_stays_hidden(show) -> None:
    for thing in (Secret(KEY), Holder("a", Secret(KEY)), [Secret(KEY)], {"k": Secret(KEY)}):
        text = str(show((thing,))) if show in ("%s".__mod__, "%r".__mod__) else str(show(thing))
        assert not shows(text, KEY)


def test_secret_when_a_dataclass_holding_it_becomes_a_dict_then_stays_hidden() -> None:
    assert not shows(repr(dataclasses.asdict(Holder("a", Secret(KEY)))), KEY)
    assert not shows(repr(dataclasses.astuple(Holder("a", Secret(KEY)))), KEY)


def test_secret_when_written_as_json_then_fails_or_stays_hidden() -> None:
    with pytest.raises(TypeError) as caught:
        json.dumps({"key": Secret(KEY)})
    assert not shows("".join(traceback.format_exception(caught.value)), KEY)
    assert not shows(json.dumps({"key": Secret(KEY)}, default=str), KEY)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_secret_when_pickled_then_raises(protocol: int) -> None:
    for thing in (Secret(KEY), Holder("a", Secret(KEY))):
        with pytest.raises(TypeError, match="never pickled"):
            pickle.dumps(thing, protocol)


def test_secret_when_asked_for_its_state_or_variables_then_raises() -> None:
    with pytest.raises(TypeError, match="never pickled"):
        Secret(KEY).__getstate__()
    with pytest.raises(TypeError):
        vars(Secret(KEY))
    with pytest.raises(TypeError):
        bytes(Secret(KEY))
    with pytest.raises(TypeError):
        hash(Secret(KEY))


def test_secret_when_copied_then_is_the_same_object() -> None:
    secret = Secret(KEY)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_secret_when_logged_then_stays_hidden(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").info("loaded %s %r", Secret(KEY), Holder("a", Secret(KEY)))
    assert "hidden" in caplog.text
    assert not shows(caplog.text, KEY)


def test_secret_when_compared_then_only_equal_bytes_are_equal() -> None:
    assert Secret(KEY) == Secret(KEY)
    assert Secret(KEY) != Secret(KEY[:-1] + b"\x00")
    assert Secret(KEY) != Secret(KEY[:-1])
    assert Secret(KEY) != KEY
