"""Promise 5: real ears, sent everything that can be sent to them, take nothing in."""

from __future__ import annotations

import os
import random

import numpy as np

from device.config import Config
from device.letter import Command, Ended, Fault, FaultCode, Hello, Letter, Woke, pack
from device.mind.types import FRAME_SAMPLES, Intent, Outcome, Request, Slot
from device.panel.protocol import PRESSED
from device.standalone.rehearsal import Rehearsal, rehearsal

FRAME = np.zeros(FRAME_SAMPLES, np.int16)
LETTERS: tuple[Letter, ...] = (
    Hello(1, bytes(8)),
    Woke(1, 255, 15),
    *(Command(1, Request(intent, ((Slot.DURATION, 5),))) for intent in Intent),
    *(Ended(1, outcome, 10) for outcome in Outcome),
    *(Fault(code) for code in FaultCode),
)


def woken(ears: Rehearsal) -> list[object]:
    """Activations that ears have told of since the last look."""
    found = [letter for letter in ears.said if isinstance(letter, Woke | Ended)]
    ears.said.clear()
    return list(found)


def test_no_hint_letter_or_noise_from_hands_or_panel_starts_taking_in() -> None:
    chance = random.Random(5)
    hints = [bytes([b]) for b in range(256)] * 2
    noise = [chance.randbytes(chance.randint(1, 64)) for _ in range(500)]
    others = [bytes([b]) for b in range(256) if bytes([b]) != PRESSED]
    with rehearsal(Config()) as ears:
        for at, word in enumerate([*hints, *map(pack, LETTERS), *noise]):
            ears.letters.send(word)
            if at % 40 == 39:
                ears.feed(FRAME)
        for at, word in enumerate(others):
            ears.panel.send(word)
            if at % 40 == 39:
                ears.feed(FRAME)
        ears.feed(np.zeros(4 * FRAME_SAMPLES, np.int16))
        assert woken(ears) == []
        os.kill(ears.pid, 0)  # it is alive: silence was no crash
        ears.press()
        ears.feed(np.zeros(3 * FRAME_SAMPLES, np.int16))
        assert [type(w) for w in woken(ears)][:1] == [Woke]


def test_an_asked_without_a_question_of_the_ears_own_takes_nothing_in() -> None:
    """`asked` in every state that can be reached without a person: asleep, loud, ringing."""
    with rehearsal(Config()) as ears:
        for before in (b"\x01", b"\x02", b"\x03", b"\x04"):
            ears.letters.send(before)
            ears.letters.send(b"\x04")
            ears.feed(np.zeros(2 * FRAME_SAMPLES, np.int16))
        assert woken(ears) == []
