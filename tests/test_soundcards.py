"""A card is meant by a name that stays; no other takes its place; busy, denied, absent are told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from device import soundcards
from device.errors import CardUnclear, NoLoudspeaker, NoMicrophone
from device.soundcards import Card, State

MIC = Card("Input", 1, 0, "Device", "USB PnP Sound Device")
WEBCAM = Card("Input", 2, 0, "C920", "HD Pro Webcam C920")
SAME_LATER = Card("Input", 3, 0, "Device", "USB PnP Sound Device")


def system(folder: Path, **ids: str) -> Path:
    """Files as the kernel makes them: `c1d0c="Device"`."""
    for name, identity in ids.items():
        number = name[1 : name.index("d")]
        card = folder / f"card{number}"
        card.mkdir(parents=True, exist_ok=True)
        (card / "id").write_text(f"{identity}\n")
        (folder / f"pcm{name.upper()[:-1]}{name[-1]}").mkdir()
    return folder


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for word in ("PULSE_SERVER", "ALSA_CONFIG_PATH"):
        monkeypatch.delenv(word, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))


def test_cards_are_listed_by_what_they_do(tmp_path: Path) -> None:
    root = system(tmp_path, c0d0p="Headphones", c1d0c="Device", c1d0p="Device", c10d0c="Mic")
    (root / "card1/device").mkdir()
    (root / "card1/device/product").write_text("USB PnP Sound Device\n")
    assert [c.name for c in soundcards.cards("Output", root)] == [
        "hw:CARD=Headphones,DEV=0",
        "hw:CARD=Device,DEV=0",
    ]
    mics = soundcards.cards("Input", root)
    assert [c.number for c in mics] == [1, 10]
    assert mics[0].product == "USB PnP Sound Device"
    assert str(mics[0].node) == "/dev/snd/pcmC1D0c"


@pytest.mark.parametrize(
    "wanted",
    ["hw:CARD=Device,DEV=0", "plughw:Device", "hw:1", "hw:1,0", "Device", "device", "pnp", 1, "1"],
)
def test_a_card_is_meant_by_name_number_or_part_of_its_name(wanted: str | int) -> None:
    assert soundcards.meant("Input", wanted, "", [MIC, WEBCAM]) is MIC


@pytest.mark.parametrize("wanted", ["jabra", "pulse", "sysdefault"])
def test_a_name_of_no_card_may_be_one_that_portaudio_knows(wanted: str) -> None:
    assert soundcards.meant("Input", wanted, "", [MIC, WEBCAM]) is None


def test_default_is_what_was_chosen_whatever_its_number_and_whoever_else_is_there() -> None:
    for there in ([MIC], [MIC, WEBCAM], [WEBCAM, SAME_LATER]):
        found = soundcards.meant("Input", "default", MIC.name, there)
        assert found is not None
        assert found.id == "Device"


def test_no_other_card_takes_the_place_of_one_that_is_gone() -> None:
    for device, chosen in (("default", MIC.name), ("hw:Device", ""), ("hw:CARD=Device,DEV=0", "")):
        with pytest.raises(NoMicrophone, match=r"Device.* There are: hw:CARD=C920"):
            soundcards.meant("Input", device, chosen, [WEBCAM])
    with pytest.raises(NoLoudspeaker, match="none at all"):
        soundcards.meant("Output", "default", "", [])


def test_the_only_card_is_the_default_and_of_several_one_must_be_chosen() -> None:
    assert soundcards.meant("Input", "default", "", [WEBCAM]) is WEBCAM
    with pytest.raises(CardUnclear, match=r"several microphones.*Device.*C920"):
        soundcards.meant("Input", "default", "", [MIC, WEBCAM])
    with pytest.raises(CardUnclear, match="called c92"):
        soundcards.meant("Input", "c92", "", [WEBCAM, Card("Input", 4, 0, "C920_1")])


def test_where_a_sound_server_is_it_decides_what_default_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    assert soundcards.meant("Input", "default", "", [MIC]) is None
    assert soundcards.meant("Input", "Device", "", [MIC]) is MIC


def test_a_folder_that_may_not_be_looked_into_has_no_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def denied(path: Path, **_: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", denied)
    assert not soundcards.served()


def test_what_was_chosen_is_kept_and_a_broken_file_is_no_choice(tmp_path: Path) -> None:
    file = tmp_path / "etc/cards.json"
    assert soundcards.chosen(file) == {}
    soundcards.choose(file, {"microphone": MIC.name})
    assert soundcards.chosen(file) == {"microphone": MIC.name}
    for broken in ("{", "[1]", '{"microphone": 5, "else": "x"}', "\0"):
        file.write_text(broken)
        assert soundcards.chosen(file) == {}
    file.write_bytes(b"\xff\xfe")
    assert soundcards.chosen(file) == {}


def test_the_likeliest_loudspeaker_is_beside_the_microphone_and_no_screen() -> None:
    screen = Card("Output", 0, 0, "vc4hdmi0")
    jack = Card("Output", 1, 0, "Headphones")
    beside = Card("Output", 2, 0, "Device")
    assert soundcards.best("Output", [screen, jack, beside], MIC) is beside
    assert soundcards.best("Output", [screen, jack], MIC) is jack
    assert soundcards.best("Output", [screen]) is screen
    assert soundcards.best("Output", []) is None


def test_a_state_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundcards, "NODES", tmp_path)
    assert MIC.state() is State.ABSENT
    MIC.node.write_bytes(b"")
    assert MIC.state() is State.FREE
    for number, state in (
        (16, State.BUSY),
        (13, State.DENIED),
        (1, State.DENIED),
        (6, State.ABSENT),
    ):

        def refuses(*_: object, number: int = number) -> int:
            raise OSError(number, "as a driver would")

        with monkeypatch.context() as m:
            m.setattr(os, "open", refuses)
            assert MIC.state() is state
