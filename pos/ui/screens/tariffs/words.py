"""What is wrong with a tariff or a price, in the words of the window."""

from __future__ import annotations

from collections.abc import Callable

from pos.ui.refusal_words import WORDS

_SENTENCES = {
    "csv.blank": "Fill this in.",
    "money.text": "Write a number, with a dot: 12.5",
    "money.digits": "This has too many digits after the dot.",
    "money.range": "This number is too large.",
    "tariff.range": "This must be above zero.",
    "tariff.code": "Give a code of 1 to 40 letters or digits.",
    "tariff.share": "A share is above 0 and at most 100.",
    "tariff.levy": "Give a share or a rate, not both.",
    "tariff.no_block": "A tariff needs at least one block.",
    "tariff.last_block": "Only the last block has no upper limit.",
    "tariff.block_order": "Each block must reach higher than the one before.",
    "tariff.duplicate_code": "This code stands twice.",
    "tariff.two_taxes": "Another tax is on this already; only one may be.",
    "tariff.tax_code": "There is no tax of this code below.",
    "tariff.unused_tax": "Nothing carries this tax: say what it is on.",
    "tariff.limits": "The largest sale is below the smallest.",
    "tariff.valid_from": "Write the day like 2026-12-01.",
    "tariff_csv.date": "Write the day like 2026-12-01.",
    "tariff_csv.from_units": "This is not where the block before ends.",
}


def sentence_for(code: str, text: str, say: Callable[..., str]) -> str:
    """Return the sentence of a mistake; `text` is the error's own, for codes without one here."""
    return say(_SENTENCES.get(code) or WORDS.get(code, text))
