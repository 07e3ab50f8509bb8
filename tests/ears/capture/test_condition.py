"""Silent, clipped, lost and late sound is told within ten seconds; a room is no fault."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from device.ears.capture.condition import AGAIN_AFTER, AT_ONCE, Condition
from device.letter import FaultCode
from device.mind.types import FRAME_SAMPLES, FRAME_SECONDS, frames

Frame = NDArray[np.int16]
DICE = np.random.default_rng(7)
ZEROS = np.zeros(FRAME_SAMPLES, np.int16)


def noise(level: float) -> Frame:
    return np.clip(np.rint(DICE.normal(0, level, FRAME_SAMPLES)), -32768, 32767).astype(np.int16)


def told(
    condition: Condition, sound: Iterable[Frame], *, dropped: int = 0, late: bool = False
) -> list[tuple[int, FaultCode]]:
    """(frame, what) of everything that was told."""
    said = [(n, condition.step(f, dropped=dropped, late=late)) for n, f in enumerate(sound)]
    return [(n, code) for n, code in said if code is not None]


@pytest.mark.parametrize("level", [1, 3, 300, 5_000])
def test_a_room_is_no_fault_quiet_or_loud(level: float) -> None:
    assert told(Condition(), (noise(level) for _ in range(frames(60)))) == []


def test_zeros_are_told_within_ten_seconds_and_once() -> None:
    ((n, code),) = told(Condition(), [ZEROS] * frames(600))
    assert code is FaultCode.MICROPHONE_SILENT
    assert n * FRAME_SECONDS < 10


def test_a_constant_is_as_silent_as_zero() -> None:
    assert told(Condition(), [ZEROS + 1200] * frames(10))


def test_a_moment_of_zeros_between_sound_is_none() -> None:
    sound = [noise(100), *[ZEROS] * frames(3)] * 20
    assert told(Condition(), sound) == []


def test_it_is_told_when_it_is_well_again() -> None:
    condition = Condition()
    told(condition, [ZEROS] * frames(20))
    ((n, code),) = told(condition, (noise(30) for _ in range(frames(60))))
    assert code is FaultCode.SOUND_WELL
    assert n * FRAME_SECONDS < 10
    assert condition.told is None


def test_clipped_sound_is_told_and_one_bang_is_not() -> None:
    ((n, code),) = told(Condition(), (noise(40_000) for _ in range(frames(20))))
    assert code is FaultCode.SOUND_CLIPPED
    assert n * FRAME_SECONDS < 10
    bangs = [noise(40_000), *(noise(100) for _ in range(frames(2)))] * 20
    assert told(Condition(), bangs) == []


def test_lost_sound_is_told_at_once() -> None:
    condition = Condition()
    assert told(condition, [noise(100)]) == []
    assert told(condition, [noise(100)], dropped=3) == [(0, FaultCode.SOUND_DROPPED)]
    assert told(condition, (noise(100) for _ in range(5)), dropped=3) == []


def test_a_machine_that_can_not_keep_up_is_told_and_one_slow_second_is_not() -> None:
    ((n, code),) = told(Condition(), (noise(100) for _ in range(frames(20))), late=True)
    assert code is FaultCode.TOO_SLOW
    assert n * FRAME_SECONDS < 10
    condition = Condition()
    for _ in range(30):
        assert told(condition, (noise(9) for _ in range(frames(1))), late=True) == []
        assert told(condition, [noise(9)]) == []


def test_hands_are_not_flooded_and_still_learn_the_truth() -> None:
    condition, said = Condition(), []
    hour = [ZEROS] * frames(6) + [ZEROS + 1] * 0
    for _ in range(150):  # six seconds of nothing, nine of sound, for most of an hour
        said += told(condition, hour)
        said += told(condition, (noise(30) for _ in range(frames(9))))
    most = AT_ONCE + 150 * frames(15) / AGAIN_AFTER
    assert AT_ONCE < len(said) <= most
    told(condition, (noise(30) for _ in range(2 * AGAIN_AFTER)))
    assert condition.told is None
