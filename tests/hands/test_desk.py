"""What a running house answers on its local socket, and to whom."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import functools
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from device.config import Config, Ledger
from device.data import inventory, ledgerreader
from device.data.export import Places
from device.data.ledgernotes import LedgerNotes
from device.data.ledgerwriter import Health
from device.errors import HandsSilent, NamesDiffer, WrongRequest
from device.events import Did, Parting, Said
from device.hands import start
from device.hands.alerts import LEDGER
from device.hands.guard import Guard
from device.hands.letters import EarsConnection
from device.hands.loop import part
from device.letter import Ended, Fault, FaultCode, Hello, Woke, pack
from device.mind.types import FOLLOW_UP, Intent, Outcome, Slot
from device.sockets import client, peers, server
from device.sockets.peers import Peer, may_ask
from tests.hands.houses import DEADLINE, Home, home


def in_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run a test in an event loop of its own."""

    @functools.wraps(test)
    def run(*args: object, **kwargs: object) -> None:
        async def story() -> None:
            await test(*args, **kwargs)

        asyncio.run(story())

    return run


@dataclasses.dataclass
class Asked:
    """A house with its desk."""

    home: Home
    notes: LedgerNotes
    path: Path
    state: Path

    async def answer(self, request: dict[str, object]) -> dict[str, Any]:
        return await asyncio.to_thread(client.answer_to, self.path, request)

    async def view(self) -> ledgerreader.View:
        return ledgerreader.from_wire(await self.answer({"ask": "ledger"}))


@contextlib.asynccontextmanager
async def asked_desk(folder: Path, *, texts: bool = False) -> AsyncIterator[Asked]:
    path = folder / "ask.sock"

    def change(config: Config) -> Config:
        service = dataclasses.replace(config.service, ask=str(path))
        return dataclasses.replace(config, service=service, ledger=Ledger(texts=texts))

    async with home(folder, change=change) as there:
        # the fixture's ears greet before the desk is there: for the ledger they greet once more
        await there.watch.until(Hello)
        settings = folder / "keepmum.toml"
        hands = there.hands
        notes = start.keep_ledger(hands)
        places = Places.of(hands.context.config, settings)
        start.answer(hands, start.desk(hands, notes, places))
        hands.events.publish(Hello(7, bytes(8)))
        try:
            yield Asked(there, notes, path, folder / "state")
        finally:
            await notes.close()


@in_loop
async def test_letters_become_rows(tmp_path: Path) -> None:
    async with asked_desk(tmp_path) as asked:
        asked.home.ears.ask(Intent.TIMER_SET, (Slot.DURATION, 300))
        await asked.home.watch.until(Did)
        await asked.home.watch.until(Ended)
        (row,) = (await asked.view()).rows
    assert (row.word, row.done, row.tenths, row.text) == ("alexa", "timer set", 15, None)
    assert row.acted_ms is not None


@in_loop
async def test_texts_are_kept_if_the_owner_says_so(tmp_path: Path) -> None:
    async with asked_desk(tmp_path, texts=True) as asked:
        asked.home.ears.ask(Intent.TIMER_SET, (Slot.DURATION, 300))
        await asked.home.watch.until(Ended)
        (row,) = (await asked.view()).rows
    assert row.text == "timer set: 5:00"


@in_loop
async def test_missed_numbers_and_lost_ears_show(tmp_path: Path) -> None:
    async with asked_desk(tmp_path) as asked:
        asked.home.ears.ask(Intent.TIME)
        asked.home.ears.number += 2
        asked.home.ears.ask(Intent.TIME)
        await asked.home.watch.until(Ended, 2)
        asked.home.ears.send(Fault(FaultCode.MICROPHONE_LOST))
        await asked.home.watch.until(Fault)
        view = await asked.view()
    assert [g.count for g in view.gaps] == [2]
    assert [t.name for t in view.troubles] == ["microphone lost"]


@in_loop
async def test_hands_that_are_stopped_read_to_the_end(tmp_path: Path) -> None:
    async with asked_desk(tmp_path) as asked:
        hands, ears = asked.home.hands, asked.home.ears
        ears.ask(Intent.TIME)
        await asked.home.watch.until(Ended)
        assert ears.socket is not None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        door = EarsConnection(ours, Guard(60, lambda: 0.0))
        for letter in (Hello(9, bytes(8)), Woke(1, 0, 3), Ended(1, Outcome.NO_SPEECH, 9)):
            theirs.send(pack(letter))
        part(door, hands.events, Parting.STOPPING)
        with pytest.raises(BrokenPipeError):
            theirs.send(pack(Woke(2, 0, 3)))
        theirs.close()
        hands.events.publish(Hello(10, bytes(8)))
        view = await asked.view()
    assert [r.number for r in view.rows] == [1, 1]
    # the fixture's own ears were never closed: that is the only gap
    assert [g.count for g in view.gaps] == [None]


@in_loop
async def test_a_watcher_sees_letters_and_what_the_house_is(tmp_path: Path) -> None:
    async with asked_desk(tmp_path) as asked:
        reader, writer = await asyncio.open_unix_connection(asked.path)
        writer.write(b'{"ask": "watch"}\n')
        first = json.loads(await asyncio.wait_for(reader.readline(), DEADLINE))
        asked.home.ears.ask(Intent.TIMER_SET, (Slot.DURATION, 300))
        seen = [first]
        while seen[-1]["event"] != "ended":
            seen.append(json.loads(await asyncio.wait_for(reader.readline(), DEADLINE)))
        writer.close()
    assert (first["event"], first["timers"], first["ears"]) == ("house", [], True)
    by_event = {record["event"]: record for record in seen}
    assert by_event["woke"] == {
        "event": "woke",
        "at": by_event["woke"]["at"],
        "number": 1,
        "word": "alexa",
    }
    assert by_event["command"]["what"] == "timer set: 5:00"
    assert by_event["ended"] | {"at": 0} == {
        "event": "ended", "at": 0, "number": 1, "outcome": "command", "seconds": 1.5,
    }  # fmt: skip
    assert not any("score" in json.dumps(record) for record in seen)


@in_loop
async def test_timers_show_once_they_are_set(tmp_path: Path) -> None:
    async with asked_desk(tmp_path) as asked:
        reader, writer = await asyncio.open_unix_connection(asked.path)
        writer.write(b'{"ask": "watch"}\n')
        asked.home.ears.ask(Intent.TIMER_SET, (Slot.DURATION, 300))
        timers: list[dict[str, object]] = []
        while not timers:
            record = json.loads(await asyncio.wait_for(reader.readline(), DEADLINE))
            timers = record.get("timers", [])
        writer.close()
    assert [t["left"] for t in timers] == [300.0]


@in_loop
async def test_a_watcher_that_hangs_up_is_forgotten(tmp_path: Path) -> None:
    async with asked_desk(tmp_path) as asked:
        for _ in range(3 * server.MAX_ASKERS):
            reader, writer = await asyncio.open_unix_connection(asked.path)
            writer.write(b'{"ask": "watch"}\n')
            await asyncio.wait_for(reader.readline(), DEADLINE)
            writer.close()
            await writer.wait_closed()
        assert (await asked.view()).rows == ()


@in_loop
async def test_no_more_than_a_few_may_watch_at_once(tmp_path: Path) -> None:
    async with asked_desk(tmp_path) as asked, contextlib.AsyncExitStack() as stack:
        lines = []
        for _ in range(server.MAX_WATCHERS + 1):
            reader, writer = await asyncio.open_unix_connection(asked.path)
            stack.callback(writer.close)
            writer.write(b'{"ask": "watch"}\n')
            lines.append(await asyncio.wait_for(reader.readline(), DEADLINE))
        assert b"NotAllowed" in lines[-1] and not any(b"NotAllowed" in x for x in lines[:-1])
        assert (await asked.view()).rows == ()  # the ledger is not theirs to lock


@pytest.mark.parametrize(
    "request_", [b"\n", b"[]\n", b"{}\n", b'{"ask": "listen"}\n', b"junk\n", b"x" * 9000 + b"\n"]
)
@in_loop
async def test_anything_else_is_answered_with_silence(tmp_path: Path, request_: bytes) -> None:
    async with asked_desk(tmp_path) as asked:
        reader, writer = await asyncio.open_unix_connection(asked.path)
        writer.write(request_)
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), DEADLINE) == b""
        writer.close()
        assert (await asked.view()).rows == ()


@in_loop
async def test_an_export_holds_the_timer_and_the_list(tmp_path: Path) -> None:
    async with asked_desk(tmp_path) as asked:
        asked.home.context.timers.add(300, "planted-pasta")
        asked.home.context.around.lists.add("shopping", "planted-milk")
        answer = await asked.answer({"ask": "export"})
    tar = base64.b64decode(str(answer["tar"]))
    assert b"planted-pasta" in tar
    assert b"planted-milk" in tar


@in_loop
async def test_forgetting_reaches_memory_and_every_file(tmp_path: Path) -> None:
    async with asked_desk(tmp_path, texts=True) as asked:
        context = asked.home.context
        context.around.lists.add("shopping", "planted-milk")
        context.timers.add(300, "planted-pasta")
        asked.home.ears.ask(Intent.TIMER_SET, (Slot.DURATION, 300))
        await asked.home.watch.until(Did)
        done = await asked.answer({"ask": "forget", "kinds": list(inventory.kinds())})
        assert done["rows"] == 1
        assert context.timers.all() == []
        assert context.around.lists.items("shopping") == ()
        raw = b"".join(f.read_bytes() for f in inventory.every_file(asked.state))
        assert b"planted" not in raw
        assert b"5:00" not in raw
        asked.home.ears.ask(Intent.TIME)
        await asked.home.watch.until(Ended, 2)
        view = await asked.view()
    assert (len(view.rows), view.gaps) == (1, ())


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": 2**70},
        {"since": -1},
        {"since": True},
        {"since": "yesterday"},
        {"kinds": ["timers", "everything"]},
        {"kinds": "timers"},
    ],
)
@in_loop
async def test_what_is_not_understood_forgets_nothing(
    tmp_path: Path, wrong: dict[str, object]
) -> None:
    async with asked_desk(tmp_path) as asked:
        asked.home.context.timers.add(300)
        asked.home.ears.ask(Intent.TIME)
        await asked.home.watch.until(Ended)
        with pytest.raises(WrongRequest):
            await asked.answer({"ask": "forget", "kinds": list(inventory.kinds()), **wrong})
        assert len((await asked.view()).rows) == 1
        assert len(asked.home.context.timers.all()) == 1
        assert asked.notes.writer.alive


@in_loop
async def test_what_is_typed_is_done_and_its_question_answered_by_what_is_typed_next(
    tmp_path: Path,
) -> None:
    async with asked_desk(tmp_path) as asked:

        def record(intent: Intent, *slots: tuple[Slot, int]) -> dict[str, object]:
            names = asked.home.context.names.digest.hex()
            pairs = [[int(slot), value] for slot, value in slots]
            return {"ask": "act", "intent": int(intent), "slots": pairs, "names": names}

        said = await asked.answer(record(Intent.TIMER_SET, (Slot.DURATION, 300)))
        assert said == {
            "reply": "timer.set", "text": "5 minutes, starting now.", "question": False,
        }  # fmt: skip
        asked.home.context.timers.add(600)
        assert (await asked.answer(record(Intent.TIMER_CANCEL)))["question"]
        asked.home.ears.ask(Intent.ANSWER, (Slot.DURATION, 600), cause=FOLLOW_UP)
        await asked.home.watch.until(Did)
        assert len(asked.home.context.timers.all()) == 2, "nobody spoke to whoever types"
        answer = record(Intent.ANSWER, (Slot.DURATION, 600))
        assert (await asked.answer(answer))["reply"] == "timer.cancelled"
        assert (await asked.answer(answer))["reply"] == "speaker.nothing_to_answer"
        assert [t.length for t in asked.home.context.timers.all()] == [300]
        assert (await asked.view()).rows[0].number == 1
        for wrong in (
            {"intent": True}, {"slots": [[1]]}, {"slots": [[1, 2], [1, 3]]}, {"slots": [[999, 1]]},
        ):  # fmt: skip
            with pytest.raises(WrongRequest):
                await asked.answer(record(Intent.TIME) | wrong)
        with pytest.raises(NamesDiffer):
            await asked.answer(record(Intent.TIME) | {"names": ""})
        refused = record(Intent.TIMER_SET, (Slot.DURATION, 10**9))
        assert (await asked.answer(refused))["reply"] == "speaker.not_permitted"


@in_loop
async def test_every_file_of_a_house_in_use_is_declared(tmp_path: Path) -> None:
    async with asked_desk(tmp_path) as asked:
        context = asked.home.context
        context.timers.add(300, "pasta")
        context.alarms.add(420, 31)
        context.around.lists.add("shopping", "milk")
        await context.volume.change(35)
        await asked.answer({"ask": "export"})
        assert inventory.undeclared(asked.state) == []
        assert inventory.undeclared_tables(asked.state) == []
    assert inventory.undeclared(asked.state) == []


@in_loop
async def test_a_sick_disk_is_said_aloud(tmp_path: Path) -> None:
    async with asked_desk(tmp_path) as asked:
        phrases = asked.home.context.conversation.replies.phrases
        assert [k for k in LEDGER.values() if f"alert.{k}" not in phrases] == []
        asked.notes.writer._say(Health.FULL)
        said = await asked.home.watch.until(Said)
    assert said.reply == "alert.ledger_full"


@in_loop
async def test_nobody_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(HandsSilent):
        client.answer_to(tmp_path / "none", {"ask": "ledger"})


def test_who_may_ask() -> None:
    def ask(uid: int, groups: set[int], *, seen: bool = True) -> bool:
        return may_ask(Peer(uid, frozenset(groups)), own=990, group=123, seen=seen)

    assert ask(0, {0})
    assert ask(990, {990})
    assert ask(1000, {1000, 123})
    assert not ask(1000, {1000})
    assert not ask(peers.NOBODY, {1000})
    assert ask(peers.NOBODY, {peers.NOBODY}, seen=False)
    assert not ask(1000, {1000}, seen=False)


STRANGER = """
import os, sys
from pathlib import Path
from device.errors import KeepmumError
from device.sockets import client, peers, server
os.setgroups([int(g) for g in sys.argv[3:]])
os.setgid(12345)
os.setuid(12345)
try:
    client.answer_to(Path(sys.argv[1]), {"ask": "ledger"})
    print("answered")
except KeepmumError as error:
    print(type(error).__name__)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
@in_loop
async def test_the_kernel_says_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "group_id", lambda: 4242)
    # not pytest's folder: nobody else may look into that
    with tempfile.TemporaryDirectory(prefix="keepmum-") as folder:
        Path(folder).chmod(0o755)
        async with asked_desk(Path(folder)) as asked:
            assert stat.S_IMODE(asked.path.stat().st_mode) == 0o660
            assert asked.path.stat().st_gid == 4242
            assert await _a_stranger_hears(asked.path) == "NotAllowed"
            assert await _a_stranger_hears(asked.path, 4242) == "answered"
            # whoever gets past the mode of the file is still told by the kernel
            asked.path.chmod(0o666)
            assert await _a_stranger_hears(asked.path) == "NotAllowed"


async def _a_stranger_hears(path: Path, *groups: int) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STRANGER, str(path), "x", *map(str, groups), stdout=subprocess.PIPE
    )
    out, _ = await process.communicate()
    return out.decode().strip()
