"""One Heard for every command, whatever the engine does; and nothing of the sound stays."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from device.ears.recognize import pipes
from device.ears.recognize.backlog import Backlog
from device.ears.recognize.engines.base import Crew
from device.ears.recognize.recognizer import Heard, Recognizer, start
from device.ears.recognize.worker import Ends, Seals
from device.errors import ModelMissing, RecognizerGone
from device.mind.types import FRAME_BYTES, Intent, Progress, Request, Slot
from device.seal import seccomp
from tests.ears.recognize.strange_engines import Plain, Stillborn, crew, frame

TIME = Request(Intent.TIME, ((Slot.NUMBER, 7),))
LONGEST = 40
PATIENCE_S = 10.0


@pytest.fixture
def recognizer() -> Iterator[Recognizer]:
    made = start(crew, longest=LONGEST)
    yield made
    made.close()


def said(recognizer: Recognizer, *words: str) -> None:
    for word in words:
        recognizer.push(frame(word))


def news(recognizer: Recognizer, enough: Callable[[list[Progress | Heard]], bool]) -> list[object]:
    """Poll until `enough`; every turn waits for the descriptors, never for a clock."""
    got: list[Progress | Heard] = []
    deadline = time.monotonic() + PATIENCE_S
    while not enough(got):
        assert time.monotonic() < deadline, got
        recognizer.wait(0.2)
        got += recognizer.poll()
    return list(got)


def heard(recognizer: Recognizer) -> Heard:
    last = news(recognizer, lambda got: any(isinstance(n, Heard) for n in got))[-1]
    assert isinstance(last, Heard)
    return last


def ask(recognizer: Recognizer, *words: str) -> Heard:
    recognizer.open()
    said(recognizer, *words)
    recognizer.end()
    return heard(recognizer)


def nothing_more(recognizer: Recognizer) -> bool:
    """After another whole command, no second Heard came for one before it."""
    assert ask(recognizer, "what", "time", "is", "it") == Heard(TIME)
    return recognizer.poll() == [] and not recognizer.busy


def children(pid: int) -> set[int]:
    return {int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_a_command_is_heard_once(recognizer: Recognizer) -> None:
    assert ask(recognizer, "what", "time", "is", "it") == Heard(TIME)
    assert not recognizer.busy
    assert nothing_more(recognizer)


def test_the_child_knows_that_it_hears_an_answer(recognizer: Recognizer) -> None:
    recognizer.open(asked=True)
    said(recognizer, "time", "is", "it")
    recognizer.end()
    assert heard(recognizer) == Heard(TIME)
    assert nothing_more(recognizer)


def test_what_is_no_command_is_heard_as_nothing(recognizer: Recognizer) -> None:
    assert ask(recognizer, "what", "is", "what") == Heard(None)


def test_tells_while_listening_whether_the_sentence_can_go_on(recognizer: Recognizer) -> None:
    recognizer.open()
    said(recognizer, "what", "time", "is", "it")
    assert news(recognizer, bool) == [Progress.COMPLETE]
    said(recognizer, "it")
    assert news(recognizer, bool) == [Progress.NOTHING_FITS]
    recognizer.end()
    assert heard(recognizer) == Heard(None)


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        ("crash", Heard(None, failed=True)),
        ("exit", Heard(None, failed=True)),
        ("hang", Heard(None, failed=True, hung=True)),
        ("nonsense", Heard(None)),
    ],
)
def test_an_engine_that_fails_costs_one_command(
    recognizer: Recognizer, word: str, verdict: Heard
) -> None:
    assert ask(recognizer, "what", word, *["what"] * 20) == verdict
    assert nothing_more(recognizer)


def test_a_crash_in_mid_command_is_heard_at_once_and_the_rest_is_thrown_away(
    recognizer: Recognizer,
) -> None:
    recognizer.open()
    said(recognizer, "what", "crash")
    assert heard(recognizer) == Heard(None, failed=True)
    said(recognizer, "what", "time", "is", "it")
    recognizer.end()
    assert recognizer.poll() == []
    assert nothing_more(recognizer)


def test_a_crash_at_the_end_mark_is_heard_once(recognizer: Recognizer) -> None:
    for _ in range(5):
        assert ask(recognizer, "crash").failed
    assert nothing_more(recognizer)


def test_the_child_is_gone_before_its_command_is_heard(recognizer: Recognizer) -> None:
    heard_before = ask(recognizer, "what", "time", "is", "it")
    parent = recognizer._parent
    for _ in range(20):
        recognizer.open()
        said(recognizer, "what")
        deadline = time.monotonic() + PATIENCE_S
        while len(before := children(parent)) < 2:
            assert time.monotonic() < deadline
        said(recognizer, "time", "is", "it")
        recognizer.end()
        assert heard(recognizer) == heard_before
        # of the two lines' children one has gone: that of commands
        assert len({pid for pid in before if Path(f"/proc/{pid}").exists()}) == 1


def test_nothing_is_heard_of_a_cancelled_command(recognizer: Recognizer) -> None:
    recognizer.open()
    said(recognizer, "what", "time")
    recognizer.cancel()
    assert nothing_more(recognizer)


def test_a_hung_command_can_be_given_up_and_the_next_waits_for_its_end(
    recognizer: Recognizer,
) -> None:
    recognizer.open()
    said(recognizer, "what", "hang")
    recognizer.end()
    recognizer.cancel()
    assert ask(recognizer, "what", "time", "is", "it") == Heard(TIME)
    assert nothing_more(recognizer)


@pytest.mark.parametrize("pushed", [("hang",), ("hang", "what"), ("hang", "what", "what")])
def test_giving_up_with_a_backlog_leaves_nothing_for_the_next(
    recognizer: Recognizer, pushed: tuple[str, ...]
) -> None:
    recognizer.open()
    said(recognizer, *pushed)
    recognizer.cancel()
    assert nothing_more(recognizer)


def test_a_command_without_a_frame_is_heard_as_nothing(recognizer: Recognizer) -> None:
    assert ask(recognizer) == Heard(None)
    assert nothing_more(recognizer)


def test_a_second_command_is_refused_while_one_is_open(recognizer: Recognizer) -> None:
    recognizer.open()
    with pytest.raises(RuntimeError):
        recognizer.open()


def test_the_ears_learn_that_the_parent_died(recognizer: Recognizer) -> None:
    ask(recognizer, "what")
    os.kill(recognizer._parent, signal.SIGKILL)
    with pytest.raises(RecognizerGone):
        news(recognizer, lambda got: False)


def test_children_that_die_at_birth_end_the_parent() -> None:
    recognizer = start(lambda: crew(Stillborn()), longest=LONGEST)
    with pytest.raises(RecognizerGone):
        news(recognizer, lambda got: False)
    recognizer.close()


def test_a_model_that_cannot_be_loaded_ends_the_parent() -> None:
    def build() -> Crew:
        raise ModelMissing(name="a", folder="b")

    recognizer = start(build, longest=LONGEST)
    with pytest.raises(RecognizerGone):
        news(recognizer, lambda got: False)
    recognizer.close()


def test_both_seals_are_put_on_with_the_descriptors_in_use() -> None:
    reading, writing = os.pipe()

    def parent(lines: Sequence[Ends]) -> None:
        os.write(
            writing, b"p" * len({end for line in lines for end in (line.frames, line.answers)})
        )

    def child(line: Ends) -> None:
        os.write(writing, b"c")

    recognizer = start(crew, longest=LONGEST, seals=Seals(parent, child))
    assert ask(recognizer, "what", "time", "is", "it") == Heard(TIME)
    recognizer.close()
    os.close(writing)
    assert os.read(reading, 64).startswith(b"ppppcc")
    os.close(reading)


def test_all_of_it_works_sealed() -> None:
    """Under the kernel's filters: commands, crashes, hangs, the alarm, and dying with the ears."""

    def child(line: Ends) -> None:
        seccomp.seal_child(line.frames, line.answers)
        with pytest.raises(PermissionError):
            os.open("/etc/hostname", os.O_RDONLY)

    def parent(lines: Sequence[Ends]) -> None:
        seccomp.seal_parent({line.answers: seccomp.RESULT_BYTES for line in lines})

    seccomp.prepare()
    recognizer = start(crew, longest=LONGEST, seals=Seals(parent, child))
    assert ask(recognizer, "what", "time", "is", "it") == Heard(TIME)
    assert ask(recognizer, "what", "crash").failed
    assert ask(recognizer, "hang").hung
    assert nothing_more(recognizer)
    os.kill(recognizer._parent, signal.SIGKILL)
    with pytest.raises(RecognizerGone):
        news(recognizer, lambda got: False)
    recognizer.close()


def test_no_more_sound_waits_than_the_longest_command(recognizer: Recognizer) -> None:
    recognizer.open()
    said(recognizer, "hang", *["what"] * (3 * LONGEST))
    assert len(recognizer._commands.backlog) <= LONGEST
    assert len(recognizer._commands.backlog._block) == LONGEST * pipes.RECORD_BYTES
    recognizer.cancel()


def test_the_backlog_is_overwritten_as_it_drains(recognizer: Recognizer) -> None:
    recognizer.open()
    said(recognizer, *["what"] * LONGEST)
    recognizer.end()
    assert heard(recognizer) == Heard(None)
    assert not any(recognizer._commands.backlog._block)


def test_what_is_cancelled_is_overwritten(recognizer: Recognizer) -> None:
    recognizer.open()
    said(recognizer, "hang", *["what"] * 10)
    recognizer.cancel()
    assert not any(recognizer._commands.backlog._block)


def test_the_stop_word_is_spotted_once_per_child(recognizer: Recognizer) -> None:
    def spotted() -> bool:
        poll = select.poll()
        poll.register(recognizer._stop.answers, select.POLLIN)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            poll.poll(200)
            if recognizer.poll_spot():
                return True
        return False

    for word in ("what", "crash", "what"):
        recognizer.spot_open()
        deadline = time.monotonic() + PATIENCE_S
        while not recognizer._stop.ready:  # a frame that nobody waits for is lost, by design
            assert time.monotonic() < deadline
            recognizer.poll_spot()
        recognizer.spot_push(frame(word))
        if word == "crash":
            poll = select.poll()
            poll.register(recognizer._stop.answers, select.POLLIN)
            assert poll.poll(1000 * PATIENCE_S)
            assert recognizer.poll_spot() is False
        else:
            assert spotted()
        recognizer.spot_end()
    assert recognizer.poll_spot() is False


def test_the_stop_spotter_keeps_no_backlog(recognizer: Recognizer) -> None:
    for _ in range(50):
        recognizer.spot_push(frame("it"))
    assert not any(recognizer._stop.backlog._block)


# --- the backlog and the records, alone


def test_backlog_keeps_order_and_zeroes_what_left() -> None:
    reading, writing = pipes.make_for_records()
    os.set_blocking(writing, False)
    backlog = Backlog(3)
    assert [backlog.frame(frame(w)) for w in ("what", "time", "is", "it")] == [True] * 3 + [False]
    backlog.mark(pipes.Mark.END)
    got = []
    while backlog.write(writing) is not None:
        record = pipes.read_record(reading)
        assert record is not None
        got.append(record)
    assert [kind for kind, _ in got] == [pipes.Mark.FRAME] * 3 + [pipes.Mark.END]
    assert [sound for _, sound in got[:3]] == [bytes(frame(w)) for w in ("what", "time", "is")]
    assert not any(backlog._block)
    os.close(reading)
    os.close(writing)


def test_a_pipe_holds_one_record_however_short_on_pages_of_any_size() -> None:
    """Pages of 4 KiB have no room for two frames; that none of any size has, short ones show."""
    reading, writing = pipes.make_for_records()
    os.set_blocking(writing, False)
    frame_record = bytes([pipes.Mark.FRAME]) + bytes(FRAME_BYTES)
    for record in (frame_record, bytes([pipes.Mark.END]), frame_record):
        assert os.write(writing, record) == len(record)
        for more in (frame_record, bytes([pipes.Mark.END])):
            with pytest.raises(BlockingIOError):
                os.write(writing, more)
        read = pipes.read_record(reading)
        assert read is not None and bytes([read[0]]) + read[1] == record
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize(
    "request_", [None, TIME, Request(1, tuple((s, -5) for s in list(Slot)[:6]))]
)
def test_results_survive_the_pipe_in_any_portions(request_: Request | None) -> None:
    record = pipes.pack_result(request_) + bytes([Progress.COMPLETE, pipes.Word.GONE])
    waiting, got = bytearray(), []
    for byte in record:
        waiting.append(byte)
        got += list(pipes.unpack(waiting))
    assert got == [request_, Progress.COMPLETE, pipes.Word.GONE]


@pytest.mark.parametrize("byte", [0, 5, 0x24, 0xFF])
def test_a_byte_without_meaning_is_refused(byte: int) -> None:
    with pytest.raises(ValueError, match="not a valid"):
        list(pipes.unpack(bytearray([byte])))


def test_a_request_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="slots"):
        pipes.pack_result(Request(1, tuple((s, 1) for s in list(Slot)[:7])))
    with pytest.raises(ValueError, match="range"):
        pipes.pack_result(Request(1, ((Slot.NUMBER, 2**40),)))


def test_plain_is_an_engine() -> None:
    engine = Plain()
    engine.start()
    assert engine.feed(bytes(frame("what")), True) == "what"
    assert engine.finish() == "what"
