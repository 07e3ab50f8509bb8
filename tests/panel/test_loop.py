"""The panel on a real socket: who may say what, what the light shows, where the flag is."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from device import service
from device.config import Panel as Settings
from device.mind.types import Lamp
from device.panel import protocol
from device.panel.flag import MuteFlag
from device.panel.light import Light
from device.panel.lights import LogBulb, shown
from device.panel.loop import PEOPLE, ROOMS, Panel
from device.panel.pace import Pace
from device.panel.places import MOST, PLACES
from device.panel.protocol import MAY, MUTE, PRESSED, REFUSED, STATE, UNMUTE, Role, role_of
from device.panel.start import folder_of
from device.sockets.peers import Peer


class Lights:
    """A bulb that remembers."""

    def __init__(self) -> None:
        self.seen: list[Light] = []

    def show(self, light: Light) -> None:
        self.seen.append(light)

    def tick(self) -> float | None:
        return None


class House:
    """A panel and those who connect to it."""

    def __init__(self, folder: Path) -> None:
        self.flag = MuteFlag(folder)
        self.bulb = Lights()
        self.now = 0.0
        self.coming = (Role.PERSON, 1000)
        self.paths = {PEOPLE: str(folder / "panel.sock"), ROOMS: str(folder / "lamp.sock")}
        self.panel = Panel(
            self.flag, self.bulb, Pace(60, lambda: self.now), who=lambda _: self.coming
        )
        self.doors = [service.listen(path) for path in self.paths.values()]
        for door, roles in zip(self.doors, self.paths, strict=True):
            door.listen(64)
            self.panel.open(door, roles)
        self.panel.show()

    def connect(self, role: Role, uid: int | None = None, at: str = "") -> socket.socket:
        self.coming = role, {Role.EARS: 7, Role.HANDS: 8}.get(role, 1000) if uid is None else uid
        line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        line.connect(at or self.paths[ROOMS if role in ROOMS else PEOPLE])
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
    for door in made.doors:
        door.close()


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
    assert hands.recv(1) == UNMUTE, "how it is"
    house.say(hands, UNMUTE)
    assert hands.recv(1) == REFUSED
    assert hands.recv(1) == b""


def test_hands_are_told_how_it_is_and_each_change_and_ears_are_not(house: House) -> None:
    early, ears = house.connect(Role.HANDS), house.connect(Role.EARS)
    person = house.connect(Role.PERSON)
    house.say(person, MUTE)
    late = house.connect(Role.HANDS)
    house.say(person, MUTE)
    house.say(person, UNMUTE)
    assert [early.recv(1) for _ in range(3)] == [UNMUTE, MUTE, UNMUTE]
    assert [late.recv(1) for _ in range(2)] == [MUTE, UNMUTE]
    ears.setblocking(False)
    with pytest.raises(BlockingIOError):
        ears.recv(1)


def test_hands_cannot_show_listening_and_ears_cannot_show_speaking() -> None:
    assert bytes([Lamp.LISTENING]) not in MAY[Role.HANDS]
    assert bytes([Lamp.SPEAKING]) not in MAY[Role.EARS]
    assert not {MUTE, UNMUTE} & (MAY[Role.HANDS] | MAY[Role.EARS] | MAY[Role.NOBODY])


def test_the_button_presses_for_ears_alone_and_long_mutes(house: House) -> None:
    ears, hands = house.connect(Role.EARS), house.connect(Role.HANDS)
    house.panel.pressed()
    assert ears.recv(2) == PRESSED
    assert hands.recv(1) == UNMUTE, "how it is, and nothing of the button"
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


def test_a_room_that_connects_again_and_again_loses_its_own_oldest_and_nobody_elses(
    house: House,
) -> None:
    ears, person = house.connect(Role.EARS), house.connect(Role.PERSON)
    lines = [house.connect(Role.HANDS) for _ in range(40)]
    assert len(house.panel.places.of(Role.HANDS)) == PLACES
    assert [lines[0].recv(1) for _ in range(2)] == [UNMUTE, b""]
    house.say(person, MUTE)
    assert person.recv(1) == MUTE and house.flag.is_set
    house.say(ears, bytes([Lamp.LISTENING]))
    assert house.panel.light is Light.LISTENING


def test_however_many_people_hold_places_root_can_mute(house: House) -> None:
    held = [house.connect(Role.PERSON, 1000 + n // 3) for n in range(120)]
    root = house.connect(Role.PERSON, 0)
    more = [house.connect(Role.PERSON, 2000 + n) for n in range(60)]
    assert len(house.panel.places.taken) <= MOST
    house.say(root, MUTE)
    assert root.recv(1) == MUTE and house.flag.is_set
    for line in (*held, *more):
        line.close()


@pytest.mark.parametrize("role", list(Role))
def test_each_door_lets_in_its_own_roles_alone(house: House, role: Role) -> None:
    for roles, path in house.paths.items():
        line = house.connect(role, at=path)
        assert bool(house.panel.places.of(role)) == (role in roles)
        if role not in roles:
            assert line.recv(1) == REFUSED
        line.close()
        house.panel.turn(0)


def test_who_cannot_be_told_is_sent_away_and_the_panel_goes_on(house: House) -> None:
    def unknown(_: socket.socket) -> tuple[Role, int]:
        raise OSError("the kernel doesn't say")

    house.panel.who = unknown
    stranger = house.connect(Role.PERSON)
    assert stranger.recv(1) == REFUSED
    house.panel.who = lambda _: house.coming
    person = house.connect(Role.PERSON)
    house.say(person, STATE)
    assert person.recv(1) == UNMUTE


def test_a_thousand_who_connect_and_vanish_cost_nothing(house: House) -> None:
    for number in range(1000):
        house.coming = (Role.NOBODY, 3000) if number % 2 else (Role.PERSON, 1000)
        line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        line.connect(house.paths[ROOMS if number % 3 else PEOPLE])
        if number % 5:
            line.send(bytes(number % 7))
        line.close()
        house.panel.turn(5)
    house.panel.turn(0)
    assert house.panel.places.taken == []


def test_a_flag_that_cannot_be_written_is_told_and_the_panel_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: MuteFlag) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(MuteFlag, "set", full)
    person = house.connect(Role.PERSON)
    house.say(person, MUTE)
    assert person.recv(1) == UNMUTE and not house.flag.is_set


def test_the_log_says_nothing_that_ears_could_cause_by_what_they_hear(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    house.panel.bulb = LogBulb()
    ears, hands = house.connect(Role.EARS), house.connect(Role.HANDS)
    house.say(hands, bytes([Lamp.RINGING]))
    before = capfd.readouterr().err
    for lamp in 20 * (Lamp.LISTENING, Lamp.THINKING, Lamp.ASLEEP):
        house.now += 60
        house.say(ears, bytes([lamp]))
    assert before and capfd.readouterr().err == ""
    house.say(hands, bytes([Lamp.BROKEN]))
    assert capfd.readouterr().err == "lamp: broken\n"


def test_root_is_a_person_hands_and_ears_are_themselves_and_strangers_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    users = {"keepmum-ears": 991, "keepmum-hands": 992}
    monkeypatch.setattr(protocol, "_uid", users.get)
    monkeypatch.setattr(protocol, "group_id", {"keepmum": 77}.get)
    none: frozenset[int] = frozenset()
    assert role_of(Peer(0, none)) is Role.PERSON
    assert role_of(Peer(1000, frozenset({5, 77}))) is Role.PERSON
    assert role_of(Peer(1000, frozenset({5}))) is Role.NOBODY
    for uid, role in ((991, Role.EARS), (992, Role.HANDS)):
        assert role_of(Peer(uid, frozenset({77}))) is role  # whatever group they were put in
    monkeypatch.setattr(protocol, "group_id", lambda _: None)  # a machine without the group
    assert role_of(Peer(1000, frozenset({77}))) is Role.NOBODY


def test_there_is_one_folder_of_the_flag_that_of_the_units(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert folder_of(Settings(folder="/elsewhere")) == "/elsewhere"
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/keepmum-panel")
    assert folder_of(Settings()) == "/var/lib/keepmum-panel"
    assert capfd.readouterr().err == ""
    assert folder_of(Settings(folder="/elsewhere")) == "/var/lib/keepmum-panel"
    assert "not looked at" in capfd.readouterr().err
