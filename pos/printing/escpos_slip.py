"""The bytes of a slip, collected by a printer of python-escpos that sends nothing."""

from __future__ import annotations

import io
import unicodedata
from typing import Any

from escpos.capabilities import CAPABILITIES
from escpos.printer import Dummy
from PIL import Image

from pos.errors import UserError
from pos.printing.document import Cut, DrawerKick, Logo, Qr
from pos.printing.layout import Laid, Line, Style, TokenSpace
from pos.printing.qr import qr_modules
from pos.printing.thermal import QrMode, ThermalPaper

_TOKEN_SPACE = b"\x1bJ\x10"
_QR_DOTS_PER_MODULE = 6
_QR_NATIVE_CORRECTION_M = 1
_LOOKS: dict[Style, dict[str, Any]] = {
    Style.NORMAL: {"width": 1, "height": 1, "bold": False, "font": "a", "invert": False},
    Style.BOLD: {"width": 1, "height": 1, "bold": True, "font": "a", "invert": False},
    Style.SMALL: {"width": 1, "height": 1, "bold": False, "font": "b", "invert": False},
    Style.LARGE: {"width": 2, "height": 2, "bold": True, "font": "a", "invert": False},
    Style.REVERSED: {"width": 2, "height": 2, "bold": True, "font": "a", "invert": True},
}


class Slip:
    """Bytes under way: what is added is drawn on a printer that only collects."""

    def __init__(self, paper: ThermalPaper) -> None:
        self._paper = paper
        self._printer = _printer(paper)
        self._style: Style | None = None
        self._printer.hw("INIT")
        if paper.code_page:
            self._fix_code_page(paper.code_page)

    def data(self) -> bytes:
        return bytes(self._printer.output)

    def add(self, laid: Laid) -> None:
        match laid:
            case Line(text, style):
                self._line(text, style)
            case TokenSpace():
                self._printer._raw(_TOKEN_SPACE)
            case Qr(content):
                self._qr(content)
            case Logo(name):
                self._logo(name)
            case Cut():
                self._printer.cut(mode="PART")
            case DrawerKick():
                self._printer.cashdraw(self._paper.drawer_pin)

    def _fix_code_page(self, code_page: str) -> None:
        if code_page not in self._printer.profile.get_code_pages():
            raise UserError("printer.code_page", f"This printer has no code page {code_page!r}.")
        self._printer.charcode(code_page)

    def _line(self, text: str, style: Style) -> None:
        if style is not self._style:
            self._printer.set(custom_size=True, **_LOOKS[style])
            self._style = style
        self._printer.text(self._printable(text) + "\n")

    def _printable(self, text: str) -> str:
        return "".join(letter if self._has(letter) else _plainer(letter) for letter in text)

    def _has(self, letter: str) -> bool:
        encoder, page = self._printer.magic.encoder, self._paper.code_page
        if letter.isascii():
            return True
        return bool(encoder.can_encode(page, letter) if page else encoder.find_suitable_encoding(letter))

    def _qr(self, content: str) -> None:
        if self._paper.qr is QrMode.NATIVE:
            self._printer.set(align="center")
            self._printer.qr(content, ec=_QR_NATIVE_CORRECTION_M, size=_QR_DOTS_PER_MODULE, native=True)
            self._printer.set(align="left")
        else:
            self._picture(_qr_picture(content, self._paper.dots))

    def _logo(self, name: str) -> None:
        picture = self._paper.logos.get(name)
        if picture is not None:
            with Image.open(io.BytesIO(picture)) as image:
                image.thumbnail((self._paper.dots, self._paper.dots))
                self._picture(image)

    def _picture(self, image: Image.Image) -> None:
        self._printer.image(image, center=True)


def _printer(paper: ThermalPaper) -> Dummy:
    """Make a printer that collects, with the width of this paper: many profiles do not know theirs."""
    if paper.profile not in CAPABILITIES["profiles"]:
        raise UserError("printer.profile", f"There is no printer profile {paper.profile!r}; use 'default'.")
    printer = Dummy(profile=paper.profile)
    media = {"width": {"mm": "Unknown", "pixels": paper.dots}}
    printer.profile.profile_data = {**printer.profile.profile_data, "media": media}
    return printer


def _plainer(letter: str) -> str:
    """Give a letter without its accent, or a question mark."""
    base = unicodedata.normalize("NFKD", letter)[:1]
    return base if base.isascii() else "?"


def _qr_picture(content: str, dots: int) -> Image.Image:
    modules = qr_modules(content)
    scale = max(1, min(_QR_DOTS_PER_MODULE, dots // len(modules)))
    image = Image.new("1", (len(modules), len(modules)), 1)
    for y, row in enumerate(modules):
        for x, is_dark in enumerate(row):
            if is_dark:
                image.putpixel((x, y), 0)
    return image.resize((len(modules) * scale, len(modules) * scale), Image.Resampling.NEAREST)
