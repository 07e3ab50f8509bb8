"""Who may ask, on a machine with the real units: the group keepmum and root, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.seal.machine import Machine, boot, why_not
from tests.seal.speaker import Speaker

pytestmark = [pytest.mark.systemd, pytest.mark.slow]
KEEPMUM = "/usr/local/bin/keepmum"


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    if why := why_not():
        pytest.skip(why)
    with boot() as booted:
        speaker = Speaker(booted)
        speaker.install()
        speaker.give_sound()
        for user in ("member", "stranger"):
            booted.run("useradd", "--create-home", user)
        booted.run("usermod", "-aG", "keepmum", "member")
        booted.until("hands are up", lambda: booted.is_active("keepmum-hands.service"))
        yield booted


def test_a_member_of_the_group_reads_the_ledger(machine: Machine) -> None:
    told = machine.run(KEEPMUM, "ledger", "--json", user="member").stdout
    assert set(json.loads(told)) == {"activations", "gaps", "faults", "totals"}


def test_a_stranger_may_not_and_is_told_what_to_do(machine: Machine) -> None:
    for command in (("ledger",), ("watch",), ("forget", "--yes"), ("report", "/tmp/r.html")):
        done = machine.run(KEEPMUM, *command, user="stranger", check=False)
        assert done.returncode == 72, done
        assert "adduser" in done.stderr


def test_a_member_exports_and_forgets(machine: Machine) -> None:
    machine.write("/home/member/passphrase", "correct horse battery\n")
    where = "/home/member/mine.age"
    machine.run(
        KEEPMUM, "export", where, "--passphrase-file", "/home/member/passphrase", user="member"
    )
    assert (machine.root / where.lstrip("/")).read_bytes().startswith(b"age-encryption.org/v1\n")
    machine.run(KEEPMUM, "report", "/home/member/report.html", user="member")
    assert "Forgotten" in machine.run(KEEPMUM, "forget", "--yes", user="member").stdout


def test_hands_listen_on_nothing_but_local_sockets(machine: Machine) -> None:
    pid = machine.main_pid("keepmum-hands.service")
    for table in ("tcp", "tcp6", "udp", "udp6", "raw"):
        lines = machine.run("cat", f"/proc/{pid}/net/{table}").stdout.splitlines()
        assert len(lines) <= 1, lines


def test_import_and_factory_want_root_and_stopped_units(machine: Machine) -> None:
    done = machine.run(KEEPMUM, "forget", "--factory", "--yes", check=False)
    assert done.returncode == 77
    done = machine.run(KEEPMUM, "forget", "--factory", "--yes", user="member", check=False)
    assert done.returncode in (72, 77)
    secret = ("--passphrase-file", "/home/member/passphrase")
    archive = "/home/member/mine.age"
    assert machine.run(KEEPMUM, "import", archive, *secret, check=False).returncode == 77
    units = ("keepmum-ears.service", "keepmum-hands.service")
    machine.systemctl("stop", *units, "keepmum-letters.socket", "keepmum-ask.socket")
    machine.run(KEEPMUM, "forget", "--factory", "--yes")
    assert not machine.exists("/etc/keepmum/keepmum.toml")
    assert machine.run(KEEPMUM, "import", archive, *secret, check=False).returncode == 76
    machine.run(KEEPMUM, "import", archive, *secret, "--new-device", "--yes")
    assert machine.exists("/etc/keepmum/keepmum.toml")
    machine.systemctl("start", "keepmum-letters.socket", "keepmum-ask.socket", *units[1:])
    machine.until("hands are up", lambda: machine.is_active("keepmum-hands.service"))
    told = machine.run(KEEPMUM, "ledger", "--json", user="member").stdout
    assert json.loads(told)["gaps"] == []
