"""keepmum installed on a booted machine, with a microphone and a loudspeaker that are not there.

Two private sound servers, as the machine has no sound card: hands have a server of their own, so
that they can't record what the microphone hears. The drop-ins give each unit its socket; nothing
else of the units is loosened.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.seal.machine import ENTER, INSTALLER, Machine, checkout

SOUND = "/run/keepmum-test"
SITE = "/opt/keepmum/venv/lib/python3.11/site-packages"
PYTHON = "/opt/keepmum/venv/bin/python3"

_SERVER = """[Unit]
Description=virtual {name}

[Service]
Type=exec
RuntimeDirectory=keepmum-test-{name}
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes
ExecStart={python} -m device.standalone.virtualsound /run/keepmum-test-{name} {name}
Restart=always
RestartSec=100ms
StartLimitIntervalSec=0
Environment=HOME=/run/keepmum-test-{name}
"""
_USES = """# a sound server's socket, where there is no sound card
[Service]
BindReadOnlyPaths=/run/keepmum-test-{name}
Environment=PULSE_SERVER=unix:/run/keepmum-test-{name}/native
Environment=ALSA_CONFIG_PATH=/run/keepmum-test-{name}/asound.conf
Environment=PULSE_COOKIE=/run/keepmum-test-{name}/cookie
Environment=PULSE_RUNTIME_PATH=/run/keepmum-test-{name}/runtime
Environment=PULSE_STATE_PATH=/run/keepmum-test-{name}/state
"""


_NOISE = """
import array, random, sys
noise = array.array("h", (random.randint(-40, 40) for _ in range(16000))).tobytes()
while True:
    sys.stdout.buffer.write(noise)
"""
UNITS = tuple(f"keepmum-{name}.service" for name in ("ears", "hands", "panel"))
MANY_LIVES = "[service]\nactivations_per_hour = 600\n"


class Speaker:
    """keepmum on a machine."""

    def __init__(self, machine: Machine, folder: str = "") -> None:
        self.machine = machine
        self.checkout = folder or str(checkout())

    def install(self) -> str:
        """What `sudo make install` does; its output."""
        return self.make("install")

    def make(self, *words: str, check: bool = True) -> str:
        """The installer's output."""
        return self.machine.run(*INSTALLER, *words, folder=self.checkout, check=check).stdout

    def uninstall(self, *options: str) -> str:
        """What `sudo make uninstall` does."""
        return self.make("uninstall", *options)

    def give_sound(self) -> None:
        """Start the virtual microphone and loudspeaker, and let the units use them."""
        for name, unit in (("microphone", "ears"), ("loudspeaker", "hands")):
            server = _SERVER.format(name=name, python=PYTHON)
            self.machine.write(f"/run/systemd/system/keepmum-test-{name}.service", server)
            self.machine.write(
                f"/run/systemd/system/keepmum-{unit}.service.d/sound.conf", _USES.format(name=name)
            )
        self.machine.systemctl("daemon-reload")
        self.machine.systemctl(
            "restart", "keepmum-test-microphone.service", "keepmum-test-loudspeaker.service"
        )
        self.machine.until("sound servers answer", self.hears_servers)
        self.machine.systemctl("restart", "keepmum-hands.service")
        self.machine.systemctl("restart", "--no-block", "keepmum-ears.service")

    def allow_many_lives(self) -> None:
        """Tests end the ears more often in an hour than hands would meet them again at once."""
        settings = self.machine.root / "etc/keepmum/keepmum.toml"
        text = settings.read_text()
        if "[service]" not in text:
            settings.write_text(f"{text}\n{MANY_LIVES}")

    def give_noise(self) -> None:
        """A room that is not dead silent: ears say of a microphone that gives nothing that it is
        broken, and so it would be."""
        server = "--server=unix:/run/keepmum-test-microphone/native"
        play = f"pacat {server} --device=microphone --format=s16le --rate=16000 --channels=1"
        self.machine.write(f"{SOUND}-noise.py", _NOISE)
        noise = ("sh", "-c", f"/usr/bin/python3 {SOUND}-noise.py | {play}")
        restart = ("-p", "Restart=always", "-p", "StartLimitIntervalSec=0")
        self.machine.run("systemd-run", "--quiet", "--unit=keepmum-test-noise", *restart, *noise)

    def is_well(self) -> bool:
        """Whether all run, and the panel's last word is that both are connected and hear."""
        words = self.machine.journal("keepmum-panel.service").split("lamp: ")
        return all(map(self.machine.is_active, UNITS)) and words[-1].split()[:1] == ["well"]

    def hears_servers(self) -> bool:
        """Whether both sound servers answer."""
        return all(self.pactl(n, "info", check=False) for n in ("microphone", "loudspeaker"))

    def pactl(self, name: str, *words: str, check: bool = True) -> str:
        """A word to one of the sound servers."""
        server = f"--server=unix:/run/keepmum-test-{name}/native"
        return self.machine.run("pactl", server, *words, check=check).stdout

    def say(self, wav: Path) -> None:
        """Play a file of this machine into the microphone, at the pace of time."""
        with wav.open("rb") as sound:
            server = "--server=unix:/run/keepmum-test-microphone/native"
            play = ("paplay", server, "--device=microphone", "--file-format=wav", "/dev/stdin")
            subprocess.run(
                [*ENTER, "-t", str(self.machine.pid), *play],
                stdin=sound,
                check=True,
                timeout=60,
            )

    def is_listening(self) -> bool:
        """Whether ears are sealed, primed and ready."""
        return self.machine.is_active("keepmum-ears.service")

    def wait_until_listening(self, seconds: float = 30.0) -> float:
        """How long it took."""
        return self.machine.until("ears listen", self.is_listening, seconds)
