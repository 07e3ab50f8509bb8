"""Every microphone, the real one and its stand-ins, keeps the same contract."""

from __future__ import annotations

import os
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest

from device import portaudio
from device.ears.capture import microphone as mic
from device.errors import (
    KeepmumError,
    MicrophoneBusy,
    MicrophoneLost,
    NoMicrophone,
    WrongRate,
    WrongSound,
)
from device.mind.types import FRAME_SAMPLES, RATE
from device.standalone.virtualsound import VirtualSound

Opening = Callable[[mic.Sound, Path], AbstractContextManager[mic.Microphone]]
TONE = (8000 * np.sin(2 * np.pi * 440 * np.arange(10 * FRAME_SAMPLES) / RATE)).astype(np.int16)


def write_wav(path: Path, samples: mic.Sound, rate: int = RATE, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


@contextmanager
def from_file(samples: mic.Sound, folder: Path) -> Iterator[mic.Microphone]:
    opened = mic.open_microphone(str(write_wav(folder / "tone.wav", samples)), "default")
    yield opened
    opened.close()


@contextmanager
def from_pipe(samples: mic.Sound, folder: Path) -> Iterator[mic.Microphone]:
    os.mkfifo(folder / "pipe")
    writer = threading.Thread(target=(folder / "pipe").write_bytes, args=(samples.tobytes(),))
    writer.start()
    opened = mic.open_microphone(str(folder / "pipe"), "default")
    yield opened
    opened.close()
    writer.join()


@contextmanager
def from_pyaudio(samples: mic.Sound, folder: Path, sound: VirtualSound) -> Iterator[mic.Microphone]:
    opened = mic.open_microphone("", "default")
    player = sound.start_playing(write_wav(folder / "tone.wav", samples))
    yield opened
    player.wait()
    opened.close()


@pytest.fixture(params=["file", "pipe", "pyaudio"])
def microphone(
    request: pytest.FixtureRequest, tmp_path: Path, sound: VirtualSound
) -> Iterator[mic.Microphone]:
    match request.param:
        case "file":
            chosen = from_file(TONE, tmp_path)
        case "pipe":
            chosen = from_pipe(TONE, tmp_path)
        case _:
            chosen = from_pyaudio(TONE, tmp_path, sound)
    with chosen as opened:
        yield opened


def test_frames_of_80_ms_come_in_the_same_array_and_hold_what_was_played(
    microphone: mic.Microphone,
) -> None:
    first = microphone.read()
    assert first.shape == (FRAME_SAMPLES,)
    assert first.dtype == np.dtype(np.int16)
    peaks = []
    for _ in range(9):
        frame = microphone.read()
        assert frame is first
        peaks.append(int(np.abs(frame).max()))
    assert max(peaks) == pytest.approx(8000, rel=0.01)


def test_wiping_leaves_zeros(microphone: mic.Microphone) -> None:
    frame = microphone.read()
    while not frame.any():
        frame = microphone.read()
    microphone.wipe()
    assert not frame.any()


@pytest.mark.parametrize("kind", [from_file, from_pipe])
def test_a_stand_in_ends_and_leaves_zeros(kind: Opening, tmp_path: Path) -> None:
    with kind(TONE[: 2 * FRAME_SAMPLES], tmp_path) as opened:
        frame = opened.read()
        opened.read()
        with pytest.raises(mic.EndOfSound):
            opened.read()
        opened.wipe()
        assert not frame.any()


def test_a_killed_sound_server_is_a_lost_microphone(own_sound: VirtualSound) -> None:
    opened = mic.open_microphone("", "default")
    opened.read()
    own_sound.stop()
    with pytest.raises(MicrophoneLost):
        for _ in range(100):
            opened.read()
    opened.close()


def test_an_unknown_device_names_those_there_are(sound: VirtualSound) -> None:
    with pytest.raises(NoMicrophone, match=r"no microphone jabra. There are: .*pulse"):
        mic.open_microphone("", "jabra")


def test_a_device_is_found_by_index_and_by_part_of_its_name(sound: VirtualSound) -> None:
    index, name = portaudio.listed("Input")[0]
    for device in (index, str(index), name[:3].upper()):
        opened = mic.PyAudioMicrophone(device)
        assert opened.read().shape == (FRAME_SAMPLES,)
        opened.close()


def test_sound_of_another_kind_is_refused_with_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(WrongSound, match="44100 Hz, 2 channels, 16 bit"):
        mic.FileMicrophone(write_wav(tmp_path / "cd.wav", TONE, 44100, 2))
    (tmp_path / "no.wav").write_text("hello")
    with pytest.raises(WrongSound, match="no WAV file"):
        mic.FileMicrophone(tmp_path / "no.wav")


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (-9985, MicrophoneBusy, "Another program is using the microphone default"),
        (-9997, WrongRate, "default gives no rate and format"),
        (-9999, NoMicrophone, "There are: "),
    ],
)
def test_what_a_sound_card_refuses_is_told_with_its_mend(
    answer: int,
    error: type[KeepmumError],
    text: str,
    sound: VirtualSound,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # only a sound card refuses, and there is none here: PortAudio's answer stands in for it
    def refuses(*_words: object, **_facts: object) -> None:
        raise OSError(answer, "PortAudio's words")

    monkeypatch.setattr("pyaudio.PyAudio.open", refuses)
    with pytest.raises(error, match=text) as caught:
        mic.PyAudioMicrophone()
    assert caught.value.remedy
