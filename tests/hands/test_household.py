"""Every sentence of a household is acted on by the running hands, on a real broker.

household/LANGUAGE.tsv says what the hands answer to each sentence and what the broker is told; a
person can read it: sentence, key of the reply, topic=payload.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from device.names import compile_names
from tests.hands.home.brokers import mosquitto, needs_mosquitto
from tests.hands.homes import Household, household, living
from tests.language.speech import matcher
from tests.language.test_household import table

FOLDER = Path(__file__).parent / "household"
WRITE = os.environ.get("KEEPMUM_WRITE_TABLES")
"""Set: write what happens into the tables, for reading, instead of comparing."""
STATES = {
    "en": {
        "front_door/state": "LOCKED",
        "garage_door/state": "open",
        "sliding_door/state": "closed",
        "ecobee/current": "21.5",
        "outdoor_humidity/state": "63",
        "kitchen_warmth/state": "20.1",
        "office_warmth/state": "19",
        "new_york/state": "sunny",
        "new_york/current": "12",
    },
    "fr": {
        "température_extérieure/state": "7.5",
        "bureau_warmth/state": "20",
        "salon_warmth/state": "21",
        "new_york/state": "rainy",
        "new_york/current": "9",
    },
}
HERE = {"en": "Office", "fr": "Bureau"}


async def answers(language: str, folder: Path, port: int) -> list[str]:
    """A line for each sentence: what was answered, and what the broker was told."""
    config = household(language, port, HERE[language])
    names = compile_names(config)
    find = matcher(language, names).find
    async with living(folder, config) as home:
        for topic, payload in STATES[language].items():
            await home.state(topic, payload)
        return [await line(home, s, find(s.split())) for s, _ in table(language)]


async def line(home: Household, sentence: str, found: object) -> str:
    assert found is not None, sentence
    reply, orders = await home.ask(found.request)  # type: ignore[attr-defined]
    return "\t".join([sentence, reply, " ".join(f"{t}={p}" for t, p in orders)]).rstrip()


@needs_mosquitto
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_sentence_is_acted_on(language: str, tmp_path: Path) -> None:
    file = FOLDER / f"{language}.tsv"
    with mosquitto(tmp_path) as port:
        lines = asyncio.run(answers(language, tmp_path, port))
    if WRITE:
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert lines == file.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_sentence_is_answered_with_not_knowing_how(language: str) -> None:
    rows = [r.split("\t") for r in (FOLDER / f"{language}.tsv").read_text("utf-8").splitlines()]
    helpless = {"speaker.not_permitted", "speaker.failed", "speaker.slow", "home.none"}
    helpless |= {"home.none_there", "home.cannot", "home.away", "home.silent", "media.none_there"}
    assert [row for row in rows if row[1] in helpless] == []
