"""Lines that heal: the panel is a real process, killed and started; hands' line finds it again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from device import service
from device.errors import NoPanel, PanelGone, PanelRefused
from device.mind.types import Lamp
from device.panel import protocol
from device.panel.protocol import MUTE, PRESSED, REFUSED, STATE, UNMUTE, LampLine

SETTINGS = """[panel]
socket = "{0}/panel.sock"
lamp_socket = "{0}/lamp.sock"
folder = "{0}"
"""


class Door:
    """The rooms' socket, held by whoever holds it for a panel that may die."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "lamp.sock")
        self.server = service.listen(self.path)
        self.server.listen(8)
        self.server.settimeout(10)

    def accept(self) -> socket.socket:
        line, _ = self.server.accept()
        line.settimeout(10)
        return line


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path)
    yield made
    made.server.close()


def test_hands_connect_to_every_new_panel_and_say_again_what_they_show(door: Door) -> None:
    async def go() -> None:
        line = LampLine(door.path)
        keeping = asyncio.create_task(line.keep())
        for lamp in (Lamp.ASLEEP, Lamp.RINGING, Lamp.SPEAKING):
            panel = await asyncio.to_thread(door.accept)
            line.name(lamp)
            while (await asyncio.to_thread(panel.recv, 1)) != bytes([lamp]):
                continue
            panel.close()
            again = await asyncio.to_thread(door.accept)
            assert await asyncio.to_thread(again.recv, 1) == bytes([lamp])
            again.close()
        keeping.cancel()

    asyncio.run(asyncio.wait_for(go(), 30))


def test_hands_hear_what_the_panel_says_of_mute_and_that_it_is_gone(door: Door) -> None:
    async def go() -> None:
        told: asyncio.Queue[bool | None] = asyncio.Queue()
        line = LampLine(door.path)
        line.follow(told.put_nowait)
        keeping = asyncio.create_task(line.keep())
        panel = await asyncio.to_thread(door.accept)
        for word, muted in ((UNMUTE, False), (MUTE, True), (b"?", None), (UNMUTE, False)):
            panel.send(word)
            if muted is not None:
                assert await told.get() is muted
        panel.close()
        assert await told.get() is None
        keeping.cancel()

    asyncio.run(asyncio.wait_for(go(), 30))


def test_hands_go_on_without_a_panel_and_find_one_that_comes_later(tmp_path: Path) -> None:
    async def go() -> None:
        line = LampLine(str(tmp_path / "lamp.sock"))
        keeping = asyncio.create_task(line.keep())
        line.name(Lamp.RINGING)
        await asyncio.sleep(0)
        late = Door(tmp_path)
        panel = await asyncio.to_thread(late.accept)
        assert await asyncio.to_thread(panel.recv, 1) == bytes([Lamp.RINGING])
        keeping.cancel()
        late.server.close()

    asyncio.run(asyncio.wait_for(go(), 30))


def test_without_a_socket_in_the_settings_there_is_no_line() -> None:
    line = LampLine("")
    told: list[bool | None] = []
    line.follow(told.append)
    line.name(Lamp.RINGING)
    asyncio.run(asyncio.wait_for(line.keep(), 5))
    assert told == [], "nobody is there to say how mute is"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root and members of the group may mute")
def test_a_panel_that_is_killed_again_and_again_is_muted_and_unmuted_by_the_next(
    tmp_path: Path,
) -> None:
    settings = tmp_path / "keepmum.toml"
    settings.write_text(SETTINGS.format(tmp_path))
    path = str(tmp_path / "panel.sock")
    for wish in (MUTE, STATE, UNMUTE, STATE):
        command = [sys.executable, "-m", "device", "panel", "--config", str(settings)]
        panel = subprocess.Popen(command, stderr=subprocess.PIPE)
        try:
            there = protocol.await_panel(path, 20)
            assert there is not None
            there.close()
            muted = wish == MUTE or (wish == STATE and (tmp_path / "mute").exists())
            assert protocol.ask(path, wish) == muted == (tmp_path / "mute").exists()
        finally:
            panel.kill()
            panel.wait()


def test_asking_says_who_may_not_apart_from_nobody_there(door: Door, tmp_path: Path) -> None:
    with pytest.raises(NoPanel):
        protocol.ask(str(tmp_path / "none.sock"), MUTE)
    refusing = os.fork()
    if refusing == 0:
        line = door.accept()
        line.send(REFUSED)
        line.close()
        os._exit(0)
    with pytest.raises(PanelRefused):
        protocol.ask(door.path, MUTE)
    os.waitpid(refusing, 0)


def test_a_panel_without_a_place_for_its_sockets_says_so(tmp_path: Path) -> None:
    settings = tmp_path / "keepmum.toml"
    settings.write_text(SETTINGS.format(tmp_path / "nowhere"))
    command = [sys.executable, "-m", "device", "panel", "--config", str(settings)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 59
    assert "nowhere/panel.sock" in done.stderr and "Traceback" not in done.stderr


def test_a_panel_ends_when_it_is_told_to(tmp_path: Path) -> None:
    settings = tmp_path / "keepmum.toml"
    settings.write_text(SETTINGS.format(tmp_path))
    command = [sys.executable, "-m", "device", "panel", "--config", str(settings)]
    panel = subprocess.Popen(command, stderr=subprocess.PIPE)
    assert protocol.await_panel(str(tmp_path / "panel.sock"), 20) is not None
    panel.send_signal(signal.SIGTERM)
    assert panel.wait(10) == 0


class Line:
    """Ears that have nothing but a line to the panel."""

    def __init__(self) -> None:
        from device.ears.devices import Ear

        mine, self.panel = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        mine.setblocking(False)
        self.ear = Ear.__new__(Ear)
        self.ear.panel, self.ear.lamp = mine.detach(), Lamp.ASLEEP

    def hear(self) -> bytes:
        return self.ear._panel_says()


def test_ears_hear_the_button_and_end_when_their_panel_does() -> None:
    line = Line()
    assert line.hear() == b""
    line.panel.send(PRESSED)
    assert line.hear() == PRESSED
    line.panel.close()
    with pytest.raises(PanelGone):
        line.hear()


def test_ears_that_a_panel_does_not_know_go_on_without_it() -> None:
    line = Line()
    line.panel.send(REFUSED)
    line.panel.close()
    assert line.hear() == REFUSED
    assert line.ear.panel == -1
