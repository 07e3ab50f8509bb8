"""Whisper's tokens: pairs of bytes, joined by a ranked list (Sennrich et al., 2016; GPT-2's form).

The usual library for it brings a client for a model hub, and with it the network, into a process
that has none; what is needed of it is this much. It is needed when the engine is made; a child
only puts tokens together again.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_PARTS = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")
_PRINTED = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
"""Bytes that are written as the character of the same number; the others follow from 256 on."""


def _letters() -> dict[int, str]:
    rest = [byte for byte in range(256) if byte not in _PRINTED]
    return {byte: chr(byte) for byte in _PRINTED} | {b: chr(256 + i) for i, b in enumerate(rest)}


class BytePairs:
    """A tokenizer.json, read."""

    def __init__(self, file: Path) -> None:
        """Raises ValueError, KeyError if it is none of this form."""
        read = json.loads(file.read_text(encoding="utf-8"))
        model = read["model"]
        self._id: dict[str, int] = model["vocab"]
        pairs = (m.split(" ") if isinstance(m, str) else m for m in model["merges"])
        self._rank = {(one, other): rank for rank, (one, other) in enumerate(pairs)}
        self._special = {added["content"]: int(added["id"]) for added in read["added_tokens"]}
        self._letter = _letters()
        self.count = max((*self._id.values(), *self._special.values())) + 1

    def special(self, name: str) -> int:
        """The number of a special token. Raises KeyError."""
        return self._special[name]

    def tokens(self, text: str) -> tuple[int, ...]:
        """The tokens of a text."""
        return tuple(self._id[part] for word in _PARTS.findall(text) for part in self._joined(word))

    def _joined(self, word: str) -> Sequence[str]:
        parts = [self._letter[byte] for byte in word.encode()]
        last = len(self._rank)
        while len(parts) > 1:
            ranks = [self._rank.get(pair, last) for pair in itertools.pairwise(parts)]
            best = min(ranks)
            if best == last:
                break
            at = ranks.index(best)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return parts

    def texts(self, kept: Iterable[int]) -> Texts:
        """What puts the tokens `kept` together again."""
        byte = {letter: number for number, letter in self._letter.items()}
        wanted = frozenset(kept) - frozenset(self._special.values())

        def spelled() -> Iterator[tuple[int, bytes]]:
            for token, number in self._id.items():
                if number in wanted:
                    yield number, bytes(byte[letter] for letter in token)

        return Texts(dict(spelled()))


class Texts:
    """Tokens to text; special tokens are nothing."""

    def __init__(self, spelled: dict[int, bytes]) -> None:
        """Made by `BytePairs.texts`."""
        self._spelled = spelled

    def __call__(self, tokens: Iterable[int]) -> str:
        """The text of `tokens`."""
        return b"".join(self._spelled.get(token, b"") for token in tokens).decode(
            "utf-8", "replace"
        )
