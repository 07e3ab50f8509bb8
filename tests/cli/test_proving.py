"""A proof that can't look says so: every look has a control, and each is planted with its fault."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from device.cli import prove, proving
from device.config import Config
from device.data import proof
from device.errors import EarsSilent, KeepmumError, PromiseBroken, PromiseUnchecked
from device.seal import examine, pages, plant, scan, trying
from device.seal.attempts import ATTEMPTS
from device.seal.evidence import Finding, Verdict
from device.seal.scan import Found, Searcher, canary
from tests.seal import widepages

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="reading another's memory needs root")
SOUND = canary(1.0)


@contextmanager
def target(planted: str = "") -> Iterator[int]:
    """A process whose memory nobody of its user may read, perhaps with a plant."""
    code = "from device.seal import memory; memory.harden(); print(1, flush=True); input()"
    pipe = subprocess.PIPE
    environment = {**os.environ, **({plant.VARIABLE: planted} if planted else {})}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=pipe, stdout=pipe, env=environment
    ) as process:
        assert process.stdout and process.stdout.readline() == b"1\n"
        yield process.pid
        process.kill()


@ROOT
def test_a_plant_is_found_where_it_is_and_nowhere_else() -> None:
    text = plant.grow()
    searcher = Searcher(SOUND, plant=plant.samples_of(text))
    with target(text) as with_plant, target() as without:
        found = searcher.search([with_plant, without])
    assert (found.planted, found.barren, found.ended) == ({with_plant}, {without}, set())
    assert found.samples == 0


@ROOT
@pytest.mark.parametrize("factor", [4, 0.25])
def test_a_search_that_takes_pages_for_another_size_does_not_pass(
    monkeypatch: pytest.MonkeyPatch, factor: float
) -> None:
    """4 KiB taken for 16, and 16 for 4: what was looked at is not what was meant."""
    text = plant.grow()
    searcher = Searcher(SOUND, plant=plant.samples_of(text))
    monkeypatch.setattr(pages, "PAGE", int(pages.PAGE * factor))
    with target(text) as pid:
        found = searcher.search([pid])
    judged = proving._judged(proving.SEARCHES[0], "nothing", found, [], holds=True)
    assert judged.verdict is Verdict.UNCHECKED


@ROOT
@pytest.mark.parametrize("told", [True, False])
def test_on_a_kernel_with_16_kib_pages_all_is_searched_or_nothing_passes(
    monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    for name in ("os", "regions", "PAGE"):  # put back at the end
        monkeypatch.setattr(pages, name, getattr(pages, name))
    text = plant.grow()
    searcher = Searcher(SOUND, plant=plant.samples_of(text))
    with target(text) as pid:
        before = searcher.search([pid]).searched
        widepages.install(told)
        found = searcher.search([pid])
    assert (found.planted == {pid}) is told
    assert (found.searched >= before > 0) is told
    judged = proving._judged(proving.SEARCHES[0], "nothing", found, [], holds=True)
    assert judged.verdict is (Verdict.HOLDS if told else Verdict.UNCHECKED)


@ROOT
def test_a_process_that_ends_while_it_is_searched_is_no_traceback() -> None:
    searcher = Searcher(SOUND, plant=plant.samples_of(plant.grow()))
    with target() as pid:
        pass
    found = searcher.search([pid])
    assert found.ended == {pid} and found.searched == 0
    judged = proving._judged(proving.SEARCHES[0], "nothing", found, [], holds=True)
    assert judged.verdict is Verdict.UNCHECKED


def test_a_zombie_is_not_alive() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert not pages.alive(pid)
    os.waitpid(pid, 0)
    assert not pages.alive(pid) and pages.alive(os.getpid())


def test_a_search_that_knows_an_encoding_no_more_says_which(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert proving.blind(Searcher(SOUND)) == []
    wide = {k: v for k, v in scan._WIDE.items() if k != "float64"}
    monkeypatch.setattr(scan, "_WIDE", wide)
    assert proving.blind(Searcher(SOUND)) == ["its own sound as float64"]


def test_what_was_found_counts_even_where_a_plant_was_not() -> None:
    found = Found(np.ones(4, bool), np.zeros(4, bool), barren={7})
    judged = proving._judged(proving.SEARCHES[2], "4 samples", found, [], holds=False)
    assert judged.verdict is Verdict.BROKEN


def test_ears_that_do_not_start_leave_every_search_unchecked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @contextmanager
    def none(_: Config) -> Iterator[None]:
        raise EarsSilent(seconds=20)
        yield

    monkeypatch.setattr(proving, "rehearsal", none)
    findings = list(proving.rehearsed(Config()))
    assert [f.verdict for f in findings] == 3 * [Verdict.UNCHECKED]
    assert all("did not answer" in f.evidence for f in findings)


@pytest.mark.parametrize("error", [FileNotFoundError, ProcessLookupError, KeyError])
def test_a_process_that_ends_while_it_is_looked_at_is_not_checked(error: type[Exception]) -> None:
    def look() -> Iterator[Finding]:
        yield Finding(4, "x", "fine", Verdict.HOLDS)
        raise error

    (finding,) = examine._while_they_live("ears", look)
    assert finding.verdict is Verdict.UNCHECKED and finding.evidence == examine.ENDED


def test_the_speaker_is_looked_at_again_if_a_part_of_it_was_started_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = iter([True, False])

    def once(_: object) -> Iterator[Finding]:
        ended = next(ends)
        evidence = examine.ENDED if ended else "none open"
        yield Finding(4, "ears", evidence, Verdict.UNCHECKED if ended else Verdict.HOLDS)

    monkeypatch.setattr(examine, "running", lambda: None)
    monkeypatch.setattr(examine, "examine", once)
    assert [f.verdict for f in examine.examined()] == [Verdict.HOLDS]


def test_units_that_do_not_run_are_not_checked_each() -> None:
    if Path("/run/systemd/system").exists():
        pytest.skip("a systemd runs here, and perhaps the speaker")
    findings = list(examine.examine(examine.running()))
    missing = [f.what for f in findings if f.verdict is Verdict.UNCHECKED]
    assert {"ears", "hands", "panel"} <= set(missing)


@pytest.mark.parametrize(
    ("sealed", "free", "verdict"),
    [
        (1, 0, Verdict.HOLDS),
        (1, 1, Verdict.UNCHECKED),
        (0, 0, Verdict.BROKEN),
        (0, 1, Verdict.BROKEN),
    ],
)
def test_attempts_count_only_if_they_succeed_without_the_seal(
    monkeypatch: pytest.MonkeyPatch, sealed: int, free: int, verdict: Verdict
) -> None:
    def tried(_: str, *, sealed: bool, codes: dict[bool, int] | None = None) -> list[object]:
        code = {True: results[0], False: results[1]}[sealed]
        return [trying.Outcome(attempt, code) for attempt in ATTEMPTS]

    results = (sealed, free)
    monkeypatch.setattr(proving, "_exists", lambda _: True)
    monkeypatch.setattr(trying, "run_as", tried)
    assert {f.verdict for f in proving.escapes(root=True)} == {verdict}


def test_attempts_that_cannot_be_made_are_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, "python")

    monkeypatch.setattr(trying, "run_as", fails)
    assert [f.verdict for f in proving.escapes(root=True)] == [Verdict.UNCHECKED]


@pytest.mark.parametrize(
    ("verdicts", "error"),
    [
        ([Verdict.HOLDS, Verdict.WEAKER], None),
        ([Verdict.HOLDS, Verdict.UNCHECKED], PromiseUnchecked),
        ([Verdict.UNCHECKED, Verdict.BROKEN], PromiseBroken),
    ],
)
def test_the_exit_code_is_0_only_if_everything_was_checked_and_holds(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    verdicts: list[Verdict],
    error: type[KeepmumError] | None,
) -> None:
    made = [Finding(1, "x", "y", v) for v in verdicts]
    monkeypatch.setattr(prove, "looks", lambda *_: made)
    monkeypatch.setattr(proof, "remember", lambda *_: None)
    settings = tmp_path / "keepmum.toml"
    settings.write_text("")
    if error is None:
        assert prove.prove(settings) == 0
    else:
        with pytest.raises(error):
            prove.prove(settings)
