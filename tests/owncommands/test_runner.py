"""Own commands: by number only, without a shell, bounded in time and in what they say."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from device.config import Config, OwnCommand
from device.hands.home.mqtt import end
from device.mind.types import FIRST_USER_INTENT
from device.names import compile_names
from device.owncommands import client, runner
from device.owncommands.client import Status
from device.owncommands.runner import Runner


def command(name: str, *run: str, limit: float = 5.0) -> OwnCommand:
    return OwnCommand(name=name, sentences=(name,), run=run, time_limit_s=limit)


@asynccontextmanager
async def running(path: Path, *commands: OwnCommand) -> AsyncIterator[dict[str, int]]:
    """A runner at `path`; yields the commands' numbers."""
    config = Config(command=commands)
    numbers = client.by_number(config, compile_names(config))
    listener = runner.listen(path)
    task = asyncio.create_task(Runner(numbers).serve(listener))
    try:
        yield {c.name: number for number, c in numbers.items()}
    finally:
        await end(task)


def ask(folder: Path, asked: OwnCommand) -> tuple[Status, bytes]:
    async def story() -> tuple[Status, bytes]:
        path = folder / "run" / "commands.sock"
        async with running(path, asked) as numbers:
            return await client.ask(str(path), numbers[asked.name], asked.time_limit_s)

    return asyncio.run(story())


def test_numbers_are_those_of_the_table_of_names() -> None:
    config = Config(command=(command("b", "/b"), command("a", "/a")))
    numbers = client.by_number(config, compile_names(config))
    assert {n: c.name for n, c in numbers.items()} == {
        FIRST_USER_INTENT: "a",
        FIRST_USER_INTENT + 1: "b",
    }


def test_what_a_program_prints_comes_back(tmp_path: Path) -> None:
    assert ask(tmp_path, command("hi", "/bin/echo", "hello")) == (Status.DONE, b"hello\n")


def test_no_shell_sees_the_arguments(tmp_path: Path) -> None:
    status, output = ask(tmp_path, command("hi", "/bin/echo", "$HOME; `id` > x *"))
    assert (status, output) == (Status.DONE, b"$HOME; `id` > x *\n")


def test_a_program_is_given_no_environment_of_the_speaker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MQTT_PASSWORD", "between us")
    status, output = ask(tmp_path, command("env", "/usr/bin/env"))
    assert status is Status.DONE
    assert set(output.decode().split()) == {f"{k}={v}" for k, v in runner.ENVIRONMENT.items()}


@pytest.mark.parametrize(
    ("run", "status"),
    [
        (("/bin/false",), Status.FAILED),
        (("/no/such/program",), Status.MISSING),
        (("/etc/passwd",), Status.MISSING),
    ],
)
def test_what_does_not_work_is_told(tmp_path: Path, run: tuple[str, ...], status: Status) -> None:
    assert ask(tmp_path, command("x", *run)) == (status, b"")


def test_a_program_that_takes_too_long_ends_with_all_it_started(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = (
        f"import os,subprocess,time; p=subprocess.Popen(['/bin/sleep','60'],pass_fds=()); "
        f"open({str(note)!r},'w').write(str(p.pid)); time.sleep(60)"
    )
    status, _ = ask(tmp_path, command("slow", "/usr/bin/env", "python3", "-c", script, limit=2.0))
    assert status is Status.TOO_SLOW
    grandchild = int(note.read_text())
    state = Path(f"/proc/{grandchild}/stat")
    assert not state.exists() or state.read_text().split()[2] in "ZX"


def test_a_flood_of_output_is_cut(tmp_path: Path) -> None:
    script = "import sys; sys.stdout.write('a' * 5_000_000)"
    status, output = ask(tmp_path, command("flood", "/usr/bin/env", "python3", "-c", script))
    assert (status, output) == (Status.DONE, b"a" * client.MAX_OUTPUT)


def test_one_at_a_time(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    async def story() -> None:
        path = tmp_path / "commands.sock"
        async with running(path, command("wait", "/bin/cat", str(fifo))) as numbers:
            first = asyncio.create_task(client.ask(str(path), numbers["wait"], 5.0))
            # opening the other end returns when cat has opened its own
            writer = await asyncio.to_thread(fifo.open, "w")
            assert await client.ask(str(path), numbers["wait"], 5.0) == (Status.BUSY, b"")
            writer.close()
            assert await first == (Status.DONE, b"")

    asyncio.run(story())


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff\xff", b"\x03\xe8/bin/sh -c id"])
def test_nothing_but_a_known_number_starts_anything(tmp_path: Path, data: bytes) -> None:
    mark = tmp_path / "mark"

    async def story() -> bytes:
        path = tmp_path / "commands.sock"
        async with running(path, command("b", "/bin/true"), command("c", "/bin/touch", str(mark))):
            reader, writer = await asyncio.open_unix_connection(str(path))
            writer.write(data)
            writer.write_eof()
            return await reader.read()

    answer = asyncio.run(story())
    assert answer in (b"", bytes([Status.UNKNOWN]), bytes([Status.DONE]))
    assert not mark.exists()


def test_a_stranger_is_not_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> tuple[Status, bytes]:
        path = tmp_path / "commands.sock"
        monkeypatch.setattr(os, "getuid", lambda: 12_345)
        alone = Runner({1000: command("a", "/bin/true")})
        alone._allowed.discard(0)
        task = asyncio.create_task(alone.serve(runner.listen(path)))
        answer = await client.ask(str(path), 1000, 1.0)
        await end(task)
        return answer

    assert asyncio.run(story()) == (Status.AWAY, b"")


def test_nobody_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "none.sock"
    assert asyncio.run(client.ask(str(path), 1000, 1.0)) == (Status.AWAY, b"")


def test_the_socket_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "commands.sock"
    listener = runner.listen(path)
    assert path.stat().st_mode & 0o777 == 0o600
    runner.listen(path).close()
    listener.close()
