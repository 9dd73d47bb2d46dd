"""Write the golden files anew: `python -m tests.golden.regenerate`, then read the diff before the commit.

`<language>-<paper>.txt` is the text of a paper, `.bin` the bytes a printer gets for the same receipt.
"""

from pathlib import Path

from pos.i18n.catalogue import LANGUAGES
from pos.printing.layout import COLUMNS_58_MM, COLUMNS_80_MM, plain_text
from pos.printing.thermal import QrMode, ThermalPaper, render_thermal
from tests.factories.papers import papers, receipts

FOLDER = Path(__file__).parent / "files"
WIDE = ThermalPaper(COLUMNS_80_MM, profile="TM-T20II")
NARROW = ThermalPaper(COLUMNS_58_MM, profile="POS-5890", qr=QrMode.IMAGE, code_page="CP858")
_ON_NARROW_PAPER = frozenset({"key_change", "water"})


def golden_files() -> dict[str, bytes]:
    """Give every golden file by name, as the program makes it now."""
    files = {}
    for language in LANGUAGES:
        for name, document in receipts(language).items():
            paper = NARROW if name in _ON_NARROW_PAPER else WIDE
            files[f"{language}-{name}.txt"] = plain_text(document, paper.columns).encode()
            files[f"{language}-{name}.bin"] = render_thermal(document, paper)
        for name, document in papers(language).items():
            files[f"{language}-{name}.txt"] = plain_text(document).encode()
    return files


def main() -> None:
    for old in FOLDER.iterdir():
        old.unlink()
    for name, data in golden_files().items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
