"""No false green: whatever stops the services, or makes them useless, is red and says the mend."""

from __future__ import annotations

import dataclasses
import os
import pwd
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from device.cli import doctor, services
from device.config import (
    Config,
    General,
    Home,
    Listen,
    Media,
    Models,
    OwnCommand,
    Recognizer,
    Room,
    Service,
    Voice,
)
from device.ears.capture import microphone
from device.errors import KeepmumError
from tests.hands.home.brokers import free_port

Plant = Callable[[Config, Path, pytest.MonkeyPatch], Config]
with_ = dataclasses.replace


def red(check: str, settings: Config) -> doctor.Finding:
    """What that check of the doctor's says."""
    ((user, function),) = [(u, f) for what, u, f in doctor.CHECKS if what == check]
    del user  # who it is asked as has tests of its own
    return doctor._result(check, "", lambda: function(settings))


class Sounds:
    """A microphone that gives noise of a level."""

    echo = None
    live = True

    def __init__(self, level: float) -> None:
        self.frame = np.zeros(1280, np.int16)
        self._level = level
        self._dice = np.random.default_rng(1)

    def read(self) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
        noise = self._dice.normal(0, 32768 * 10 ** (self._level / 20), 1280)
        self.frame[:] = np.clip(np.round(noise), -32768, 32767)
        return self.frame

    def wipe(self) -> None:
        self.frame.fill(0)

    def close(self) -> None:
        """Nothing."""


def hears(level: float) -> Plant:
    def plant(settings: Config, _: Path, patch: pytest.MonkeyPatch) -> Config:
        patch.setattr(microphone, "open_microphone", lambda *a, **k: Sounds(level))
        return settings

    return plant


def models(change: Callable[[Path], object]) -> Plant:
    def plant(settings: Config, folder: Path, _: pytest.MonkeyPatch) -> Config:
        from device.modelstore import ModelStore

        name = "openwakeword/alexa_v0.1.onnx"
        original = ModelStore.of(settings).path(name)
        copy = folder / "models" / name
        copy.parent.mkdir(parents=True)
        shutil.copy(original, copy)
        change(copy)
        return with_(settings, models=Models(folder=str(folder / "models")))

    return plant


def damaged(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def written(section: str, path: str, data: bytes) -> Plant:
    def plant(settings: Config, folder: Path, _: pytest.MonkeyPatch) -> Config:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        at = file.parent if section == "sentences" else file
        return with_(settings, service=with_(settings.service, **{section: str(at)}))

    return plant


def slow(settings: Config, _: Path, patch: pytest.MonkeyPatch) -> Config:
    from device.ears.recognize.engines.pocketsphinx import PocketSphinx

    def wait(self: PocketSphinx) -> str:
        time.sleep(1.3)
        return ""

    patch.setattr(PocketSphinx, "finish", wait)
    return with_(settings, listen=Listen(think_s=1.0), recognizer=Recognizer(engine="pocketsphinx"))


def unwritable(settings: Config, folder: Path, _: pytest.MonkeyPatch) -> Config:
    return with_(settings, service=with_(settings.service, state="/proc"))


def no_espeak(settings: Config, folder: Path, patch: pytest.MonkeyPatch) -> Config:
    patch.setenv("PATH", str(folder))
    return with_(settings, voice=Voice(engine="espeak-ng"))


def changed(**sections: object) -> Plant:
    return lambda settings, _, __: with_(settings, **sections)


COMMAND = OwnCommand(name="it", sentences=("do it",), run=("/no/such/program",))
PLANTS: dict[str, tuple[str, Plant]] = {
    "a wake word's model is damaged": ("models", models(damaged)),
    "a wake word's model is empty": ("models", models(lambda f: f.write_bytes(b""))),
    "a table of names that is no JSON": ("names", written("names", "names.json", b"{")),
    "a table of names that is no table": ("names", written("names", "names.json", b"[1, 2]")),
    "a sentence file that does not parse": (
        "sentences",
        written("sentences", "s/en/own.yaml", b"intents: ["),
    ),
    "French without a model of French": (
        "recognizer",
        changed(general=General(language="fr"), models=Models(folder="/nonexistent")),
    ),
    "Vosk without a model": (
        "recognizer",
        changed(recognizer=Recognizer(engine="vosk", model="/no/such/model")),
    ),
    "a recognizer that is too slow": ("recognizer", slow),
    "a microphone that is not there": (
        "microphone",
        lambda s, _, __: with_(s, microphone=with_(s.microphone, device="no such microphone")),
    ),
    "a microphone that gives zeros": ("microphone", hears(-200)),
    "a microphone at -100 dB": ("microphone", hears(-100)),
    "a microphone at -80 dB": ("microphone", hears(-80)),
    "a loudspeaker that is not there": (
        "loudspeaker",
        lambda s, _, __: with_(s, sound=with_(s.sound, device="no such loudspeaker")),
    ),
    "a voice that is not there": ("voice", no_espeak),
    "a voice of one's own that is not there": (
        "voice",
        changed(voice=Voice(engine="piper", model="/no/such/voice.onnx")),
    ),
    "a state folder that hands can't write": ("state", unwritable),
    "a name that wakes": ("names aloud", changed(home=Home(room=(Room("Alexa's Room"),)))),
    "a broker that is not there": (
        "home",
        lambda s, p, _: with_(
            s, home=Home(broker=f"127.0.0.1:{free_port()}", secrets=str(p / "none"))
        ),
    ),
    "music that is not there": ("music", changed(media=Media(mpd="/no/such/socket"))),
    "a program that is not there": ("own commands", changed(command=(COMMAND,))),
}


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_fault_is_red(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check, plant = PLANTS[name]
    settings = with_(Config(), service=Service(state=str(tmp_path / "state")))
    finding = red(check, plant(settings, tmp_path, monkeypatch))
    assert not finding.fine, f"{check} is green: {finding.text}"
    assert finding.text and "Traceback" not in finding.text


@pytest.mark.parametrize("level", [-60, -40])
def test_a_microphone_in_a_quiet_room_is_green(
    level: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = red("microphone", hears(level)(Config(), tmp_path, monkeypatch))
    assert finding.fine and "good level" in finding.text


def test_the_recognizer_of_the_language_is_loaded_and_answers_in_time() -> None:
    finding = red("recognizer", with_(Config(), listen=Listen(think_s=30.0)))
    assert finding.fine, finding.text
    assert "answers" in finding.text


@pytest.mark.parametrize("content", ["[wake", "[wake]\nwords = 3\n", "[wake]\nwodrs = []\n"])
def test_broken_settings_are_the_one_finding(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keepmum.toml"
    file.write_text(content)
    (finding,) = doctor.examine(file, Console(quiet=True))
    assert not finding.fine and finding.what == "settings"


# --- the services


class Systemd:
    """A systemctl that answers what it is told to."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.of: dict[tuple[str, str], str] = {}
        patch.setattr(services.shutil, "which", lambda _: "/bin/systemctl")  # type: ignore[attr-defined]
        patch.setattr(services.Path, "exists", lambda _: True)  # type: ignore[attr-defined]
        patch.setattr(services, "START_S", 0.0)
        patch.setattr(services, "show", lambda unit, name: self.of.get((unit, name), ""))
        for unit in services.UNITS:
            self.of[unit, "LoadState"], self.of[unit, "ActiveState"] = "loaded", "active"


@pytest.fixture
def systemd(monkeypatch: pytest.MonkeyPatch) -> Systemd:
    return Systemd(monkeypatch)


def test_a_speaker_of_which_everything_runs_is_green(systemd: Systemd) -> None:
    assert "ears run" in services.running(Config())


@pytest.mark.parametrize("unit", services.UNITS)
@pytest.mark.parametrize("state", ["inactive", "failed", "activating", "deactivating"])
def test_a_unit_that_does_not_run_is_red_with_its_own_reason(
    systemd: Systemd, unit: str, state: str
) -> None:
    systemd.of[unit, "ActiveState"] = state
    systemd.of[unit, "ExecMainStatus"] = "30"
    finding = doctor._result("service", "", lambda: services.running(Config()))
    assert not finding.fine and unit in finding.text
    assert "NoMicrophone" in finding.text and finding.mend


def test_a_speaker_that_is_muted_is_told_from_one_that_is_dead(
    systemd: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    systemd.of["keepmum-ears.service", "ActiveState"] = "inactive"
    monkeypatch.setattr(services.protocol, "ask", lambda *_: True)  # type: ignore[attr-defined]
    assert services.running(Config()).startswith("muted")
    systemd.of["keepmum-hands.service", "ActiveState"] = "failed"
    with pytest.raises(KeepmumError, match="keepmum-hands"):
        services.running(Config())


def test_no_service_is_red(systemd: Systemd, monkeypatch: pytest.MonkeyPatch) -> None:
    systemd.of.clear()
    with pytest.raises(KeepmumError, match="not installed"):
        services.running(Config())
    monkeypatch.setattr(services.shutil, "which", lambda _: None)  # type: ignore[attr-defined]
    with pytest.raises(KeepmumError, match="no systemd"):
        services.running(Config())


# --- as whom


def test_what_ends_its_process_ends_no_doctor() -> None:
    finding = doctor._result("x", "", lambda: os._exit(7))
    assert not finding.fine and "ended with 7" in finding.text


def test_what_hangs_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "LOOK_S", 0.2)
    mine, theirs = socket.socketpair()
    finding = doctor._result("x", "", lambda: str(theirs.recv(1)))
    assert not finding.fine and "hangs" in finding.text
    mine.close()
    theirs.close()


def test_whatever_a_library_raises_is_a_finding() -> None:
    finding = doctor._result("x", "", lambda: str(1 // 0))
    assert not finding.fine and "ZeroDivisionError" in finding.text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take on another user")
def test_what_root_may_read_and_a_service_may_not_is_red(tmp_path: Path) -> None:
    user = "nobody"
    secret = tmp_path / "secret"
    secret.write_text("x")
    secret.chmod(0o600)
    assert services.as_user("", secret.read_text) == "x"
    assert services.as_user(user, lambda: str(os.geteuid())) == str(pwd.getpwnam(user).pw_uid)
    finding = doctor._result("x", user, secret.read_text)
    assert not finding.fine and "secret" in finding.text and user in finding.text
