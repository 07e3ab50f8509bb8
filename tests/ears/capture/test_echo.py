"""The loudspeaker's echo is taken out of the microphone; nothing else is, and nothing is put in."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from device import config
from device.cli import doctor
from device.config import Wake
from device.ears.capture import microphone as mic
from device.ears.capture.echo import BLOCK, PARTITIONS, TAIL, Echo
from device.ears.wake.wakeword import WakeWords
from device.errors import BrokenConfig, TooFewChannels, WrongSound
from device.mind.types import FRAME_SAMPLES, RATE, Hint
from device.seal.memory import wiping_environment
from device.seal.scan import Searcher, canary
from device.standalone.virtualsound import VirtualSound, virtual_sound
from tests.rooms import answer, echo, heard, sampled
from tests.voices import models, say

Sound = NDArray[np.int16]
REPLY = "It is ten minutes past seven. The pasta timer has four minutes left, the tea timer two."
SECOND = "Tomorrow there will be rain in the morning, and it will be warmer in the afternoon."
LEVEL = 1200.0
"""Root mean square of what the microphone hears."""
ROOM = answer(rt60=0.4, delay_ms=15, seed=4)


def scaled(sound: NDArray[Any], level: float = LEVEL) -> NDArray[np.float64]:
    return np.asarray(sound * (level / np.sqrt(np.square(sound, dtype=np.float64).mean())))


def whole(sound: Sound) -> Sound:
    """The sound, silence added to its last frame."""
    return np.concatenate([sound, np.zeros(-len(sound) % FRAME_SAMPLES, np.int16)])


def cleaned(found: Echo, microphone: Sound, reference: Sound) -> Sound:
    """What is left of a whole sound; no frame of it is louder than it was."""
    out = microphone.copy()
    for start in range(0, len(out), FRAME_SAMPLES):
        frame = slice(start, start + FRAME_SAMPLES)
        found.cancel(out[frame], reference[frame])
        assert energy(out[frame]) <= energy(microphone[frame])
    return out


def energy(sound: NDArray[Any]) -> float:
    return float(np.square(sound, dtype=np.float64).sum())


def taken_db(before: Sound, after: Sound, begin: float = 0.0, end: float | None = None) -> float:
    """How much softer it became between two moments, in s."""
    part = slice(round(begin * RATE), None if end is None else round(end * RATE))
    return 10 * math.log10(energy(before[part]) / energy(after[part]))


@pytest.fixture(scope="module")
def reply() -> Sound:
    return whole(np.concatenate([say(REPLY), say(SECOND)]))


@pytest.fixture(scope="module")
def echoed(reply: Sound) -> Sound:
    return heard(scaled(echo(reply, ROOM)))


@pytest.fixture
def used(reply: Sound, echoed: Sound) -> Echo:
    """A canceller that knows the room."""
    found = Echo()
    cleaned(found, echoed, reply)
    cleaned(found, *[np.zeros(5 * FRAME_SAMPLES, np.int16)] * 2)
    return found


@pytest.fixture(scope="module")
def wake() -> WakeWords:
    return WakeWords(Wake(), models())


def wakes(wake: WakeWords, sound: Sound, loud: Hint = Hint.SPEAKING) -> bool:
    wake.forget()
    wake.loud = loud
    return any(r.woke for f in whole(sound).reshape(-1, FRAME_SAMPLES) for r in wake.step(f))


def quiet(sound: NDArray[Any]) -> Sound:
    """A room in which nothing sounds for as long."""
    return heard(np.zeros(len(sound)))


def placed(word: Sound, length: int, at: float) -> NDArray[np.float64]:
    out = np.zeros(length)
    start = round(at * RATE)
    out[start : start + len(word)] = scaled(word)
    return out


# --- what must be taken away


@pytest.mark.parametrize("rt60", [0.2, 0.4, 0.6])
def test_most_of_a_reply_is_gone_within_two_seconds(reply: Sound, rt60: float) -> None:
    before = heard(scaled(echo(reply, answer(rt60, 25, seed=1))))
    after = cleaned(Echo(), before, reply)
    assert taken_db(before, after, 1.0, 2.0) > 8
    assert taken_db(before, after, 2.0) > 14


@pytest.mark.parametrize("gain", [0.03, 0.3, 2.0])
def test_the_levels_of_the_two_channels_need_not_fit(
    reply: Sound, echoed: Sound, gain: float
) -> None:
    after = cleaned(Echo(), echoed, sampled(reply * gain))
    assert taken_db(echoed, after, 2.0) > 14


def test_the_next_reply_is_taken_away_from_its_beginning(
    used: Echo, reply: Sound, echoed: Sound
) -> None:
    after = cleaned(used, echoed, reply)
    assert taken_db(echoed, after, 0.0, 0.5) > 12


def test_forgetting_sound_does_not_forget_the_room(used: Echo, reply: Sound, echoed: Sound) -> None:
    used.forget()
    assert taken_db(echoed, cleaned(used, echoed, reply), 0.0, 0.5) > 12


def test_forgetting_in_the_middle_of_a_reply_unlearns_nothing(
    used: Echo, reply: Sound, echoed: Sound
) -> None:
    half = len(reply) // 2 // FRAME_SAMPLES * FRAME_SAMPLES
    cleaned(used, echoed[:half], reply[:half])
    used.forget()
    after = cleaned(used, echoed[half:], reply[half:])
    assert taken_db(echoed[half:], after, 0.3, 1.3) > 12


def test_it_learns_anew_when_something_was_moved_or_turned_down(
    used: Echo, reply: Sound, echoed: Sound
) -> None:
    moved = heard(scaled(echo(reply, answer(rt60=0.4, delay_ms=35, seed=9))))
    assert taken_db(moved, cleaned(used, moved, reply), 4.0) > 10
    softer = sampled(moved * 0.25)
    assert taken_db(softer, cleaned(used, softer, reply), 4.0) > 10


def test_it_survives_a_microphone_that_clips(reply: Sound, echoed: Sound) -> None:
    found = Echo()
    clipped = sampled(echoed * 20.0)
    assert (np.abs(clipped.astype(int)) >= 32767).mean() > 0.01
    cleaned(found, clipped, reply)
    assert taken_db(echoed, cleaned(found, echoed, reply), 4.0) > 10


@pytest.mark.parametrize("voice", [("joe", 1.0, 1.0), ("joe", 1.2, 1.06), ("joe", 0.85, 0.95)])
def test_a_wake_word_over_a_reply_wakes(
    wake: WakeWords, reply: Sound, voice: tuple[str, float, float]
) -> None:
    word = placed(say("alexa", *voice), len(reply), 1.5)
    before = heard(scaled(echo(reply, ROOM), 1.5 * LEVEL), word)
    assert not wakes(wake, before)
    assert wakes(wake, cleaned(Echo(), before, reply))


# --- what must do nothing


def test_with_a_silent_reference_every_sample_passes_at_no_cost(used: Echo, reply: Sound) -> None:
    line = np.random.default_rng(5).integers(-9, 10, len(reply)).astype(np.int16)
    assert np.array_equal(cleaned(used, reply, line), reply)
    assert used.kept_ms() == {"reference": 0.0, "microphone": 0.0}
    costs = []
    for played in (reply[RATE : RATE + FRAME_SAMPLES], line[:FRAME_SAMPLES]):
        for _ in range(TAIL // FRAME_SAMPLES + 1):
            used.cancel(reply[:FRAME_SAMPLES].copy(), played)
        begun = time.process_time()
        for _ in range(50):
            used.cancel(reply[:FRAME_SAMPLES].copy(), played)
        costs.append(time.process_time() - begun)
    assert costs[1] < costs[0] / 5


@pytest.mark.parametrize("level", [100, -32768])
def test_a_constant_reference_takes_nothing_away(reply: Sound, level: int) -> None:
    constant = np.full(len(reply), level, np.int16)
    left = cleaned(Echo(), reply, constant)
    assert energy(left - reply.astype(float)) < 0.01 * energy(reply)


def test_a_reference_that_is_not_played_takes_next_to_nothing_away(
    used: Echo, reply: Sound
) -> None:
    other = whole(say("Once upon a time there was a speaker that nobody listened to.", "flite:slt"))
    spoken = heard(scaled(reply)[: len(other)])
    for found in (Echo(), used):
        left = cleaned(found, spoken, other)
        assert energy(left - spoken.astype(float)) < 0.15 * energy(spoken)


@pytest.mark.parametrize("voice", [("joe", 1.0, 1.0), ("joe", 1.2, 1.06), ("joe", 0.85, 0.95)])
def test_a_wake_word_while_the_reference_is_not_played_wakes(
    wake: WakeWords, used: Echo, reply: Sound, voice: tuple[str, float, float]
) -> None:
    spoken = heard(placed(say("alexa", *voice), len(reply), 1.5))
    for found in (Echo(), used):
        assert wakes(wake, cleaned(found, spoken, reply))


def test_a_device_that_gives_one_channel_twice_is_heard(reply: Sound) -> None:
    found = Echo()
    assert np.array_equal(cleaned(found, reply, reply), reply)
    assert found.copied


@pytest.mark.parametrize("spoken", [False, True])
def test_a_wake_word_in_the_reference_alone_does_not_wake(
    wake: WakeWords, used: Echo, reply: Sound, spoken: bool
) -> None:
    """Neither over a silent room nor under other words, and whether the room is known or not."""
    played = whole(np.concatenate([say("alexa")] * 4))
    other = np.resize(scaled(reply), len(played)) if spoken else np.zeros(len(played))
    microphone = heard(other)
    for found in (Echo(), used):
        for sign in (1, -1):
            left = cleaned(found, microphone, sampled(sign * played.astype(float)))
            assert not wakes(wake, left, Hint.QUIET)
            assert not wakes(wake, left, Hint.SPEAKING)


def test_a_wake_word_from_the_loudspeaker_does_not_wake(wake: WakeWords, used: Echo) -> None:
    """In most cases: the benchmark counts them."""
    word = whole(np.concatenate([np.zeros(RATE // 2, np.int16), say("alexa")]))
    before = heard(scaled(echo(word, ROOM)))
    assert wakes(wake, before)
    assert not wakes(wake, cleaned(used, before, word))


@pytest.mark.parametrize("softer_db", [0, 6, 12])
def test_a_softer_voice_passes_where_the_echo_is_kept_back(
    used: Echo, reply: Sound, echoed: Sound, softer_db: float
) -> None:
    word = placed(say("alexa"), len(reply), 2.5) * 10 ** (-softer_db / 20)
    spoken = slice(round(2.5 * RATE), round(2.5 * RATE) + len(say("alexa")))
    left = cleaned(used, heard(echoed, word), reply)
    assert energy(left[spoken]) > 0.8 * energy(word[spoken])
    alone = cleaned(used, echoed, reply)
    assert energy(alone[spoken]) < 0.2 * energy(left[spoken])


def test_one_who_speaks_over_the_reply_is_left_as_they_are(
    used: Echo, reply: Sound, echoed: Sound
) -> None:
    spoken = scaled(np.resize(say("set a timer for ten minutes please"), len(reply)))
    left = cleaned(used, heard(echoed, spoken), reply)
    assert energy(left - spoken) < 0.05 * energy(spoken)
    assert taken_db(echoed, cleaned(used, echoed, reply)) > 12, "it unlearnt nothing"


@pytest.mark.parametrize("seed", range(4))
def test_no_frame_becomes_louder_whatever_comes(used: Echo, seed: int) -> None:
    """`cleaned` compares every frame; noise, steps, clicks and silence at the limits of 16 bit."""
    chance = np.random.default_rng(seed)
    sounds = []
    for _ in range(2):
        levels = chance.choice([0, 1, 40, 3000, 40000], 60).repeat(FRAME_SAMPLES // 2)
        noise = chance.normal(size=len(levels)) * levels
        noise[chance.random(len(levels)) > 0.999] = chance.choice([-32768, 32767])
        sounds.append(whole(sampled(noise)))
    cleaned(used, *sounds)
    assert np.isfinite(used._room).all()
    assert np.isfinite(used._doubt).all()
    assert (used._doubt >= 0).all()


# --- what is kept


def arrays(held: object) -> dict[str, NDArray[Any]]:
    return {n: a for n, a in vars(held).items() if isinstance(a, np.ndarray) and a.any()}


def test_of_the_reference_the_tail_is_kept_and_of_the_microphone_nothing(
    used: Echo, reply: Sound, echoed: Sound
) -> None:
    cleaned(used, echoed, reply)
    cleaned(used, echoed[: 5 * FRAME_SAMPLES], reply[RATE:][: 5 * FRAME_SAMPLES])
    assert used.kept_ms() == {"reference": (PARTITIONS + 1) * BLOCK / 16, "microphone": 0.0}
    assert set(arrays(used)) == {"_shape", "_history", "_last", "_other", "_room", "_doubt"}
    used.forget()
    assert set(arrays(used)) == {"_shape", "_room", "_doubt"}


def test_a_click_in_the_reference_makes_no_imprint_of_who_speaks(reply: Sound) -> None:
    """The answer to a click would be what the microphone heard after it: a recording."""
    clicks = np.zeros(len(reply), np.int16)
    clicks[RATE // 2 :: RATE] = 30_000
    found = Echo()
    assert np.array_equal(cleaned(found, reply, clicks), reply)
    assert set(arrays(found)) == {"_shape", "_doubt"}


def test_a_silent_reference_overwrites_what_was_played(
    used: Echo, reply: Sound, echoed: Sound
) -> None:
    cleaned(used, echoed[: 2 * RATE // FRAME_SAMPLES * FRAME_SAMPLES], reply)
    for _ in range(TAIL // FRAME_SAMPLES):
        used.cancel(echoed[:FRAME_SAMPLES].copy(), np.zeros(FRAME_SAMPLES, np.int16))
    assert set(arrays(used)) == {"_shape", "_room", "_doubt"}


# --- the microphone with a reference


def write(path: Path, *channels: Sound) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((len(channels), 2, RATE, 0, "NONE", ""))
        file.writeframes(np.stack(channels, axis=1).tobytes())
    return path


def test_channels_are_split_by_their_number(tmp_path: Path, reply: Sound, echoed: Sound) -> None:
    path = str(write(tmp_path / "three.wav", reply, reply[::-1], echoed))
    opened = mic.open_microphone(path, "default", mic.Channels(3))
    with pytest.raises(WrongSound, match="3 channels"):
        mic.open_microphone(path, "default")
    assert np.array_equal(opened.read(), echoed[:FRAME_SAMPLES])
    assert opened.echo is None
    opened.close()
    opened = mic.open_microphone(path, "default", mic.Channels(3, 1))
    frames = [opened.read().copy() for _ in range(len(reply) // FRAME_SAMPLES)]
    assert taken_db(echoed, np.concatenate(frames), 2.0) > 14
    opened.close()


def test_a_recording_of_one_channel_has_no_reference(tmp_path: Path, reply: Sound) -> None:
    opened = mic.open_microphone(str(write(tmp_path / "one.wav", reply)), "x", mic.Channels(1, 2))
    assert opened.echo is None
    assert np.array_equal(opened.read(), reply[:FRAME_SAMPLES])


def test_a_microphone_with_a_reference_keeps_one_frame(
    tmp_path: Path, reply: Sound, echoed: Sound
) -> None:
    path = str(write(tmp_path / "two.wav", echoed, reply))
    opened = mic.open_microphone(path, "default", mic.Channels(1, 2))
    for _ in range(20):
        opened.read()
    assert set(arrays(opened)) == {"frame"}
    assert opened.echo
    assert opened.echo.kept_ms()["microphone"] == 0
    opened.forget()
    assert set(arrays(opened)) == {"frame"}
    assert set(arrays(opened.echo)) == {"_shape", "_room", "_doubt"}
    opened.wipe()
    assert arrays(opened) == {}


def test_a_real_device_of_two_channels_loses_its_echo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reply: Sound, echoed: Sound
) -> None:
    with virtual_sound(("mic",), channels=2) as server:
        for key, value in server.environment.items():
            monkeypatch.setenv(key, value)
        opened = mic.open_microphone("", "default", mic.Channels(1, 2))
        player = server.start_playing(write(tmp_path / "two.wav", echoed, reply))
        frames = [opened.read().copy() for _ in range(len(reply) // FRAME_SAMPLES)]
        player.wait()
        opened.close()
    left = np.concatenate(frames)
    loud = energy(echoed[4 * RATE : 8 * RATE])
    assert 0 < energy(left[4 * RATE : 8 * RATE]) < loud / 10
    assert energy(left[:RATE]) > 0


def test_a_device_of_one_channel_that_pulse_doubles_is_heard(
    tmp_path: Path, sound: VirtualSound, reply: Sound
) -> None:
    opened = mic.open_microphone("", "default", mic.Channels(1, 2))
    player = sound.start_playing(write(tmp_path / "one.wav", reply[: 2 * RATE]))
    frames = [opened.read().copy() for _ in range(20)]
    player.wait()
    opened.close()
    assert np.abs(np.concatenate(frames)).max() == np.abs(reply[: 2 * RATE]).max()


def test_too_few_channels_are_told_with_the_mend(
    sound: VirtualSound, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyaudio

    asked = pyaudio.PyAudio.get_device_info_by_index
    # a sound card has few channels, pulse any number: a card's number stands in
    monkeypatch.setattr(
        pyaudio.PyAudio,
        "get_device_info_by_index",
        lambda audio, index: asked(audio, index) | {"maxInputChannels": 1},
    )
    with pytest.raises(TooFewChannels, match=r"default has 1 channels, .* its channel 2") as caught:
        mic.open_microphone("", "default", mic.Channels(1, 2))
    assert "reference_channel" in caught.value.remedy
    mic.open_microphone("", "default").close()


def test_the_settings_name_two_channels_that_differ() -> None:
    said = config.parse("[microphone]\nchannel = 2\nreference_channel = 8").microphone
    assert mic.Channels.of(said) == mic.Channels(2, 8)
    assert mic.Channels.of(said).count == 8
    assert mic.Channels.of(config.Config().microphone) == mic.ONE
    with pytest.raises(BrokenConfig, match="must not be the microphone's channel"):
        config.parse("[microphone]\nreference_channel = 1")


def test_doctor_says_what_the_reference_is(reply: Sound) -> None:
    found, loud = Echo(), reply[RATE // 2 : RATE // 2 + FRAME_SAMPLES]
    assert doctor._reference(None) == ""
    assert "silent, as it should be" in doctor._reference(found)
    found.cancel(quiet(loud), loud)
    assert "or is it a microphone?" in doctor._reference(found)
    found.cancel(loud.copy(), loud)
    assert "copy of the microphone" in doctor._reference(found)


CHILD = """
import os
from device.ears.capture.microphone import Channels, Framed
from device.seal import memory

memory.wipe_from_now_on()
framed = Framed(Channels(1, 2))
while True:
    got = 0
    while got < len(framed._view):
        got += os.readv(0, [framed._view[got:]]) or os._exit(0)
    os.write(1, framed._arrived())
    if os.read(0, 1) == b"w":
        framed.wipe()
        os.write(1, b"w")
"""


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="reading another process's memory needs root")
def test_in_the_memory_of_a_process_there_is_one_frame_and_after_wiping_nothing() -> None:
    spoken, played = canary(2.4, 31, 0.2), canary(2.4, 32, 0.3)
    spoken = sampled(spoken + 0.3 * played)
    pairs = np.stack([spoken, played], axis=1).reshape(-1, FRAME_SAMPLES, 2)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=wiping_environment(os.environ),
        bufsize=0,
    )
    assert child.stdin
    assert child.stdout
    left = []
    for number, pair in enumerate(pairs):
        child.stdin.write(pair.tobytes())
        left.append(child.stdout.read(2 * FRAME_SAMPLES))
        if number < len(pairs) - 1:
            child.stdin.write(b".")
    after = np.frombuffer(b"".join(left), np.int16)[RATE + FRAME_SAMPLES :]
    raw = spoken[RATE + FRAME_SAMPLES :]
    assert not np.array_equal(after, raw)
    asleep = [Searcher(s).search([child.pid]).milliseconds for s in (raw, after)]
    child.stdin.write(b"w")
    child.stdout.read(1)
    wiped = [Searcher(s).search([child.pid]).samples for s in (raw, after, played)]
    child.kill()
    child.wait()
    assert asleep[0] <= 10
    assert 70 <= asleep[1] <= 80
    assert wiped == [0, 0, 0]
