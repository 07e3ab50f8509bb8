"""Alarms as people talk about them: at seven, every weekday, tomorrow, snoozed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from device.mind.types import Intent, Slot
from tests.hands.houses import Home
from tests.hands.skills.test_timer import Ask, tell

EVERY_DAY, WEEKDAYS, TOMORROW = 127, 31, 128


def due(h: Home) -> list[str]:
    return [datetime.fromtimestamp(a.due, UTC).strftime("%a %H:%M") for a in h.context.alarms.all()]


@pytest.mark.parametrize(
    ("slots", "said", "when"),
    [  # it is Sunday, 15:04
        (((Slot.TIME, 7 * 60),), "Alarm at 7 AM.", "Mon 07:00"),
        (((Slot.TIME12, 7 * 60),), "Alarm at 7 PM.", "Sun 19:00"),
        (((Slot.TIME12, 3 * 60),), "Alarm at 3 AM.", "Mon 03:00"),
        (((Slot.TIME12, 7 * 60), (Slot.DAYS, TOMORROW)), "Alarm tomorrow at 7 AM.", "Mon 07:00"),
        (((Slot.TIME12, 60), (Slot.DAYS, TOMORROW)), "Alarm tomorrow at 1 PM.", "Mon 13:00"),
        (((Slot.TIME, 990), (Slot.DAYS, WEEKDAYS)), "Alarm every weekday at 4:30 PM.", "Mon 16:30"),
        (((Slot.TIME12, 390), (Slot.DAYS, 32)), "Alarm every Saturday at 6:30 AM.", "Sat 06:30"),
    ],
)
def test_an_alarm_is_set_for_what_is_meant(
    tmp_path: Path, slots: tuple[tuple[Slot, int], ...], said: str, when: str
) -> None:
    async def story(h: Home, ask: Ask) -> None:
        assert await ask(Intent.ALARM_SET, *slots) == said
        assert due(h) == [when]

    tell(tmp_path, story)


def test_which_alarms_there_are(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        assert await ask(Intent.ALARM_STATUS) == "There are no alarms."
        h.context.alarms.add(7 * 60, EVERY_DAY)
        assert await ask(Intent.ALARM_STATUS) == "One alarm: every day at 7 AM."
        h.context.alarms.add(16 * 60)
        assert await ask(Intent.ALARM_STATUS) == "2 alarms: 4 PM and every day at 7 AM."

    tell(tmp_path, story)


def test_one_is_cancelled_by_its_time_or_asked_about(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        assert await ask(Intent.ALARM_CANCEL) == "There are no alarms."
        h.context.alarms.add(7 * 60)
        assert await ask(Intent.ALARM_CANCEL, (Slot.TIME, 480)) == "There is no alarm at 8 AM."
        assert await ask(Intent.ALARM_CANCEL) == "Alarm cancelled."
        h.context.alarms.add(7 * 60)
        h.context.alarms.add(19 * 60 + 30)
        assert await ask(Intent.ALARM_CANCEL) == "Which one? 7:30 PM or 7 AM?"
        assert await ask(Intent.ANSWER, (Slot.TIME12, 7 * 60)) == "Alarm cancelled."
        assert due(h) == ["Sun 19:30"]

    tell(tmp_path, story)


def test_all_are_cancelled_and_counted(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        assert await ask(Intent.ALARM_CANCEL_ALL) == "There are no alarms."
        h.context.alarms.add(7 * 60)
        assert await ask(Intent.ALARM_CANCEL_ALL) == "1 alarm cancelled."

    tell(tmp_path, story)


def test_only_what_rings_can_be_snoozed(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        h.context.alarms.add(7 * 60)
        assert await ask(Intent.ALARM_SNOOZE) == "Nothing is ringing."

    tell(tmp_path, story)


def test_midnight_can_be_cancelled_by_its_time(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        h.context.alarms.add(7 * 60)
        said = await ask(Intent.ALARM_CANCEL, (Slot.TIME, 0))
        assert said == "There is no alarm at midnight."

    tell(tmp_path, story)


def test_in_french_too(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        said = await ask(Intent.ALARM_SET, (Slot.TIME, 7 * 60), (Slot.DAYS, WEEKDAYS))
        assert said == "Réveil en semaine à 7 heures."
        assert await ask(Intent.ALARM_STATUS) == "Un réveil : en semaine à 7 heures."

    tell(tmp_path, story, "fr")


def test_the_same_alarm_said_twice_is_one(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        for _ in range(2):
            assert await ask(Intent.ALARM_SET, (Slot.TIME, 420)) == "Alarm at 7 AM."
        assert due(h) == ["Mon 07:00"]
        await ask(Intent.ALARM_SET, (Slot.TIME, 420), (Slot.DAYS, WEEKDAYS))
        await ask(Intent.ALARM_SET, (Slot.TIME, 421))
        assert len(due(h)) == 3

    tell(tmp_path, story)
