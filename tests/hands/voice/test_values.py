"""Numbers, times and dates as people say them."""

from __future__ import annotations

from datetime import date

import pytest

from device.hands.voice.values import spoken


@pytest.mark.parametrize(
    ("kind", "value", "english", "french"),
    [
        ("duration", 1, "1 second", "1 seconde"),
        ("duration", 0, "0 seconds", "0 seconde"),
        ("duration", 59.6, "1 minute", "1 minute"),
        ("duration", 90, "1 minute and 30 seconds", "1 minute et 30 secondes"),
        ("duration", 3600, "1 hour", "1 heure"),
        ("duration", 3661, "1 hour and 1 minute", "1 heure et 1 minute"),
        ("duration", 3605, "1 hour", "1 heure"),
        ("duration", 90_000, "1 day and 1 hour", "1 jour et 1 heure"),
        ("length", 600, "10 minute", "10 minutes"),
        ("length", 3600, "1 hour", "1 heure"),
        ("time", 0, "midnight", "minuit"),
        ("time", 720, "noon", "midi"),
        ("time", 5, "12:05 AM", "0 heure 05"),
        ("time", 7 * 60, "7 AM", "7 heures"),
        ("time", 13 * 60 + 7, "1:07 PM", "13 heures 07"),
        ("time", 725, "12:05 PM", "12 heures 05"),
        ("date", date(2026, 11, 22).toordinal(), "Sunday, November 22nd", "dimanche 22 novembre"),
        ("date", date(2026, 5, 1).toordinal(), "Friday, May 1st", "vendredi 1er mai"),
        ("date", date(2026, 5, 13).toordinal(), "Wednesday, May 13th", "mercredi 13 mai"),
        ("days", 127, "every day", "tous les jours"),
        ("days", 31, "every weekday", "en semaine"),
        ("days", 96, "every weekend", "le week-end"),
        ("days", 128, "tomorrow", "demain"),
        ("days", 17, "every Monday and Friday", "le lundi et le vendredi"),
        ("list", ("a",), "a", "a"),
        ("list", ("a", "b", "c"), "a, b and c", "a, b et c"),
        ("choice", ("a", "b", "c"), "a, b or c", "a, b ou c"),
        ("degrees", 215, "21.5", "21,5"),
        ("degrees", -30, "-3", "-3"),
        ("number", 0.5, "0.5", "0,5"),
        ("number", 7.0, "7", "7"),
        ("dog|dogs", 1, "dog", "dog"),
        ("dog|dogs", 2, "dogs", "dogs"),
        ("dog|dogs", 0, "dogs", "dog"),
        ("dog|dogs", 1.5, "dogs", "dog"),
        ("", "pasta", "pasta", "pasta"),
    ],
)
def test_values_are_spoken(kind: str, value: object, english: str, french: str) -> None:
    assert spoken("en").say(value, kind) == english
    assert spoken("fr").say(value, kind) == french
