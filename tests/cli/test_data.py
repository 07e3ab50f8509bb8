"""The commands of one's data, as a person runs them."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import dataclasses
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pyrage
import pytest
import typer
from typer.testing import CliRunner

from device import config
from device.cli import export, forget, ledger, reach, report, watch, watched
from device.data import inventory
from device.data.export import Places
from device.data.ledgerwriter import now_ms
from device.errors import MustBeStopped, NotAllowed, NoTerminal, OtherHousehold, WrongArchive
from tests.hands import households

NOON = datetime(2026, 11, 22, 12, 0).astimezone()


@dataclasses.dataclass
class Speaker:
    """A furnished household whose hands don't run, and its settings file."""

    places: Places
    settings: Path

    def run(self, app: typer.Typer, *arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, [*arguments, "--config", str(self.settings)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.output


def speaker(folder: Path) -> Speaker:
    places, _ = households.furnish(folder, now_ms())
    return placed(places, folder)


def placed(places: Places, folder: Path) -> Speaker:
    places.settings.write_text(
        f'[general]\nroom = "planted-room"\n[service]\nstate = "{places.state}"\n'
        f'ask = "{folder}/ask.sock"\nnames = "{places.names}"\nsentences = "{places.sentences}"\n'
    )
    return Speaker(places, places.settings)


@pytest.fixture
def used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Speaker]:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "none"))
    yield speaker(tmp_path / "used")


def test_the_ledger_as_a_table_tells_sums_rows_and_gaps(used: Speaker) -> None:
    out = used.run(ledger.app, "--days", "7")
    assert "this week" in out
    assert "false wakes" in out
    assert "planted-text 50" in out
    assert "4 activations were not seen" in out
    assert "microphone lost" in out


def test_the_ledger_as_json_and_csv_holds_every_row(used: Speaker) -> None:
    record = json.loads(used.run(ledger.app, "--json"))
    assert len(record["activations"]) == 51
    assert record["totals"] == {"said": 55, "logged": 51, "missing": 4}
    rows = list(csv.DictReader(io.StringIO(used.run(ledger.app, "--csv"))))
    assert [r["intent"] for r in rows[:50]] == ["timer set"] * 50


def test_only_false_wakes_can_be_listed(used: Speaker) -> None:
    out = used.run(ledger.app, "--days", "7", "--false-wakes")
    assert "planted-text" not in out


def test_an_empty_ledger_says_so(tmp_path: Path) -> None:
    new = placed(households.places(tmp_path), tmp_path)
    assert "Nothing was taken in today." in new.run(ledger.app)


def test_forget_needs_an_answer(used: Speaker) -> None:
    with pytest.raises(NoTerminal):
        used.run(forget.app)
    assert len(json.loads(used.run(ledger.app, "--json"))["activations"]) == 51


def test_forget_everything_leaves_nothing_planted_in_the_state_folder(used: Speaker) -> None:
    out = used.run(forget.app, "--yes")
    assert "Forgotten: ledger (51 rows), " in out
    assert "flash" in out.lower() or "SD cards" in out
    raw = b"".join(f.read_bytes() for f in inventory.every_file(used.places.state))
    assert [v for v in households.PLANTED if v.encode() in raw] == []


def test_forget_since_a_time_says_what_it_left(used: Speaker) -> None:
    out = used.run(forget.app, "ledger", "timers", "--since", "90m", "--yes")
    assert "because they bear no date: timers" in out
    assert len(json.loads(used.run(ledger.app, "--json"))["activations"]) == 49


def test_forget_of_a_kind_there_is_not_names_those_there_are(used: Speaker) -> None:
    assert "timers" in used.run(forget.app, "tiemrs", "--yes", code=2)


def test_forget_factory_returns_to_the_first_start(
    used: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "must_be_stopped", lambda _: None)
    out = used.run(forget.app, "--factory", "--yes")
    assert "The next start is a first start" in out
    assert [p for p in used.places.state.rglob("*") if p.is_file()] == []
    assert not used.settings.exists()
    assert not inventory.household_id(used.places.state)


def passphrase(folder: Path) -> Path:
    file = folder / "passphrase"
    file.write_text("correct horse battery\n")
    return file


def test_export_and_import_by_command(
    used: Speaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "must_be_stopped", lambda _: None)
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "key").write_text(f"{identity}\n")
    archive = tmp_path / "mine.age"
    out = used.run(export.app, "export", str(archive), "--to", str(identity.to_public()))
    assert "Not in it: sound, what was said, passwords" in out
    assert archive.stat().st_mode & 0o777 == 0o600
    assert [v for v in households.PLANTED if v.encode() in archive.read_bytes()] == []
    used.run(forget.app, "ledger", "timers", "--yes")
    key = str(tmp_path / "key")
    used.run(export.app, "import", str(archive), "--identity", key, "--yes")
    assert len(json.loads(used.run(ledger.app, "--json"))["activations"]) == 51


def test_import_refuses_the_wrong_household_and_a_missing_key(
    used: Speaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "must_be_stopped", lambda _: None)
    other = speaker(tmp_path / "other")
    archive = tmp_path / "theirs.age"
    secret = str(passphrase(tmp_path))
    other.run(export.app, "export", str(archive), "--passphrase-file", secret)
    with pytest.raises(OtherHousehold):
        used.run(export.app, "import", str(archive), "--passphrase-file", secret)
    public = str(pyrage.x25519.Identity.generate().to_public())
    other.run(export.app, "export", str(tmp_path / "to.age"), "--to", public)
    with pytest.raises(WrongArchive, match="--identity"):
        used.run(export.app, "import", str(tmp_path / "to.age"))


def test_what_opens_wider_is_asked_even_with_yes(
    used: Speaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "must_be_stopped", lambda _: None)
    with used.settings.open("a") as file:
        file.write("[listen]\nlongest_command_s = 15.0\n")
    secret = str(passphrase(tmp_path))
    used.run(export.app, "export", str(tmp_path / "a.age"), "--passphrase-file", secret)
    placed(used.places, tmp_path / "used")
    with pytest.raises(NoTerminal):
        used.run(
            export.app, "import", str(tmp_path / "a.age"), "--passphrase-file", secret, "--yes"
        )
    assert "15.0" not in used.settings.read_text()


def test_a_plain_archive_needs_a_terminal(used: Speaker, tmp_path: Path) -> None:
    with pytest.raises(NoTerminal):
        used.run(export.app, "export", str(tmp_path / "plain.tar"), "--unencrypted")
    assert not (tmp_path / "plain.tar").exists()


EXPORT = "import sys; from device.cli.export import app; app(sys.argv[1:])"


def test_in_a_terminal_a_plain_archive_is_written_for_its_owner_alone(
    used: Speaker, tmp_path: Path
) -> None:
    archive = tmp_path / "plain.tar"
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", EXPORT, "export", str(archive), "--unencrypted",
         "--config", str(used.settings)],
        stdin=theirs, stdout=theirs, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        os.write(ours, b"y\n")
        said = b""
        with contextlib.suppress(OSError):
            while more := os.read(ours, 4096):
                said += more
        assert process.wait() == 0, said
    os.close(ours)
    assert b"Whoever gets a plain archive can read all of it" in said
    assert archive.stat().st_mode & 0o777 == 0o600
    assert b"planted-pasta" in archive.read_bytes()


def test_an_archive_that_is_there_is_not_written_over(used: Speaker, tmp_path: Path) -> None:
    there = tmp_path / "there.age"
    there.write_text("")
    assert "is there already" in used.run(export.app, "export", str(there), code=2)


def test_import_wants_the_hands_stopped(
    used: Speaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "SYSTEMD", tmp_path / "none")

    async def serve() -> None:
        path = tmp_path / "used" / "ask.sock"
        async with await asyncio.start_unix_server(lambda r, w: w.close(), path):
            settings = config.load(used.settings)
            with pytest.raises(MustBeStopped):
                await asyncio.to_thread(reach.must_be_stopped, settings)

    asyncio.run(serve())
    (tmp_path / "used" / "ask.sock").unlink(missing_ok=True)
    reach.must_be_stopped(config.load(used.settings))


def test_only_an_owner_may_change_things(used: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(NotAllowed):
        reach.must_own(used.places.state)


@pytest.mark.parametrize(
    ("text", "hours"),
    [("2h", 2), ("90m", 1.5), ("3d", 72), ("1w", 168), ("today", 12), ("yesterday", 36),
     ("2026-11-22T10:00", 2), ("2026-11-21", 36)],
)  # fmt: skip
def test_times_as_people_say_them(text: str, hours: float) -> None:
    assert reach.moment(text, NOON) == round((NOON.timestamp() - hours * 3600) * 1000)


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(typer.BadParameter):
        reach.moment("a while ago", NOON)


def shown(scene: watched.Scene) -> str:
    from rich.console import Console

    console = Console(width=100, record=True, file=io.StringIO())
    console.print(watch.picture(scene))
    return console.export_text()


HOUSE = {
    "event": "house", "at": 0.0, "speaker": "kitchen", "ears": True, "listening": False,
    "loud": "quiet", "volume": 60, "silent": False, "ledger": "The ledger is being written.",
    "timers": [{"name": "pasta", "left": 300.2, "paused": False}],
    "alarms": [[1, 420, 31, 0.0, False]],
}  # fmt: skip


def test_the_view_follows_an_activation() -> None:
    scene = watched.Scene()
    scene.take(dict(HOUSE))
    assert "asleep" in shown(scene)
    assert "pasta" in shown(scene)
    assert "7:00" in shown(scene)
    scene.take({"event": "woke", "at": 10.0, "number": 1, "word": "alexa"})
    assert "listening" in shown(scene)
    scene.take({"event": "command", "at": 11.0, "number": 1, "what": "timer set: 5:00"})
    scene.take({"event": "ended", "at": 11.0, "number": 1, "outcome": "command", "seconds": 1.9})
    scene.take({"event": "did", "at": 11.0, "number": 1, "reply": "timer.set", "ms": 8})
    view = shown(scene)
    assert "timer set: 5:00" in view
    assert "1.9 s, forgotten" in view
    assert "timer.set, 8 ms" in view


def test_the_view_says_muted_away_and_faults() -> None:
    scene = watched.Scene()
    scene.take(dict(HOUSE) | {"ears": False})
    assert "the ears are away" in shown(scene)
    scene.muted = True
    assert "no process exists that could hear" in shown(scene)
    scene.take({"event": "fault", "at": 10.0, "fault": "microphone lost"})
    scene.take({"event": "gap", "at": 10.0, "missing": 3})
    assert "microphone lost" in shown(scene)
    assert "3 activations were not seen" in shown(scene)


def test_a_report_is_written_for_its_owner_alone(used: Speaker, tmp_path: Path) -> None:
    out = used.run(report.app, str(tmp_path / "report.html"))
    assert "open it in a browser" in out
    page = tmp_path / "report.html"
    assert page.stat().st_mode & 0o777 == 0o600
    assert "took in <em>" in page.read_text()
    assert "<dt>timers <small>1 entry" in page.read_text()
