"""Sound in memory: searched for by a second process, before, after, and after nothing."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from device import config
from device.config import Config
from device.mind.types import FRAME_SAMPLES, RATE
from device.ring import Sound
from device.seal.memory import wiping_environment
from device.seal.scan import Searcher, canary
from device.standalone.rehearsal import Rehearsal, mel_rows, recognizable, rehearsal
from tests import voices
from tests.benchmarks import harness

FORGETFUL = (sys.executable, "-m", "tests.benchmarks.forgetful")
QUIET = np.zeros(FRAME_SAMPLES, np.int16)


@dataclass
class Seen:
    """What was found at one moment."""

    milliseconds: float
    samples: int
    rows: int


def before_wake(settings: Config) -> Seen:
    """Asleep, with sound going in: noise over the whole range, and a passage of speech."""
    speech = voices.say("we should really paint the kitchen one day")
    sound = np.concatenate([canary(2.0, 11, 0.3), recognizable(speech, 12)])
    with rehearsal(settings) as ears:
        ears.feed(np.zeros(RATE // 2, np.int16))
        ears.feed(sound)
        return _look(ears, settings, sound)


def after_command(settings: Config, *, careless: bool = False) -> Seen:
    """A wake word and a command; then sound of other days."""
    pause = np.zeros(RATE // 4, np.int16)
    said = [voices.say("alexa"), pause, voices.say("set a timer for ten minutes")]
    return _after(settings, np.concatenate([*said, np.zeros(RATE, np.int16)]), careless=careless)


def after_false_wake(settings: Config) -> Seen:
    """A wake word, and then nothing but noise."""
    sound = np.concatenate([voices.say("alexa"), canary(2.0, 13, 0.02)])
    return _after(settings, sound, careless=False)


def _after(settings: Config, sound: Sound, *, careless: bool) -> Seen:
    sound = recognizable(sound, 14)
    program = (*FORGETFUL, "careless") if careless else ()
    with rehearsal(settings, *program, sealed=not careless) as ears:
        ears.feed(np.zeros(RATE, np.int16))
        ears.feed(sound)
        ended = ears.until_ended(lambda: QUIET)
        harness.console.print(
            f"memory: {ended.outcome.name.lower()}, {ended.tenths / 10} s taken in"
        )
        if not careless:
            ears.feed(canary(0.24, 15, 0.1))  # the present frame is never the command's
        return _look(ears, settings, sound)


def _look(ears: Rehearsal, settings: Config, sound: Sound) -> Seen:
    found = ears.search(Searcher(sound, mel_rows(settings, sound)))
    return Seen(found.milliseconds, found.samples, len(found.rows))


def cpu_ratio(settings: Config, rounds: int = 3) -> float:
    """CPU time of ears sealed and forgetting, over that of ears that are neither; interleaved."""
    del settings
    pause = np.zeros(RATE, np.int16)
    talk = [voices.say("alexa"), voices.say("set a timer for ten minutes"), pause, pause]
    passing = [voices.say("the news said nothing about the strike"), pause]
    with tempfile.TemporaryDirectory(prefix="keepmum-bench-") as folder:
        wav = Path(folder, "talk.wav")
        voices.save(wav, np.concatenate([*talk, *passing * 4] * 3))
        spent = {"sealed": 0.0, "plain": 0.0}
        for _ in range(rounds):
            for kind in spent:
                spent[kind] += _cpu(kind, wav, Path(folder))
    return spent["sealed"] / spent["plain"]


def _cpu(kind: str, wav: Path, folder: Path) -> float:
    """CPU seconds of ears and recognizer over a file, hands played by nobody who answers."""
    settings = folder / "keepmum.toml"
    settings.write_text(f'[sound]\noutput = "null"\n[service]\nstate = "{folder}/state"\n')
    program = (sys.executable, "-m", "device") if kind == "sealed" else (*FORGETFUL, "plain")
    options = [] if kind == "sealed" else ["--unsealed"]
    script = (
        "import os, socket, sys; from device import service\n"
        "server = service.listen(sys.argv[1] + '/cpu.sock')\n"
        "if os.fork() == 0:\n"
        "    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
        "    line.connect(sys.argv[1] + '/cpu.sock')\n"
        "    while line.recv(65): pass\n"
        "    os._exit(0)\n"
        "os.dup2(server.fileno(), 100); os.dup2(100, 3, inheritable=True)\n"
        "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')\n"
        "os.execv(sys.argv[2], sys.argv[2:])\n"
    )
    arguments = [*program, "ears", "--config", str(settings), "--input", str(wav), *options]
    environment = dict(os.environ) if kind == "plain" else wiping_environment(os.environ)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", script, str(folder), *arguments],
        env=environment,
        check=True,
        timeout=300,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def settings() -> Config:
    """Those that the rehearsals run on."""
    return config.load(None)
