"""Every error code in the program is explained in docs/errors.md and raised in a test; no other is listed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.i18n.error_texts import ERROR_TEXTS

ROOT = Path(__file__).parents[2]
LISTS = {Path(__file__).name, "test_error_texts.py"}
"""Tests that name codes without raising them."""
CODE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
BASE = "KilotillError"
CARRIERS = {"Finding", "RowError", "wrong"}
"""Not exceptions, but carry a code just the same."""


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _trees(folder: str) -> list[tuple[Path, ast.Module]]:
    files = sorted((ROOT / folder).rglob("*.py"))
    return [(path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))) for path in files]


TREES = [*_trees("pos"), *_trees("central")]


def _error_classes() -> set[str]:
    """Names of the base class and of everything that descends from it."""
    bases = {
        node.name: {_last_name(base) for base in node.bases}
        for _, tree in TREES
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {BASE}
    while more := {name for name, parents in bases.items() if parents & found} - found:
        found |= more
    return found


ERROR_CLASSES = _error_classes()


def test_codes_in_the_program_are_those_that_the_document_explains() -> None:
    program, document = _codes_in_the_program(), {code for code, *_ in _rows_in_the_document()}

    assert sorted(program - document) == [], "not explained in docs/errors.md"
    assert sorted(document - program - _kept_for_later()) == [], "explained, but nothing raises them"


def test_codes_kept_for_later_are_those_with_a_text_that_nothing_raises_yet() -> None:
    assert sorted(_kept_for_later()) == sorted(set(ERROR_TEXTS) - _codes_in_the_program())


def test_codes_in_the_document_stand_there_once_and_say_what_to_do() -> None:
    rows = _rows_in_the_document()

    assert len({code for code, *_ in rows}) == len(rows)
    for code, meaning, remedy in rows:
        assert len(meaning.split()) > 2, code
        assert len(remedy.split()) > 1, code


def test_classes_of_errors_are_those_that_the_document_explains() -> None:
    classes = re.findall(r"^\| `([A-Z]\w+)` \|", _document(), flags=re.MULTILINE)

    assert sorted(classes) == sorted(ERROR_CLASSES - {BASE})


def test_every_code_is_raised_in_a_test() -> None:
    spoken_of = {
        node.value
        for path, tree in _trees("tests")
        if path.name not in LISTS
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert sorted(_codes_in_the_program() - spoken_of) == []


@pytest.mark.parametrize("name", sorted(ERROR_CLASSES))
def test_every_error_names_its_code_where_it_is_made(name: str) -> None:
    """A code put together from pieces could not be listed, searched for or kept stable."""
    unreadable = [
        f"{path}:{node.lineno}"
        for path, tree in TREES
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _last_name(node.func) == name and not _is_readable(node)
    ]

    assert unreadable == []


def test_codes_in_the_program_are_found_in_every_way_they_are_written() -> None:
    found = _codes_in_the_program()

    assert {"token.crc", "line.not_json", "unsupported.dkga03", "vault.damaged", "key.hex"} <= found
    assert all(code == code.lower() for code in found)


def _codes_in_the_program() -> set[str]:
    return {code for _, tree in TREES for node in ast.walk(tree) for code in _codes_at(node)}


def _codes_at(node: ast.AST) -> Iterator[str]:
    """Codes among the arguments of an error, or first in a pair of code and sentence."""
    if isinstance(node, ast.Call) and _last_name(node.func) in ERROR_CLASSES | CARRIERS:
        yield from (argument.value for argument in node.args if _is_code(argument))
    if isinstance(node, ast.Tuple) and len(node.elts) == 2:
        code, sentence = node.elts
        if _is_code(code) and isinstance(sentence, ast.Constant | ast.JoinedStr):
            yield code.value


def _is_code(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CODE.fullmatch(node.value) is not None
    )


def _is_readable(call: ast.Call) -> bool:
    return bool(call.args) and (_is_code(call.args[0]) or isinstance(call.args[0], ast.Starred))


def _document() -> str:
    return (ROOT / "docs/errors.md").read_text(encoding="utf-8")


def _rows_in_the_document() -> list[tuple[str, str, str]]:
    return _rows(_document())


def _kept_for_later() -> set[str]:
    """Codes that have a text but are not raised: formats §14 names them for parts that are still to come."""
    section = _document().split("\n## Kept for later parts\n")[1].split("\n## ")[0]
    return {code for code, *_ in _rows(section)}


def _rows(text: str) -> list[tuple[str, str, str]]:
    return re.findall(rf"^\| `({CODE.pattern})` \| (.+?) \| (.+?) \|$", text, flags=re.MULTILINE)
