"""Lines that heal, on the installed speaker: panel, ears and hands die in any order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.seal.machine import Machine
from tests.seal.speaker import PYTHON, UNITS, Speaker

pytestmark = [pytest.mark.systemd, pytest.mark.slow]
DEATHS = 6
"""`make bench NAME=installed` has 60, and says how long it takes."""
HEALED_S = 60.0
FLAG = "/var/lib/keepmum-panel/mute"

STRANGER = """
import socket
for path in 500 * ("/run/keepmum/panel.sock", "/run/keepmum/lamp.sock"):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
        try: line.connect(path)
        except PermissionError: continue
        print("connected")
"""
HOLD = """
import socket, sys, time
held = []
for _ in range(200):
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    line.connect(sys.argv[1]); held.append(line)
print("held", flush=True)
time.sleep(6)
"""


@pytest.fixture(scope="module")
def speaker(bare_machine: Machine) -> Iterator[Speaker]:
    made = Speaker(bare_machine)
    made.install()
    made.allow_many_lives()
    made.give_sound()
    made.give_noise()
    made.wait_until_listening()
    yield made


def test_panel_ears_and_hands_die_in_any_order_and_find_each_other_again(speaker: Speaker) -> None:
    machine, dice = speaker.machine, random.Random(7)
    machine.until("all is well", speaker.is_well, HEALED_S)
    for _ in range(DEATHS):
        dying = dice.sample(UNITS, dice.randint(1, 3))
        for unit in dying:
            # check=False: ears end by themselves when their panel does, and may be dead already
            machine.systemctl("kill", "--signal=KILL", "--kill-whom=main", unit, check=False)
        machine.until(f"healed after {dying}", speaker.is_well, HEALED_S)
    machine.run("keepmum", "mute")
    assert machine.exists(FLAG)
    machine.run("keepmum", "unmute")
    speaker.wait_until_listening()


def test_members_of_the_group_mute_and_strangers_do_not(speaker: Speaker) -> None:
    machine = speaker.machine
    machine.run("useradd", "-G", "keepmum", "member", check=False)
    for command, there in (("mute", True), ("unmute", False)):
        machine.run("/usr/local/bin/keepmum", command, user="member")
        assert machine.exists(FLAG) == there
    speaker.wait_until_listening()
    refused = machine.run("/usr/local/bin/keepmum", "mute", user="daemon", check=False)
    assert refused.returncode == 62 and not machine.exists(FLAG)


def test_a_thousand_strangers_reach_nothing_and_end_nothing(speaker: Speaker) -> None:
    machine = speaker.machine
    before = machine.main_pid(UNITS[2])
    for user in ("daemon", "keepmum-commands"):
        assert machine.run(PYTHON, "-c", STRANGER, user=user).stdout == ""
    assert machine.main_pid(UNITS[2]) == before


@pytest.mark.parametrize("holder", ["keepmum-hands", "member"])
def test_nobody_who_holds_places_keeps_root_from_muting(speaker: Speaker, holder: str) -> None:
    machine = speaker.machine
    rooms = holder == "keepmum-hands"
    path = f"/run/keepmum/{'lamp' if rooms else 'panel'}.sock"
    group = "keepmum-lamp" if rooms else "keepmum"
    as_user = ("setpriv", f"--reuid={holder}", f"--regid={holder}", "--groups", group)
    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(machine.run, *as_user, PYTHON, "-c", HOLD, path)
        machine.run("keepmum", "mute")
        assert machine.exists(FLAG)
        machine.run("keepmum", "unmute")
        assert holding.result().stdout == "held\n"
    speaker.wait_until_listening()
