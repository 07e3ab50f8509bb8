"""The unit of temperatures: the household's setting, or what is usual where it lives."""

from __future__ import annotations

import os
from pathlib import Path

from device.config.speaker import General

_FAHRENHEIT = {"US", "BS", "BZ", "KY", "PW", "FM", "MH", "LR"}
"""Territories that measure in Fahrenheit (Unicode CLDR, measurementSystem for temperature)."""
LOCALE_FILE = Path("/etc/default/locale")


def unit_of(general: General) -> str:
    """C or F."""
    known = {"celsius": "C", "fahrenheit": "F"}
    return known.get(general.temperature) or ("F" if _territory() in _FAHRENHEIT else "C")


def _territory() -> str:
    """The territory of the locale, as services see it: they have none in their environment."""
    values = {name: os.environ.get(name, "") for name in ("LC_ALL", "LC_MEASUREMENT", "LANG")}
    if not any(values.values()):
        try:
            lines = LOCALE_FILE.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            lines = []
        pairs = (line.partition("=") for line in lines if "=" in line)
        values |= {name.strip(): value.strip(" \"'") for name, _, value in pairs}
    locale = next((v for n in ("LC_ALL", "LC_MEASUREMENT", "LANG") if (v := values.get(n))), "")
    return locale.partition(".")[0].partition("_")[2].upper()
