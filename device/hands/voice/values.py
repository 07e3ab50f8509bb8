"""Numbers, durations, times and dates as people say them, in English and French.

A voice reads digits well, so digits stay digits; what it can't know is said in words: "half past",
"1 minute" against "2 minutes", "and" before the last of a list.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

UNITS = {
    "en": (("day", "days"), ("hour", "hours"), ("minute", "minutes"), ("second", "seconds")),
    "fr": (("jour", "jours"), ("heure", "heures"), ("minute", "minutes"), ("seconde", "secondes")),
}
DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}
EVERY_DAY, WORKDAYS, WEEKEND, TOMORROW = 127, 31, 96, 128


class Spoken(ABC):
    """How one language says values."""

    language: str
    and_: str
    or_: str

    def say(self, value: object, kind: str) -> str:
        """`value` as the kind that a phrase names; a list of plural forms is `one|many`."""
        if "|" in kind:
            one, many = kind.split("|")
            return one if self.is_one(cast(float, value)) else many
        ways: dict[str, Callable[[], str]] = {
            "": lambda: str(value),
            "duration": lambda: self.duration(round(cast(float, value))),
            "time": lambda: self.time(cast(int, value)),
            "date": lambda: self.date(datetime.fromordinal(cast(int, value))),
            "days": lambda: self.days(cast(int, value)),
            "length": lambda: self.length(round(cast(float, value))),
            "list": lambda: self.join(cast(Sequence[str], value), self.and_),
            "choice": lambda: self.join(cast(Sequence[str], value), self.or_),
            "degrees": lambda: self.degrees(cast(int, value)),
            "number": lambda: self.number(cast(float, value)),
        }
        return ways[kind]()

    def is_one(self, value: float) -> bool:
        """Whether a count takes the singular."""
        return value == 1

    def number(self, value: float) -> str:
        """A number with at most one decimal place."""
        return f"{value:.1f}".removesuffix(".0")

    def degrees(self, tenths: int) -> str:
        """A temperature given in tenths of a degree."""
        return self.number(tenths / 10)

    def join(self, parts: Sequence[str], last: str) -> str:
        """a, b and c."""
        if len(parts) < 2:
            return "".join(parts)
        return f"{', '.join(parts[:-1])} {last} {parts[-1]}"

    def duration(self, seconds: int) -> str:
        """Two units at most: nobody wants the seconds of an hour."""
        sizes = (86_400, 3_600, 60, 1)
        counts = []
        for size in sizes:
            counts.append(seconds // size)
            seconds %= size
        first = next((i for i, n in enumerate(counts) if n), 3)
        shown = [i for i in range(first, min(first + 2, 4)) if counts[i] or i == first]
        return self.join([self.unit(counts[i], i) for i in shown], self.and_)

    def length(self, seconds: int) -> str:
        """A duration before or after the thing that has it: "10 minute timer"."""
        return self.duration(seconds)

    def unit(self, count: int, which: int) -> str:
        """A count of days, hours, minutes or seconds (0..3)."""
        one, many = UNITS[self.language][which]
        return f"{count} {one if self.is_one(count) else many}"

    @abstractmethod
    def time(self, minutes: int) -> str:
        """A time of day given in minutes after midnight."""

    @abstractmethod
    def date(self, day: datetime) -> str:
        """A weekday, day and month."""

    @abstractmethod
    def days(self, mask: int) -> str:
        """Days of the week, Monday = 1; 128 is tomorrow."""


class English(Spoken):
    """English, on a twelve-hour clock."""

    language, and_, or_ = "en", "and", "or"

    def length(self, seconds: int) -> str:
        """Units stay singular before a noun."""
        return re.sub(r"(day|hour|minute|second)s\b", r"\1", self.duration(seconds))

    def time(self, minutes: int) -> str:
        """ "7:05 AM", "noon", "midnight"."""
        if minutes in (0, 720):
            return "noon" if minutes else "midnight"
        hour, minute = divmod(minutes, 60)
        half = "AM" if hour < 12 else "PM"
        shown = f"{(hour - 1) % 12 + 1}"
        return f"{shown}:{minute:02d} {half}" if minute else f"{shown} {half}"

    def date(self, day: datetime) -> str:
        """ "Sunday, November 22nd"."""
        n = day.day
        end = "th" if n in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
        month = MONTHS["en"].split()[day.month - 1]
        return f"{DAYS['en'][day.weekday()]}, {month} {n}{end}"

    def days(self, mask: int) -> str:
        """ "every weekday", "every Monday and Friday"."""
        known = {
            TOMORROW: "tomorrow",
            EVERY_DAY: "every day",
            WORKDAYS: "every weekday",
            WEEKEND: "every weekend",
        }
        each = [name for bit, name in enumerate(DAYS["en"]) if mask >> bit & 1]
        return known.get(mask) or f"every {self.join(each, self.and_)}"


class French(Spoken):
    """French, on a twenty-four-hour clock."""

    language, and_, or_ = "fr", "et", "ou"

    def is_one(self, value: float) -> bool:
        """Zero and one and a half are singular in French."""
        return abs(value) < 2

    def number(self, value: float) -> str:
        """With a comma."""
        return super().number(value).replace(".", ",")

    def time(self, minutes: int) -> str:
        """ "7 heures 05", "midi", "minuit"."""
        if minutes in (0, 720):
            return "midi" if minutes else "minuit"
        hour, minute = divmod(minutes, 60)
        hours = f"{hour} {'heure' if self.is_one(hour) else 'heures'}"
        return f"{hours} {minute:02d}" if minute else hours

    def date(self, day: datetime) -> str:
        """ "dimanche 22 novembre"; the first is "1er"."""
        month = MONTHS["fr"].split()[day.month - 1]
        return f"{DAYS['fr'][day.weekday()]} {'1er' if day.day == 1 else day.day} {month}"

    def days(self, mask: int) -> str:
        """ "en semaine", "le lundi et le vendredi"."""
        known = {
            TOMORROW: "demain",
            EVERY_DAY: "tous les jours",
            WORKDAYS: "en semaine",
            WEEKEND: "le week-end",
        }
        each = [f"le {name}" for bit, name in enumerate(DAYS["fr"]) if mask >> bit & 1]
        return known.get(mask) or self.join(each, self.and_)


def spoken(language: str) -> Spoken:
    """The way of `language`, en or fr."""
    return {"en": English, "fr": French}[language]()
