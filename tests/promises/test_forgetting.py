"""Promises 1 and 2: sound known sample by sample, searched for in the memory of real ears."""

from __future__ import annotations

import os

import numpy as np
import pytest

from device import config
from device.mind.types import FRAME_SAMPLES, RATE, Outcome
from device.seal.scan import Searcher, canary
from device.standalone.rehearsal import mel_rows, recognizable, rehearsal
from tests import voices

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="reading another process's memory needs root"),
]


def test_asleep_ears_hold_one_frame_and_its_overlap_and_after_a_command_nothing() -> None:
    settings = config.Config()
    pause = np.zeros(RATE // 4, np.int16)
    said = np.concatenate([voices.say("set a timer for ten minutes"), *[pause] * 5])
    before, command = canary(1.0, 21, 0.2), recognizable(said, 22)
    with rehearsal(settings) as ears:
        ears.feed(before)
        asleep = ears.search(Searcher(before))
        assert 40 <= asleep.milliseconds <= 110
        ears.press()
        ears.feed(command)
        ended = ears.until_ended(lambda: np.zeros(FRAME_SAMPLES, np.int16))
        assert ended.tenths >= 10
        assert ended.outcome is Outcome.COMMAND
        ears.feed(canary(0.24, 23, 0.1))
        after = ears.search(Searcher(command, mel_rows(settings, command)))
        assert (after.samples, after.rows) == (0, set())
