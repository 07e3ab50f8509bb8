"""Every place that sound goes to keeps the same promises; sound is what it was when it arrives."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from device.config import Sound
from device.errors import NoLoudspeaker
from device.hands.sound.sinks import BLOCK_SECONDS, NullSink, Pace, PyAudioSink, Sink, WavSink, sink
from device.standalone.virtualsound import VirtualSound

TONE = 880.0


@dataclass
class Place:
    """A sink, and what came out of it: samples with their rate; None where nobody can know."""

    sink: Sink
    heard: Path | None
    recorder: subprocess.Popen[bytes] | None = None

    def out(self) -> tuple[NDArray[np.int16], int] | None:
        if self.recorder is not None:
            self.recorder.terminate()
            recorded = self.recorder.communicate()[0]
            return np.frombuffer(recorded[: len(recorded) // 2 * 2], np.int16), 16_000
        if self.heard is None:
            return None
        with wave.open(str(self.heard)) as file:
            return np.frombuffer(file.readframes(file.getnframes()), np.int16), file.getframerate()


@pytest.fixture(params=["null", "wav", "pyaudio"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    heard = tmp_path / "heard.wav"
    if request.param == "null":
        yield Place(NullSink(), None)
    elif request.param == "wav":
        yield Place(WavSink(heard), heard)
    else:
        # others that share the sound server may have left it softer
        request.getfixturevalue("sound").control("set-sink-volume", "speaker", "100%")
        form = ("--rate=16000", "--channels=1", "--format=s16le", "--raw")
        recorder = subprocess.Popen(
            ("parec", "--device=speaker.monitor", *form, "--latency-msec=20"),
            env=os.environ,
            stdout=subprocess.PIPE,
        )
        assert recorder.stdout is not None
        fcntl.fcntl(recorder.stdout, fcntl.F_SETPIPE_SZ, 1 << 20)
        recorder.stdout.read(2)  # it records
        yield Place(PyAudioSink("default"), None, recorder)
        recorder.kill()
        recorder.wait()
        recorder.stdout.close()


def play(out: Sink, seconds: float) -> float:
    """A tone, block by block; how long that took."""
    began = time.monotonic()
    size = int(out.rate * BLOCK_SECONDS)
    for n in range(round(seconds / BLOCK_SECONDS)):
        t = (np.arange(size) + n * size) / out.rate
        out.write((8_000 * np.sin(2 * np.pi * TONE * t)).astype(np.int16).tobytes())
    return time.monotonic() - began


def pitch(samples: NDArray[np.float64], rate: int) -> float:
    """The median pitch of tenths of a second: a busy machine may stutter between two of them."""
    size = rate // 10
    pieces = [samples[i : i + size] for i in range(0, len(samples) - size + 1, size)]
    window = np.hanning(size)
    spectra = [np.abs(np.fft.rfft(piece * window, 16 * size)) for piece in pieces]
    return float(np.median([np.argmax(s) * rate / (16 * size) for s in spectra]))


def test_sound_takes_its_time_and_arrives_as_it_was(place: Place) -> None:
    place.sink.open()
    assert 0.5 <= play(place.sink, 1.0) <= 3
    place.sink.close()
    out = place.out()
    if out is None:
        return  # a place that plays to nobody keeps the first promise only
    samples, rate = out
    loud = np.flatnonzero(np.abs(samples) > 3_000)
    assert (loud[-1] - loud[0]) / rate == pytest.approx(1.0, abs=0.12)
    middle = samples[loud[0] : loud[-1]].astype(float)
    assert pitch(middle, rate) == pytest.approx(TONE, abs=3)


def test_a_place_can_be_closed_and_opened_again(place: Place) -> None:
    for _ in range(2):
        place.sink.open()
        play(place.sink, 0.1)
        place.sink.close()
    place.sink.close()
    place.sink.open()
    assert place.sink.rate >= 16_000


def test_a_file_is_silent_where_nothing_was_played(tmp_path: Path) -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    out = WavSink(tmp_path / "o.wav", Pace(lambda: now[0], sleep))
    out.open()
    play(out, 0.5)
    now[0] = 3.0
    out.open()
    play(out, 0.5)
    with wave.open(str(tmp_path / "o.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    loud = np.abs(samples.astype(int)) > 0
    assert len(samples) / out.rate == pytest.approx(3.5, abs=0.01)
    assert not loud[round(0.5 * out.rate) : round(3.0 * out.rate)].any()


def test_a_file_is_whole_after_every_block(tmp_path: Path) -> None:
    out = WavSink(tmp_path / "o.wav")
    out.open()
    play(out, 0.1)
    with wave.open(str(tmp_path / "o.wav")) as file:
        assert file.getnframes() / out.rate == pytest.approx(0.1, abs=0.01)


@pytest.mark.usefixtures("sound")
def test_a_device_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(NoLoudspeaker) as caught:
        PyAudioSink("gramophone").open()
    assert "gramophone" in str(caught.value) and "There are: " in str(caught.value)


def test_a_device_that_goes_is_told_and_one_that_comes_back_plays(own_sound: VirtualSound) -> None:
    out = PyAudioSink("default")
    out.open()
    play(out, 0.1)
    own_sound.stop()
    with pytest.raises(NoLoudspeaker):
        play(out, 3.0)
    with pytest.raises(NoLoudspeaker):
        out.open()


def test_nothing_can_be_written_to_what_is_not_open(tmp_path: Path) -> None:
    for closed in (WavSink(tmp_path / "o.wav"), PyAudioSink("default")):
        with pytest.raises(NoLoudspeaker):
            closed.write(bytes(100))
    with pytest.raises(NoLoudspeaker):
        WavSink(tmp_path / "no" / "o.wav").open()


def test_the_settings_name_the_place(tmp_path: Path) -> None:
    assert isinstance(sink(Sound(output="null")), NullSink)
    assert isinstance(sink(Sound(output=str(tmp_path / "o.wav"))), WavSink)
    assert isinstance(sink(Sound()), PyAudioSink)
