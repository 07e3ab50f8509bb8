"""Everything that runs beside the story of a letter: one table, and nobody starts beside it.

Short work is started and its failure logged. What runs for ever is kept: if it ends by itself it
is started anew and that is told; if it keeps ending, the process must, so that the service manager
starts all of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TypeVar

from device.errors import TaskFailed
from device.events import EventBus, Restarted

PAUSE_S = 1.0
"""Before something that ended by itself is started anew."""
AT_MOST, WITHIN_S = 3, 60.0
"""So many new beginnings of one task in so many seconds; one more ends the process."""

TOLD_AGAIN_S = 5.0
"""What still runs so long after it was told to end is told again: a wait can lose being cancelled
(asyncio.wait_for before Python 3.12, in whichever library)."""

Work = Coroutine[object, object, object]
T = TypeVar("T")
log = logging.getLogger("keepmum.hands")


class Tasks:
    """The table of tasks. Made inside a running event loop."""

    def __init__(self, events: EventBus) -> None:
        self._events = events
        self._tasks: set[asyncio.Task[object]] = set()
        self._failed: asyncio.Future[TaskFailed] = asyncio.get_running_loop().create_future()

    def start(self, work: Coroutine[object, object, T]) -> asyncio.Task[T]:
        """Let something run beside everything else; its failure is logged, not lost."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    def keep(self, name: str, make: Callable[[], Work]) -> asyncio.Task[None]:
        """Let something run for ever: `make` gives it, once more if it ends by itself."""
        return self.start(self._kept(name, make))

    async def failure(self) -> TaskFailed:
        """Wait until something that is kept has ended too often."""
        return await asyncio.shield(self._failed)

    async def close(self) -> None:
        """End everything, and wait until it is over."""
        while tasks := [t for t in self._tasks if t is not asyncio.current_task()]:
            for task in tasks:
                task.cancel()
            over, _ = await asyncio.wait(tasks, timeout=TOLD_AGAIN_S)
            self._tasks -= over

    async def _kept(self, name: str, make: Callable[[], Work]) -> None:
        now = asyncio.get_running_loop().time
        ends: deque[float] = deque(maxlen=AT_MOST)
        while True:
            why = "it ended"
            try:
                await make()
            except Exception as error:
                log.error("%s: %s", name, type(error).__name__, exc_info=error)
                why = type(error).__name__
            if len(ends) == AT_MOST and now() - ends[0] < WITHIN_S:
                if not self._failed.done():
                    self._failed.set_result(TaskFailed(task=name, why=why))
                return
            ends.append(now())
            self._events.publish(Restarted(name))
            await asyncio.sleep(PAUSE_S)

    def _over(self, task: asyncio.Task[T]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s", type(error).__name__, exc_info=error)
