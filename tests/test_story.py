"""The main job: speech into real ears, an intent across, real hands act; and nothing else."""

from __future__ import annotations

import dataclasses
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from device.cli.run import stage
from device.config import Config
from device.mind.types import RATE, Intent, Outcome, Slot
from device.standalone.timeline import Event
from tests.rooms import answer, echo, heard, sampled
from tests.voices import Sound, models, save, say

PATIENCE_S = 40.0
QUIET = np.random.default_rng(0)


@pytest.fixture
def settings(tmp_path: Path) -> Config:
    """Defaults, everything kept in this test's folder, no loudspeaker."""
    models()
    defaults = Config()
    return dataclasses.replace(
        defaults,
        service=dataclasses.replace(
            defaults.service,
            state=str(tmp_path / "state"),
            sentences=str(tmp_path),
            ask=str(tmp_path / "ask.sock"),
        ),
        sound=dataclasses.replace(defaults.sound, output="null"),
        voice=dataclasses.replace(defaults.voice, engine="none"),
    )


def room(seconds: float) -> Sound:
    """The faint noise of a room."""
    return QUIET.normal(0, 3, round(16_000 * seconds)).astype(np.int16)


def what_comes_of(text: str, settings: Config, folder: Path) -> list[Event]:
    """Events from the ears' hello to their end, for one utterance of a file."""
    wav = folder / "said.wav"
    save(wav, np.concatenate([room(1.0), say(text), room(2.5)]))
    seen: list[Event] = []
    with stage(settings, source=str(wav)) as scene:
        scene.journal.until(lambda e: e["event"] == "parted", PATIENCE_S, seen.append)
    assert seen[-1]["event"] == "parted", seen
    return seen


def kinds(events: list[Event]) -> set[str]:
    return {str(e["event"]) for e in events}


def requests(events: list[Event]) -> list[tuple[int, dict[int, int]]]:
    told = [e["request"] for e in events if e["event"] == "command"]
    return [(r["intent"], dict(r["slots"])) for r in told]


def outcomes(events: list[Event]) -> Iterator[Outcome]:
    return (Outcome(e["outcome"]) for e in events if e["event"] == "ended")


DOES: list[tuple[str, tuple[int, dict[int, int]]]] = [
    ("alexa, what time is it", (Intent.TIME, {})),
    ("alexa, set a timer for five seconds", (Intent.TIMER_SET, {Slot.DURATION: 5})),
    ("alexa, set the volume to forty percent", (Intent.VOLUME_SET, {Slot.PERCENT: 40})),
]


@pytest.mark.parametrize(("text", "wanted"), DOES)
def test_a_command_is_understood_acted_on_and_forgotten(
    text: str, wanted: tuple[int, dict[int, int]], settings: Config, tmp_path: Path
) -> None:
    events = what_comes_of(text, settings, tmp_path)
    assert requests(events) == [wanted]
    assert "did" in kinds(events)
    assert list(outcomes(events)) == [Outcome.COMMAND]


@pytest.mark.parametrize(
    "text",
    [
        "what time is it over there I wonder",
        "please set the table for five people",
        "the volume of this box is forty litres",
    ],
)
def test_talk_without_the_wake_word_does_nothing(
    text: str, settings: Config, tmp_path: Path
) -> None:
    assert kinds(what_comes_of(text, settings, tmp_path)) == {"hello", "parted"}


@pytest.mark.parametrize(
    "text",
    [
        "alexa, I told him that we would rather walk home",
        "alexa, my sister lives in the north with her cat",
        "alexa",
    ],
)
def test_a_wake_word_followed_by_no_command_is_forgotten_and_does_nothing(
    text: str, settings: Config, tmp_path: Path
) -> None:
    events = what_comes_of(text, settings, tmp_path)
    assert requests(events) == []
    assert "did" not in kinds(events)
    assert set(outcomes(events)) <= {Outcome.NOT_UNDERSTOOD, Outcome.NO_SPEECH}
    assert len(list(outcomes(events))) == 1


@pytest.mark.parametrize("reference", [2, None])
def test_over_its_own_voice_a_reference_makes_the_difference(
    reference: int | None, settings: Config, tmp_path: Path
) -> None:
    """A reply as loud as the wake word, which falls silent while the command is said."""
    said = say("alexa, what time is it").astype(np.float64)
    reply = say(
        "Sorry, I didn't understand. You have three alarms: at seven, at eight and at noon."
    )
    length, start, silent = len(reply) + 3 * RATE, 2 * RATE, round(2.7 * RATE)
    played, spoken = np.zeros(length), np.zeros(length)
    played[: len(reply)] = reply
    played[silent:] = 0
    spoken[start : start + len(said)] = said
    arrived = echo(played, answer(rt60=0.4, delay_ms=20, seed=3))
    arrived *= 1.5 * np.sqrt(np.square(said).mean() / np.square(arrived[:start]).mean())
    channels = [heard(arrived, spoken), sampled(played)][: 2 if reference else 1]
    with wave.open(str(tmp_path / "over.wav"), "wb") as file:
        file.setparams((len(channels), 2, RATE, 0, "NONE", ""))
        file.writeframes(np.stack(channels, axis=1).tobytes())
    microphone = dataclasses.replace(settings.microphone, reference_channel=reference)
    settings = dataclasses.replace(settings, microphone=microphone)
    seen: list[Event] = []
    with stage(settings, source=str(tmp_path / "over.wav")) as scene:
        scene.journal.until(lambda e: e["event"] == "parted", PATIENCE_S, seen.append)
    assert requests(seen) == ([(Intent.TIME, {})] if reference else [])
