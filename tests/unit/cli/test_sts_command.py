"""`kilotill sts`: what goes in as bytes, what comes out as text, and with which exit code."""

import errno
import io
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from pos.cli import sts as sts_module
from pos.cli.root import run
from pos.services.sts_self_test import packed_vectors, run_self_test

ROOT = Path(__file__).parents[3]
LUHN = b'{"op":"luhn","payload":"1234567890"}\n'
LUHN_ANSWER = '{"check_digit": 3}'
KEY = "87f3ecbb2e46b48f"
KEY_128 = "929bd3a415c9420a05ec5ee9f3ce91c3"
TOKEN, TOKEN_128 = "70630503470028726114", "58625789986991357486"
DISPLAY_TOKEN = "56493153725450313471"
IO_CODE = "machine.io"


def test_sts_with_good_lines_answers_each_and_ends_with_0() -> None:
    result = _run(stdin=LUHN * 3)

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [LUHN_ANSWER] * 3
    assert result.stderr == ""


def test_sts_with_a_bad_line_keeps_going_and_ends_with_1() -> None:
    result = _run(stdin=LUHN + b"{\n" + LUHN)

    first, bad, last = result.stdout.splitlines()
    assert result.exit_code == 1
    assert (first, last) == (LUHN_ANSWER, LUHN_ANSWER)
    assert json.loads(bad)["error"]["code"] == "line.not_json"


@pytest.mark.parametrize("stdin", [b"", b"\n", b" \r\n\t\n\n", b"\xef\xbb\xbf\n"])
def test_sts_with_blank_lines_only_answers_nothing_and_ends_with_0(stdin: bytes) -> None:
    result = _run(stdin=stdin)

    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize(
    "good",
    [LUHN, LUHN.replace(b"\n", b"\r\n"), LUHN.strip(), b"\xef\xbb\xbf" + LUHN, b"\n\n" + LUHN],
    ids=["LF", "CRLF", "no end of line", "byte order mark", "blank lines before"],
)
def test_sts_with_a_line_written_by_any_program_answers_it(good: bytes) -> None:
    result = _run(stdin=good)

    assert (result.exit_code, result.stdout) == (0, LUHN_ANSWER + "\n")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"\xff\xfe\x00", "line.not_json"),
        (b"\xc3\x28", "line.not_json"),
        (LUHN.decode().strip().encode("utf-16"), "line.not_json"),
        (b"1" * 1_000_000, "line.too_long"),
        (b"[" * 90_000, "line.not_json"),
        (b'{"op":"luhn","payload":NaN}', "line.not_json"),
        (b'{"op":"luhn","payload":true}', "line.type"),
        (b'{"op":"amount","units":' + b"9" * 4000 + b"}", "line.type"),
        (b'{"op":"amount","units":' + b"9" * 5000 + b"}", "line.not_json"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_sts_with_a_hostile_line_spoils_that_line_only(line: bytes, code: str) -> None:
    result = _run(stdin=line + b"\n" + LUHN)

    bad, good = result.stdout.splitlines()
    assert result.exit_code == 1
    assert json.loads(bad)["error"]["code"] == code
    assert good == LUHN_ANSWER


def test_sts_with_an_id_that_is_not_utf8_answers_in_ascii() -> None:
    result = _run(stdin=b'{"op":"luhn","payload":"1234567890","id":"\xff\\ud800\xc3\xa9"}\n')

    assert result.stdout_bytes.isascii()
    assert json.loads(result.stdout) == {"id": "\ufffd\ud800é", "check_digit": 3}


def test_sts_on_a_keyboard_says_how_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    class Keyboard(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    @click.command()
    def whole() -> None:
        monkeypatch.setattr("sys.stdin", Keyboard(io.BytesIO(LUHN)))
        raise SystemExit(run(["sts"]))

    result = CliRunner().invoke(whole, [])

    assert "Ctrl-D" in result.stderr
    assert result.stdout == LUHN_ANSWER + "\n"


def test_sts_as_a_program_answers_on_standard_output() -> None:
    done = _program(["sts"], LUHN + b"\xff\n\n" + LUHN)

    first, bad, last = done.stdout.decode("ascii").splitlines()
    assert done.returncode == 1
    assert (first, last) == (LUHN_ANSWER, LUHN_ANSWER)
    assert json.loads(bad)["error"]["code"] == "line.not_json"
    assert done.stderr == b""


def test_sts_as_a_program_answers_before_the_input_ends() -> None:
    command = [sys.executable, "-m", "pos", "sts"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(LUHN)
        program.stdin.flush()
        assert program.stdout.readline().decode("ascii").strip() == LUHN_ANSWER
        program.stdin.close()
        assert program.wait() == 0


def test_sts_without_standard_input_is_used_wrongly(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def whole() -> None:
        monkeypatch.setattr("sys.stdin", None)
        raise SystemExit(run(["sts"]))

    result = CliRunner().invoke(whole, [])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Standard input is closed" in result.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("arguments", [["sts"], ["sts", "self-test"], ["--help"]], ids=" ".join)
def test_sts_as_a_program_when_the_output_is_full_ends_with_1_and_one_line(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "pos", *arguments]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, cwd=ROOT, input=LUHN, stdout=full, stderr=subprocess.PIPE)

    assert done.returncode == 1
    assert done.stderr.decode() == f"Reading or writing failed: No space left on device. [{IO_CODE}]\n"


def test_self_test_that_cannot_write_ends_with_1_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(sts_module, "run_self_test", fail)

    result = _run("self-test")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Reading or writing failed: Input/output error. [{IO_CODE}]\n"


def test_sts_as_a_program_when_the_reader_has_left_ends_with_1_and_quietly() -> None:
    command = [sys.executable, "-m", "pos", "sts"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        program.stdin.write(LUHN)
        program.stdin.close()

        assert program.stderr.read() == b""
        assert program.wait() == 1


@pytest.mark.parametrize(
    ("token", "key"), [(TOKEN, KEY), (TOKEN_128, KEY_128), (TOKEN, KEY.upper())], ids=["07", "11", "upper"]
)
def test_explain_with_the_key_says_what_the_token_is(token: str, key: str) -> None:
    result = _run("explain", token, "--key", key, "--base-date", "14")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        " ".join(token[start : start + 4] for start in range(0, 20, 4)),
        "Class 0 (credit), electricity credit.",
        "Credit for electricity: 0.1 kWh.",
        "Token identifier 85740: 2014-03-01 13:00 UTC (base date 2014).",
        "A meter takes it once.",
    ]


@pytest.mark.parametrize(
    "written",
    [["7063", "0503", "4700", "2872", "6114"], ["7063-0503-4700-2872-6114"], ["7063 0503 4700 28726114"]],
)
def test_explain_a_token_with_blanks_or_dashes_is_the_same(written: list[str]) -> None:
    assert _run("explain", *written, "--key", KEY).stdout == _run("explain", TOKEN, "--key", KEY).stdout


def test_explain_with_a_named_cipher_uses_it() -> None:
    assert _run("explain", TOKEN, "--key", KEY, "--ea", "07").exit_code == 0
    assert "[key.length]" in _run("explain", TOKEN, "--key", KEY, "--ea", "11").stderr


def test_explain_with_the_key_as_json_is_one_object() -> None:
    result = _run("explain", TOKEN, "--key", KEY, "--json")

    assert json.loads(result.stdout) == {
        "class": 0,
        "subclass": 0,
        "name": "electricity credit",
        "tid": 85740,
        "explanation": [
            "Credit for electricity: 0.1 kWh.",
            "Token identifier 85740.",
            "A meter takes it once.",
        ],
    }


def test_explain_without_a_key_says_the_class_and_asks_for_the_key() -> None:
    result = _run("explain", TOKEN)

    assert result.exit_code == 0
    assert "Class 0 (credit)" in result.stdout
    assert "--key" in result.stdout


def test_explain_without_a_key_as_json_has_the_same_names() -> None:
    answer = json.loads(_run("explain", TOKEN, "--json").stdout)

    assert set(answer) == {"class", "subclass", "name", "tid", "explanation"}
    assert (answer["class"], answer["subclass"], answer["name"], answer["tid"]) == (0, None, None, None)


def test_explain_a_display_token_needs_no_key() -> None:
    result = _run("explain", DISPLAY_TOKEN)

    assert result.exit_code == 0
    assert "all supported tests" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([TOKEN, "--key", "7f78cdd220be39b8"], "token.crc"),
        ([TOKEN, "--key", "xyz"], "key.hex"),
        ([TOKEN, "--key", "é"], "key.hex"),
        ([TOKEN, "--key", "abc"], "key.hex"),
        ([TOKEN, "--key", ""], "key.length"),
        ([TOKEN, "--key", "ab"], "key.length"),
        (["1234"], "token.length"),
        (["hello"], "token.not_digits"),
        (["9" * 20], "token.range"),
        ([f"{3 << 27:020d}"], "token.class"),
        ([DISPLAY_TOKEN[:-1] + "0"], "token.crc"),
    ],
    ids=str,
)
def test_explain_of_what_cannot_be_read_ends_with_1_and_its_code(arguments: list[str], code: str) -> None:
    result = _run("explain", *arguments)

    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"[{code}]" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([TOKEN, "--key", "xyz"], "key.hex"),
        (["1234"], "token.length"),
        ([TOKEN, "--key", "ab"], "key.length"),
    ],
    ids=str,
)
def test_explain_as_json_of_what_cannot_be_read_is_one_object(arguments: list[str], code: str) -> None:
    result = _run("explain", *arguments, "--json")

    answer = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (1, "")
    assert set(answer) == {"error"}
    assert set(answer["error"]) == {"code", "message"}
    assert answer["error"]["code"] == code


@pytest.mark.parametrize("key", [KEY, "xyz", "ab", ""])
def test_explain_a_display_token_with_any_key_does_not_look_at_it(key: str) -> None:
    assert _run("explain", DISPLAY_TOKEN, "--key", key).stdout == _run("explain", DISPLAY_TOKEN).stdout


def test_explain_never_shows_the_key() -> None:
    for as_json in ([], ["--json"]):
        result = _run("explain", TOKEN, "--key", KEY, *as_json)
        assert KEY not in result.output.lower()
    assert "xyzxyz" not in _run("explain", TOKEN, "--key", "xyzxyz").output


def test_self_test_passes_and_counts_by_kind() -> None:
    result = _run("self-test")

    *kinds, total = result.stdout.splitlines()
    assert result.exit_code == 0
    assert total == "311 passed, 0 failed"
    assert len(kinds) == 17
    assert sum(int(line.split()[1]) for line in kinds) == 311


def test_self_test_as_json_is_one_object() -> None:
    answer = json.loads(_run("self-test", "--json").stdout)

    assert (answer["passed"], answer["failed"]) == (311, 0)
    assert answer["kinds"]["token_class0"] == {"passed": 122, "failed": 0}


def test_self_test_with_a_difference_ends_with_1_and_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    vector = next(v for v in packed_vectors() if v["kind"] == "token_class0")
    tampered = {**vector, "amount_field": 0}
    monkeypatch.setattr(sts_module, "run_self_test", lambda: run_self_test([vector, tampered]))

    words, answer = _run("self-test"), _run("self-test", "--json")

    assert words.exit_code == answer.exit_code == 1
    assert f"DIFFERENT {vector['id']} (token_class0): " in words.stdout
    assert words.stdout.splitlines()[-1] == "1 passed, 1 failed"
    assert json.loads(answer.stdout)["failed"] == 1


def test_self_test_as_a_program_agrees_on_this_machine() -> None:
    done = _program(["sts", "self-test"])

    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[-1] == "311 passed, 0 failed"


def _run(*arguments: str, stdin: bytes = b"") -> Result:
    @click.command()
    def whole() -> None:
        raise SystemExit(run(["sts", *arguments]))

    return CliRunner().invoke(whole, [], input=stdin)


def _program(arguments: list[str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "pos", *arguments], cwd=ROOT, input=stdin, capture_output=True
    )
