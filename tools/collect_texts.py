"""Collects the texts of the screens into `screen.po` of every language: `python -m tools.collect_texts`.

A text of a screen is the first argument of a call of `say`, or stands in a table of words (`TABLES`), or is
the label or help of a setting. Texts that papers or refusals have already are left to their own files. What
is translated stays; what nobody says any more goes. `--check` changes nothing and fails where it would.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from pos.config import SETTINGS
from pos.i18n.catalogue import LANGUAGES, SOURCE_LANGUAGE
from pos.i18n.resources import resource_path

ROOT = Path(__file__).parents[1]
FOLDERS = ("pos/ui", "pos/reports", "pos/services", "pos/gateways")
TABLES = {
    "pos/ui/places.py": {"PLACES", "HELP", "RESUME", "UPLOADS"},
    "pos/ui/key_words.py": None,
    "pos/ui/first_start/answers.py": {"_SENTENCES", "STEPS"},
    "pos/ui/first_start/steps.py": None,
    "pos/ui/first_start/presenter.py": {"STEPS"},
    "pos/ui/screens/tariffs/changes.py": {"RULE_WORDS", "PERIOD_WORDS", "TAXED_WORDS"},
    "pos/ui/screens/tariffs/view.py": {"_STAGES"},
    "pos/ui/screens/tariffs/words.py": {"_SENTENCES"},
    "pos/ui/screens/floats/forms.py": {"ACTS"},
    "pos/ui/screens/floats/view.py": {"MOVE_WORDS"},
    "pos/ui/screens/uploads/words.py": None,
    "pos/ui/screens/uploads/state.py": {"STEP_WORDS", "STOP_WORDS", "LAST_WORDS"},
    "pos/ui/screens/books/words.py": {"FIGURE_WORDS"},
    "pos/ui/screens/office/acts.py": {"ACTS", "BEARERS", "NEEDED"},
    "pos/ui/screens/office/events.py": {"FIELD_WORDS", "OTHER_WORDS"},
    "pos/ui/screens/office/view.py": {"TAB_WORDS", "TILL_WORDS", "RESOURCE_WORDS"},
    "pos/ui/screens/settings/page_office.py": {"STATE_WORDS"},
    "pos/services/books_paper.py": {"COLOUR_WORDS"},
    "pos/ui/screens/sell/confirm_page.py": {"_SERVICES"},
    "pos/ui/refusal_words.py": {"WORDS", "LIMIT_WORDS"},
    "pos/ui/role_words.py": None,
    "pos/ui/widgets/token_label.py": {"_WORDS"},
    "pos/gateways/reasons.py": {"_TEXTS"},
    "pos/services/report_paper.py": {"TENDER_NAMES"},
    "pos/services/price_view.py": {"_NAMES", "_TAXED"},
    "pos/services/money_papers.py": {"_MOVE_WORDS"},
}
"""Tables of words by file; None: every one of the file. Keys (no capital, no blank) are left out."""

_HEADER = """# The texts of the screens. The English sentence is the key; see docs/translations.md.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""

STATES = ("Active", "Inactive", "Suspended", "Blocked", "active", "inactive", "suspended", "blocked")
_LOWER_WORDS = {
    "pos/ui/screens/tariffs/changes.py",
    "pos/ui/widgets/token_label.py",
    "pos/services/price_view.py",
    "pos/ui/screens/uploads/words.py",
}


def texts() -> dict[str, str]:
    """Return every text of the screens with the file it stands in."""
    found: dict[str, str] = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for text in (*_said(tree), *_tabled(name, tree)):
                found.setdefault(text, name)
    for setting in SETTINGS.values():
        found.setdefault(setting.label, "pos/config.py")
        found.setdefault(setting.help, "pos/config.py")
    for text in STATES:
        found.setdefault(text, "pos/ui/screens/sell/confirm_page.py")
    return {text: name for text, name in found.items() if re.search(r"[A-Za-z]", text)}


def _said(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name in ("say", "_say"):
            yield from _constants(node.args[0])


def _constants(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _constants(value)


def _tabled(name: str, tree: ast.Module) -> Iterator[str]:
    wanted = TABLES.get(name, set())
    for node in tree.body:
        if isinstance(node, ast.Assign):
            targets, value = [getattr(target, "id", "") for target in node.targets], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets, value = [getattr(node.target, "id", "")], node.value
        else:
            continue
        if wanted is None or any(target in wanted for target in targets):
            yield from (text for text in _values(value) if _is_words(text) or name in _LOWER_WORDS)


def _values(node: ast.expr) -> Iterator[str]:
    """Give the texts of a table: of a mapping only its values."""
    if isinstance(node, ast.Dict):
        for value in node.values:
            yield from _values(value)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str) and node.value:
            yield node.value
    elif isinstance(node, ast.Call):
        for value in (*node.args, *(keyword.value for keyword in node.keywords)):
            yield from _values(value)
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for value in node.elts:
            yield from _values(value)


def _is_words(text: str) -> bool:
    return text[:1].isupper() or " " in text


def _other_texts(language: str) -> set[str]:
    found: set[str] = set()
    for path in resource_path("locale", language, "LC_MESSAGES").glob("*.po"):
        if path.name != "screen.po":
            with path.open("rb") as file:
                found |= {str(message.id) for message in read_po(file) if message.id}
    return found


def catalogue_of(language: str, found: dict[str, str]) -> Catalog:
    """Return the catalogue of a language with every text, translated where it was."""
    path = _path(language)
    known: dict[str, str] = {}
    if path.exists():
        with path.open("rb") as file:
            known = {str(one.id): str(one.string) for one in read_po(file) if one.id}
    others = _other_texts(language)
    catalogue = Catalog(locale=language)
    for text in sorted(found, key=lambda one: (found[one], one)):
        if text not in others:
            catalogue.add(text, known.get(text, ""), locations=[(found[text], None)])  # type: ignore[list-item]
    return catalogue


def _path(language: str) -> Path:
    return resource_path("locale", language, "LC_MESSAGES", "screen.po")


def _lines(catalogue: Catalog) -> list[tuple[str, str]]:
    return [(str(one.id), str(one.string or "")) for one in catalogue if one.id]


def main() -> int:
    """Write the files, or check them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    found, wrong = texts(), 0
    for language in LANGUAGES:
        if language == SOURCE_LANGUAGE:
            continue
        catalogue = catalogue_of(language, found)
        missing = sum(1 for _, string in _lines(catalogue) if not string)
        if arguments.check:
            with _path(language).open("rb") as file:
                is_same = _lines(read_po(file)) == _lines(catalogue)
            wrong += missing + (not is_same)
        else:
            with _path(language).open("wb") as file:
                file.write(_HEADER.format(language=language).encode())
                write_po(file, catalogue, width=110, omit_header=True, include_lineno=False)
        sys.stdout.write(f"{language}: {len(_lines(catalogue))} texts, {missing} not translated\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
