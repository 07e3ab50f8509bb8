"""The default engine on synthesized commands: understands, refuses, and streams."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from device.ears.recognize.build import commands_of, crew_of
from device.ears.recognize.engines.base import Crew
from device.ears.recognize.engines.pocketsphinx import PocketSphinx
from device.ears.recognize.pronunciation import Lexicon, spell
from device.ears.recognize.recognizer import Heard, start
from device.ears.vad import Vad
from device.language import sentences
from device.mind.types import FRAME_SAMPLES, RATE, Intent, Progress, Request, Slot
from device.names import NameTable
from tests.ears.sounds import silero, voice

Samples = NDArray[np.int16]


@functools.cache
def english() -> sentences.Sentences:
    file = Path(__file__).parents[4] / "device/language/languages/en.yaml"
    return sentences.load({"en.yaml": file.read_text()}, NameTable(()), "en")


def room(seconds: float, seed: int = 1) -> Samples:
    """A quiet room."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.normal(0, 8, int(seconds * RATE)), np.int16)


def frames(text: str, name: str = "slt") -> list[tuple[bytes, bool]]:
    """`text` in a quiet room, frame by frame, with what the detector says of each."""
    sound = np.concatenate([room(0.6), voice(text, name), room(1.0)]) if text else room(2.0)
    count = len(sound) // FRAME_SAMPLES
    vad = Vad(silero())
    blocks = sound[: count * FRAME_SAMPLES].reshape(count, FRAME_SAMPLES)
    return [(block.tobytes(), vad.step(block) > 0.5) for block in blocks]


def crew() -> Crew:
    lexicon = Lexicon(english().graph.words)
    return crew_of(
        PocketSphinx(commands_of(english()), english().graph, lexicon), english(), lexicon
    )


def heard(text: str, name: str = "slt") -> Request | None:
    """What the product hears when `text` is said: parent, child, pipes and all."""
    recognizer = start(crew, longest=200)
    recognizer.open()
    for frame, speech in frames(text, name):
        recognizer.push(memoryview(frame), speech)
    recognizer.end()
    try:
        while True:
            recognizer.wait(10.0)
            for news in recognizer.poll():
                if isinstance(news, Heard):
                    assert not news.failed
                    return news.request
    finally:
        recognizer.close()


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("what time is it", Request(Intent.TIME)),
        ("set a timer for ten minutes", Request(Intent.TIMER_SET, ((Slot.DURATION, 600),))),
        ("set the volume to thirty percent", Request(Intent.VOLUME_SET, ((Slot.PERCENT, 30),))),
    ],
)
def test_commands_are_understood(text: str, request_: Request) -> None:
    assert heard(text) == request_


@pytest.mark.parametrize(
    "text",
    [
        "",
        "the train to the airport leaves from the other platform",
        "there were seven birds in the garden and none of them would sing",
    ],
)
def test_other_talk_is_refused(text: str) -> None:
    assert heard(text) is None


def test_an_answer_counts_only_after_a_question() -> None:
    for asked in (False, True):
        made = crew()
        made.engine.start()
        if asked:
            made.engine.asked()
        for frame in frames("for ten minutes"):
            made.engine.feed(*frame)
        words = made.engine.finish().split()
        answer = Request(Intent.ANSWER, ((Slot.DURATION, 600),))
        assert made.understand(words, asked, False) == (answer if asked else None)


def test_words_come_while_they_are_said() -> None:
    made = crew()
    made.engine.start()
    seen = [made.engine.feed(*frame) for frame in frames("pause the music")]
    partial = [words for words in seen if words]
    assert partial[-1] == "pause the music"
    assert made.progress(partial[-1].split(), False) is Progress.COMPLETE
    assert made.engine.finish() == "pause the music"


def test_names_that_no_dictionary_has_are_pronounced_by_rule() -> None:
    lexicon = Lexicon(["kitchen", "downlight", "lamps", "xiaomi", "日本"])
    assert lexicon.pronounce("kitchen") == ("K", "IH", "CH", "AH", "N")
    assert lexicon.pronounce("downlight") == ("D", "AW", "N", "L", "AY", "T")
    assert lexicon.pronounce("lamps") == ("L", "AE", "M", "P", "S")
    assert lexicon.pronounce("日本") is None
    assert lexicon.guessed == ("xiaomi", "日本")
    assert spell("bake") == ("B", "EY", "K")
