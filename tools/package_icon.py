"""Draws the program's icon as a picture, which an executable of Windows or macOS needs instead of the SVG."""

from __future__ import annotations

import os
from pathlib import Path

from pos.i18n.resources import resource_path

SIDE = 256


def draw_icon(path: Path) -> Path:
    """Draw the icon into a PNG file and return its path."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    application = QGuiApplication.instance() or QGuiApplication(["kilotill"])
    image = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(resource_path("icons", "kilotill.svg"))).render(painter)
    painter.end()
    path.parent.mkdir(parents=True, exist_ok=True)
    if not image.save(str(path)):
        raise OSError(f"{path} could not be written")
    del application
    return path
