"""How ears come to be, in the one order that is safe.

    0 look            is there a microphone? if not, hands are told, and ears wait and begin anew
    1 harden          nobody reads this process; no core, no new privilege
    2 recognizer      its parent is forked before any thread, library pool or microphone exists;
                      so is the pulse, which tells the service manager that both live
    3 detectors       wake word models and voice activity, while the parent loads its engine
    4 hands, panel    the letter socket is taken; without hands nothing is heard; the ring of what
                      they play is mapped, to be read only, and its descriptor closed
    5 microphone      opened last of all that is opened
    6 seal            from here on: no open, no exec, no socket, no fork
    7 prime           25 frames of faint noise, so that the first real frame is judged fairly
    8 hello, ready    and the loop

A sealed process repairs nothing: if anything of this is lost, ears end with their error's code
and the service manager starts them anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from device import soundcards
from device.config import Config
from device.ears.capture.microphone import Channels, open_microphone
from device.ears.capture.reference import Reference
from device.ears.capture.waiting import FAULTS, Wanted, until_changed
from device.ears.devices import Ear, send
from device.ears.loop import listen
from device.ears.pulse import Pulse
from device.ears.recognize.build import build_crew
from device.ears.recognize.pipes import RECORD_BYTES
from device.ears.recognize.recognizer import Recognizer, start
from device.ears.recognize.worker import Ends, Seals
from device.ears.vad import Vad
from device.ears.wake.wakeword import WakeWords
from device.errors import KeepmumError, ModelMissing
from device.language.sentences import Sentences
from device.letter import MAX_BYTES, Fault, FaultCode, Hello
from device.mind import states as s
from device.mind.types import frames
from device.modelstore import ModelStore
from device.names import NameTable
from device.names.sentences import load
from device.ring import accept_offer
from device.seal import memory, seccomp
from device.service import Notifier, accept

VAD_MODEL = "silero/silero_vad.onnx"


@dataclass(frozen=True, slots=True)
class Given:
    """What ears are given by whoever starts them."""

    letters: int
    """Descriptor of the listening letter socket."""
    panel: Callable[[], int] = lambda: -1
    """Connects to the panel: a descriptor, or -1. Asked last: a panel may die while ears load."""
    source: str = ""
    """Empty: the microphone of the settings; else a WAV file or a FIFO in its place."""
    sealed: bool = True


def live(config: Config, names: NameTable, given: Given) -> None:
    """Be born, listen until the microphone is over or something is lost. Raises KeepmumError."""
    memory.harden()
    if not given.source and (trouble := (wanted := Wanted.of(config)).trouble()) is not None:
        _wait(wanted, trouble, names, given)
        return
    memory.wipe_from_now_on()
    seccomp.prepare()
    sentences = load(config, names)
    store = ModelStore.of(config)
    rules = rules_of(config, sentences)
    pulse = Pulse.prepare()
    recognizer = start(
        lambda: build_crew(config, sentences, store),
        longest=rules.longest,
        seals=_seals(pulse.parent) if given.sealed else None,
        pulse=pulse,
    )
    pulse.start(sealed=given.sealed)
    channels = Channels.of(config.microphone)
    chosen = soundcards.chosen(config.service.cards).get("microphone", "")
    vad, wake, weaker = _detectors(config, store, channels)
    hands = accept(given.letters)
    panel = given.panel()
    software = config.microphone.software_reference and channels.reference is None
    played = accept_offer(hands) if software else None
    before = seccomp.descriptors()
    microphone = open_microphone(given.source, config.microphone.device, channels, chosen)
    ear = Ear(
        microphone=microphone,
        wake=wake,
        stops=tuple(w.action == "stop" for w in config.wake.all_words()),
        vad=vad,
        speech_threshold=config.listen.speech_threshold,
        recognizer=recognizer,
        hands=hands,
        panel=panel,
        pulse=pulse,
        think_s=config.listen.think_s,
        reference=Reference(played) if played and microphone.live else None,
    )
    wake.prime()  # once before the seal, for whatever is loaded at its first use
    if given.sealed:
        weaker += _seal(ear, recognizer, before)
    wake.prime()
    _greet(ear, names, weaker)
    try:
        listen(ear, rules)
    finally:
        microphone.wipe()


def _wait(wanted: Wanted, trouble: KeepmumError, names: NameTable, given: Given) -> None:
    """Tell hands why nothing is heard; return when it is worth beginning anew.

    Ears are ready all the same: whoever starts the service isn't kept waiting for a plug.
    """
    hands = accept(given.letters)
    try:
        send(hands, Hello(int.from_bytes(os.urandom(8)), names.digest))
        send(hands, Fault(FAULTS[type(trouble)]))
        notifier = Notifier()
        notifier.ready()
        until_changed(wanted, trouble, hands, notifier.watchdog)
    finally:
        os.close(hands)


def rules_of(config: Config, sentences: Sentences) -> s.Rules:
    """The machine's rules: the settings in frames."""
    c = config.listen
    return s.Rules(
        patience=frames(c.patience_s),
        silence=frames(c.silence_s),
        complete_silence=frames(c.complete_silence_s),
        unfinished_silence=frames(c.unfinished_silence_s),
        longest=frames(c.longest_command_s),
        refractory=frames(config.wake.refractory_s),
        think=frames(c.think_s + 1.0),
        follow_up=frames(c.follow_up_s),
        may_ask=sentences.asking | sentences.confirming,
    )


def _detectors(
    config: Config, store: ModelStore, channels: Channels
) -> tuple[Vad, WakeWords, list[FaultCode]]:
    """Voice activity, the wake words, and in what both are weaker than they could be."""
    weaker = []
    try:
        vad = Vad(store.path(VAD_MODEL))
    except ModelMissing:
        vad = Vad(None)
        weaker.append(FaultCode.VAD_MISSING)
    broken: list[KeepmumError] = []
    wake = WakeWords(
        config.wake, store, vad.step, taught=channels.reference is None, without=broken.append
    )
    if broken:
        weaker.append(FaultCode.WAKE_WORD_BROKEN)
    if wake.remarks:
        weaker.append(FaultCode.FEATURES_IN_WINDOWS)
    return vad, wake, weaker


def _seals(pulse: int = -1) -> Seals:
    """What the recognizer's parent and its children put on."""

    def parent(lines: Sequence[Ends]) -> None:
        memory.lock()
        writes: dict[int, int | None] = {line.answers: seccomp.RESULT_BYTES for line in lines}
        if pulse >= 0:
            writes[pulse] = seccomp.PULSE_BYTES
        seccomp.seal_parent(writes)

    def child(line: Ends) -> None:
        memory.lock()
        seccomp.seal_child(line.frames, line.answers)

    return Seals(parent, child)


def _seal(ear: Ear, recognizer: Recognizer, before: dict[int, str]) -> list[FaultCode]:
    """Everything is open: from here on nothing else can be. In what the seal is weaker."""
    memory.lock()
    writes: dict[int, int | None] = {ear.hands: MAX_BYTES}
    writes |= dict.fromkeys(recognizer.writes, RECORD_BYTES)
    if ear.pulse.fd >= 0:
        writes[ear.pulse.fd] = seccomp.PULSE_BYTES
    if ear.panel >= 0:
        writes[ear.panel] = 1
    sound = seccomp.opened_since(before)
    seccomp.seal_ears(writes, sound)
    return [FaultCode.SEAL_WEAKER] if sound.weaker else []


def _greet(ear: Ear, names: NameTable, weaker: Sequence[FaultCode]) -> None:
    """Say hello to the hands, with what is weaker than it could be; then ears are ready."""
    ear.tell(Hello(int.from_bytes(os.urandom(8)), names.digest))
    for code in weaker:
        ear.tell_fault(code)
    ear.pulse.ready()
