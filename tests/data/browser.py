"""A headless Chromium that says what a page did: its console, its requests, a picture of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--enable-logging=stderr",
)  # fmt: skip
DARK = "--blink-settings=preferredColorScheme=0"
CONSOLE = re.compile(r":CONSOLE[:(].*?\] (.*)")
OWN = re.compile(r"https?://([a-z0-9-]+\.)*(google|googleapis|gstatic|gvt1)\.com")
"""What the browser itself asks for at its start, whatever the page."""


@dataclass(frozen=True)
class Seen:
    """What a page did while it was loaded."""

    console: tuple[str, ...]
    requests: tuple[str, ...]
    """Addresses asked for outside of the page's own file."""
    picture: bytes


def find() -> str | None:
    """The browser's path, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def look(page: Path, *, width: int, height: int, dark: bool = False) -> Seen:
    """Open a page from disk and take its picture."""
    browser = find()
    assert browser is not None, "apt install chromium"
    with tempfile.TemporaryDirectory() as folder:
        net, picture = Path(folder, "net.json"), Path(folder, "page.png")
        done = subprocess.run(
            [browser, *FLAGS, *([DARK] if dark else []), f"--user-data-dir={folder}/profile",
             f"--log-net-log={net}", f"--window-size={width},{height}",
             f"--screenshot={picture}", page.absolute().as_uri()],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        return Seen(tuple(CONSOLE.findall(done.stderr)), _requests(net), picture.read_bytes())


def _requests(log: Path) -> tuple[str, ...]:
    found = set()
    for event in json.loads(log.read_text())["events"]:
        url = event.get("params", {}).get("url", "")
        if url.startswith(("http:", "https:", "ws:", "wss:")) and not OWN.match(url):
            found.add(url)
    return tuple(sorted(found))


def colour_at(picture: bytes, x: int, y: int) -> tuple[int, int, int]:
    """A pixel of a PNG as Chromium writes it (8 bits a channel, not interlaced)."""
    import struct
    import zlib

    width, _, depth, kind = struct.unpack(">IIBB", picture[16:26])
    assert depth == 8
    channels = {2: 3, 6: 4}[kind]
    data, at = b"", 8
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        if picture[at + 4 : at + 8] == b"IDAT":
            data += picture[at + 8 : at + 8 + length]
        at += 12 + length
    raw, stride = zlib.decompress(data), width * channels
    above = bytearray(stride)
    for row in range(y + 1):
        start = row * (stride + 1)
        above = _unfilter(
            raw[start], bytearray(raw[start + 1 : start + 1 + stride]), above, channels
        )
    red, green, blue = above[x * channels : x * channels + 3]
    return red, green, blue


def _unfilter(how: int, line: bytearray, above: bytearray, channels: int) -> bytearray:
    for i in range(len(line)):
        left = line[i - channels] if i >= channels else 0
        corner = above[i - channels] if i >= channels else 0
        line[i] = (line[i] + _guess(how, left, above[i], corner)) & 255
    return line


def _guess(how: int, left: int, up: int, corner: int) -> int:
    if how == 4:
        near = left + up - corner
        return min((left, up, corner), key=lambda v: abs(near - v))
    return {0: 0, 1: left, 2: up, 3: (left + up) // 2}[how]
