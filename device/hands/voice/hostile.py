"""What the speaker must not say: texts from afar in which its own wake word would be heard.

Announcements, texts of Home Assistant, titles of songs, words of sensors and the output of own
commands are written by others. Each is looked through by sound before it is spoken: a wake word
hidden by spelling ("Aleksa", "a Lexus", "álëxa"), by joining ("alexalexa") or by parting ("al
exa") sounds like one all the same. Such a text is refused as a whole.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Iterable

from device.hands.voice import phones
from device.language.phones import GAP, apart

MAX_TEXT = 300
"""Characters of a text from afar."""
MARGIN = 0.2
"""Cost for each phone of the wake word within which a text sounds like it; measured with voices
and the detectors themselves (make bench NAME=household)."""
LETTERS_MARGIN = 0.1
"""The same for phones that were only spelled."""


class Wording:
    """Looks through texts for the wake words of one speaker."""

    def __init__(self, words: Iterable[str], language: str) -> None:
        self.language = language
        self.refused = 0
        plain = [word.replace("_", " ") for word in words]
        self._said = [p for word in plain if (p := phones.said(word, language))]
        self._spelled = [p for word in plain if (p := phones.spelled(word))]

    async def safe(self, text: str) -> str | None:
        """`text` as it may be spoken, or None if it must not be; empty texts are empty.

        Signs that are no text (controls, markup of voices) are taken out, and what is longer than
        MAX_TEXT is cut.
        """
        plain = printable(text)[:MAX_TEXT]
        hidden = await asyncio.get_running_loop().run_in_executor(None, self.wakes, plain)
        if hidden:
            self.refused += 1
            return None
        return plain

    def wakes(self, text: str) -> bool:
        """Whether a voice that says `text` could be heard to say a wake word."""
        try:
            said = phones.said(text, self.language)
        except phones.Unsaid:
            return True
        spelled = phones.spelled(text)
        return any(_within(word, said, MARGIN) for word in self._said) or any(
            _within(word, spelled, LETTERS_MARGIN) for word in self._spelled
        )


def printable(text: str) -> str:
    """Letters, digits, spaces and plain punctuation; marks that steer a voice become spaces."""
    kept = (c if _speakable(c) else " " for c in unicodedata.normalize("NFKC", text))
    return " ".join("".join(kept).split())


def _speakable(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN" or character in " .,;:!?'’-%°€$£/+()&\u0301"


def _within(word: tuple[str, ...], text: tuple[str, ...], margin: float) -> bool:
    """Whether some stretch of `text` is within `margin` a phone of `word`."""
    limit = margin * len(word)
    spread = int(limit / GAP)
    return any(
        apart(word, text[start : start + length], limit) <= limit
        for length in range(len(word) - spread, len(word) + spread + 1)
        for start in range(max(0, len(text) - length) + 1)
    )
