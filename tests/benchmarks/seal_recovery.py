"""Things that break on the installed speaker, and how long until it listens again."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.seal.machine import Machine
from tests.seal.speaker import Speaker

EARS, HANDS = "keepmum-ears.service", "keepmum-hands.service"
LIVES = "activations_per_hour = 3600\n"
"""The cap on lives of the ears would end the benchmark, which kills more than a household does."""


def recoveries(speaker: Speaker, rounds: int) -> dict[str, list[float]]:
    """Seconds from each fault to ears that listen; by fault."""
    faults: dict[str, Callable[[Speaker], float]] = {
        "microphone server killed": _server,
        "source suspended": _suspended,
        "ears killed": lambda s: _killed(s, s.machine.main_pid(EARS)),
        "recognizer's parent killed": lambda s: _killed(s, parent(s.machine)),
        "hands killed": lambda s: _killed(s, s.machine.main_pid(HANDS)),
    }
    return {name: [fault(speaker) for _ in range(rounds)] for name, fault in faults.items()}


def parent(machine: Machine) -> int:
    """The recognizer's warm parent: the only child of the ears."""
    ears = machine.main_pid(EARS)
    return int(machine.run("cat", f"/proc/{ears}/task/{ears}/children").stdout.split()[0])


def _killed(speaker: Speaker, pid: int) -> float:
    return _measure(speaker, lambda: speaker.machine.run("kill", "-9", str(pid)))


def _server(speaker: Speaker) -> float:
    words = ("kill", "--signal=KILL", "keepmum-test-microphone.service")
    return _measure(speaker, lambda: speaker.machine.systemctl(*words))


def _suspended(speaker: Speaker) -> float:
    """From the hang on: a read that never returns, the watchdog, and the start."""
    machine, before = speaker.machine, speaker.machine.main_pid(EARS)

    def hang() -> None:
        speaker.pactl("microphone", "suspend-source", "microphone_source", "1")
        machine.until("the hang is noticed", lambda: machine.main_pid(EARS) != before)
        speaker.pactl("microphone", "suspend-source", "microphone_source", "0")

    return _measure(speaker, hang)


def _measure(speaker: Speaker, breaks: Callable[[], object]) -> float:
    machine = speaker.machine
    speaker.wait_until_listening()
    before = machine.main_pid(EARS)
    start = time.monotonic()
    breaks()
    machine.until(
        "ears listen again",
        lambda: machine.main_pid(EARS) not in (0, before) and speaker.is_listening(),
        40,
    )
    return time.monotonic() - start
