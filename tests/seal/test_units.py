"""The service under a real systemd: installed, heard, restarted, muted, attacked, taken away.

One machine is booted for all of it; the tests follow each other like days in its life.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from device.cli.proving import SEARCHES
from device.errors import PromiseUnchecked
from device.mind.types import RATE
from tests import voices
from tests.seal.machine import Machine
from tests.seal.speaker import MANY_LIVES, PYTHON, Speaker

pytestmark = [pytest.mark.systemd, pytest.mark.slow]
EARS, HANDS, PANEL = "keepmum-ears.service", "keepmum-hands.service", "keepmum-panel.service"
DENIED, THERE_BUT_EMPTY = "EPERM", "ENXIO"


@pytest.fixture(scope="module")
def speaker(bare_machine: Machine) -> Iterator[Speaker]:
    made = Speaker(bare_machine)
    made.install()
    made.allow_many_lives()
    made.give_sound()
    made.wait_until_listening()
    yield made


@pytest.fixture
def machine(speaker: Speaker) -> Machine:
    speaker.wait_until_listening()
    return speaker.machine


def order(*words: str) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """Sound of a conversation: each text, and a pause."""
    pause = np.zeros(int(0.3 * RATE), np.int16)
    parts = [x for word in words for x in (voices.say(word), pause)]
    return np.concatenate([pause, *parts, np.zeros(2 * RATE, np.int16)])


def test_a_spoken_timer_rings_on_the_installed_speaker(speaker: Speaker, tmp_path: Path) -> None:
    sound = tmp_path / "alexa set a timer for five seconds.wav"
    voices.save(sound, order("alexa", "set a timer for five seconds"))
    machine = speaker.machine
    log = machine.root / "run/watched"
    with ThreadPoolExecutor(1) as pool:
        watch = "timeout 40 /usr/local/bin/keepmum watch > /run/watched"
        pool.submit(machine.run, "sh", "-c", watch, check=False)
        machine.until("watch watches", lambda: log.exists() and "  house  " in log.read_text())
        speaker.say(sound)
        machine.until("it rings", lambda: "  rang  " in log.read_text(), 30.0)
        machine.run("pkill", "-f", "keepmum watch", check=False)
    seen = log.read_text()
    assert seen.index("  woke  ") < seen.index("  command  ") < seen.index("  rang  ")
    assert "lamp: l" not in machine.journal(PANEL)  # what ears do is written nowhere


def test_installing_again_changes_nothing_that_is_there(speaker: Speaker) -> None:
    settings = speaker.machine.root / "etc/keepmum/keepmum.toml"
    settings.write_text('[general]\nname = "kitchen"\n' + MANY_LIVES)
    speaker.install()
    assert "kitchen" in settings.read_text()
    speaker.wait_until_listening()


def test_settings_with_a_broker_open_the_network_of_the_house_to_hands_alone(
    speaker: Speaker,
) -> None:
    machine, settings = speaker.machine, speaker.machine.root / "etc/keepmum/keepmum.toml"
    before = settings.read_text()
    assert machine.show(HANDS, "PrivateNetwork") == "yes"
    settings.write_text(before + '\n[home]\nbroker = "192.168.1.2"\n')
    speaker.make("install", "--only", "units")
    assert machine.show(HANDS, "PrivateNetwork") == "no"
    assert "192.168.0.0/16" in machine.show(HANDS, "IPAddressAllow")
    assert machine.show(EARS, "PrivateNetwork") == "yes"
    settings.write_text(before)
    speaker.make("install", "--only", "units")
    assert machine.show(HANDS, "PrivateNetwork") == "yes"


def test_prove_finds_every_promise_kept(machine: Machine) -> None:
    done = machine.run("keepmum", "prove", "--json", "--no-rehearse", check=False, timeout=120)
    findings = json.loads(done.stdout)
    assert [f for f in findings if f["verdict"] == "broken"] == []
    unchecked = [f["what"] for f in findings if f["verdict"] == "not checked"]
    assert unchecked == [what for _, what in SEARCHES]  # they were left out, and it says so
    assert done.returncode == PromiseUnchecked.exit_code
    assert sum(f["verdict"] == "holds" for f in findings) >= 30
    assert {f["promise"] for f in findings} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("unit", [EARS, HANDS, PANEL])
def test_every_unit_starts_again_after_kill(machine: Machine, unit: str) -> None:
    pid = machine.main_pid(unit)
    machine.systemctl("kill", "--signal=KILL", "--kill-whom=main", unit)
    machine.until("a new process", lambda: machine.main_pid(unit) not in (0, pid), 10)
    machine.until("it is ready", lambda: machine.is_active(unit), 10)
    machine.until("ears listen", lambda: machine.is_active(EARS), 10)
    assert machine.main_pid(unit) not in (0, pid)


def test_mute_ends_the_ears_and_outlives_restarts(speaker: Speaker, machine: Machine) -> None:
    machine.run("keepmum", "mute")
    assert machine.main_pid(EARS) == 0
    assert machine.run("pgrep", "-u", "keepmum-ears", check=False).stdout == ""
    machine.systemctl("restart", PANEL, HANDS)
    machine.systemctl("start", EARS, check=False)
    # as at boot: everything is gone, then the targets bring back what is enabled
    everything = (
        *("keepmum-panel.socket", "keepmum-lamp.socket", "keepmum-ask.socket"),
        "keepmum-mute.path",
    )
    machine.systemctl("stop", PANEL, HANDS, *everything)
    machine.systemctl("daemon-reload")
    machine.systemctl("start", "sockets.target", "multi-user.target")
    machine.until("the panel is back", lambda: machine.is_active(PANEL), 10)
    assert machine.main_pid(EARS) == 0
    assert not machine.is_active("keepmum-letters.socket")
    machine.run("keepmum", "unmute")
    speaker.wait_until_listening()


LIFT = """
import os, socket, subprocess
def attempt(f):
    try: f()
    except Exception: pass
attempt(lambda: os.unlink('/var/lib/keepmum-panel/mute'))
attempt(lambda: os.rename('/var/lib/keepmum-panel', '/var/lib/keepmum-away'))
for byte in range(256):
    def say(byte=byte):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.settimeout(2); s.connect('/run/keepmum/panel.sock')
            s.send(bytes([byte])); s.recv(1)
    attempt(say)
for words in (['start', 'keepmum-ears'], ['start', 'keepmum-mute'], ['stop', 'keepmum-mute.path'],
              ['restart', 'keepmum-letters.socket'], ['revert', 'keepmum-ears']):
    attempt(lambda: subprocess.run(['systemctl', '--no-ask-password', *words], timeout=20))
def connect():
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.connect('/run/keepmum/letters.sock')
attempt(connect)
"""


def test_the_user_of_the_hands_can_neither_lift_nor_set_mute(
    speaker: Speaker, machine: Machine
) -> None:
    flag = "/var/lib/keepmum-panel/mute"
    machine.run("keepmum", "mute")
    machine.run("/usr/bin/python3", "-c", LIFT, user="keepmum-hands")
    assert machine.exists(flag)
    assert machine.main_pid(EARS) == 0
    machine.run("keepmum", "unmute")
    speaker.wait_until_listening()
    machine.run("/usr/bin/python3", "-c", LIFT, user="keepmum-hands")
    assert not machine.exists(flag)


NODES = """
import errno, os, sys
for node in sys.argv[1:]:
    try: os.close(os.open(node, os.O_RDWR)); said = 'opened'
    except OSError as e: said = errno.errorcode[e.errno]
    print(node, said)
"""


@pytest.mark.parametrize(
    ("unit", "denied", "allowed"),
    [
        (EARS, "/dev/snd/pcmC0D0p", "/dev/snd/pcmC0D0c"),
        (HANDS, "/dev/snd/pcmC0D0c", "/dev/snd/pcmC0D0p"),
        (PANEL, "/dev/snd/pcmC0D0c", ""),
    ],
)
def test_each_unit_gets_its_sound_nodes_and_no_other(
    machine: Machine, unit: str, denied: str, allowed: str
) -> None:
    """The kernel here has no sound driver: a node that may be opened says that nobody is there."""
    minors = {"/dev/snd/pcmC0D0p": 16, "/dev/snd/pcmC0D0c": 24}
    machine.run("mkdir", "-p", "/dev/snd")
    for node, minor in minors.items():
        if not machine.exists(node):
            machine.run("mknod", "-m", "666", node, "c", "116", str(minor))
    unit_text = (machine.root / f"etc/systemd/system/{unit}").read_text().splitlines()
    skip = ("ExecStart=", "Type=", "Restart", "Watchdog", "Standard", "NotifyAccess", "Condition")
    kept = [line for line in unit_text if not line.startswith((*skip, "Requires=", "Wants="))]
    at = kept.index("[Service]")
    code = "/opt/keepmum/nodes.py"
    machine.write(code, NODES)
    kept[at + 1 : at + 1] = [
        "Type=oneshot",
        f"ExecStart={PYTHON} {code} {' '.join(minors)}",
        "StandardOutput=journal",
        "StandardError=journal",
    ]
    machine.write("/run/systemd/system/keepmum-nodes.service", "\n".join(kept))
    machine.systemctl("daemon-reload")
    machine.run("journalctl", "--rotate")
    machine.systemctl("start", "keepmum-nodes.service", check=False)
    said = dict(line.split() for line in machine.journal("keepmum-nodes.service").splitlines()[-2:])
    assert said[denied] in (DENIED, "EACCES", "ENOENT")
    if allowed:
        assert said[allowed] in (THERE_BUT_EMPTY, "ENODEV")


ASK_RUNNER = """import asyncio, sys
from device.owncommands import client
path = "/run/keepmum-commands/commands.sock"
status, output = asyncio.run(client.ask(path, int(sys.argv[1]), 5.0))
print(status.name, output.decode())
"""
OWN_COMMANDS = """
[[command]]
name = "a"
sentences = ["who are you"]
run = ["/usr/bin/id", "-un"]
[[command]]
name = "b"
sentences = ["tell me the password"]
run = ["/bin/cat", "/etc/keepmum/secrets.toml"]
[[command]]
name = "c"
sentences = ["forget everything"]
run = ["/bin/ls", "/var/lib/keepmum"]
"""


def test_own_commands_run_as_a_user_of_their_own_for_hands_alone(
    speaker: Speaker, machine: Machine
) -> None:
    settings = machine.root / "etc/keepmum/keepmum.toml"
    before = settings.read_text()
    settings.write_text(before + OWN_COMMANDS)
    machine.systemctl("stop", "keepmum-commands.service")

    def ask(number: int, user: str) -> str:
        asking = (PYTHON, "-c", ASK_RUNNER, str(number))
        return machine.run(*asking, user=user).stdout.strip()

    assert ask(1000, "keepmum-hands") == "DONE keepmum-commands"
    assert ask(1001, "keepmum-hands") == "FAILED"
    assert ask(1002, "keepmum-hands") == "FAILED"
    assert ask(1003, "keepmum-hands") == "UNKNOWN"
    for stranger in ("keepmum-ears", "keepmum-panel", "daemon"):
        assert ask(1000, stranger) == "AWAY"
    settings.write_text(before)
    machine.systemctl("stop", "keepmum-commands.service")


def test_uninstalling_leaves_nothing_but_state_and_purging_not_even_that(speaker: Speaker) -> None:
    machine = speaker.machine
    speaker.uninstall()
    left = machine.run(
        "sh",
        "-c",
        # the folder itself is a mount of this machine
        "ls -A /opt/keepmum; ls -d /etc/systemd/system/*keepmum* /usr/local/bin/keepmum "
        "/etc/sysusers.d/keepmum* /etc/tmpfiles.d/keepmum* 2>/dev/null; true",
    ).stdout
    assert left == ""
    assert machine.exists("/var/lib/keepmum") and machine.exists("/etc/keepmum/keepmum.toml")
    speaker.uninstall("--purge")
    assert not machine.exists("/var/lib/keepmum") and not machine.exists("/etc/keepmum")
    assert not machine.exists("/var/lib/keepmum-panel")
    assert "keepmum" not in (machine.root / "etc/passwd").read_text()
    assert "keepmum" not in (machine.root / "etc/group").read_text()
