"""The whole speaker on 70 utterances, at the pace of time, through real ears and hands.

30 times a wake word and a command in several voices, each of which must be acted on as it was
meant; 30 times speech that must do nothing: half of it close to a wake word or a wake word
followed by what is no command. Sound comes through a FIFO, so that it is known to the frame when
speech ended. `end_of_speech_to_action` is the time from the last frame of speech to the deed
(the hands' `did`), minus the silence that ends a command by the settings.
"""

from __future__ import annotations

import dataclasses
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from device import config
from device.cli.run import Scene, stage
from device.ears.vad import Vad
from device.ears.wake.wakeword import WakeWords
from device.mind.types import FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, Intent, Slot
from device.modelstore import ModelStore
from device.standalone.timeline import Event
from tests.benchmarks import harness
from tests.voices import Sound, models, say

COMMANDS: tuple[tuple[str, Intent, dict[Slot, int]], ...] = (
    ("what time is it", Intent.TIME, {}),
    ("set a timer for five minutes", Intent.TIMER_SET, {Slot.DURATION: 300}),
    ("what's the date", Intent.DATE, {}),
    ("volume up", Intent.VOLUME_UP, {}),
    ("set a timer for an hour and a half", Intent.TIMER_SET, {Slot.DURATION: 5400}),
    ("cancel all timers", Intent.TIMER_CANCEL_ALL, {}),
    ("set the volume to forty percent", Intent.VOLUME_SET, {Slot.PERCENT: 40}),
    ("what can you do", Intent.HELP, {}),
    ("volume down", Intent.VOLUME_DOWN, {}),
    ("set a timer for twenty five seconds", Intent.TIMER_SET, {Slot.DURATION: 25}),
)
PASSING = (
    "I think it is going to rain this afternoon",
    "did you see the game last night",
    "we should really paint the kitchen one day",
    "the timer on the oven has been broken for years",
    "what time is it over there do you think",
    "turn the page and read the next one",
    "he set the table while she made the tea",
    "the volume of the box is four litres",
    "please pass me the salt and the pepper",
    "my brother plays the violin quite well",
    "five minutes more and then we have to go",
    "nobody told me that the train was late",
    "one of these days I will learn to dance",
    "she wrote a letter to the mayor",
    "the news said nothing about the strike",
)
CLOSE = (
    "Alexander is coming to dinner",
    "a lexicon is a kind of dictionary",
    "the election is on Sunday",
    "relax a little it is only a game",
    "Alexis and Alex are cousins",
    "hey Travis how are you",
    "a lecture about electric cars",
    "alexa, I told him we would rather walk home",
    "alexa, my sister lives in Hamburg with her cat",
    "alexa, brew me a small latte with soy milk",
    "alexa, the train was late again this morning",
    "alexa, that is not what I meant at all",
    "alexa, do you remember the summer by the sea",
    "alexa, and then she said nothing for a while",
    "alexa, somebody left the gate wide open",
)
VOICES: tuple[dict[str, Any], ...] = (
    # four voices: Piper's joe, which is neural, and flite's three recorded ones
    {"voice": "joe"},
    {"voice": "joe", "speed": 1.15},
    {"voice": "joe", "speed": 0.9},
    {"voice": "joe", "pitch": 1.1},
    {"voice": "joe", "pitch": 0.92},
    {"voice": "flite:slt"},
    {"voice": "flite:rms"},
    {"voice": "flite:awb"},
)
BESIDE: tuple[dict[str, Any], ...] = ({"voice": "espeak:en-us"}, {"voice": "espeak:en-gb+f3"})
"""Voices made of formants: they wake it, and are reported beside the others."""
TAIL_S = 3.0
ANSWER_S = 6.0


@dataclass
class Trial:
    """One utterance and what came of it."""

    text: str
    voice: str
    wanted: dict[str, Any] | None
    commands: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    latency_ms: float = float("nan")
    beside: bool = False
    """Reported beside the others, not with them."""

    @property
    def correct(self) -> bool:
        """Acted on as it was meant, once."""
        return self.wanted is not None and self.commands == [self.wanted]

    @property
    def wrong(self) -> bool:
        """Acted on otherwise than it was meant."""
        return any(c != self.wanted for c in self.commands)


def main() -> bool:
    """Run all trials, print what went wrong, report."""
    store = models()
    waking, deaf = _voices_that_wake(store)
    harness.console.print(f"voices that wake it: {', '.join(map(_name, waking))}")
    harness.console.print(f"left out, too unlike a person: {', '.join(map(_name, deaf)) or 'none'}")
    trials = list(_trials(waking))
    with tempfile.TemporaryDirectory(prefix="keepmum-bench-") as folder:
        settings = _settings(Path(folder))
        with _daemon(Path(folder), settings) as (scene, fifo, began):
            figures = _memory(scene)
            figures["ears_start_to_listening_s"] = began
            _speak(trials, scene, fifo, settings)
            figures |= _memory_of_hands(scene)
    for trial, _ in trials:
        if trial.wrong or (trial.wanted and not trial.correct):
            harness.console.print(
                f"[red]{trial.voice}: “{trial.text}” → {trial.commands or 'nothing'}"
            )
    return _report(trials, figures, settings, waking)


def _name(voice: dict[str, Any]) -> str:
    return " ".join(f"{k} {v}" if k != "voice" else str(v) for k, v in voice.items())


def _voice_names(voices: list[dict[str, Any]]) -> str:
    return ", ".join(sorted({str(voice["voice"]) for voice in voices}))


def _voices_that_wake(store: ModelStore) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    waking: list[dict[str, Any]] = []
    deaf: list[dict[str, Any]] = []
    for voice in VOICES:
        wake = WakeWords(config.Config().wake, store)
        wake.prime()
        sound = _padded(say("alexa", **voice), 0.3, 0.8)
        woke = any(r.woke for frame in _frames(sound) for r in wake.step(frame))
        (waking if woke else deaf).append(voice)
    return waking, deaf


def _trials(voices: list[dict[str, Any]]) -> Iterator[tuple[Trial, Sound]]:
    chosen = [voices[(i + i // len(COMMANDS)) % len(voices)] for i in range(30)]
    chosen += [BESIDE[i % len(BESIDE)] for i in range(len(COMMANDS))]
    for i, voice in enumerate(chosen):
        text, intent, slots = COMMANDS[i % len(COMMANDS)]
        wanted = {"intent": int(intent), "slots": [[int(s), v] for s, v in slots.items()]}
        trial = Trial(f"alexa, {text}", _name(voice), wanted, beside=voice in BESIDE)
        yield trial, say(f"alexa, {text}", **voice)
    for i, text in enumerate(CLOSE + PASSING):
        voice = (*voices, *BESIDE)[i % (len(voices) + len(BESIDE))]
        yield Trial(text, _name(voice), None), say(text, **voice)


def _settings(folder: Path) -> config.Config:
    text = (
        "[listen]\ncomplete_silence_s = 0.7\n"  # one silence for all, so that it can be left out
        f'[service]\nstate = "{folder / "state"}"\nactivations_per_hour = 600\n'
        f'sentences = "{folder}"\nask = "{folder / "ask.sock"}"\n[sound]\noutput = "null"\n'
    )
    return config.parse(text)


@contextmanager
def _daemon(folder: Path, settings: config.Config) -> Iterator[tuple[Scene, int, float]]:
    fifo = folder / "microphone"
    os.mkfifo(fifo)
    keep = os.open(fifo, os.O_RDWR)  # so that neither side waits for the other to open
    with stage(settings, source=str(fifo)) as scene:
        started = time.time()
        hello = scene.journal.until(lambda e: e["event"] == "hello", 20.0, lambda e: None)
        if hello is None:
            raise TimeoutError("the ears did not begin to listen")
        yield scene, keep, hello["at"] - started
    os.close(keep)


def _frames(sound: Sound) -> Iterator[Sound]:
    for start in range(0, len(sound) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        yield sound[start : start + FRAME_SAMPLES]


def _padded(sound: Sound, before: float, after: float) -> Sound:
    """Sound between faint noise of a room, a whole number of frames."""
    pad = [round(s / FRAME_SECONDS) * FRAME_SAMPLES for s in (before, after)]
    pad[1] += -len(sound) % FRAME_SAMPLES
    out = np.random.default_rng(len(sound)).normal(0, 3, pad[0] + len(sound) + pad[1])
    out[pad[0] : pad[0] + len(sound)] += sound
    return np.clip(np.round(out), -32768, 32767).astype(np.int16)


def _last_speech(sound: Sound, vad: Vad) -> int:
    """The index of the last frame that the voice activity detector calls speech."""
    vad.forget()
    return max((i for i, f in enumerate(_frames(sound)) if vad.step(f) >= 0.5), default=0)


def _speak(
    trials: list[tuple[Trial, Sound]], scene: Scene, fifo: int, settings: config.Config
) -> None:
    vad = Vad(models().path("silero/silero_vad.onnx"))
    silence = settings.listen.silence_s
    for number, (trial, spoken) in enumerate(trials):
        harness.console.print(f"[dim]{number + 1:2}/{len(trials)} {trial.voice}: {trial.text}")
        sound = _padded(spoken, 0.5, TAIL_S)
        ended = _play(sound, _last_speech(sound, vad), fifo)
        for event in _events_until_rest(scene):
            if event["event"] == "command":
                trial.commands.append(event["request"])
            if event["event"] == "did":
                trial.latency_ms = 1000 * (event["at"] - ended - silence)
        _hush(scene, fifo)


def _play(sound: Sound, last: int, fifo: int) -> float:
    """Write frames at the pace of time; the wall time at which the last speech was over."""
    ended = began = time.monotonic()
    offset = time.time() - time.monotonic()
    for i, frame in enumerate(_frames(sound)):
        due = began + (i + 1) * FRAME_SECONDS
        time.sleep(max(0.0, due - time.monotonic()))
        os.write(fifo, frame.tobytes())
        if i == last:
            ended = due
    return ended + offset


def _events_until_rest(scene: Scene) -> list[Event]:
    """What has happened; an activation that is still open is waited for."""
    seen = list(scene.journal.events(0.05))
    open_ = sum(e["event"] == "woke" for e in seen) - sum(e["event"] == "ended" for e in seen)
    if open_ > 0:
        scene.journal.until(lambda e: e["event"] == "ended", ANSWER_S, seen.append)
    if any(e["event"] == "command" for e in seen) and not any(e["event"] == "did" for e in seen):
        scene.journal.until(lambda e: e["event"] == "did", ANSWER_S, seen.append)
    return seen


def _hush(scene: Scene, fifo: int) -> None:
    """A second of quiet, so that the next utterance finds the speaker at rest."""
    quiet = bytes(FRAME_BYTES)
    for _ in range(14):
        time.sleep(FRAME_SECONDS)
        os.write(fifo, quiet)
    list(scene.journal.events(0.05))


def _memory(scene: Scene) -> dict[str, float]:
    ears = scene.supervisor.ears.pid
    parent, *_ = _children(ears)
    own = [harness.pss_mb(pid) for pid in (parent, *_children(parent))]
    return {"ears_pss_mb": harness.pss_mb(ears), "recognizer_pss_mb": sum(own)}


def _memory_of_hands(scene: Scene) -> dict[str, float]:
    hands = scene.supervisor.hands.pid
    voice = sum(harness.pss_mb(pid) for pid in _children(hands))
    return {"hands_pss_mb": harness.pss_mb(hands), "voice_pss_mb": voice}


def _children(pid: int) -> list[int]:
    return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _report(
    trials: list[tuple[Trial, Sound]],
    memory: dict[str, float],
    settings: config.Config,
    voices: list[dict[str, Any]],
) -> bool:
    commands = [t for t, _ in trials if t.wanted and not t.beside]
    beside = [t for t, _ in trials if t.beside]
    latencies = [t.latency_ms for t in commands if t.correct]
    figures = {
        "acted_correctly": sum(t.correct for t in commands),
        "acted_correctly_espeak": sum(t.correct for t in beside),
        "acted_wrongly": sum(t.wrong for t, _ in trials if not t.beside),
        "acted_wrongly_espeak": sum(t.wrong for t in beside),
        "end_of_speech_to_action_ms_p50": harness.percentile(latencies, 50),
        "end_of_speech_to_action_ms_p95": harness.percentile(latencies, 95),
        **memory,
    }
    goals = {
        "acted_correctly": harness.at_least(29),
        "acted_wrongly": harness.at_most(0),
        "end_of_speech_to_action_ms_p95": harness.at_most(300),
        "ears_start_to_listening_s": harness.at_most(2.0),
        "ears_pss_mb": harness.at_most(130),
        "recognizer_pss_mb": harness.at_most(120),
        "hands_pss_mb": harness.at_most(80),
    }
    notes = {
        "acted_correctly": f"of {len(commands)}: {_voice_names(voices)}",
        "acted_correctly_espeak": f"of {len(beside)}",
        "acted_wrongly": f"of {len(trials) - len(beside)}",
        "acted_wrongly_espeak": f"of {len(beside)}",
        "end_of_speech_to_action_ms_p95": f"less {settings.listen.silence_s:g} s of silence",
        "recognizer_pss_mb": "parent and children",
        "voice_pss_mb": "the voice engine's own process",
    }
    return harness.report("endtoend", figures, goals, notes)
