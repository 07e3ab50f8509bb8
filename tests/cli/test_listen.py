"""listen shows, calibrate counts; neither keeps sound, and the ears get their microphone back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from device.cli import listen
from device.cli.app import app
from device.cli.listen import Room, View
from device.config import WAKE_WORDS, Wake, Word
from device.ears.capture.echo import Echo
from device.ears.wake.wakeword import Reading, WakeWords
from device.mind.types import FRAME_SAMPLES
from tests.voices import in_room, models, save, say

THRESHOLD = WAKE_WORDS["alexa"].threshold


@pytest.fixture(scope="module")
def wake() -> WakeWords:
    return WakeWords(Wake(), models())


def reading(fused: float) -> tuple[Reading, ...]:
    return (Reading(0, 0.1, 0.2, fused, THRESHOLD, fused >= THRESHOLD),)


def run(*arguments: str) -> str:
    models()
    done = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "120"})
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize(("text", "woke"), [("alexa", "1"), ("good morning", "0")])
def test_listen_tells_what_woke(tmp_path: Path, text: str, woke: str) -> None:
    save(tmp_path / "sound.wav", in_room(say(text)))
    line = next(
        line
        for line in run("listen", "--input", str(tmp_path / "sound.wav")).splitlines()[::-1]
        if line.startswith("alexa")
    )
    assert line.split()[-1] == woke
    assert f"{THRESHOLD:.3f}" in line


def test_listening_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "sound.wav", in_room(say("alexa")))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    run("listen", "--input", str(tmp_path / "sound.wav"))
    run("calibrate", "--input", str(tmp_path / "sound.wav"))
    assert {path.name for path in tmp_path.rglob("*")} == {"sound.wav", "here"}


def test_a_quiet_room_keeps_the_default_threshold(tmp_path: Path) -> None:
    save(tmp_path / "room.wav", in_room(np.zeros(0, np.int16), 3.0, 0.0))
    assert f"threshold = {THRESHOLD:.3f}" in run("calibrate", "--input", str(tmp_path / "room.wav"))


def test_a_room_that_wakes_it_gets_a_higher_threshold(wake: WakeWords) -> None:
    room = Room(wake)
    for score in (0.001, 0.3, 0.001):
        room.take(-40.0, reading(score))
    assert room.heard[0].wakes == 1
    assert room.proposed(0) > 0.3
    assert f'name = "alexa"\nthreshold = {room.proposed(0):.3f}' in room.proposal()


def test_a_proposal_names_models_of_ones_own() -> None:
    file = "openwakeword/alexa_v0.1.onnx"
    word = Word(name="mine", openwakeword=file)
    room = Room(WakeWords(Wake(words=(), word=(word,)), models()))
    assert f'name = "mine"\nopenwakeword = "{file}"' in room.proposal()


def test_calibrating_keeps_counts_and_nothing_else(wake: WakeWords) -> None:
    """Two rooms with the same counts are the same, whatever their sounds were."""
    rooms = [Room(wake), Room(wake)]
    scores = (0.01, 0.02, 0.2)
    for score in scores:
        rooms[0].take(-42.0, reading(score))
    for score in reversed(scores):
        rooms[1].take(-48.0, reading(score))
    one, other = ([room.levels.tolist(), room.heard[0].counts.tolist()] for room in rooms)
    assert one == other
    assert sum(one[0]) == len(scores)


def test_one_word_is_one_waking_however_many_frames_it_lasts(wake: WakeWords) -> None:
    view = View(wake)
    for score in (0.9, 0.9, 0.9, 0.01):
        view.take(-40.0, reading(score))
    assert view.wakes == [1]


def test_the_ears_are_stopped_for_as_long_and_this_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story: list[str] = []

    @contextmanager
    def paused() -> Iterator[bool]:
        story.append("stopped")
        try:
            yield True
        finally:
            story.append("started")

    monkeypatch.setattr(listen, "ears_paused", paused)
    save(tmp_path / "sound.wav", in_room(np.zeros(FRAME_SAMPLES, np.int16)))
    said = run("listen", "--input", str(tmp_path / "sound.wav"))
    assert story == ["stopped", "started"]
    assert "ears are stopped" in said


def test_the_view_says_what_is_taken_away_of_the_loudspeaker(wake: WakeWords) -> None:
    def shown(echo: Echo | None) -> str:
        console = Console(width=120)
        with console.capture() as captured:
            console.print(View(wake, echo).render())
        return captured.get()

    assert "echo" not in shown(None)
    echo, word, tick = Echo(), say("alexa")[:FRAME_SAMPLES], np.zeros(FRAME_SAMPLES, np.int16)
    assert "the loudspeaker is silent" in shown(echo)
    tick[::100] = 500
    echo.cancel(word.copy(), tick)
    assert "dB taken away" in shown(echo)
    echo.cancel(tick, tick)
    assert "a copy of the microphone" in shown(echo)
