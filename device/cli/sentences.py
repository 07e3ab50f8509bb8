"""keepmum sentences: what can be said, how a text is understood, what is wrong in the files."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from device import config, names
from device.cli.run import ConfigFile
from device.config import Config
from device.ears.recognize.pronunciation import Lexicon
from device.errors import BrokenSentences, NotUnderstood
from device.language.ambiguity import ambiguities
from device.language.examples import Example, Examples
from device.language.matcher import Matcher
from device.language.rendering import rendered
from device.language.sentencefile import Fault
from device.language.sentences import Sentences
from device.mind.types import FIRST_USER_INTENT, Intent
from device.names import NameTable
from device.names import sentences as sentencefiles

app = typer.Typer(help="What can be said, and how it is understood.", no_args_is_help=True)
SHOWN_AMBIGUITIES = 10
LONGEST_EXAMPLE = 12
EXAMPLES_LOOKED_AT = 20


@app.command("check")
def check(config_file: ConfigFile = None) -> None:
    """Faults with file and line, words that had to be guessed, sentences with two meanings."""
    settings, table, sentences = _household(config_file)
    console = Console()
    notes = [
        *unsure_words(sentences, table, settings),
        *two_meanings(sentences, table),
        *own_with_values(sentences),
    ]
    for line in notes:
        console.print(escape(line), soft_wrap=True)
    if sentences.faults:
        raise faulty(sentences.faults)
    graph = sentences.graph
    arcs = sum(len(graph.arcs(state)) for state in range(len(graph)))
    console.print(f"No faults: {len(graph.words)} words in {arcs} places, {len(graph)} forks.")


@app.command("try")
def try_text(
    text: Annotated[str, typer.Argument(help='Such as "turn on the kitchen lights".')],
    config_file: ConfigFile = None,
) -> None:
    """Show how TEXT is understood; nothing is done."""
    settings, table, sentences = _household(config_file)
    lexicon = dictionary(sentences, settings)
    pronounce = lexicon.pronounce if lexicon else no_pronunciations
    found = Matcher(sentences, pronounce).find(text.split())
    if found is None:
        raise NotUnderstood(text=text)
    console = Console()
    console.print(escape(rendered(found.request, table)))
    file, line = sentences.sources[found.rank]
    how = "word for word" if found.cost == 0 else f"at a cost of {found.cost:.2f}"
    console.print(escape(f"as “{' '.join(found.words)}” ({file}:{line}), {how}"), style="dim")
    if sentences.confirm(found.request.intent):
        console.print("asks before it is done", style="dim")


@app.command("list")
def list_sentences(
    intent: Annotated[
        str, typer.Argument(help="Only this intent, such as timer_set.", show_default=False)
    ] = "",
    each: Annotated[int, typer.Option(help="Examples of each kind.", min=1, max=100)] = 4,
    config_file: ConfigFile = None,
) -> None:
    """Examples of everything that can be said."""
    _, table, sentences = _household(config_file)
    console = Console(highlight=False)
    shown = ""
    for example in examples(sentences, each):
        name = title(example, table)
        if intent and name.lower() != intent.lower():
            continue
        if name != shown:
            console.print(name, style="bold")
        shown = name
        console.print(escape(f"  {' '.join(example.words)}"))
    if intent and not shown:
        raise BrokenSentences(where="this household", why=f"nothing asks for {intent}")


def examples(sentences: Sentences, each: int) -> list[Example]:
    """Short examples of every kind of sentence, the same at each call, kept together by intent."""
    chance = random.Random(0)  # noqa: S311 (examples, no secrets)
    walks = Examples(sentences)
    found: dict[int, dict[tuple[str, ...], Example]] = {}
    for rank, intent in sorted(walks.ranks().items()):
        of_intent = found.setdefault(intent, {})
        kept = 0
        for _ in range(each * 10):
            example = bluntly(walks.of(rank, chance.randrange), sentences.polite)
            if kept < each and len(example.words) <= LONGEST_EXAMPLE:
                kept += example.words not in of_intent
                of_intent.setdefault(example.words, example)
    return [example for of_intent in found.values() for example in of_intent.values()]


def bluntly(example: Example, polite: frozenset[str]) -> Example:
    """The example without "could you" and "please"."""
    words = list(example.words)
    while len(words) > 1 and words[0] in polite:
        del words[0]
    while len(words) > 1 and words[-1] in polite:
        del words[-1]
    return replace(example, words=tuple(words))


def title(example: Example, table: NameTable) -> str:
    """The name of an example's intent."""
    intent = example.request.intent
    if intent in Intent.__members__.values():
        return Intent(intent).name
    name = table.get(intent)
    return name.key if name else str(intent)


def no_pronunciations(_: str) -> None:
    """Stands for a dictionary where there is none: words are compared by their letters."""
    return


def two_meanings(sentences: Sentences, table: NameTable) -> list[str]:
    """A line for each text that can be understood in two ways."""
    found = ambiguities(sentences)
    lines = [
        f"note: “{' '.join(one.words)}” is taken for {rendered(one.taken, table)}, "
        f"and could be {rendered(one.other, table)}"
        for one in found[:SHOWN_AMBIGUITIES]
    ]
    more = len(found) - len(lines)
    return lines + ([f"note: and {more} more of this kind"] if more > 0 else [])


def unsure_words(sentences: Sentences, table: NameTable, settings: Config) -> list[str]:
    """A line for each word that the recognizer's dictionary doesn't have, and what to do."""
    lexicon = dictionary(sentences, settings)
    if lexicon is None:
        return ["note: pronunciations were not checked: there is no dictionary for this language"]
    lines = []
    for word in sorted(lexicon.guessed):
        where = [n.text for n in table.names if any(word in s.split() for s in n.spoken)]
        named = f" (in “{where[0]}”)" if where else ""
        sound = " ".join(lexicon.pronounce(word) or ()) or "nothing at all"
        lines.append(
            f"note: “{word}”{named} is not in the dictionary and is listened for as {sound}; "
            "if it sounds different, give it `spoken` words that sound like it"
        )
    return lines


def dictionary(sentences: Sentences, settings: Config) -> Lexicon | None:
    """Pronunciations of all words for the default engine, which speaks English only."""
    return Lexicon(sentences.graph.words) if settings.general.language == "en" else None


def own_with_values(sentences: Sentences) -> list[str]:
    """A line for each own command whose sentences hold a value: its program could not get it."""
    said = {
        example.request.intent: " ".join(example.words)
        for example in examples(sentences, EXAMPLES_LOOKED_AT)
        if example.request.intent >= FIRST_USER_INTENT and example.request.slots
    }
    return [
        f"note: own commands take no values: “{text}” will be refused" for text in said.values()
    ]


def faulty(faults: Iterable[Fault]) -> BrokenSentences:
    """The error that shows every fault with its file and line."""
    lines = "".join(f"\n  {fault}" for fault in faults)
    return BrokenSentences(where="force", why=lines)


def _household(config_file: Path | None) -> tuple[Config, NameTable, Sentences]:
    settings = config.load(config_file)
    table = names.in_force(settings)
    return settings, table, sentencefiles.load(settings, table)
