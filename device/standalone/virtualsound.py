"""A private PulseAudio with a virtual microphone and a virtual loudspeaker.

The demo, the tests and `keepmum prove` speak to the speaker through it where there is no sound
card: a null sink whose monitor is the microphone, read through PyAudio and ALSA's pulse plugin.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from device.errors import NoVirtualSound

_ALSA = """
pcm.!default { type pulse hint { show on description "virtual microphone" } }
ctl.!default { type pulse }
"""
_PULSE = "load-module module-native-protocol-unix auth-anonymous=1 socket={socket}\n"
_NULL_SINK = (
    "load-module module-null-sink sink_name={name} rate=16000 channels={channels} format=s16le\n"
    "load-module module-remap-source source_name={name}_source master={name}.monitor\n"
)
_SERVER = (
    *("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"),
    *("--disable-shm=yes", "--log-level=error"),
)


@dataclass(frozen=True)
class VirtualSound:
    """A running private sound server."""

    folder: Path
    process: subprocess.Popen[bytes]
    awake: list[subprocess.Popen[bytes]] = field(default_factory=list)
    """A reader of each sink: one that nobody reads renders two seconds at a time."""

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs so that its default device is this one."""
        return {
            "PULSE_SERVER": f"unix:{self.folder}/native",
            "PULSE_RUNTIME_PATH": str(self.folder / "runtime"),
            "PULSE_STATE_PATH": str(self.folder / "state"),
            "PULSE_COOKIE": str(self.folder / "cookie"),
            "ALSA_CONFIG_PATH": str(self.folder / "asound.conf"),
        }

    def play(self, wav: Path, sink: str = "mic") -> None:
        """Play a WAV file into a sink, at the pace of time."""
        self.start_playing(wav, sink).wait()

    def start_playing(self, wav: Path, sink: str = "mic") -> subprocess.Popen[bytes]:
        """Begin to play a WAV file into a sink."""
        return subprocess.Popen(
            ["paplay", f"--device={sink}", str(wav)], env={**os.environ, **self.environment}
        )

    def control(self, *words: str) -> None:
        """One word to the server through pactl, such as `suspend-source`."""
        subprocess.run(["pactl", *words], env={**os.environ, **self.environment}, check=True)

    def stop(self) -> None:
        """End the server; whoever reads from it loses their microphone."""
        for process in (self.process, *self.awake):
            process.kill()
            process.wait()
        for reader in self.awake:
            if reader.stdout:
                reader.stdout.close()


@contextmanager
def virtual_sound(
    sinks: tuple[str, ...] = ("mic",), folder: Path | None = None, channels: int = 1
) -> Iterator[VirtualSound]:
    """A private PulseAudio; the first sink's monitor is the default microphone.

    Raises NoVirtualSound.
    """
    missing = [p for p in ("pulseaudio", "paplay", "pactl") if shutil.which(p) is None]
    if missing:
        raise NoVirtualSound(program=missing[0])
    with tempfile.TemporaryDirectory(prefix="keepmum-sound-") as made:
        server = start_server(folder or Path(made), sinks, channels)
        try:
            yield server
        finally:
            server.stop()


def start_server(
    folder: Path, sinks: tuple[str, ...] = ("mic",), channels: int = 1
) -> VirtualSound:
    """Start a private PulseAudio in `folder`; returns when it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "asound.conf").write_text(
        f"<{_system_alsa()}>\n{_ALSA}" if _system_alsa() else _ALSA, encoding="utf-8"
    )
    script = _PULSE.format(socket=folder / "native")
    script += "".join(_NULL_SINK.format(name=name, channels=channels) for name in sinks)
    script += f"set-default-source {sinks[0]}_source\nset-default-sink {sinks[-1]}\n"
    (folder / "default.pa").write_text(script, encoding="utf-8")
    process = subprocess.Popen(
        [*_SERVER, f"--file={folder / 'default.pa'}"],
        env={**os.environ, "HOME": str(folder), **_homes(folder)},
        stderr=subprocess.DEVNULL,
    )
    server = VirtualSound(folder, process)
    _wait_until_it_answers(server, sinks[0])
    server.awake.extend(_keep_awake(server, sink) for sink in sinks)
    return server


def _keep_awake(server: VirtualSound, sink: str) -> subprocess.Popen[bytes]:
    """Read a sink's monitor with a short latency; returns when sound flows."""
    reader = subprocess.Popen(
        ["parec", f"--device={sink}.monitor", "--latency-msec=20", "--raw"],
        env={**os.environ, **server.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    if reader.stdout:
        reader.stdout.read(1)  # what follows fills the pipe and is dropped by the server
    return reader


def _homes(folder: Path) -> Mapping[str, str]:
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    return {
        "PULSE_RUNTIME_PATH": str(runtime),
        "PULSE_STATE_PATH": str(folder / "state"),
        "XDG_RUNTIME_DIR": str(runtime),
    }


def _system_alsa() -> str:
    conf = Path("/usr/share/alsa/alsa.conf")
    return str(conf) if conf.exists() else ""


def _wait_until_it_answers(server: VirtualSound, sink: str, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.process.poll() is None:
        done = subprocess.run(
            ["pactl", "list", "short", "sources"],
            env={**os.environ, **server.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if f"{sink}_source" in done.stdout:
            return
        time.sleep(0.05)
    server.stop()
    raise NoVirtualSound(program="pulseaudio")


def main(folder: str, *sinks: str) -> None:
    """Run a server until it ends (a unit of its own, in tests under a real systemd)."""
    server = start_server(Path(folder), sinks)
    server.process.wait()
    server.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
