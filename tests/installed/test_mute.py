"""Mute, asked for by those who may and by those who may not."""

from __future__ import annotations

import pytest

from tests.installed.commands import KEEPMUM, MEMBER, STRANGER
from tests.seal.speaker import Speaker

pytestmark = [pytest.mark.systemd, pytest.mark.slow]
FLAG = "/var/lib/keepmum-panel/mute"


def test_a_member_of_the_group_mutes_and_unmutes(installed: Speaker) -> None:
    machine = installed.machine
    machine.run(KEEPMUM, "mute", user=MEMBER)
    assert machine.exists(FLAG)
    assert machine.main_pid("keepmum-ears.service") == 0
    machine.run(KEEPMUM, "unmute", user=MEMBER)
    assert not machine.exists(FLAG)


def test_a_stranger_can_do_neither(installed: Speaker) -> None:
    machine = installed.machine
    done = machine.run(KEEPMUM, "mute", user=STRANGER, check=False)
    assert done.returncode == 62, done
    assert not machine.exists(FLAG)
    machine.run(KEEPMUM, "mute")
    done = machine.run(KEEPMUM, "unmute", user=STRANGER, check=False)
    assert done.returncode == 62, done
    assert machine.exists(FLAG)
    machine.run(KEEPMUM, "unmute")
