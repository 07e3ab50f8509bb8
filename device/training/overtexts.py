"""What synthesizers say when a word model is taught: words like the wake word, others, replies."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from device.ears.recognize.pronunciation import english
from device.hands import voice

NEAR = {
    "alexa": (
        *("Alexander", "Alexander the Great", "Alexandra", "a lecture", "election", "Alexis"),
        *("a lexicon", "I'll ask her", "a letter", "electric", "relax a bit", "lecturer"),
        *("Alex", "Alec said", "a legs day", "allergic", "I like sa", "a latch", "a lesson"),
        *("Lexus", "all except", "next to her", "Alaska", "she lacks a car", "Alec"),
        *("legs are", "a leg", "axis", "excel", "exact", "a lake", "a league", "elastic"),
        *("Alice", "Elsa", "leaks are", "relaxing", "Texas", "textual", "vexed", "let's see"),
        *("lex", "a lesser", "Alicia", "Alessia", "collect sir", "I like her", "he's an ex"),
        *("taxes", "a leper", "Electra", "flexes", "let's ask", "elixir", "select a song"),
    ),
}
"""Words that sound like a wake word and aren't."""
OTHER = (
    *("okay google", "hey siri", "good morning everybody", "what time is it"),
    *("set a timer for ten minutes", "turn on the light", "play some music please"),
    *("how are you today", "I don't know what you mean", "stop it"),
    *("could you pass me the salt", "where is my phone", "the weather is nice today", "yes"),
    *("no", "okay then", "thank you very much", "volume up", "it is a beautiful day"),
    *("come here", "let me see", "what did you say", "call my mother", "dinner is ready"),
    *("put the kettle on", "open the window", "the door is locked", "what's for dinner"),
    *("and then we went home", "remember the milk", "seven eight nine", "I am going to bed"),
    *("turn the heating down", "next song", "a cup of coffee with sugar"),
    *("it's on the table", "who was that"),
)
FILLINGS = ("three", "the kitchen light", "ten minutes", "half past seven", "bread and milk")
"""What stands in a reply's blanks, in turns."""

BESIDES = re.compile("alexa|computer|jarvis|smart|mirror")
"""Words that are not taken from the dictionary: the wake word, and what benchmarks say, so that
those stay new."""


def words() -> list[str]:
    """The words of 4 to 11 letters of the English dictionary that comes with pocketsphinx."""
    found = re.findall(r"^([a-z]{4,11})\s", english().read_text(encoding="utf-8"), re.MULTILINE)
    return [word for word in found if not BESIDES.search(word)]


def replies() -> list[str]:
    """Every phrase of the speaker's English, its blanks filled, each once."""
    file = Path(voice.__file__).parent / "phrases" / "en.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    phrases = [p for table in tables.values() for p in table.values() if isinstance(p, str)]
    filled = (
        re.sub(r"\{[^}]*\}", FILLINGS[number % len(FILLINGS)], phrase).strip()
        for number, phrase in enumerate(phrases)
    )
    return list(dict.fromkeys(text for text in filled if text))
