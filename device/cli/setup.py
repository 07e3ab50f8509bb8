"""keepmum setup: five questions, and the settings file with a comment beside every line.

Language, room, wake word, microphone (by speaking into each), home. What was set before is kept,
and the file that was there stays beside the new one. No sound is kept: a level, while you speak.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TextIO

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.prompt import Prompt

from device import config, soundcards
from device.cli.listen import QUIETEST_DB, bar, level_db, sound
from device.cli.run import ConfigFile
from device.cli.units import ears_paused
from device.config import Config
from device.config.speaker import LANGUAGES, WAKE_WORDS
from device.config.text import dump
from device.ears.capture.microphone import Channels, open_microphone
from device.errors import CannotWrite, KeepmumError, NoTerminal
from device.mind.types import frames
from device.soundcards import Card

app = typer.Typer()

SPEAK_S = 3.0
"""How long each microphone is listened to."""
OWN_WORDS = "as in the settings"


@dataclass(frozen=True)
class Answers:
    """What was answered; a microphone of None stays as it is."""

    language: str
    room: str
    word: str
    microphone: str | None
    broker: str


@app.command("setup")
def setup(config_file: ConfigFile = None) -> None:
    """Ask five questions (language, room, wake word, microphone, home) and write the settings."""
    if not sys.stdin.isatty():
        raise NoTerminal(how="write the file yourself, `keepmum config` prints all of it")
    path = config_file or config.DEFAULT_PATH
    console = Console()
    before = _before(path)
    answers = ask(console, before, soundcards.cards("Input"), _loudness)
    kept = write(path, answered(before, answers))
    console.print(f"\nWritten: [bold]{escape(str(path))}")
    if kept is not None:
        console.print(f"What was there before is in {escape(str(kept))}.")
    console.print("Next: [bold]sudo keepmum learn-names[/bold], then restart both services:")
    console.print("[bold]sudo systemctl restart keepmum-ears keepmum-hands")
    console.print("[bold]keepmum doctor[/bold] says whether all is well.")


def _before(path: Path) -> Config:
    """The settings of the file alone: what was learned stays in a file of its own."""
    if not path.exists():
        return Config()
    return config.parse(path.read_text(encoding="utf-8"), str(path))


def ask(
    console: Console,
    before: Config,
    there: Iterable[Card],
    loudness: Callable[[Console, Card], float],
    stream: TextIO | None = None,
) -> Answers:
    """The five questions, each with what is set now as its default.

    loudness: the highest level in dB of full scale that a microphone gives while one speaks.
    """

    def answer(question: str, default: str, choices: list[str] | None = None) -> str:
        return Prompt.ask(
            question, console=console, default=default, choices=choices, stream=stream
        ).strip()

    words = before.wake.all_words()
    own = words[0].name if len(words) == 1 and words[0].name in WAKE_WORDS else OWN_WORDS
    language = answer("1 of 5  Language", before.general.language, list(LANGUAGES))
    room = answer("2 of 5  The room it stands in (empty: none)", before.general.room)
    word = answer("3 of 5  Wake word", own, [*WAKE_WORDS, *([own] if own == OWN_WORDS else [])])
    console.print(f"        It will wake on [bold]“{word.replace('_', ' ')}”[/bold].")
    microphone = _microphone(console, list(there), loudness, answer)
    broker = answer("5 of 5  MQTT broker of the home (empty: none)", before.home.broker)
    return Answers(language, room, word, microphone, broker)


def _microphone(
    console: Console,
    there: list[Card],
    loudness: Callable[[Console, Card], float],
    answer: Callable[[str, str, list[str] | None], str],
) -> str | None:
    """Speak into each; the loudest is proposed."""
    if not there:
        console.print("4 of 5  No microphone is plugged in: `default` stays, and is waited for.")
        return None
    console.print(f"4 of 5  Microphone: say something, {SPEAK_S:g} s into each. Nothing is kept.")
    levels = [loudness(console, card) for card in there]
    for number, (card, level) in enumerate(zip(there, levels, strict=True), 1):
        told = f"{level:.0f} dB" if level > QUIETEST_DB else "no sound"
        console.print(f"        {number}  {escape(card.product or card.name)}: {told}")
    loudest = str(levels.index(max(levels)) + 1)
    chosen = answer("        Which", loudest, [str(n + 1) for n in range(len(there))])
    return there[int(chosen) - 1].name


def _loudness(console: Console, card: Card) -> float:
    """Levels of a card, live; one that can't be opened is silent, and it is said why."""
    highest = QUIETEST_DB
    try:
        with ears_paused():
            microphone = open_microphone("", card.name, Channels())
            try:
                with Live(console=console, transient=True, refresh_per_second=12) as live:
                    for frame in islice(sound(microphone), frames(SPEAK_S)):
                        highest = max(highest, level_db(frame))
                        live.update(bar(1 - level_db(frame) / QUIETEST_DB))
            finally:
                microphone.wipe()
                microphone.close()
    except KeepmumError as error:
        console.print(f"        {escape(card.product or card.name)}: [red]{escape(str(error))}")
    return highest


def answered(before: Config, answers: Answers) -> Config:
    """The settings with the answers in them; all else as it was."""
    microphone, wake = before.microphone, before.wake
    if answers.microphone is not None:
        microphone = replace(microphone, device=answers.microphone)
    if answers.word != OWN_WORDS and [w.name for w in wake.all_words()] != [answers.word]:
        wake = replace(wake, words=(answers.word,), word=())
    general = replace(before.general, language=answers.language, room=answers.room)
    home = replace(before.home, broker=answers.broker)
    return replace(before, general=general, microphone=microphone, wake=wake, home=home)


def write(path: Path, settings: Config) -> Path | None:
    """Write the file in one step; where the one that was there is now, if there was one.

    Raises CannotWrite.
    """
    new, kept = path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.before-setup")
    was_there = path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(dump(settings), encoding="utf-8")
        if was_there:
            new.chmod(path.stat().st_mode & 0o777)
            kept.unlink(missing_ok=True)
            kept.hardlink_to(path)
        new.replace(path)
    except OSError as error:
        raise CannotWrite(file=path, why=error.strerror) from error
    return kept if was_there else None
