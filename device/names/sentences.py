"""Where sentence files are: the packaged one of the language, the household's own, own commands."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device.config import Config, OwnCommand
from device.mind.types import Intent
from device.names import NameTable

if TYPE_CHECKING:  # hands read the marks of sentences only, and do without their compiler
    from device.language.sentencefile import Fault
    from device.language.sentences import Sentences

MAX_BYTES = 1_000_000
OWN_COMMANDS = "[[command]]"
"""Stands for a file name where a fault is in the settings."""


def packaged(language: str) -> str:
    """The text of the packaged sentence file."""
    file = resources.files("device.language") / "languages" / f"{language}.yaml"
    return file.read_text(encoding="utf-8")


def own_files(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The household's own sentence files, by path, and why others can't be read, by path."""
    texts: dict[str, str] = {}
    faults: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
            if len(content) > MAX_BYTES:
                raise ValueError(f"it has more than {MAX_BYTES} bytes")
            texts[str(path)] = content.decode()
        except OSError as error:
            faults[str(path)] = error.strerror or type(error).__name__
        except UnicodeDecodeError as error:
            faults[str(path)] = f"byte {error.start} is not UTF-8; write the file in UTF-8"
        except ValueError as error:
            faults[str(path)] = str(error)
    return texts, faults


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
    from device.language.sentencefile import Fault

    language = config.general.language
    texts = {f"{language}.yaml": packaged(language)}
    own, unread = own_files(Path(config.service.sentences))
    own = of_commands(config.command, language) | own
    faults = tuple(Fault(file, 1, f"can't be read: {why}") for file, why in unread.items())
    merged, too_much = _merged(texts, own, names, language)
    merged = replace(merged, faults=merged.faults + faults + too_much)
    if config.recognizer.confirm:  # whatever changes something is asked about
        intents = {
            meaning.intent for those in merged.automaton.meanings.values() for meaning in those
        }
        merged = replace(merged, asking=merged.asking | intents)
    return merged


def _merged(
    texts: dict[str, str], own: dict[str, str], names: NameTable, language: str
) -> tuple[Sentences, tuple[Fault, ...]]:
    """All that can be said; files that would take too much are left out, and named."""
    from device.language import sentences
    from device.language.sentencefile import Fault

    def built(files: dict[str, str]) -> Sentences:
        merged = sentences.load(files, names, language)
        len(merged.graph)  # kept: whoever uses it needs not make it again
        return merged

    if not own:
        return sentences.load(texts, names, language), ()
    try:
        return built(texts | own), ()
    except (ValueError, RecursionError):
        pass
    kept, faults = dict(texts), []
    merged = sentences.load(texts, names, language)
    for file, text in own.items():
        try:
            merged = built(kept | {file: text})
            kept[file] = text
        except (ValueError, RecursionError) as error:
            faults.append(Fault(file, 1, f"too much: {str(error)[:200]}"))
    return merged, tuple(faults)


def confirmed(config: Config, names: NameTable) -> frozenset[int]:
    """The intents that the household's own files mark `confirm: true`: the hands ask first."""
    own = {command.key: command.id for command in names.of_kind("command")}
    numbers = own | {name: int(intent) for name, intent in Intent.__members__.items()}
    files, _ = own_files(Path(config.service.sentences))
    marked = {name for text in files.values() for name in _marked(text)}
    return frozenset(numbers[name] for name in marked if name in numbers)


def broken(config: Config) -> bool:
    """Whether one of the household's own files can't be read at all."""
    texts, unread = own_files(Path(config.service.sentences))
    return bool(unread) or any(_intents(text) is None for text in texts.values())


def _intents(text: str) -> dict[Any, Any] | None:
    """The intents of one file; None of a file that is no sentence file: it isn't heard."""
    import yaml

    try:
        content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        intents = (content or {}).get("intents") or {}
    except (yaml.YAMLError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    return intents if isinstance(intents, dict) else None


def _marked(text: str) -> list[str]:
    """The intents of one file with the mark."""
    return [
        str(name)
        for name, body in (_intents(text) or {}).items()
        if isinstance(body, dict) and body.get("confirm") is True
    ]
