"""Where sentence files are: the packaged one of the language, the household's own, own commands."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import yaml

from device.config import Config, OwnCommand
from device.errors import BrokenSentences
from device.mind import sentences
from device.mind.sentences import Sentences
from device.names import NameTable

OWN_COMMANDS = "[[command]]"
"""Stands for a file name where a fault is in the settings."""


def packaged(language: str) -> str:
    """The text of the packaged sentence file."""
    file = resources.files("device.mind") / "languages" / f"{language}.yaml"
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
    language = config.general.language
    texts = {f"{language}.yaml": packaged(language)}
    texts |= of_commands(config.command, language)
    texts |= own_files(Path(config.service.sentences))
    return sentences.load(texts, names, language)
