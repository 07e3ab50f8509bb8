"""A real MPD for tests: two artists, a playlist, sound that goes nowhere."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mpd import MPDClient

from device import config

DEADLINE = 10.0
SECONDS = 30
SONGS = (("Nina Simone", "Sinnerman"), ("Nina Simone", "Feeling Good"), ("Alexa Band", "Hello"))

needs_mpd = pytest.mark.skipif(shutil.which("mpd") is None, reason="needs the Debian package mpd")


@contextmanager
def mpd(folder: Path, password: str = "") -> Iterator[config.Media]:
    """An MPD on a socket in `folder` that knows SONGS and the playlist "morning"."""
    music, lists = folder / "music", folder / "playlists"
    music.mkdir()
    lists.mkdir()
    for artist, title in SONGS:
        with soundfile.SoundFile(music / f"{title}.flac", "w", 8000, 1, format="FLAC") as file:
            file.title, file.artist = title, artist
            file.write(np.zeros(8000 * SECONDS, dtype=np.int16))
    (lists / "morning.m3u").write_text("Sinnerman.flac\nHello.flac\n")
    address = folder / "mpd.sock"
    guarded = f'password "{password}@read,add,control,admin"\ndefault_permissions "read"\n'
    settings = folder / "mpd.conf"
    settings.write_text(
        f'music_directory "{music}"\nplaylist_directory "{lists}"\ndb_file "{folder}/db"\n'
        f'bind_to_address "{address}"\npid_file "{folder}/pid"\nauto_update "no"\n'
        'audio_output {\n type "null"\n name "nowhere"\n mixer_type "software"\n}\n'
        + (guarded if password else "")
    )
    with subprocess.Popen(
        ["mpd", "--no-daemon", "--stderr", str(settings)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _learn(process, address, password)
            yield config.Media(mpd=str(address))
        finally:
            process.terminate()
            process.wait(DEADLINE)


@contextmanager
def radio(folder: Path) -> Iterator[str]:
    """A station: a web server that sends one of the songs of `mpd`; yields its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

    handler = partial(Quiet, directory=str(folder / "music"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/Hello.flac"
        finally:
            server.shutdown()
            serving.join()


def _learn(process: subprocess.Popen[bytes], address: Path, password: str) -> None:
    """Wait until MPD listens, and until it has read its music."""

    async def listening() -> None:
        async with asyncio.timeout(DEADLINE):
            while True:
                assert process.poll() is None, "mpd did not start"
                try:
                    _, writer = await asyncio.open_unix_connection(str(address))
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    return

    asyncio.run(listening())
    client = MPDClient()
    client.connect(str(address))
    if password:
        client.password(password)
    client.update()
    while "updating_db" in client.status():
        client.idle("update")
    client.disconnect()
