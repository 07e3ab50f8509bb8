"""Commands on the installed speaker: some of `make bench NAME=installed`, which tries all."""

from __future__ import annotations

import pytest

from tests.installed import commands
from tests.seal.speaker import Speaker

pytestmark = [pytest.mark.systemd, pytest.mark.slow]
EVERY = 9
"""One case in so many is tried here, for the time that it takes."""


def test_there_are_cases_for_every_command() -> None:
    tried = {" ".join(case.words) for case in commands.cases()}
    for name in commands.names():
        assert any(words.startswith(name) for words in tried), name
    assert len(list(commands.cases())) >= 150


def test_no_command_ends_in_a_traceback(installed: Speaker) -> None:
    tried = commands.Tried()
    some = [c for c in commands.cases() if not c.stopped][::EVERY]
    commands.attempt(installed.machine, some, tried)
    assert tried.faults == []
    assert tried.count >= 20


def test_a_traceback_would_be_seen(installed: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    installed.machine.write("/srv/broken-keepmum", "#!/usr/bin/python3\nraise ValueError\n")
    installed.machine.run("chmod", "755", "/srv/broken-keepmum")
    monkeypatch.setattr(commands, "KEEPMUM", "/srv/broken-keepmum")
    tried = commands.Tried()
    commands.attempt(installed.machine, [commands.Case(("config",))], tried)
    assert len(tried.faults) == 1
