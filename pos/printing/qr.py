"""QR codes (model 2) as a grid of dark and light modules, without a margin."""

from __future__ import annotations

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode


def qr_modules(content: str) -> list[list[bool]]:
    """Give the rows of modules from top to bottom; true is dark."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(content)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]
