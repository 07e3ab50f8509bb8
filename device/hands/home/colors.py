"""Colours as lights take them: red, green and blue; hue and saturation; CIE x and y."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping

from device.mind.types import Color

RGB: Mapping[int, tuple[int, int, int]] = {
    Color.WHITE: (255, 255, 255),
    Color.BLACK: (0, 0, 0),
    Color.RED: (255, 0, 0),
    Color.ORANGE: (255, 128, 0),
    Color.YELLOW: (255, 220, 0),
    Color.GREEN: (0, 255, 0),
    Color.BLUE: (0, 0, 255),
    Color.PURPLE: (160, 32, 240),
    Color.BROWN: (139, 69, 19),
    Color.PINK: (255, 105, 180),
    Color.TURQUOISE: (64, 224, 208),
}
"""Red, green and blue of 0 to 255 for each colour that can be said."""


def hs(color: int) -> tuple[float, float]:
    """Hue in degrees (0 to 360) and saturation in percent."""
    hue, saturation, _ = colorsys.rgb_to_hsv(*(part / 255 for part in RGB[color]))
    return round(hue * 360, 1), round(saturation * 100, 1)


def xy(color: int) -> tuple[float, float]:
    """CIE 1931 x and y of an sRGB colour (IEC 61966-2-1, D65)."""
    red, green, blue = (_linear(part / 255) for part in RGB[color])
    x = 0.4124 * red + 0.3576 * green + 0.1805 * blue
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = 0.0193 * red + 0.1192 * green + 0.9505 * blue
    total = (x + y + z) or 1.0
    return round(x / total, 4), round(y / total, 4)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
