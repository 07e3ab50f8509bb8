"""Starting PortAudio without its noise, and the devices it knows: ears' and hands' alike.

While it looks for devices, ALSA and JACK write pages to stderr about those that aren't there, and
ALSA goes on about every underrun; they would drown what matters.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

_say_nothing = ctypes.cast(ctypes.CDLL(None).getppid, ctypes.c_void_p)
"""Takes ALSA's messages. A C function that looks at no argument: a Python one would need memory
that is made executable at run time, which the units forbid."""


def start() -> Any:
    """A `pyaudio.PyAudio`; terminate it when done."""
    import pyaudio

    with quiet():
        audio = pyaudio.PyAudio()
    try:
        silence(ctypes.CDLL("libasound.so.2"))
    except OSError:
        return audio  # PortAudio without ALSA has nothing to silence
    return audio


def silence(libasound: ctypes.CDLL) -> None:
    """Let ALSA's library say nothing on stderr from now on."""
    libasound.snd_lib_error_set_handler(_say_nothing)


def devices(audio: Any, kind: Literal["Input", "Output"]) -> list[tuple[int, str]]:
    """(index, name) of every device that can record or play."""
    infos = [audio.get_device_info_by_index(i) for i in range(audio.get_device_count())]
    return [(int(i["index"]), str(i["name"])) for i in infos if int(i[f"max{kind}Channels"]) > 0]


def find(audio: Any, kind: Literal["Input", "Output"], device: str | int) -> int | None:
    """The device's index: by index, by name, by part of a name; `default` is the system's own."""
    there = devices(audio, kind)
    for index, name in there:
        if device in (index, name, str(index)):
            return index
    if device == "default" and there:
        default = audio.get_default_host_api_info()[f"default{kind}Device"]
        return int(default) if default >= 0 else there[0][0]
    for index, name in there:
        if isinstance(device, str) and device.lower() in name.lower():
            return index
    return None


def listed(kind: Literal["Input", "Output"]) -> list[tuple[int, str]]:
    """(index, name) of what is there now."""
    audio = start()
    try:
        return devices(audio, kind)
    finally:
        audio.terminate()


def there_are(found: list[tuple[int, str]]) -> str:
    """The devices that there are, as a sentence for an error."""
    if not found:
        return "There is none at all."
    return "There are: " + ", ".join(f"{i} {name}" for i, name in found) + "."


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing reaches stderr meanwhile."""
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)
