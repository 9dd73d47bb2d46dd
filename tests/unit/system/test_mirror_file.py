from pathlib import Path
from uuid import UUID

import pytest

from pos.system.mirror_file import MirrorFile, mirror_name, read_mirror

LONG = b"x" * 200_000


def test_append_when_called_twice_adds_whole_lines(tmp_path: Path) -> None:
    mirror = MirrorFile(tmp_path / "book.ndjson")
    assert mirror.last_line() is None

    mirror.append([b"one", b"two"])
    mirror.append([LONG])

    assert list(read_mirror(mirror.path)) == [b"one", b"two", LONG]
    assert MirrorFile(mirror.path).last_line() == LONG


@pytest.mark.parametrize(
    ("content", "last", "rest"),
    [
        (b"", None, b""),
        (b"half", None, b""),
        (b"one\nhalf", b"one", b"one\n"),
        (b"one\n" + LONG, b"one", b"one\n"),
        (LONG + b"\n" + LONG, LONG, LONG + b"\n"),
        (b"one\ntwo\n", b"two", b"one\ntwo\n"),
    ],
)
def test_last_line_when_the_end_is_torn_cuts_it_off(
    tmp_path: Path, content: bytes, last: bytes | None, rest: bytes
) -> None:
    path = tmp_path / "book.ndjson"
    path.write_bytes(content)

    assert MirrorFile(path).last_line() == last
    assert path.read_bytes() == rest


def test_is_as_left_when_somebody_else_changed_the_file_says_no(tmp_path: Path) -> None:
    mirror = MirrorFile(tmp_path / "book.ndjson")
    mirror.last_line()
    assert mirror.is_as_left()
    mirror.append([b"one"])
    assert mirror.is_as_left()

    mirror.path.unlink()

    assert not mirror.is_as_left()


def test_read_when_the_last_line_is_torn_leaves_it_out(tmp_path: Path) -> None:
    (tmp_path / "book.ndjson").write_bytes(b"one\ntw")

    assert list(read_mirror(tmp_path / "book.ndjson")) == [b"one"]


def test_name_when_two_tills_have_one_code_differs() -> None:
    first, second = UUID(int=1), UUID(int=2)

    assert mirror_name("T03", first) == "kilotill-T03-000000000001.ndjson"
    assert mirror_name("T03", first) != mirror_name("T03", second)
