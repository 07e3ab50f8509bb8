"""Timers and alarms outlive their process and the power, and follow the right clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from device.data.aside import set_aside_before
from device.hands.state import FILE, get, open_state, put
from device.hands.timers.table import AT_MOST, Alarms, Timers
from tests.data import powercuts
from tests.hands.houses import ManualClock

PARIS = ZoneInfo("Europe/Paris")
EVERY_DAY, MONDAY, SATURDAY = 127, 1, 32


class Books:
    """Timers and alarms on a disk, which can be opened anew."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.folder = folder
        self.clock = clock
        self.changes = 0
        self.again()

    def again(self) -> None:
        """As after a restart."""
        self.state = open_state(self.folder)
        self.timers = Timers(self.state, self.clock, self._changed)
        self.alarms = Alarms(self.state, self.clock, self._changed)

    def _changed(self) -> None:
        self.changes += 1

    def next_alarm(self) -> str:
        due = datetime.fromtimestamp(self.alarms.all()[0].due, self.clock.zone())
        return due.strftime("%a %H:%M")


def made(folder: Path, start: str, zone: tzinfo = PARIS) -> Books:
    return Books(folder, ManualClock(datetime.fromisoformat(start), zone))


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    # a Sunday
    yield made(tmp_path, "2026-11-22T15:00")


def test_a_timer_runs_by_the_machines_clock_whatever_the_walls_says(books: Books) -> None:
    timer = books.timers.add(600, "pasta")
    assert timer is not None
    books.clock.go(100)
    books.clock.set_wall(86_400)
    assert books.timers.all()[0].left == pytest.approx(500)
    books.again()
    assert books.timers.all()[0].left == pytest.approx(500)
    assert books.timers.all()[0].name == "pasta"


def test_a_timer_goes_by_the_walls_clock_after_a_reboot(books: Books) -> None:
    books.timers.add(600)
    books.clock.go(100)
    books.clock.reboot(seconds_off=200)
    books.again()
    assert books.timers.all()[0].left == pytest.approx(300)
    # a Pi without a battery learns the time late: the timer follows
    books.clock.set_wall(1_000)
    assert books.timers.all()[0].left == pytest.approx(-700)


def test_a_paused_timer_stands_still_over_a_reboot_and_runs_on(books: Books) -> None:
    timer = books.timers.add(600)
    assert timer is not None
    books.clock.go(100)
    books.timers.pause(books.timers.all()[0])
    books.clock.reboot(seconds_off=5_000)
    books.again()
    paused = books.timers.all()[0]
    assert paused.paused and paused.left == pytest.approx(500)
    books.timers.resume(paused)
    books.clock.go(10)
    assert books.timers.all()[0].left == pytest.approx(490)


def test_time_is_added_to_running_paused_and_ringing_timers(books: Books) -> None:
    for _ in range(3):
        books.timers.add(60)
    running, paused, ringing = books.timers.all()
    books.timers.pause(paused)
    assert books.timers.extend(running, 30) == pytest.approx(90)
    assert books.timers.extend(books.timers.all()[0], 30) == pytest.approx(90)
    books.clock.go(70)
    due = books.timers.get(ringing.id)
    assert due is not None and due.left < 0
    assert books.timers.extend(due, 30) == pytest.approx(30)


def test_a_timer_that_is_paused_when_it_is_due_has_nothing_left(books: Books) -> None:
    timer = books.timers.add(60)
    books.clock.go(90)
    due = books.timers.get(timer.id if timer else 0)
    assert due is not None and due.left == pytest.approx(-30)
    books.timers.pause(due)
    assert [t.left for t in books.timers.all()] == [0.0]


def test_there_is_an_end_to_how_many_there_may_be(books: Books) -> None:
    for n in range(AT_MOST):
        assert books.timers.add(60) is not None
        assert books.alarms.add(n) is not None
    assert books.timers.add(60) is None
    assert books.alarms.add(AT_MOST) is None


def test_an_alarm_is_at_the_next_such_time(books: Books) -> None:
    books.alarms.add(16 * 60)
    assert books.next_alarm() == "Sun 16:00"
    books.alarms.cancel_all()
    books.alarms.add(7 * 60)
    assert books.next_alarm() == "Mon 07:00"
    books.alarms.cancel_all()
    books.alarms.add(16 * 60, tomorrow=True)
    assert books.next_alarm() == "Mon 16:00"
    books.alarms.cancel_all()
    books.alarms.add(7 * 60, SATURDAY)
    assert books.next_alarm() == "Sat 07:00"


def test_a_repeated_alarm_goes_on_and_a_single_one_is_gone(books: Books) -> None:
    books.alarms.add(16 * 60, MONDAY | SATURDAY)
    assert books.next_alarm() == "Mon 16:00"
    books.clock.go(25 * 3600)
    books.alarms.rung(books.alarms.all()[0])
    assert books.next_alarm() == "Sat 16:00"
    single = books.alarms.add(20 * 60)
    assert single is not None
    books.alarms.rung(single)
    assert len(books.alarms.all()) == 1


def test_a_snoozed_alarm_returns_to_its_time(books: Books) -> None:
    books.alarms.add(15 * 60 + 1, EVERY_DAY)
    books.clock.go(60)
    books.alarms.snooze(books.alarms.all()[0], 540)
    assert books.next_alarm() == "Sun 15:10"
    books.again()
    assert books.alarms.all()[0].snoozed
    books.clock.go(540)
    books.alarms.rung(books.alarms.all()[0])
    assert books.next_alarm() == "Mon 15:01"


@pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24"])
def test_an_alarm_stays_at_its_time_over_the_change_of_daylight_saving(
    tmp_path: Path, day: str
) -> None:
    books = made(tmp_path, f"{day}T12:00")
    books.alarms.add(7 * 60, EVERY_DAY)
    for _ in range(3):
        assert books.next_alarm().endswith("07:00")
        books.clock.go(books.alarms.all()[0].due - books.clock.wall())
        books.alarms.rung(books.alarms.all()[0])


def test_an_alarm_in_the_hour_that_is_there_twice_rings_once(tmp_path: Path) -> None:
    books = made(tmp_path, "2026-10-24T12:00")
    books.alarms.add(150, EVERY_DAY)
    first = books.alarms.all()[0].due
    books.clock.go(first - books.clock.wall())
    books.alarms.rung(books.alarms.all()[0])
    assert books.alarms.all()[0].due - first == 25 * 3600


def test_alarms_follow_when_the_walls_clock_is_set(books: Books) -> None:
    books.alarms.add(7 * 60, EVERY_DAY)
    books.clock.set_wall(-12 * 3600)  # now Sunday 03:00
    books.alarms.reckon()
    assert books.next_alarm() == "Sun 07:00"


def test_a_snoozed_alarm_stays_snoozed_when_the_clock_is_looked_at_anew(books: Books) -> None:
    books.alarms.add(15 * 60 + 1, EVERY_DAY)
    books.clock.go(60)
    books.alarms.snooze(books.alarms.all()[0], 540)
    books.alarms.reckon()
    assert books.next_alarm() == "Sun 15:10"
    assert books.alarms.all()[0].snoozed


def test_an_alarm_that_is_due_stays_due_when_the_clock_is_looked_at_anew(books: Books) -> None:
    books.alarms.add(15 * 60 + 1, EVERY_DAY)
    for seconds in (60, 30):  # to the second, and later
        books.clock.go(seconds)
        books.alarms.reckon()
        assert books.next_alarm() == "Sun 15:01"


def test_numbers_are_kept(books: Books) -> None:
    assert get(books.state, "volume", 60) == 60
    put(books.state, "volume", 35)
    books.again()
    assert get(books.state, "volume", 60) == 35


def test_a_state_file_that_is_none_is_set_aside_and_told(tmp_path: Path) -> None:
    junk = b"not a database, and longer than a header of one" * 9
    (tmp_path / FILE).write_bytes(junk)
    told: list[int] = []
    with closing(open_state(tmp_path, lambda: told.append(1))) as state:
        put(state, "volume", 35)
    assert told == [1]
    assert [p.read_bytes() for p in set_aside_before(tmp_path)] == [junk]
    with closing(open_state(tmp_path, lambda: told.append(1))) as state:
        assert get(state, "volume", 0) == 35
    assert told == [1]


@pytest.mark.parametrize(
    "row",
    [
        "INSERT INTO timers VALUES (1, 'tea', 'long', '', 1, 1, NULL)",
        "INSERT INTO timers VALUES (1, 'tea', 60, '', NULL, NULL, NULL)",
        "INSERT INTO timers VALUES (1, 'tea', 9e999, '', 1, 1, NULL)",
        "INSERT INTO alarms VALUES (1, 1440, 0, 1, 0)",
        "INSERT INTO timers VALUES (1, CAST(x'a7a7' AS TEXT), 60, '', 1, 1, NULL)",
        "INSERT INTO alarms VALUES (1, 60, 128, 1, 0)",
        "INSERT INTO settings VALUES ('volume', 'loud')",
        "DROP TABLE alarms; CREATE TABLE alarms (id)",
    ],
)
def test_a_row_that_could_not_be_read_costs_the_file_and_not_the_hands(
    tmp_path: Path, row: str
) -> None:
    with closing(open_state(tmp_path)) as state:
        state.executescript(row)
    with closing(open_state(tmp_path)) as state:
        assert state.execute("SELECT count(*) FROM timers").fetchone()[0] == 0
    assert len(set_aside_before(tmp_path)) == 1


def test_what_keeps_itself_is_left_as_it_is(tmp_path: Path) -> None:
    with closing(open_state(tmp_path)) as state:
        state.execute("INSERT INTO timers VALUES (1, 'tea', 60, 'b', 1.5, 2, NULL)")
        state.execute("INSERT INTO timers VALUES (2, '', 60.5, 'b', NULL, NULL, 12)")
        state.execute("INSERT INTO alarms VALUES (1, 0, 127, 1790000000.0, 1)")
    with closing(open_state(tmp_path)) as state:
        assert state.execute("SELECT count(*) FROM timers").fetchone()[0] == 2
        assert state.execute("SELECT count(*) FROM alarms").fetchone()[0] == 1
    assert set_aside_before(tmp_path) == []


def test_every_write_is_synced_before_it_counts(tmp_path: Path) -> None:
    state = open_state(tmp_path)
    full = 2
    assert state.execute("PRAGMA synchronous").fetchone()[0] == full
    assert state.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert state.isolation_level is None


def test_an_answered_timer_survives_a_power_cut(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    steps = powercuts.record(tmp_path / "state", 30, "", powercuts.TIMERS)
    assert sum(s.kind == "told" for s in steps) == 30
    assert powercuts.damage(steps, cuts=80, seed=1, book=powercuts.TIMERS) == (0, 0)


@pytest.mark.parametrize(
    "settings",
    [
        "PRAGMA synchronous = OFF",
        "PRAGMA synchronous = NORMAL",
        "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL",
    ],
)
def test_with_less_syncing_a_power_cut_would_have_lost_timers(
    tmp_path: Path, settings: str
) -> None:
    (tmp_path / "state").mkdir()
    steps = powercuts.record(tmp_path / "state", 30, settings, powercuts.TIMERS)
    lost, _ = powercuts.damage(steps, cuts=80, seed=1, book=powercuts.TIMERS)
    assert lost > 0
