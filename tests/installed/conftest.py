"""The installed speaker: from a clean clone, by the installer, on a booted machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.installed import commands
from tests.seal.machine import boot, why_not
from tests.seal.speaker import Speaker


@pytest.fixture(scope="session")
def installed() -> Iterator[Speaker]:
    """One machine for all; a test leaves it as it was."""
    if why := why_not():
        pytest.skip(why)
    with boot() as machine:
        speaker = Speaker(machine)
        speaker.install()
        speaker.allow_many_lives()
        commands.prepare(machine)
        speaker.give_sound()
        machine.until("hands are up", lambda: machine.is_active("keepmum-hands.service"), 60)
        yield speaker
