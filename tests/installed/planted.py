"""Faults planted in an installed speaker, each of which doctor or prove must see.

A finding counts only if it is well before the fault is planted: what is always red sees nothing.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.seal.machine import Machine
from tests.seal.speaker import MANY_LIVES, SOUND, Speaker

SETTINGS = "/etc/keepmum/keepmum.toml"
MODELS = "/opt/keepmum/venv/share/keepmum/models"
SERVER = {
    "PULSE_SERVER": f"unix:{SOUND}-microphone/native",
    "ALSA_CONFIG_PATH": f"{SOUND}-microphone/asound.conf",
    "PULSE_COOKIE": f"{SOUND}-microphone/cookie",
    "PULSE_RUNTIME_PATH": f"{SOUND}-microphone/runtime",
    "PULSE_STATE_PATH": f"{SOUND}-microphone/state",
}
"""Doctor tries sound where there is no card, as the units of these tests do."""


@dataclass(frozen=True)
class Fault:
    """What is planted, and the finding that must turn red; `prove` looks instead of doctor."""

    what: str
    finding: str
    settings: str = ""
    shell: str = ""
    drop_in: str = ""
    """Put beside ears' unit."""
    prove: bool = False


AWAY = """
mkdir -p /run/systemd/system/keepmum-{0}.service.d
printf '[Unit]\\nConditionPathExists=/no\\n' > /run/systemd/system/keepmum-{0}.service.d/fault.conf
systemctl daemon-reload
systemctl stop keepmum-{0}.service
"""
"""A unit that doesn't run, and that no socket or path starts again."""
WITH_BROKER = '[home]\nbroker = "127.0.0.1"\n'
FAULTS = (
    Fault("settings that are no TOML", "settings", settings="[general"),
    Fault("settings that nobody may read", "settings", shell=f"rm {SETTINGS}; mkdir {SETTINGS}"),
    Fault("no model of the wake word", "models", shell=f"rm -r {MODELS}/openwakeword"),
    Fault(
        "one byte of a model changed",
        "models",
        shell=f"f={MODELS}/openwakeword/melspectrogram.onnx; cp $f $f.new; "
        "printf x | dd of=$f.new bs=1 seek=100 conv=notrunc status=none; mv $f.new $f",
    ),
    Fault("a wake word without a model", "models", settings='[wake]\nwords = ["okay_jane"]\n'),
    Fault(
        "French without a model of French", "recognizer", settings='[general]\nlanguage = "fr"\n'
    ),
    Fault("vosk without a model", "recognizer", settings='[recognizer]\nengine = "vosk"\n'),
    Fault("whisper without a model", "recognizer", settings='[recognizer]\nengine = "whisper"\n'),
    Fault(
        "a sentence file with a fault",
        "sentences",
        shell="cd /etc/keepmum; mkdir -p sentences; echo 'intents: [' > sentences/mine.yaml",
    ),
    Fault(
        "a table of names that is none",
        "names",
        shell="echo nonsense > /etc/keepmum/names.json",
    ),
    Fault("no such microphone", "microphone", settings='[microphone]\ndevice = "nowhere"\n'),
    Fault("no such loudspeaker", "loudspeaker", settings='[sound]\ndevice = "nowhere"\n'),
    Fault(
        "a voice that isn't there",
        "voice",
        settings='[voice]\nengine = "piper"\nmodel = "/no.onnx"\n',
    ),
    Fault("a broker that is away", "home", settings=WITH_BROKER),
    Fault(
        "passwords that everybody reads",
        "home",
        settings=WITH_BROKER,
        shell="chmod 644 /etc/keepmum/secrets.toml",
    ),
    Fault("a music server that is away", "music", settings='[media]\nmpd = "127.0.0.1"\n'),
    Fault(
        "an own command without its program",
        "own commands",
        settings='[[command]]\nname = "a"\nsentences = ["do a thing"]\nrun = ["/no/program"]\n',
    ),
    Fault(
        "a lamp whose name wakes the speaker",
        "names aloud",
        settings=WITH_BROKER + '[[home.device]]\nname = "Alexa"\nkind = "light"\ntopic = "x"\n',
    ),
    Fault("a state folder that hands can't write", "state", shell="chown root: /var/lib/keepmum"),
    Fault("hands that don't run", "service", shell=AWAY.format("hands")),
    Fault("a panel that doesn't run", "service", shell=AWAY.format("panel")),
    Fault("ears that don't run", "service", shell=AWAY.format("ears")),
    Fault("ears that run as root", "", drop_in="User=root\nPrivateUsers=no\n", prove=True),
    Fault("ears with a network", "", drop_in="PrivateNetwork=no\n", prove=True),
    Fault("ears with a folder to write", "", drop_in="TemporaryFileSystem=/mnt:rw\n", prove=True),
    Fault(
        "ears that don't run, to be proved",
        "",
        shell=AWAY.format("ears"),
        prove=True,
    ),
)
HEAL = """
rm -rf /etc/keepmum /run/systemd/system/keepmum-*.service.d/fault.conf
cp -a /srv/well/keepmum /etc/keepmum
rm -rf {models}; cp -a /srv/well/models {models}
chown keepmum-hands: /var/lib/keepmum
systemctl daemon-reload
systemctl start keepmum-panel.socket keepmum-lamp.socket keepmum-ask.socket keepmum-letters.socket
systemctl restart keepmum-panel keepmum-hands
systemctl restart --no-block keepmum-ears
"""
KEEP = "mkdir -p /srv/well; cp -a /etc/keepmum /srv/well/keepmum; cp -a {models} /srv/well/models"


@dataclass
class Looked:
    """What doctor and prove said of the planted faults."""

    planted: int = 0
    false_greens: list[str] = field(default_factory=list)
    blind: list[str] = field(default_factory=list)
    """Faults whose finding was red before they were planted: nothing is known of them."""


def look(speaker: Speaker, faults: Iterable[Fault]) -> Looked:
    """Plant each fault, ask, and heal."""
    machine, seen = speaker.machine, Looked()
    machine.run("sh", "-c", KEEP.format(models=MODELS))
    before = diagnosis(machine)
    proved = not proof_fails(machine)
    for fault in faults:
        well = proved if fault.prove else fault.finding in before or fault.finding == "settings"
        if not well:
            seen.blind.append(f"{fault.what}: {fault.finding or 'prove'} was red before")
            continue
        with planted(speaker, fault):
            red = proof_fails(machine) if fault.prove else fault.finding not in diagnosis(machine)
        seen.planted += 1
        if not red:
            seen.false_greens.append(fault.what)
    return seen


@contextmanager
def planted(speaker: Speaker, fault: Fault) -> Iterator[None]:
    """The fault, for as long as the block lasts."""
    machine = speaker.machine
    if fault.settings:
        machine.write(SETTINGS, f"{MANY_LIVES}\n{fault.settings}")
    if fault.drop_in:
        where = "/run/systemd/system/keepmum-ears.service.d/fault.conf"
        machine.write(where, f"[Service]\n{fault.drop_in}")
        machine.systemctl("daemon-reload")
        machine.systemctl("restart", "--no-block", "keepmum-ears.service")
        with contextlib.suppress(AssertionError):  # some faults keep them from listening
            speaker.wait_until_listening(30)
    if fault.shell:
        machine.run("sh", "-c", fault.shell)
    try:
        yield
    finally:
        machine.run("sh", "-c", HEAL.format(models=MODELS), check=False)
        speaker.wait_until_listening(90)


def diagnosis(machine: Machine) -> set[str]:
    """The findings of `keepmum doctor` that are well."""
    environment = [f"{key}={value}" for key, value in SERVER.items()]
    done = machine.run("env", *environment, "keepmum", "doctor", check=False, timeout=600)
    lines = [line for line in done.stdout.splitlines() if line.startswith(("✓", "✗"))]
    assert lines, done
    return {line[2:].split("  ")[0].strip() for line in lines if line.startswith("✓")}


def proof_fails(machine: Machine) -> bool:
    """Whether `keepmum prove` says that something is broken, or could not be checked."""
    words = ("keepmum", "prove", "--json", "--no-rehearse")
    done = machine.run(*words, check=False, timeout=300)
    try:
        findings = json.loads(done.stdout)
    except ValueError:
        return done.returncode != 0
    # what --no-rehearse leaves out is not checked, on purpose
    bad = [
        f
        for f in findings
        if f["verdict"] in ("broken", "not checked") and "--no-rehearse" not in f["evidence"]
    ]
    return bool(bad) and done.returncode != 0
