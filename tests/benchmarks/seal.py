"""The seal and the forgetting, measured: under a real systemd, under strace, from other processes.

Needs root. The microphone of the machine is a private sound server, the loudspeaker another.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np

from device.config import Config
from device.hands.guard import FAULTS_PER_HOUR, LETTERS_PER_ACTIVATION
from device.mind.types import RATE
from device.seal import capacity
from tests import voices
from tests.benchmarks import harness, seal_memory
from tests.benchmarks.endtoend import COMMANDS
from tests.benchmarks.harness import at_least, at_most, exactly
from tests.benchmarks.seal_recovery import EARS, LIVES, recoveries
from tests.seal import tracing
from tests.seal.machine import Machine, boot, why_not
from tests.seal.speaker import PYTHON, Speaker
from tests.seal.test_units import LIFT

ROUNDS = 10
FLAG = "/var/lib/keepmum-panel/mute"
GOALS = {
    "escape_attempts": at_least(40),
    "escapes_succeeded": exactly(0),
    "escapes_without_the_seal": at_least(30),
    "samples_before_wake_ms": at_most(110),
    "samples_after_command": exactly(0),
    "mel_rows_after_command": exactly(0),
    "samples_after_false_wake": exactly(0),
    "mel_rows_after_false_wake": exactly(0),
    "control_without_forgetting_s": at_least(1),
    "exposure_ears": at_most(0.6),
    "exposure_hands": at_most(1.2),
    "exposure_panel": at_most(1.0),
    "inet_sockets": exactly(0),
    "files_written_by_ears": exactly(0),
    "cpu_overhead": at_most(1.15),
    "mute_survives_restart": exactly(1),
    "mute_lifted_by_hands": exactly(0),
    "recovery_s_p95": at_most(5),
}


def main() -> bool:
    """Everything, the slow parts last."""
    if why := why_not():
        harness.console.print(f"[red]{why}")
        return False
    figures = _letters() | _memory() | _conversation()
    notes: dict[str, str] = {}
    with boot() as machine:
        speaker = Speaker(machine)
        speaker.install()
        machine.write("/etc/keepmum/keepmum.toml", "[service]\n" + LIVES)
        # scores first: the test's own drop-ins count against a unit
        figures |= _exposures(machine) | _escapes(machine)
        speaker.give_sound()
        speaker.wait_until_listening()
        figures |= _mute(speaker)
        times = recoveries(speaker, ROUNDS)
    every = [t for those in times.values() for t in those]
    figures["recovery_s_p95"] = harness.percentile(every, 95)
    for name, those in times.items():
        key = "recovery_s_p95_" + name.replace(" ", "_").replace("'", "")
        figures[key] = harness.percentile(those, 95)
        notes[key] = f"n = {len(those)}, median {harness.percentile(those, 50):.2f}"
    return harness.report("seal", figures, GOALS, notes)


def _letters() -> dict[str, float]:
    bits = capacity.bits_per_hour(
        activations=Config().service.activations_per_hour,
        letters=LETTERS_PER_ACTIVATION,
        faults=FAULTS_PER_HOUR,
    )
    return {"letter_bits_per_hour_max": bits}


def _memory() -> dict[str, float]:
    settings = seal_memory.settings()
    before = seal_memory.before_wake(settings)
    command = seal_memory.after_command(settings)
    nothing = seal_memory.after_false_wake(settings)
    careless = seal_memory.after_command(settings, careless=True)
    return {
        "samples_before_wake_ms": before.milliseconds,
        "samples_after_command": command.samples,
        "mel_rows_after_command": command.rows,
        "samples_after_false_wake": nothing.samples,
        "mel_rows_after_false_wake": nothing.rows,
        "control_without_forgetting_s": careless.milliseconds / 1000,
        "cpu_overhead": seal_memory.cpu_ratio(settings),
    }


def _conversation() -> dict[str, float]:
    """Twenty commands under strace, without a network."""
    pause, short = np.zeros(2 * RATE, np.int16), np.zeros(RATE // 4, np.int16)
    said = [text for text, _, _ in COMMANDS] * 2
    parts = [p for text in said for p in (voices.say("alexa"), short, voices.say(text), pause)]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        voices.save(folder / "talk.wav", np.concatenate([pause, *parts, pause]))
        trace = tracing.converse(folder / "talk.wav", folder, folder / "state")
    return {
        "inet_sockets": len(trace.sockets),
        "files_written_by_ears": len(trace.by("ears")),
    }


def _exposures(machine: Machine) -> dict[str, float]:
    code = "from device.seal.examine import exposure; print(exposure('keepmum-{}.service'))"
    return {
        f"exposure_{unit}": float(machine.run(PYTHON, "-c", code.format(unit)).stdout)
        for unit in ("ears", "hands", "panel")
    }


def _escapes(machine: Machine) -> dict[str, float]:
    """As the ears' own user: sealed as ears are, and not at all."""

    def tried(kind: str) -> list[int]:
        words = (PYTHON, "-m", "device.seal.trying", kind)
        said = machine.run(*words, user="keepmum-ears").stdout
        return [code for _, code in json.loads(said)]

    sealed, free = tried("sealed"), tried("free")
    return {
        "escape_attempts": len(sealed),
        "escapes_succeeded": sealed.count(0),
        "escapes_without_the_seal": free.count(0),
    }


def _mute(speaker: Speaker) -> dict[str, float]:
    machine = speaker.machine
    machine.run("keepmum", "mute")
    machine.systemctl("restart", "keepmum-panel.service", "keepmum-hands.service")
    machine.systemctl("start", EARS, check=False)
    survives = machine.main_pid(EARS) == 0 and machine.exists(FLAG)
    machine.run("/usr/bin/python3", "-c", LIFT, user="keepmum-hands")
    lifted = machine.main_pid(EARS) != 0 or not machine.exists(FLAG)
    machine.run("keepmum", "unmute")
    speaker.wait_until_listening()
    return {"mute_survives_restart": float(survives), "mute_lifted_by_hands": float(lifted)}
