"""Promise 3: how much letters could carry at worst, counted from their own table."""

from __future__ import annotations

import re
from pathlib import Path

from device.config import Config
from device.hands.guard import FAULTS_PER_HOUR, LETTERS_PER_ACTIVATION, Guard
from device.letter import Command, Hello, pack
from device.mind.types import Request, Slot
from device.seal import capacity

README = Path(__file__).parents[2] / "README.md"


def test_the_worst_hour_of_letters_holds_less_than_a_minute_of_the_barest_speech() -> None:
    bits = capacity.bits_per_hour(
        activations=Config().service.activations_per_hour,
        letters=LETTERS_PER_ACTIVATION,
        faults=FAULTS_PER_HOUR,
    )
    barest_speech = 700 * 60  # Codec 2's lowest rate: 700 bits a second
    assert 10_000 < bits < 1.1 * barest_speech
    stated = re.search(r"hold ([\d,]+) bits at most", README.read_text(encoding="utf-8"))
    assert stated and int(stated[1].replace(",", "")) == round(bits, -1)


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
