"""Ears without a microphone load nothing: they say why, wait at no cost, and begin anew."""

from __future__ import annotations

import dataclasses
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device import service, soundcards
from device.config import Config, Listen, Microphone, Service, Wake
from device.config.text import dump
from device.ears.capture import waiting
from device.ears.capture.waiting import Wanted, until_changed
from device.ears.start import rules_of
from device.errors import CardDenied, CardUnclear, KeepmumError, MicrophoneBusy, NoMicrophone
from device.letter import Fault, FaultCode, Hello, unpack
from device.mind.states import WAKE_TAIL
from device.mind.types import Intent
from device.names import compile_names
from device.soundcards import Card, State
from device.standalone.virtualsound import VirtualSound
from tests.language.speech import packaged_sentences

MIC = Card("Input", 1, 0, "Device")


@contextmanager
def ears_without(
    device: str, folder: Path
) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
    """Ears whose microphone is not there, and hands that met them."""
    place = str(folder / "letters.sock")
    config = dataclasses.replace(
        Config(),
        microphone=Microphone(device=device),
        service=dataclasses.replace(Service(), socket=place, cards=str(folder / "cards.json")),
    )
    (folder / "keepmum.toml").write_text(dump(config, comments=False), encoding="utf-8")
    with (
        service.listen(place) as listening,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as hands,
    ):
        os.dup2(listening.fileno(), 60)
        script = (
            "import os,sys; os.dup2(60,3); os.environ.update(LISTEN_PID=str(os.getpid()),"
            "LISTEN_FDS='1'); os.execv(sys.executable,[sys.executable,'-m','device','ears',"
            f"'--config',{str(folder / 'keepmum.toml')!r}])"
        )
        ears = subprocess.Popen([sys.executable, "-c", script], pass_fds=(60,))
        hands.settimeout(20)
        hands.connect(place)
        try:
            yield ears, hands
        finally:
            ears.kill()
            ears.wait()
            os.close(60)


def test_ears_without_a_microphone_say_so_and_load_no_model(
    tmp_path: Path, sound: VirtualSound
) -> None:
    with ears_without("hw:CARD=Nobody,DEV=0", tmp_path) as (ears, hands):
        assert isinstance(unpack(hands.recv(65)), Hello)
        assert unpack(hands.recv(65)) == Fault(FaultCode.MICROPHONE_ABSENT)
        maps = Path(f"/proc/{ears.pid}/maps").read_text()
        assert "onnxruntime" not in maps
        assert "pocketsphinx" not in maps
        before = _cpu(ears.pid)
        with pytest.raises(TimeoutError):
            hands.settimeout(3.0)
            hands.recv(65)
        assert _cpu(ears.pid) - before < 0.3
        assert ears.poll() is None
        hands.close()
        ears.wait(5)  # hands are gone: ears begin anew


def _cpu(pid: int) -> float:
    """Seconds of a core that a process has had."""
    parts = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (State.BUSY, MicrophoneBusy),
        (State.DENIED, CardDenied),
        (State.ABSENT, NoMicrophone),
        (State.FREE, None),
    ],
)
def test_trouble_is_what_the_card_says(
    state: State, error: type[KeepmumError] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soundcards, "cards", lambda kind: [MIC])
    monkeypatch.setattr(Card, "state", lambda self: state)
    found = Wanted(MIC.name, "").trouble()
    assert type(found) is (error or type(None))


def test_several_and_none_chosen_is_a_trouble_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundcards, "served", lambda: False)
    other = dataclasses.replace(MIC, number=2, id="C920")
    monkeypatch.setattr(soundcards, "cards", lambda kind: [MIC, other])
    assert isinstance(Wanted("default", "").trouble(), CardUnclear)


@pytest.mark.usefixtures("sound")
def test_a_sound_servers_microphone_is_no_trouble_and_an_unknown_name_is() -> None:
    assert Wanted("default", "").trouble() is None
    assert isinstance(Wanted("jabra", "").trouble(), NoMicrophone)


def test_the_machine_goes_by_the_settings_in_frames() -> None:
    listen = Listen(
        patience_s=2.0,
        silence_s=0.8,
        complete_silence_s=0.4,
        unfinished_silence_s=1.6,
        longest_command_s=12.0,
        think_s=3.0,
        follow_up_s=6.4,
    )
    config = dataclasses.replace(Config(), listen=listen, wake=Wake(refractory_s=0.48))
    sentences = packaged_sentences("en", compile_names(config))
    rules = rules_of(config, sentences)
    assert (rules.patience, rules.silence, rules.complete_silence) == (25, 10, 5)
    assert (rules.unfinished_silence, rules.longest, rules.refractory) == (20, 150, 6)
    # longer than the recognizer's own time: it gives up first, and says why
    assert (rules.think, rules.follow_up) == (50, 80)
    assert {Intent.TIMER_CANCEL, Intent.UNLOCK} <= rules.may_ask
    assert Intent.TIME not in rules.may_ask
    assert rules.wake_tail == WAKE_TAIL == 5


def test_every_trouble_has_its_letter() -> None:
    assert set(waiting.FAULTS) == {NoMicrophone, MicrophoneBusy, CardDenied, CardUnclear}


@pytest.mark.parametrize("change", ["plugged in", "free again", "hands gone", "nothing"])
def test_waiting_ends_when_something_changed(
    change: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(waiting, "LOOK_S", 0.02)
    monkeypatch.setattr(waiting, "AGAIN_S", 0.4)
    monkeypatch.setattr(soundcards, "NODES", tmp_path)
    looks, state = [0], [State.BUSY]
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def alive() -> None:
        looks[0] += 1
        if looks[0] == 3:
            if change == "plugged in":
                MIC.node.write_bytes(b"")
            if change == "free again":
                state[0] = State.FREE
            if change == "hands gone":
                theirs.close()

    monkeypatch.setattr(soundcards, "cards", lambda kind: [MIC])
    monkeypatch.setattr(Card, "state", lambda self: state[0])
    trouble: KeepmumError = MicrophoneBusy(device=MIC.name)
    until_changed(Wanted(MIC.name, ""), trouble, ours.fileno(), alive)
    assert (looks[0] == 20) is (change == "nothing")
    ours.close()
    theirs.close()
