"""Promise 3: how much letters could carry at worst, counted from their own table."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

from device.config import Config
from device.hands.guard import FAULTS_PER_HOUR, LETTERS_PER_ACTIVATION, Guard
from device.letter import Command, Hello, pack
from device.mind.types import FRAME_SAMPLES, Request, Slot
from device.panel import pace
from device.seal import capacity, exits
from device.standalone.rehearsal import rehearsal
from tests.voices import models

README = Path(__file__).parents[2] / "README.md"


def test_the_worst_hour_of_all_that_leaves_ears_is_less_than_a_minute_of_speech() -> None:
    per_hour = Config().service.activations_per_hour
    limits = exits.limits_of(per_hour, LETTERS_PER_ACTIVATION, FAULTS_PER_HOUR)
    bits = exits.bits_per_hour(limits)
    barest_speech = 700 * 60  # Codec 2's lowest rate: 700 bits a second
    assert 10_000 < bits <= 40_000 < barest_speech
    stated = re.search(r"hold ([\d,]+) bits at most", README.read_text(encoding="utf-8"))
    assert stated and int(stated[1].replace(",", "")) == round(bits, -1)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="looking into a sealed process needs root")
def test_sealed_ears_read_what_hands_play_and_have_nothing_to_write_it_by() -> None:
    models()
    with rehearsal(Config()) as ears:
        ears.played.write(np.full(8000, 3000, np.int16))
        ears.feed(np.zeros(4 * FRAME_SAMPLES, np.int16))
        maps = Path(f"/proc/{ears.pid}/maps").read_text(encoding="utf-8").splitlines()
        open_files = [str(fd.readlink()) for fd in Path(f"/proc/{ears.pid}/fd").iterdir()]
        children = [Path(f"/proc/{pid}/maps").read_text() for pid in ears.processes()[1:]]
    ways = [line.split()[1] for line in maps if "memfd:played" in line]
    assert ways == ["r--s"]
    assert not any("memfd" in name for name in open_files)
    assert children
    assert not any("memfd:played" in maps for maps in children)


def test_the_lamps_pace_is_what_is_counted() -> None:
    assert (exits.LAMP_CHANGES, exits.LAMP_BURST) == (pace.CHANGES_PER_ACTIVATION, pace.BURST)


def test_no_letter_holds_more_than_its_count_says() -> None:
    fullest = tuple((Slot(i), -1) for i in range(1, 7))
    assert capacity.command_bits() <= 8 * len(pack(Command(0, Request(0xFFFF, fullest))))
    assert capacity.hello_bits() <= 8 * len(pack(Hello(0, bytes(8))))


def test_lives_of_the_ears_are_capped_like_activations() -> None:
    now, lives = 0.0, list[float]()
    guard = Guard(60, lambda: now)
    for _ in range(200):
        now += guard.wait()
        guard.begin()
        lives.append(now)
    assert all(lives[n + 60] - lives[n] >= 3600 for n in range(len(lives) - 60))
