"""Voices say sentences, one at a time; one that dies or hangs costs a sentence."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Coroutine
from pathlib import Path

import numpy as np
import pytest

from device.config import Voice as Settings
from device.errors import NoVoice
from device.hands.sound.chimes import Pcm
from device.hands.voice import tts
from device.hands.voice.tts import Espeak, Memory, NoSpeech, Piper, Voice, sentences, spoken
from device.modelstore import ModelStore

JOE = "piper/en_US-joe-medium.onnx"
STAND_IN = """
    import itertools, logging, sys, time, wave
    logging.basicConfig(level=logging.INFO)
    folder = sys.argv[sys.argv.index("--output-dir") + 1]
    for n, line in zip(itertools.count(), sys.stdin):
        if "die" in line:
            sys.exit(1)
        if "hang" in line:
            time.sleep(60)
        path = f"{folder}/{n}.wav"
        with wave.open(path, "wb") as file:
            file.setparams((1, 2, 22050, 0, "NONE", ""))
            file.writeframes(len(line.strip()).to_bytes(2, "little") * 2205)
        logging.info("Wrote %s", path)
"""


def stand_in(tmp_path: Path) -> Piper:
    """Piper's command line without Piper: the samples are the length of the sentence."""
    program = tmp_path / "stand_in.py"
    program.write_text(textwrap.dedent(STAND_IN))
    return Piper(tmp_path / "voice.onnx", 1.0, (sys.executable, str(program)))


def tell(voice: Voice, story: Callable[[], Coroutine[None, None, None]]) -> None:
    async def run() -> None:
        try:
            await story()
        finally:
            await voice.close()

    asyncio.run(run())


@pytest.fixture(params=["espeak-ng", "piper", "stand-in"])
def voice(request: pytest.FixtureRequest, tmp_path: Path) -> Voice:
    if request.param == "espeak-ng":
        if shutil.which("espeak-ng") is None:
            pytest.skip("espeak-ng is not installed")
        return Espeak("en-us", 1.0)
    if request.param == "stand-in":
        return stand_in(tmp_path)
    store = ModelStore()
    if not (store.has(JOE) and store.has(f"{JOE}.json")):
        pytest.skip("the voice joe is not fetched")
    return Piper(store.path(JOE), 1.0)


def test_a_sentence_becomes_sound_and_so_does_the_next(voice: Voice) -> None:
    async def story() -> None:
        for sentence in ("Timer set.", "It's 3:04 PM, and a\nnew line."):
            pcm, rate = await voice.say(sentence)
            assert pcm.dtype == np.int16 and pcm.ndim == 1
            assert 16_000 <= rate <= 48_000
            assert 0.1 <= len(pcm) / rate < 5
            assert pcm.any()

    tell(voice, story)


def test_a_warm_voice_has_its_program_running(tmp_path: Path) -> None:
    piper = stand_in(tmp_path)

    async def story() -> None:
        await piper.warm()
        process = piper._process
        await piper.warm()
        await piper.say("hello")
        assert process is not None and piper._process is process

    tell(piper, story)


def test_a_sentence_nobody_wants_any_more_is_not_taken_for_the_next(tmp_path: Path) -> None:
    piper = stand_in(tmp_path)

    async def story() -> None:
        await piper.say("warm")
        first = asyncio.ensure_future(piper.say("unwanted"))
        await asyncio.sleep(0)
        first.cancel()
        pcm, _ = await piper.say("wanted!")
        assert pcm[0] == len("wanted!")

    tell(piper, story)


def test_a_voice_that_dies_is_started_anew_for_the_next_sentence(tmp_path: Path) -> None:
    piper = stand_in(tmp_path)

    async def story() -> None:
        with pytest.raises(NoVoice):
            await piper.say("please die")
        pcm, _ = await piper.say("again")
        assert pcm[0] == 5

    tell(piper, story)


def test_a_voice_that_hangs_is_given_up(tmp_path: Path) -> None:
    piper = stand_in(tmp_path)
    piper.patience = 0.3

    async def story() -> None:
        with pytest.raises(NoVoice):
            await piper.say("please hang")
        piper.patience = 10
        pcm, _ = await piper.say("again")
        assert pcm[0] == 5

    tell(piper, story)


def test_nothing_that_was_said_is_left_in_the_folder(tmp_path: Path) -> None:
    piper = stand_in(tmp_path)

    async def story() -> None:
        await piper.say("one")
        folder = Path(piper._folder.name) if piper._folder else tmp_path / "none"
        assert folder.is_dir() and not list(folder.iterdir())
        await piper.close()
        assert not folder.exists()

    tell(piper, story)


def test_what_a_kill_left_is_cleared_and_what_is_in_use_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    dead, mine = tmp_path / "keepmum-voice-999999999-x", tmp_path / f"keepmum-voice-{os.getpid()}-x"
    for folder in (dead, mine):
        folder.mkdir()
        (folder / "1.wav").touch()
    piper = stand_in(tmp_path)

    async def story() -> None:
        await piper.warm()
        assert not dead.exists() and mine.exists()

    tell(piper, story)


def test_a_text_is_cut_where_people_breathe() -> None:
    assert sentences("One. Two! Three?") == ["One.", "Two!", "Three?"]
    assert sentences("It's 3.5 degrees.") == ["It's 3.5 degrees."]
    long = "You can set timers and alarms, ask the time or the date, and say stop."
    assert sentences(long)[0] == "You can set timers and alarms,"
    assert " ".join(sentences(long)) == long
    assert sentences("") == []


def test_memory_gives_back_what_it_was_given_and_forgets_the_least_used() -> None:
    memory = Memory(limit_bytes=1_000)
    sound = np.zeros(100, dtype=np.int16), 22_050
    for name in "abcde":
        memory.put(name, sound)
    assert memory.get("a") is not None
    memory.put("f", sound)
    assert memory.get("b") is None
    assert memory.get("a") is not None
    memory.put("long", (np.zeros(1_000, dtype=np.int16), 22_050))
    assert memory.get("long") is None


def test_what_is_remembered_is_not_made_again() -> None:
    class Once(NoSpeech):
        made = 0

        async def say(self, sentence: str) -> tuple[Pcm, int]:
            self.made += 1
            return np.ones(100, dtype=np.int16), 22_050

    voice, memory = Once(), Memory(10_000)

    async def story() -> None:
        for _ in range(3):
            assert len([s async for s in spoken("One. Two.", voice, memory)]) == 2
        assert voice.made == 2

    tell(voice, story)


def test_auto_takes_the_best_voice_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = {"piper", "espeak-ng"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: n if n in there else None)
    monkeypatch.setattr(shutil, "which", lambda n: n if n in there else None)
    model = tmp_path / "voice.onnx"
    assert tts.voice(Settings(), "en", model).name == "piper"
    assert tts.voice(Settings(), "en", None).name == "espeak-ng"
    assert tts.voice(Settings(engine="espeak-ng"), "fr", model).name == "espeak-ng"
    assert tts.voice(Settings(engine="none"), "en", model).name == "none"
    there.clear()
    assert tts.voice(Settings(), "en", model).name == "none"
    for engine in ("piper", "espeak-ng"):
        with pytest.raises(NoVoice):
            tts.voice(Settings(engine=engine), "en", None)
