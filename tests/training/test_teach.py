"""Teaching a word model: words over replies by synthesizers, labelled, the same every time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from device.ears.wake.detectors import OnnxHead
from device.errors import NoVoice
from device.mind.types import FRAME_SAMPLES, RATE
from device.training import teach as teaching
from device.training.overspeech import Overspeech, Piper, Said, Sound, power, resample, trim
from device.training.overtexts import NEAR, OTHER, replies, words
from device.training.teach import label_of, teach
from tests.voices import has_voice, models

COUNTS = (12, 12, 12)

pytestmark = pytest.mark.skipif(not has_voice("espeak"), reason="espeak-ng is not installed")


class Hums:
    """A voice that is quick: each line its own chord, 0.4 s or longer."""

    def say(self, lines: Sequence[str], speed: float) -> list[Sound]:
        found = []
        for line in lines:
            t = np.arange(int(RATE * (0.4 + 0.02 * len(line)) / speed)) / RATE
            pitch = 90 + sum(map(ord, line)) % 200
            found.append(np.asarray(3000 * (np.sin(t * pitch * 6.3) + np.sin(t * pitch * 19))))
        return found


def made(seed: int = 0) -> Overspeech:
    return Overspeech("alexa", replies()[:6], Hums(), seed)


def test_words_are_whole_frames_whose_end_is_known_over_replies() -> None:
    for said in made().wakes(5):
        assert len(said.sound) % FRAME_SAMPLES == 0
        assert said.end is not None
        assert 0 < said.end * FRAME_SAMPLES <= len(said.sound)
    assert all(said.end is None for said in made().others(4))
    assert all(said.end is None and said.sound.any() for said in made().alone(2))


def test_the_same_seed_makes_the_same_sounds_and_another_others() -> None:
    one, two, other = ([s.sound for s in made(seed).wakes(4)] for seed in (5, 5, 6))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_no_text_is_the_wake_word_or_what_the_recordings_say() -> None:
    """Words that benchmarks count as false must not have been taught."""
    heard = ("computer", "jarvis", "smart mirror")
    texts = [text.lower() for text in (*NEAR["alexa"], *OTHER, *words())]
    assert not any(word == text for text in texts for word in ("alexa", *heard))


def test_replies_are_the_speakers_phrases_without_blanks() -> None:
    said = replies()
    assert len(said) > 100
    assert not any("{" in text for text in said)


def test_a_frame_is_labelled_by_the_words_end() -> None:
    said = Said(np.zeros(40 * FRAME_SAMPLES, np.int16), 20.0)
    labels = {frame: label_of(frame, said) for frame in range(40)}
    assert [frame for frame, label in labels.items() if label == 1.0] == [20, 21, 22]
    assert all(labels[frame] is None for frame in range(11, 20))
    assert labels[8] == 0.0 == labels[32]
    other = Said(said.sound, None)
    assert {label_of(frame, other) for frame in range(40)} == {0.0, None}
    assert label_of(0, other) is None


def test_trimming_and_resampling_keep_the_word() -> None:
    t = np.arange(RATE) / RATE
    tone = np.concatenate([np.zeros(4000), 1000 * np.sin(t * 6.283 * 440), np.zeros(4000)])
    assert abs(len(trim(tone)) - RATE) <= 320
    shorter = resample(trim(tone), 2.0)
    assert abs(len(shorter) - RATE / 2) <= 160
    assert power(shorter) == pytest.approx(power(trim(tone)), rel=0.05)


def test_a_model_is_taught_the_same_way_twice_and_is_another_than_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = replies()[:6]
    monkeypatch.setattr(teaching, "replies", lambda: few)
    steps: list[tuple[int, int]] = []
    one, two = (
        teach("alexa", models(), lambda *step: steps.append(step), COUNTS, Hums()) for _ in range(2)
    )
    assert one == two
    assert steps[-1] == (sum(COUNTS), sum(COUNTS))
    file = tmp_path / "head.onnx"
    file.write_bytes(one)
    before = OnnxHead(models().path("openwakeword/alexa_v0.1.onnx"))
    after = OnnxHead(file)
    assert after.rows == before.rows
    history = np.random.default_rng(1).normal(0, 3, (after.rows, 96)).astype(np.float32)
    for head in (before, after):
        head.attach(history)
    assert before.score() != after.score()


def test_windows_end_with_the_frame_and_do_not_depend_on_the_sound_before() -> None:
    listener = teaching.Listener(models(), 16)
    sound = next(made().wakes(1)).sound
    first = list(listener.windows(sound))
    list(listener.windows(sound[::-1].copy()))
    again = list(listener.windows(sound))
    assert len(first) == len(sound) // FRAME_SAMPLES
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert np.array_equal(first[-1][: 15 * 96], first[-2][96:])


def test_piper_says_every_line_in_turn() -> None:
    voice = Piper(models().path("piper/en_US-joe-medium.onnx"))
    short, long = voice.say(["No.", "The kitchen light is on."], 1.0)
    assert RATE * 0.2 < len(short) < len(long)


def test_a_voice_that_cannot_speak_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoVoice, match="piper"):
        Piper(tmp_path / "none.onnx").say(["No."], 1.0)
