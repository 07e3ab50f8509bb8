"""What `keepmum prove` looks at: the running processes, attempts to escape, searches of memory.

Every look has a positive control. Attempts are made without the seal too, where they must succeed.
Searches must find what was planted in each process. What can't be looked at, or whose control
fails, is not checked, and says why.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator

import numpy as np

from device.config import Config
from device.errors import KeepmumError
from device.hands.guard import FAULTS_PER_HOUR, LETTERS_PER_ACTIVATION
from device.mind.types import FRAME_SAMPLES, RATE
from device.ring import Sound
from device.seal import exits, plant, trying
from device.seal.evidence import Finding, Verdict, found
from device.seal.examine import examined
from device.seal.scan import Found, Searcher, canary
from device.standalone.rehearsal import Rehearsal, mel_rows, recognizable, rehearsal

EARS_USER = "keepmum-ears"
BEFORE_MS = 110.0
"""One frame and the overlap of the detectors' windows."""
SEARCHES = (
    (1, "memory before the wake word"),
    (2, "memory during a command"),
    (2, "memory after a command"),
)


def looks(settings: Config, rehearse: bool) -> Iterator[Finding]:
    """Everything, finding by finding."""
    root = os.geteuid() == 0
    if root:
        yield from examined()
    else:
        yield Finding(4, "the running processes", "needs root: sudo", Verdict.UNCHECKED)
    yield from escapes(root)
    yield _letters(settings)
    if root and rehearse:
        yield from rehearsed(settings)
    else:
        why = "left out (--no-rehearse)" if root else "needs root: sudo"
        for promise, what in SEARCHES:
            yield Finding(promise, what, why, Verdict.UNCHECKED)


# --- escapes


def escapes(root: bool) -> Iterator[Finding]:
    """Attempts from a sealed process, as the ears' own user where that can be."""
    user = EARS_USER if root and _exists(EARS_USER) else ""
    what = "escapes from a sealed process"
    try:
        sealed = trying.run_as(user, sealed=True)
        # without the seal root would really set the clock: no control, and so no proof
        free = trying.run_as(user, sealed=False) if user or not root else []
    except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
        why = f"the attempts could not be made: {type(error).__name__}"
        yield Finding(4, what, why, Verdict.UNCHECKED)
        return
    works = {o.attempt.name for o in free if o.escaped}
    for promise in sorted({o.attempt.promise for o in sealed}):
        tried = [o for o in sealed if o.attempt.promise == promise]
        escaped = [o.attempt.name for o in tried if o.escaped]
        able = [o for o in tried if o.attempt.name in works]
        said = f"{len(tried)} tried, {len(escaped)} succeeded"
        said += f": {', '.join(escaped)}" if escaped else f"; without the seal {len(able)} do"
        if escaped or able:
            yield found(promise, what, said, not escaped)
        else:
            said += ", so they show nothing: the user keepmum-ears is not there"
            yield Finding(promise, what, said, Verdict.UNCHECKED)


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _letters(settings: Config) -> Finding:
    per_hour = settings.service.activations_per_hour
    limits = exits.limits_of(per_hour, LETTERS_PER_ACTIVATION, FAULTS_PER_HOUR)
    parts = ", ".join(f"{c.name} {c.bits_per_hour:,.0f}" for c in exits.channels(limits))
    said = f"at most {exits.bits_per_hour(limits):,.0f} bits an hour ({parts}), rhythm apart"
    return Finding(3, "how much ears could let out", said, Verdict.HOLDS)


# --- the rehearsal


def rehearsed(settings: Config) -> Iterator[Finding]:
    """Sound before, during and after an activation, searched for in all processes of new ears."""
    left = list(SEARCHES)
    try:
        with rehearsal(settings) as ears:
            for finding in _search(settings, ears):
                left.pop(0)
                yield finding
    except (KeepmumError, OSError) as error:
        why = str(error) if isinstance(error, KeepmumError) else type(error).__name__
        for promise, what in left:
            yield Finding(promise, what, f"a second pair of ears: {why}", Verdict.UNCHECKED)


def _search(settings: Config, ears: Rehearsal) -> Iterator[Finding]:
    planted = plant.samples_of(ears.plant)
    before, command = canary(2.0, 1, 0.1), recognizable(spoken_like(3.0), 2)
    ears.feed(np.zeros(RATE // 2, np.int16))
    ears.feed(before)
    searcher = Searcher(before, mel_rows(settings, before), planted)
    seen = ears.search(searcher)
    said = f"{seen.milliseconds:.0f} ms of the last 2,000"
    yield _judged(SEARCHES[0], said, seen, blind(searcher), seen.milliseconds <= BEFORE_MS)
    searcher = Searcher(command, mel_rows(settings, command), planted)
    ears.press()
    ears.feed(command)
    during = ears.search(searcher)
    said = f"{during.milliseconds:.0f} ms while it is taken in"
    bounded = during.milliseconds <= 1000 * settings.listen.longest_command_s
    # nothing at all would mean that nothing was taken in, and the search after it shows nothing
    idle = [] if during.samples else ["no sound of the command: nothing was taken in"]
    yield _judged(SEARCHES[1], said, during, blind(searcher) + idle, bounded)
    ended = ears.until_ended(lambda: np.zeros(FRAME_SAMPLES, np.int16))
    ears.feed(canary(0.24, 3, 0.1))
    after = ears.search(searcher)
    said = f"{after.samples} samples, {len(after.rows)} mel rows"
    said += f", {ended.tenths / 10:.1f} s had been taken in"
    clean = not after.samples and not after.rows
    yield _judged(SEARCHES[2], said, after, blind(searcher) + idle, clean)


def _judged(
    search: tuple[int, str], said: str, seen: Found, missed: list[str], holds: bool
) -> Finding:
    """The verdict of a search: what was found counts, what was not only if it would have been."""
    said += f", in {seen.searched >> 20} MiB of {len(seen.planted)} processes"
    missed = missed + [f"the plant in process {pid}" for pid in sorted(seen.barren)]
    if not seen.planted:
        missed.append("any process with the plant")
    if holds and missed:
        return Finding(*search, f"{said}; not found: {missed[0]}", Verdict.UNCHECKED)
    return found(*search, f"{said}, in each of which a plant was found", holds)


def blind(searcher: Searcher) -> list[str]:
    """Encodings in which this search would not find its own sound; none, if it works."""
    piece = searcher.samples[: 2 * FRAME_SAMPLES]
    missed = []
    for name, data in plant.encoded(piece):
        if searcher.search_bytes(bytes(64) + data).samples < len(piece) // 2:
            missed.append(f"its own sound as {name}")
    return missed


def spoken_like(seconds: float) -> Sound:
    """Sound with the rhythm and pitch of speech; what it says does not matter here."""
    t = np.arange(int(seconds * RATE)) / RATE
    pitch = 120 + 20 * np.sin(2 * np.pi * 0.7 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 25))
    syllables = np.clip(np.sin(2 * np.pi * 3.5 * t), 0, 1)
    return np.asarray(6000 * voice * syllables, np.int16)
