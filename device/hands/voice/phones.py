"""Text as a voice will say it: phones, in the alphabet that `device.mind.sounds` compares.

espeak-ng says how it (and Piper, which uses it) pronounces a text; where it is missing, letters
are turned into phones by rule, roughly, and its lack costs exactness on the safe side.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from functools import lru_cache

PATIENCE_S = 2.0

_IPA = {
    "tʃ": "CH", "dʒ": "JH", "aɪ": "AY", "aʊ": "AW", "ɔɪ": "OY", "eɪ": "EY", "oʊ": "OW",
    "ɐ": "AH", "ə": "AH", "ʌ": "AH", "a": "AA", "ɑ": "AA", "ɒ": "AA", "æ": "AE", "ɛ": "EH",
    "e": "EY", "ɜ": "ER", "ɚ": "ER", "œ": "AH", "ø": "AH", "ɪ": "IH", "i": "IY", "ᵻ": "IH",
    "y": "UW", "ɔ": "AO", "o": "OW", "ʊ": "UH", "u": "UW", "b": "B", "d": "D", "ð": "DH",
    "f": "F", "ɡ": "G", "g": "G", "h": "HH", "j": "Y", "k": "K", "x": "K", "ç": "HH", "c": "K",
    "l": "L", "ɫ": "L", "m": "M", "n": "N", "ɲ": "N", "ŋ": "NG", "p": "P", "ɹ": "R", "r": "R",
    "ʁ": "R", "ɾ": "T", "s": "S", "ʃ": "SH", "t": "T", "θ": "TH", "v": "V", "w": "W", "ɥ": "W",
    "z": "Z", "ʒ": "ZH",
}  # fmt: skip
_SYMBOL = re.compile("|".join(sorted(_IPA, key=len, reverse=True)))
_LANGUAGE_MARK = re.compile(r"\([a-z-]+\)")

_LOOKALIKES = str.maketrans(
    "авеёзіјкмнорстухуѕԁԛһαβεικνορτυχɑıøł0134578@$€|",
    "abeeзijkmhopctyxysdqhabeikvoptuxaiololeastbasel",
)
"""Letters of other alphabets, digits and signs that pass for Latin letters."""
_LETTERS = (
    ("tch", "CH"), ("sch", "SH"), ("eau", "OW"), ("igh", "AY"), ("ch", "CH"), ("sh", "SH"),
    ("ph", "F"), ("th", "TH"), ("ck", "K"), ("qu", "K W"), ("ks", "K S"), ("cs", "K S"),
    ("ce", "S EH"), ("ci", "S IH"), ("cy", "S IY"), ("ge", "JH EH"), ("gi", "JH IH"), ("ee", "IY"),
    ("ea", "IY"), ("oo", "UW"), ("ou", "AW"), ("ow", "OW"), ("ai", "EY"), ("ay", "EY"),
    ("ei", "EY"), ("ey", "EY"), ("oi", "OY"), ("oy", "OY"), ("au", "AO"), ("aw", "AO"),
    ("ae", "EH"), ("ie", "IY"), ("er", "ER"), ("ir", "ER"), ("ur", "ER"), ("ah", "AH"),
    ("eh", "EH"), ("uh", "AH"), ("oh", "OW"), ("ng", "NG"), ("x", "K S"), ("a", "AH"),
    ("e", "EH"), ("i", "IH"), ("o", "AO"), ("u", "AH"), ("y", "IY"), ("b", "B"), ("c", "K"),
    ("d", "D"), ("f", "F"), ("g", "G"), ("h", "HH"), ("j", "JH"), ("k", "K"), ("l", "L"),
    ("m", "M"), ("n", "N"), ("p", "P"), ("q", "K"), ("r", "R"), ("s", "S"), ("t", "T"),
    ("v", "V"), ("w", "W"), ("z", "Z"),
)  # fmt: skip
_BY_LETTERS = dict(_LETTERS)
_LETTER = re.compile("|".join(letters for letters, _ in _LETTERS))


ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"} | dict.fromkeys(
    ("HOME", "PULSE_RUNTIME_PATH"), "/dev/null"
)
"""espeak-ng looks for a sound server that it is not to use, and would leave folders behind."""


@lru_cache(maxsize=1)
def program() -> str | None:
    """The path of espeak-ng, or None."""
    return shutil.which("espeak-ng")


class Unsaid(Exception):
    """espeak-ng is there but did not tell how a text is said."""


def said(text: str, language: str) -> tuple[str, ...]:
    """The phones of `text` as espeak-ng pronounces it in `language`; empty without espeak-ng.

    Raises Unsaid if it hangs or fails.
    """
    espeak = program()
    if espeak is None:
        return ()
    voice = "fr" if language == "fr" else "en-us"
    try:
        done = subprocess.run(
            [espeak, "-q", "-v", voice, "--ipa", "--stdin"],
            env=ENVIRONMENT,
            input=text.encode(),
            capture_output=True,
            timeout=PATIENCE_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Unsaid from error
    ipa = unicodedata.normalize("NFD", done.stdout.decode(errors="replace"))
    return _squeezed([_IPA[s] for s in _SYMBOL.findall(_LANGUAGE_MARK.sub("", ipa))])


def spelled(text: str) -> tuple[str, ...]:
    """The phones of `text` by rule, letter by letter, spaces and signs aside.

    Accents, other alphabets' lookalikes and digits that stand for letters are undone first.
    """
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_LOOKALIKES)
    letters = "".join(c for c in plain if "a" <= c <= "z")
    letters = re.sub(r"(.)\1+", r"\1", letters) if "ee" not in letters else letters
    return _squeezed(" ".join(_BY_LETTERS[s] for s in _LETTER.findall(letters)).split())


def _squeezed(phones: list[str]) -> tuple[str, ...]:
    """As it is heard: one of each run of the same phone ("kk"), no t between consonants ("cts")."""
    plain = [p for i, p in enumerate(phones) if i == 0 or p != phones[i - 1]]
    return tuple(
        p
        for before, p, after in zip(["", *plain], plain, [*plain[1:], ""], strict=False)
        if p not in ("T", "D") or not (_consonant(before) and _consonant(after))
    )


def _consonant(phone: str) -> bool:
    return phone != "" and phone[0] not in "AEIOU"
