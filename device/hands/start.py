"""How the hands begin and end: the house, whoever watches, the loop, and SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Protocol

from device.config import DEFAULT_PATH, Config
from device.events import show_outside
from device.hands import loop
from device.hands.desk import desk
from device.hands.house import House
from device.hands.sound import mixers
from device.mind.types import Lamp
from device.names import NameTable
from device.service import Notifier

WATCHDOG_S = 5.0
PREPARE_S = 5.0
"""A sentence that never changes is made this often, until there is the sound of all."""


class LampLine(Protocol):
    """The line to the panel."""

    def name(self, lamp: Lamp) -> None:
        """Show this from now on."""

    async def keep(self) -> None:
        """Stay connected until cancelled."""


def live(
    config: Config, names: NameTable, settings: Path | None = None, lamp: LampLine | None = None
) -> None:
    """Run the hands until SIGTERM or SIGINT. `settings` is the file that `config` came from."""
    asyncio.run(_live(config, names, settings or DEFAULT_PATH, lamp))


async def _live(config: Config, names: NameTable, settings: Path, lamp: LampLine | None) -> None:
    house = House(config, names)
    if lamp is not None:
        house.lamp = lamp.name
        house.start(lamp.keep())
    house.volume.mixer = await mixers.find(config.sound.mixer, house.player)
    show_outside(house.journal, house.clock.wall)
    async with desk(house, settings):
        await house.open()
        work = house.start(loop.run(house))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, work.cancel)
        house.start(house.speaker.prepare(house.replies.fixed(), PREPARE_S))
        notifier = Notifier()
        notifier.ready()
        house.start(_tell_that_it_goes(notifier))
        await asyncio.wait([work])
        await house.close()


async def _tell_that_it_goes(notifier: Notifier) -> None:
    """Tell the service manager again and again that this loop turns."""
    while True:
        notifier.watchdog()
        await asyncio.sleep(WATCHDOG_S)
