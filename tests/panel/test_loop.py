"""The panel on a real socket: who may say what, what the light shows, where the flag is."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from device import service
from device.mind.types import Lamp
from device.panel.flag import MuteFlag
from device.panel.lights import Light, shown
from device.panel.loop import Panel
from device.panel.protocol import MAY, MUTE, PRESSED, REFUSED, STATE, UNMUTE, Role, role_of


class Lights:
    """A bulb that remembers."""

    def __init__(self) -> None:
        self.seen: list[Light] = []

    def show(self, light: Light) -> None:
        self.seen.append(light)


class House:
    """A panel and those who connect to it."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "panel.sock")
        self.flag = MuteFlag(folder)
        self.bulb = Lights()
        self.coming = Role.PERSON
        server = service.listen(self.path)
        self.panel = Panel(server, self.flag, self.bulb, who=lambda _: self.coming)
        self.panel.show()

    def connect(self, role: Role) -> socket.socket:
        self.coming = role
        line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        line.connect(self.path)
        line.settimeout(5)
        self.panel.turn(5)
        return line

    def say(self, line: socket.socket, word: bytes) -> None:
        line.send(word)
        self.panel.turn(5)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.panel.server.close()


def test_people_mute_unmute_and_ask(house: House) -> None:
    person = house.connect(Role.PERSON)
    for word, answer in ((STATE, UNMUTE), (MUTE, MUTE), (STATE, MUTE), (UNMUTE, UNMUTE)):
        house.say(person, word)
        assert person.recv(1) == answer
        assert house.flag.is_set == (answer == MUTE)


@pytest.mark.parametrize("role", [Role.EARS, Role.HANDS, Role.NOBODY])
@pytest.mark.parametrize("muted", [True, False])
def test_nobody_but_people_can_mute_or_unmute_whatever_they_say(
    house: House, role: Role, muted: bool
) -> None:
    house.panel.mute(muted)
    for word in [bytes([b]) for b in range(256)] + [b"mm", b"uu", b"m\0"]:
        line = house.connect(role)
        try:
            house.say(line, word)
        except (BrokenPipeError, ConnectionResetError):
            assert role is Role.NOBODY  # sent away before it said anything
        line.close()
        house.panel.turn(0)
        assert house.flag.is_set == muted


def test_a_word_that_is_not_theirs_ends_the_connection(house: House) -> None:
    hands = house.connect(Role.HANDS)
    house.say(hands, UNMUTE)
    assert hands.recv(1) == REFUSED
    assert hands.recv(1) == b""


def test_hands_cannot_show_listening_and_ears_cannot_show_speaking() -> None:
    assert bytes([Lamp.LISTENING]) not in MAY[Role.HANDS]
    assert bytes([Lamp.SPEAKING]) not in MAY[Role.EARS]
    assert not {MUTE, UNMUTE} & (MAY[Role.HANDS] | MAY[Role.EARS] | MAY[Role.NOBODY])


def test_the_button_presses_for_ears_alone_and_long_mutes(house: House) -> None:
    ears, hands = house.connect(Role.EARS), house.connect(Role.HANDS)
    house.panel.pressed()
    assert ears.recv(2) == PRESSED
    hands.setblocking(False)
    with pytest.raises(BlockingIOError):
        hands.recv(1)
    house.panel.held()
    assert house.flag.is_set
    house.panel.held()
    assert not house.flag.is_set


def test_the_light_follows_what_the_rooms_say(house: House) -> None:
    ears, hands = house.connect(Role.EARS), house.connect(Role.HANDS)
    house.say(ears, bytes([Lamp.LISTENING]))
    house.say(hands, bytes([Lamp.SPEAKING]))
    house.say(ears, bytes([Lamp.ASLEEP]))
    house.panel.mute(True)
    ears.close()
    house.panel.turn(5)
    assert house.bulb.seen == [
        Light.BROKEN,
        Light.ASLEEP,
        Light.LISTENING,
        Light.SPEAKING,
        Light.MUTED,
    ]


def test_listening_shows_exactly_while_ears_say_so_whatever_else_is_going_on() -> None:
    patterns = (None, *Lamp)
    for muted in (True, False):
        for ears in patterns:
            for hands in patterns:
                light = shown(muted=muted, ears=ears, hands=hands)
                assert (light is Light.LISTENING) == (ears is Lamp.LISTENING)
                assert light is not Light.MUTED or ears is None


def test_the_flag_survives_the_panel(tmp_path: Path) -> None:
    MuteFlag(tmp_path).set()
    assert MuteFlag(tmp_path).is_set
    MuteFlag(tmp_path).clear()
    MuteFlag(tmp_path).clear()
    assert not MuteFlag(tmp_path).is_set


def test_too_many_connections_are_sent_away(house: House) -> None:
    lines = [house.connect(Role.HANDS) for _ in range(16)]
    assert house.connect(Role.HANDS).recv(1) == REFUSED
    lines.pop().close()
    house.panel.turn(5)
    assert len(house.panel.peers) == 15


def test_root_is_a_person_and_strangers_are_nobody() -> None:
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    expected = Role.PERSON if os.geteuid() == 0 else Role.NOBODY
    assert role_of(mine) in (expected, Role.PERSON)
    mine.close()
    theirs.close()
