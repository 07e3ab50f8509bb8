"""Where sentence files are: the packaged one of the language, the household's own, own commands."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from device.config import Config, OwnCommand
from device.errors import BrokenSentences
from device.mind.types import Intent
from device.names import NameTable

if TYPE_CHECKING:  # hands read the marks of sentences only, and do without their compiler
    from device.language.sentences import Sentences

OWN_COMMANDS = "[[command]]"
"""Stands for a file name where a fault is in the settings."""


def packaged(language: str) -> str:
    """The text of the packaged sentence file."""
    file = resources.files("device.language") / "languages" / f"{language}.yaml"
    return file.read_text(encoding="utf-8")


def own_files(folder: Path) -> dict[str, str]:
    """The household's own sentence files, by path; no folder, no files."""
    try:
        return {str(p): p.read_text(encoding="utf-8") for p in sorted(folder.glob("*.yaml"))}
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenSentences(where=folder, why=str(error)) from error


def of_commands(commands: tuple[OwnCommand, ...], language: str) -> dict[str, str]:
    """The sentences of own commands, as one more sentence file."""
    if not commands:
        return {}
    import yaml

    intents = {
        command.name: {
            "confirm": command.confirm,
            "data": [{"sentences": list(command.sentences)}],
        }
        for command in commands
    }
    content = {"language": language, "intents": intents}
    return {OWN_COMMANDS: yaml.safe_dump(content, allow_unicode=True)}


def load(config: Config, names: NameTable) -> Sentences:
    """Everything that can be said to this speaker. Faults of the household's files are in
    `.faults`; their sentences are left out, the others work.
    """
    from device.language import sentences

    language = config.general.language
    texts = {f"{language}.yaml": packaged(language)}
    texts |= of_commands(config.command, language)
    texts |= own_files(Path(config.service.sentences))
    merged = sentences.load(texts, names, language)
    if config.recognizer.confirm:  # whatever changes something is asked about
        intents = {
            meaning.intent for those in merged.automaton.meanings.values() for meaning in those
        }
        merged = replace(merged, asking=merged.asking | intents)
    return merged


def confirmed(config: Config, names: NameTable) -> frozenset[int]:
    """The intents that the household's own files mark `confirm: true`: the hands ask first."""
    own = {command.key: command.id for command in names.of_kind("command")}
    numbers = own | {name: int(intent) for name, intent in Intent.__members__.items()}
    files = own_files(Path(config.service.sentences))
    marked = {name for text in files.values() for name in _marked(text)}
    return frozenset(numbers[name] for name in marked if name in numbers)


def _marked(text: str) -> list[str]:
    """The intents of one file with the mark; none of a file that is no YAML: it isn't heard."""
    import yaml

    try:
        content = yaml.safe_load(text)
        intents = content["intents"].items()
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        return []
    return [
        str(name)
        for name, body in intents
        if isinstance(body, dict) and body.get("confirm") is True
    ]
