"""Intents in two languages: sentences of the sentence files, through the running hands.

For each language and each kind of sentence, random examples (seed 7) become requests, cross the
letter socket and are acted on, with a real mosquitto and a real MPD beside. An intent counts if it
is done in both languages; an answer such as "I can't" is not done.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
import tempfile
from collections import defaultdict
from pathlib import Path

from device.config import Config
from device.events import Did, Hushed
from device.hands.permits import TABLE
from device.language.examples import Examples
from device.mind.types import FOLLOW_UP, Hint, Intent, Request, Slot
from device.names import compile_names
from tests.benchmarks.harness import Goal, at_least, console
from tests.hands.home.brokers import DEADLINE, PASSWORD, mosquitto
from tests.hands.home.players import mpd
from tests.hands.homes import MUSIC, furnished, topic
from tests.hands.houses import Home, home
from tests.language.speech import packaged_sentences

GOALS: dict[str, Goal] = {"intents_in_two_languages": at_least(40)}
TRIES = 40
HERE = {"en": "Office", "fr": "Bureau"}
HELPLESS = (
    *("speaker.not_permitted", "speaker.failed", "speaker.slow", "speaker.nothing_to_answer"),
    *("speaker.nothing_to_repeat", "timer.none", "alarm.none"),
    *("alarm.nothing_rings", "timer.not_paused", "home.none", "home.cannot", "home.away"),
    *(
        "home.no_broker",
        "home.no_thermometer",
        "home.silent",
        "media.none",
        "media.away",
        "weather.no_source",
    ),
)
"""Beginnings of keys that say that nothing was done."""
ANSWERS = (Intent.YES, Intent.NO, Intent.ANSWER)


class Visit:
    """A running house, asked one thing after another."""

    def __init__(self, h: Home) -> None:
        self._h = h
        self._asked = 0

    async def ask(self, request: Request, cause: int = 0) -> str:
        """The key of the reply, once it was said."""
        self._asked += 1
        self._h.ears.ask(request.intent, *request.slots, cause=cause)
        return (await self._h.watch.until(Did, self._asked)).reply

    async def prepare(self, intent: int) -> int:
        """Bring about what an intent is about; the cause that its activation has."""
        context = self._h.context
        context.timers.cancel_all()
        context.alarms.cancel_all()
        context.ringer.stop()
        for seconds, name in ((600, ""), (900, "pasta")):
            timer = context.timers.add(seconds, name)
            if intent == Intent.TIMER_RESUME and timer:
                context.timers.pause(timer)
        context.alarms.add(7 * 60, 31)
        if intent == Intent.ALARM_SNOOZE:
            context.alarms.add(15 * 60 + 5)
            self._h.clock.go(context.alarms.all()[0].due - self._h.clock.wall())
            while not context.ringer.ringing:
                await asyncio.sleep(0)
        if intent in ANSWERS:
            lock = next(n.id for n in context.names.of_kind("device") if n.domain == "lock")
            door = Request(Intent.UNLOCK, ((Slot.DEVICE, lock),))
            await self.ask(Request(Intent.TIMER_CANCEL) if intent == Intent.ANSWER else door)
            while await self._h.ears.hint() is not Hint.ASKED:
                continue
            return FOLLOW_UP
        return 0


async def done(language: str, folder: Path, config: Config) -> set[int]:
    """The intents that were done in a language."""

    def change(known: Config) -> Config:
        service = dataclasses.replace(known.service, activations_per_hour=3600)
        return dataclasses.replace(config, service=service)

    names = compile_names(config, MUSIC)
    walks = Examples(packaged_sentences(language, names))
    chance = random.Random(7)
    ranks: dict[int, list[int]] = defaultdict(list)
    for rank, intent in sorted(walks.ranks().items()):
        ranks[intent].append(rank)
    found: set[int] = set()
    async with home(folder, change=change, more=MUSIC) as h:
        broker = h.context.around.broker
        assert broker is not None
        async with asyncio.timeout(DEADLINE):
            await broker.up.wait()
        _told(h, config)
        visit = Visit(h)
        for intent in (i for i in ranks if i in TABLE):
            for n in range(TRIES):
                request = walks.of(ranks[intent][n % len(ranks[intent])], chance.randrange).request
                cause = await visit.prepare(intent)
                if not (await visit.ask(request, cause)).startswith(HELPLESS):
                    found.add(intent)
                    break
        assert h.watch.of(Hushed), "nothing was said"
    return found


def _told(h: Home, config: Config) -> None:
    """The states of the devices, as their broker would tell them."""
    for device in config.home.device:
        state = {"lock": "LOCKED", "weather": "sunny", "sensor": "20.5"}.get(device.kind, "open")
        h.context.around.home.told(f"{topic(device.name)}/state", state.encode())
        h.context.around.home.told(f"{topic(device.name)}/current", b"20.5")


def figures() -> dict[str, tuple[float, str]]:
    """Run it."""
    both: list[set[int]] = []
    for language in ("en", "fr"):
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            secrets = folder / "secrets.toml"
            secrets.touch(mode=0o600)
            secrets.write_text(f'mqtt_password = "{PASSWORD}"\n')
            with mosquitto(folder) as port, mpd(folder) as player:
                config = furnished(language, port, HERE[language])
                media = dataclasses.replace(config.media, mpd=player.mpd)
                mqtt = dataclasses.replace(config.home, secrets=str(secrets))
                config = dataclasses.replace(config, media=media, home=mqtt)
                both.append(asyncio.run(done(language, folder, config)))
    common = both[0] & both[1]
    missing = [i.name for i in Intent if i not in common]
    console.print(f"[dim]not in both languages: {', '.join(missing) or 'none'}")
    return {"intents_in_two_languages": (len(common), f"of {len(TABLE)} permitted")}
