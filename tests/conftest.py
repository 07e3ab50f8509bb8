"""What every room's tests share: a virtual microphone and loudspeaker."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from device.standalone.virtualsound import VirtualSound, virtual_sound

# onnxruntime 1.29 and later would send telemetry; the version is pinned, and this is the belt
os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What may run beside what: files may, the tests of one file and those on the booted machine
    run one after the other.
    """
    for item in items:
        on_machine = {"bare_machine", "installed"} & set(getattr(item, "fixturenames", ()))
        group = "machine" if on_machine else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def session_sound() -> Iterator[VirtualSound]:
    """One private sound server for all tests that only read or play."""
    with virtual_sound(("mic", "speaker")) as sound:
        yield sound


@pytest.fixture
def sound(session_sound: VirtualSound, monkeypatch: pytest.MonkeyPatch) -> VirtualSound:
    """The shared sound server, with this process's default devices pointing at it."""
    for key, value in session_sound.environment.items():
        monkeypatch.setenv(key, value)
    return session_sound


@pytest.fixture
def own_sound(monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualSound]:
    """A sound server of this test's own, to be killed or suspended at will."""
    with virtual_sound(("mic", "speaker")) as sound:
        for key, value in sound.environment.items():
            monkeypatch.setenv(key, value)
        yield sound
