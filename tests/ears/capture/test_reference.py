"""What hands play is found in what the microphone hears, followed, and taken away; nothing else is.

The ring is the real one; only the two clocks are simulated.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from device.ears.capture.bound import BANDS, WIDTH, Plausible, bound
from device.ears.capture.follower import AGREE, LONGEST, Drift
from device.ears.capture.reference import Reference
from device.mind.types import FRAME_SAMPLES, RATE
from device.ring import Reader, Writer
from tests.rooms import answer, echo, heard, sampled
from tests.voices import say

Sound = NDArray[np.int16]
TEXT = "It is ten minutes past seven. The pasta timer has four minutes left, the tea timer two."
LEVEL = 1200.0
ROOM = answer(rt60=0.3, delay_ms=5, seed=4)


class Desk:
    """Hands and ears at one ring, each with a clock of its own; time goes by in frames."""

    def __init__(self, delay_ms: float = 60.0, ppm: float = 0.0) -> None:
        self.writer = Writer()
        self.reference = Reference(Reader(self.writer.readable))
        self.delay = delay_ms * RATE / 1000
        self.slope = 1 + ppm * 1e-6
        self.chance = np.random.default_rng(3)

    def arrives(self, played: Sound) -> NDArray[np.float64]:
        """What of `played` the microphone hears, by its own clock."""
        sounding = echo(played, ROOM)
        sounding *= LEVEL / np.sqrt(np.square(sounding).mean())
        times = (np.arange(len(played)) - self.delay) / self.slope
        return np.asarray(np.interp(times, np.arange(len(played)), sounding, left=0.0, right=0.0))

    def hear(self, played: Sound, microphone: Sound) -> Sound:
        """What is left of the microphone's sound, while `played` is written in bursts."""
        out, given = microphone.copy(), 0
        for at in range(0, len(out) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
            now = (at + FRAME_SAMPLES) / self.slope + float(self.chance.integers(0, 640))
            due = min(len(played), max(given, int(now)))
            self.writer.write(played[given:due])
            given = due
            self.reference.cancel(out[at : at + FRAME_SAMPLES])
        return out

    def rest(self, seconds: float = 1.2) -> None:
        """Nobody says anything."""
        silent = np.zeros(round(seconds * RATE) // FRAME_SAMPLES * FRAME_SAMPLES, np.int16)
        self.hear(silent, heard(silent))


@pytest.fixture(scope="module")
def reply() -> Sound:
    sound = np.concatenate([say(TEXT)] * 2)
    return np.concatenate([sound, np.zeros(-len(sound) % FRAME_SAMPLES, np.int16)])


def taken_db(before: Sound, after: Sound, begin: float, end: float | None = None) -> float:
    part = slice(round(begin * RATE), None if end is None else round(end * RATE))
    energies = (float(np.square(s[part], dtype=np.float64).sum()) for s in (before, after))
    loud, left = energies
    return 10 * math.log10(loud / (left + 1e-9))


# --- what must be taken away


@pytest.mark.parametrize(
    ("delay_ms", "ppm"), [(20, 0), (60, 100), (150, -100), (240, 30), (90, -30)]
)
def test_a_reply_is_found_and_taken_away(reply: Sound, delay_ms: float, ppm: float) -> None:
    desk = Desk(delay_ms, ppm)
    before = heard(desk.arrives(reply))
    assert taken_db(before, desk.hear(reply, before), 3.0) > 10
    assert desk.reference.follower.locked


def test_the_next_reply_is_taken_away_soon_though_the_device_was_opened_anew(reply: Sound) -> None:
    desk = Desk(60, 80)
    desk.hear(reply, heard(desk.arrives(reply)))
    for moved_ms in (9, -18, 5):
        desk.rest()
        desk.delay += moved_ms * RATE / 1000
        before = heard(desk.arrives(reply))
        assert taken_db(before, desk.hear(reply, before), 1.2, 3.0) > 10


def test_what_is_lost_on_the_way_is_made_up_for(reply: Sound) -> None:
    """The microphone's buffer overran: all that comes later comes earlier."""
    desk = Desk()
    arrived = desk.arrives(reply)
    middle = 4 * RATE
    lost = np.concatenate([arrived[:middle], arrived[middle + 700 :], np.zeros(700)])
    before = heard(lost)
    assert taken_db(before, desk.hear(reply, before), 6.0) > 10


def test_a_hands_process_that_starts_anew_is_heard_past_again(reply: Sound) -> None:
    """Its count begins at nothing; ears of a real speaker would end, these go on."""
    desk = Desk()
    desk.hear(reply, heard(desk.arrives(reply)))
    desk.writer.written = 0
    desk.writer.silence(8000)
    before = heard(desk.arrives(reply))
    assert taken_db(before, desk.hear(reply, before), 3.0) > 10


# --- what must do nothing


def test_while_nothing_is_played_every_sample_passes(reply: Sound) -> None:
    desk = Desk()
    assert np.array_equal(desk.hear(np.zeros_like(reply), reply), reply)
    assert not desk.reference.cleans


def test_a_writer_that_stands_still_takes_nothing_away(reply: Sound) -> None:
    desk = Desk()
    assert np.array_equal(desk.hear(np.zeros(0, np.int16), reply), reply)


def test_what_is_played_elsewhere_is_never_found(reply: Sound) -> None:
    """Headphones, or a loudspeaker in another room: other words pass as they are."""
    other = say("Once upon a time there was a speaker that nobody listened to at all.", "flite:slt")
    spoken = heard(np.resize(other, len(reply)).astype(np.float64))
    desk = Desk()
    assert np.array_equal(desk.hear(reply, spoken), spoken)
    assert not desk.reference.follower.locked
    assert not desk.reference.echo._room.any()


def test_nothing_is_learnt_before_the_delay_is_confirmed(reply: Sound) -> None:
    desk = Desk()
    before = heard(desk.arrives(reply))
    for frames in range(1, 12):
        part = slice(0, frames * FRAME_SAMPLES)
        desk = Desk()
        left = desk.hear(reply[part], before[part])
        if not desk.reference.follower.locked:
            assert np.array_equal(left, before[part])
            assert not desk.reference.echo._room.any()


def test_a_voice_over_the_reply_does_not_unlock_it(reply: Sound) -> None:
    desk = Desk()
    other = np.resize(say("please tell me when the water boils", "flite:slt"), len(reply))
    loud = other * (2 * LEVEL / np.sqrt(np.square(other.astype(float)).mean()))
    loud[: 4 * RATE] = 0
    left = desk.hear(reply, heard(desk.arrives(reply), loud))
    assert desk.reference.follower.locked
    spoken = slice(6 * RATE, None)
    error = left[spoken] - loud[spoken]
    assert np.square(error).sum() < 0.15 * np.square(loud[spoken]).sum()


# --- it can only take away


def bands(sound: NDArray[Any]) -> NDArray[np.float64]:
    spectrum = np.abs(np.fft.rfft(sound.astype(np.float64))) ** 2
    spectrum[-2] += spectrum[-1]
    return np.asarray(spectrum[: BANDS * WIDTH].reshape(BANDS, WIDTH).sum(axis=1))


def test_the_bound_lets_no_band_become_louder_and_leaves_alone_what_is_not() -> None:
    chance = np.random.default_rng(1)
    for level in (0.0, 1.0, 30.0, 3000.0):
        frame = sampled(chance.normal(0, level, FRAME_SAMPLES))
        word = chance.normal(0, 900.0, FRAME_SAMPLES).astype(np.float32)
        bound(word, frame)
        assert (bands(word) <= bands(frame) * 1.001 + 1e-3).all()
    softer = (0.5 * frame).astype(np.float32)
    same = softer.copy()
    bound(softer, frame)
    assert np.array_equal(softer, same)


def test_what_is_left_of_an_echo_is_plausible_and_the_opposite_of_it_is_not() -> None:
    chance = np.random.default_rng(1)

    def noise(level: float) -> NDArray[np.float64]:
        return chance.normal(0, level, FRAME_SAMPLES)

    for share in (0.5, 1.0, 3.0):
        honest, lying = Plausible(), Plausible()
        for _ in range(20):
            played, word = noise(1000), noise(1000 * share)
            assert honest.step(word.astype(np.float32), sampled(played + word))
            plausible = lying.step((-word).astype(np.float32), sampled(played))
        assert not plausible
        quiet = noise(100).astype(np.float32)
        assert Plausible().step(-quiet, sampled(noise(1000) - quiet)), "next to nothing is left"


def test_silence_stays_silence_whatever_is_played(reply: Sound) -> None:
    """The room is known and the delay confirmed: the best moment for a lie."""
    desk = Desk()
    desk.hear(reply, heard(desk.arrives(reply)))
    for silent in (np.zeros_like(reply), heard(np.zeros(len(reply)))):
        for sign in (1, -1):
            desk.reference.follower.locked = True
            left = desk.hear(sampled(sign * reply.astype(float)), silent)
            for at in range(0, len(left) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
                frame = slice(at, at + FRAME_SAMPLES)
                energy = np.square(left[frame].astype(float)).sum()
                assert energy <= np.square(silent[frame].astype(float)).sum()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_word_that_is_claimed_to_be_in_a_reply_does_not_come_out_of_it(
    reply: Sound, sign: int
) -> None:
    """The loudest moment is the best for it: there is room in every band."""
    desk = Desk()
    desk.hear(reply, heard(desk.arrives(reply)))
    desk.rest()
    word = np.zeros(len(reply))
    for at in range(4 * RATE, len(reply) - 2 * RATE, 2 * RATE):
        word[at : at + len(say("alexa"))] = 0.5 * say("alexa")
    arrived = desk.arrives(reply)
    lie = sampled(reply + sign * word)
    microphone = heard(arrived)
    left = desk.hear(lie, microphone)
    # where it would be heard, if it had been played
    loud = np.square(np.roll(word, round(desk.delay))).reshape(-1, FRAME_SAMPLES).sum(axis=1)
    spoken = loud > loud.max() / 4
    same = (left == microphone).reshape(-1, FRAME_SAMPLES).all(axis=1)
    assert same[spoken].mean() > 0.7
    assert same[~spoken].mean() < 0.7, "the rest of the reply is taken away"


def test_a_lie_in_the_ring_is_no_error() -> None:
    chance = np.random.default_rng(2)
    desk = Desk()
    for _ in range(60):
        desk.writer.write(chance.integers(-32768, 32768, 3000).astype(np.int16))
        desk.writer._count[0] = int(chance.integers(0, 2**63)) * 2
        desk.reference.cancel(sampled(chance.normal(0, 2000, FRAME_SAMPLES)))
    assert np.isfinite(desk.reference.echo._room).all()


# --- what is kept


def sounds(held: object) -> set[str]:
    return {n for n, a in vars(held).items() if isinstance(a, np.ndarray) and a.any()}


def test_of_the_microphone_nothing_is_kept_and_after_forgetting_nothing_of_either(
    reply: Sound,
) -> None:
    desk = Desk()
    before = heard(desk.arrives(reply))
    desk.hear(reply[: 3 * RATE], before[: 3 * RATE])
    assert sounds(desk.reference) == set()
    assert sounds(desk.reference.follower) == {"_cross", "_power", "_full"}
    assert desk.reference.echo.kept_ms()["microphone"] == 0
    desk.reference.forget()
    assert sounds(desk.reference.follower) == set()
    assert sounds(desk.reference.echo) == {"_shape", "_room", "_doubt"}


# --- the drift of the clocks


@pytest.mark.parametrize("ppm", [-100, -20, 0, 60, 100])
def test_the_drift_is_learnt_from_a_few_replies(ppm: float) -> None:
    chance = np.random.default_rng(5)
    drift = Drift()
    for reply_ in range(6):
        drift.begin()
        for number in range(50):
            at = (reply_ * 200 + number) * FRAME_SAMPLES
            drift.add(at, 900 + reply_ * 40 + at * ppm * 1e-6 + chance.normal(0, 0.3))
        drift.learn()
    assert drift.rate * 1e6 == pytest.approx(ppm, abs=12)


def test_too_few_delays_teach_nothing() -> None:
    drift = Drift()
    drift.add(0, 1.0)
    drift.add(FRAME_SAMPLES, 50.0)
    drift.learn()
    assert drift.rate == 0.0
    assert LONGEST > AGREE
