"""Wake words: what must wake does, what must not doesn't, and nothing of it is kept."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from device import modelstore
from device.config import WAKE_WORDS, Wake, Word
from device.ears.capture.echo import Echo
from device.ears.vad import Vad
from device.ears.wake.fusion import CAP, OVER_WEIGHTS, WEIGHT, fuse, fuse_over
from device.ears.wake.wakeword import OWN_VOICE, Reading, WakeWords, empty_room
from device.errors import KeepmumError, ModelChanged, ModelMissing, UnknownWakeWord, WrongModel
from device.mind.types import FRAME_SAMPLES, Hint
from device.modelstore import ModelStore
from device.training import heads
from tests.voices import in_room, models, say

Sound = NDArray[np.int16]

MUST_WAKE = {
    "alexa": [("joe", 1.0, 1.0), ("joe", 0.85, 1.0), ("joe", 1.2, 1.0), ("joe", 1.0, 1.1)],
    "hey jarvis": [("joe", 1.0, 1.0), ("joe", 0.85, 1.0), ("joe", 1.0, 0.95)],
    "hey mycroft": [("joe", 1.0, 1.0), ("joe", 0.85, 1.0), ("joe", 1.0, 0.95)],
    "okay nabu": [("joe", 1.0, 1.0), ("joe", 0.85, 1.0)],
}
MUST_NOT_WAKE = [
    "I'll ask her",
    "a letter",
    "all set",
    "electric",
    "hey Marcus",
    "hey just a second",
    "microphone",
    "hey my dear",
    "okay now",
    "OK, but no",
    "set a timer for ten minutes",
    "what time is it",
]
"""As many sentences as there are sounds above, most of them close to a wake word."""


def frames(sound: Sound) -> Sound:
    return sound[: len(sound) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)


def wake_words(*words: str | Word, store: ModelStore | None = None) -> WakeWords:
    plain = tuple(word for word in words if isinstance(word, str))
    own = tuple(word for word in words if isinstance(word, Word))
    made = WakeWords(Wake(words=plain, word=own), store or models())
    made.prime()
    return made


def readings(wake: WakeWords, sound: Sound) -> list[tuple[Reading, ...]]:
    return [wake.step(frame) for frame in frames(sound)]


@pytest.fixture(scope="module")
def all_words() -> WakeWords:
    return wake_words("alexa", "hey_jarvis", "hey_mycroft", "okay_nabu")


@pytest.mark.parametrize(
    ("word", "voice"), [(word, voice) for word, voices in MUST_WAKE.items() for voice in voices]
)
def test_a_wake_word_wakes_its_own_detector_and_no_other(
    all_words: WakeWords, word: str, voice: tuple[str, float, float]
) -> None:
    all_words.forget()
    woken = {
        all_words.words[reading.word].word.name
        for found in readings(all_words, in_room(say(word, *voice)))
        for reading in found
        if reading.woke
    }
    assert woken == {word.replace(" ", "_")}


@pytest.mark.parametrize("text", MUST_NOT_WAKE)
def test_other_speech_wakes_nothing(all_words: WakeWords, text: str) -> None:
    all_words.forget()
    found = readings(all_words, in_room(say(text)))
    assert not any(reading.woke for each in found for reading in each)


def test_there_are_as_many_sounds_that_must_not_wake_as_ones_that_must() -> None:
    assert len(MUST_NOT_WAKE) == sum(map(len, MUST_WAKE.values()))


def test_it_does_not_wake_by_itself_at_the_start(all_words: WakeWords) -> None:
    fresh = wake_words("alexa", "hey_jarvis", "hey_mycroft", "okay_nabu")
    found = readings(fresh, in_room(np.zeros(0, np.int16), 3.0, 0.0, seed=9))
    assert max(reading.fused for each in found for reading in each) < 0.05


# --- fusion


def test_agreement_counts_and_one_sure_detector_alone_does_not_wake() -> None:
    threshold = WAKE_WORDS["alexa"].threshold
    assert fuse(0.5, 0.5) >= threshold
    assert fuse(0.001, 0.999) < threshold
    assert fuse(0.5, 0.001) < threshold


def test_the_fused_score_is_the_weighted_mean_of_log_odds_with_microwakewords_capped() -> None:
    def logit(p: float) -> float:
        return float(np.log(p / (1 - p)))

    assert logit(fuse(0.2, 0.6)) == pytest.approx(WEIGHT * logit(0.2) + (1 - WEIGHT) * logit(0.6))
    assert logit(fuse(0.2, 0.999)) == pytest.approx(WEIGHT * logit(0.2) + (1 - WEIGHT) * CAP)


def test_a_word_may_have_a_threshold_of_its_own() -> None:
    sound = in_room(say("alexa"))
    strict = wake_words(Word(name="alexa", threshold=0.9999))
    found = readings(strict, sound)
    assert max(each[0].fused for each in found) > WAKE_WORDS["alexa"].threshold
    assert not any(each[0].woke for each in found)


def thresholds(wake: WakeWords, loud: Hint) -> list[float]:
    wake.loud = loud
    return [reading.threshold for reading in wake.step(np.zeros(FRAME_SAMPLES, np.int16))]


def test_over_its_own_voice_less_is_asked_of_two_detectors_and_over_foreign_words_more() -> None:
    wake = wake_words("alexa", "okay_nabu")
    two, one = WAKE_WORDS["alexa"].threshold, WAKE_WORDS["okay_nabu"].threshold
    assert thresholds(wake, Hint.QUIET) == [two, one]
    taught = Wake().taught_threshold if wake.words[0].taught else Wake().speaking_threshold
    assert thresholds(wake, Hint.SPEAKING) == [taught, one]
    assert thresholds(wake, Hint.RINGING) == [taught, one]
    assert thresholds(wake, Hint.AFAR) == [Wake().afar_threshold] * 2
    assert thresholds(wake, Hint.RADIO) == [Wake().radio_threshold, one]
    assert Wake().speaking_threshold < two < Wake().radio_threshold < one
    assert one < Wake().afar_threshold


def test_where_the_echo_was_taken_away_no_hint_makes_less_enough() -> None:
    wake = wake_words("alexa", "okay_nabu")
    wake.cleaned = True
    usual, one = Wake().cleaned_threshold, WAKE_WORDS["okay_nabu"].threshold
    assert usual > WAKE_WORDS["alexa"].threshold
    for loud in (Hint.QUIET, Hint.SPEAKING, Hint.RINGING):
        assert thresholds(wake, loud) == [usual, one]
    assert thresholds(wake, Hint.AFAR) == [Wake().afar_threshold] * 2
    assert thresholds(wake, Hint.RADIO) == [Wake().radio_threshold, one]


@pytest.mark.parametrize("loud", [Hint.SPEAKING, Hint.RINGING, Hint.AFAR, Hint.RADIO])
def test_it_is_not_deaf_while_it_is_loud(loud: Hint) -> None:
    wake = wake_words("alexa")
    wake.loud = loud
    assert any(each[0].woke for each in readings(wake, in_room(say("alexa"))))


@pytest.mark.parametrize(
    "reply",
    ["Ten minutes, starting now.", "Which one? The pasta timer or the tea timer?", "It's ten past"],
)
def test_its_own_replies_do_not_wake_it(all_words: WakeWords, reply: str) -> None:
    all_words.forget()
    all_words.loud = Hint.SPEAKING
    found = readings(all_words, in_room(say(reply)))
    all_words.loud = Hint.QUIET
    assert not any(reading.woke for each in found for reading in each)


# --- a head taught on words over replies


class Head:
    """A word model over 16 embeddings that is always as sure, and counts how often it is asked."""

    rows = 16

    def __init__(self, sure: float) -> None:
        self.sure, self.asked = sure, 0

    def attach(self, history: NDArray[np.float32]) -> None:
        assert history.shape[1] == 96

    def score(self) -> float:
        self.asked += 1
        return self.sure


def with_taught(head: Head) -> WakeWords:
    wake = wake_words("alexa")
    wake.words[0].taught = head
    return wake


def highest(found: list[tuple[Reading, ...]]) -> tuple[float, float]:
    """The highest score of either detector."""
    return max(r.openwakeword or 0.0 for (r,) in found), max(
        r.microwakeword or 0.0 for (r,) in found
    )


@pytest.mark.parametrize("loud", list(Hint))
def test_a_taught_head_counts_only_over_the_speakers_own_voice(loud: Hint) -> None:
    head = Head(0.9)
    wake, plain = with_taught(head), wake_words("alexa")
    plain.words[0].taught = None
    wake.loud = plain.loud = loud
    found, usual = (readings(one, in_room(say("alexa"))) for one in (wake, plain))
    if loud in OWN_VOICE:
        assert head.asked == len(found)
        assert [r.openwakeword for (r,) in found] == [r.openwakeword for (r,) in usual]
        assert max(r.fused for (r,) in found) == fuse_over(0.9, *(highest(found)))
        assert found[0][0].threshold == Wake().taught_threshold
    else:
        assert head.asked == 0, "it costs nothing while the loudspeaker is quiet"
        assert found == usual


def test_over_its_own_voice_the_fused_score_is_the_weighted_mean_of_three_log_odds() -> None:
    def logit(p: float) -> float:
        return float(np.log(p / (1 - p)))

    assert sum(OVER_WEIGHTS) == pytest.approx(1.0)
    expected = np.dot(OVER_WEIGHTS, [logit(0.7), logit(0.2), logit(0.6)])
    assert logit(fuse_over(0.7, 0.2, 0.6)) == pytest.approx(expected)
    assert fuse_over(0.7, 0.2, 0.9) == fuse_over(0.7, 0.2, 0.99), "microWakeWord's are capped"


def test_what_a_taught_head_said_of_one_reply_does_not_count_in_the_next() -> None:
    head, frame = Head(0.9999), np.zeros(FRAME_SAMPLES, np.int16)
    wake = with_taught(head)
    wake.loud = Hint.SPEAKING
    sure = wake.step(frame)[0].fused
    head.sure = 0.001
    assert wake.step(frame)[0].fused == sure, "the highest of the last moments counts"
    wake.loud = Hint.QUIET
    wake.step(frame)
    wake.loud = Hint.SPEAKING
    assert wake.step(frame)[0].fused < 0.05


def test_a_taught_model_is_found_beside_the_words_own_and_forgets_like_a_fresh_one(
    tmp_path: Path,
) -> None:
    own = models().path("openwakeword/alexa_v0.1.onnx")
    folder = tmp_path / "openwakeword" / "alexa_taught"
    folder.mkdir(parents=True)
    (folder / modelstore.TAUGHT_FILE).write_bytes(heads.build(heads.read(own)))
    (folder / modelstore.CONTENTS).write_text(modelstore.list_contents(folder))
    used, fresh = (wake_words("alexa", store=ModelStore(tmp_path)) for _ in range(2))
    assert used.words[0].taught and used.features
    assert not WakeWords(Wake(), ModelStore(tmp_path), taught=False).words[0].taught
    assert used.features.history.shape == (16, 96)
    used.loud = fresh.loud = Hint.SPEAKING
    sound = in_room(say("alexa"))
    assert any(each[0].woke for each in readings(used, sound))
    used.forget()
    fresh.forget()
    assert readings(used, sound) == readings(fresh, sound)


def test_a_taught_model_that_was_changed_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "openwakeword" / "alexa_taught"
    folder.mkdir(parents=True)
    (folder / modelstore.TAUGHT_FILE).write_bytes(b"model")
    (folder / modelstore.CONTENTS).write_text(modelstore.list_contents(folder))
    (folder / modelstore.TAUGHT_FILE).write_bytes(b"other")
    with pytest.raises(ModelChanged):
        wake_words("alexa", store=ModelStore(tmp_path))


def test_a_word_with_one_detector_needs_a_voice() -> None:
    own = Word(name="mine", openwakeword="openwakeword/alexa_v0.1.onnx")
    sound = in_room(say("alexa"))
    woken = []
    for voice in (0.0, 1.0):
        wake = WakeWords(Wake(words=(), word=(own,)), models(), lambda frame, p=voice: p)  # type: ignore[misc]
        wake.prime()
        woken.append(any(each[0].woke for each in readings(wake, sound)))
    assert woken == [False, True]


def test_a_voice_opens_the_gate_for_sixteen_frames_and_not_for_one_more() -> None:
    own = Word(name="mine", openwakeword="openwakeword/alexa_v0.1.onnx", threshold=0.0)
    voices = iter([0.5, *[0.49] * 16])
    wake = WakeWords(Wake(words=(), word=(own,)), models(), lambda frame: next(voices))
    assert [wake.step(np.zeros(FRAME_SAMPLES, np.int16))[0].woke for _ in range(17)] == [
        *[True] * 16,
        False,
    ]


def test_the_gate_is_closed_before_any_voice_and_after_forgetting() -> None:
    own = Word(name="mine", openwakeword="openwakeword/alexa_v0.1.onnx", threshold=0.0)
    voice = [0.0]
    wake = WakeWords(Wake(words=(), word=(own,)), models(), lambda frame: voice[0])
    silence = np.zeros(FRAME_SAMPLES, np.int16)
    assert not wake.step(silence)[0].woke
    voice[0] = 1.0
    assert wake.step(silence)[0].woke
    voice[0] = 0.0
    wake.forget()
    assert not wake.step(silence)[0].woke


def test_the_real_voice_activity_detector_opens_the_gate_for_a_spoken_word() -> None:
    own = Word(name="mine", microwakeword="microwakeword/okay_nabu.tflite")
    vad = Vad(models().path("silero/silero_vad.onnx"))
    wake = WakeWords(Wake(words=(), word=(own,)), models(), vad.step)
    wake.prime()
    assert any(each[0].woke for each in readings(wake, in_room(say("okay nabu"))))


def test_no_voice_activity_is_computed_for_words_with_two_detectors() -> None:
    def never(frame: Sound) -> float:
        raise AssertionError("the detector was asked")

    wake = WakeWords(Wake(), models(), never)
    wake.prime()
    assert any(each[0].woke for each in readings(wake, in_room(say("alexa"))))


# --- models of one's own


def head(path: Path, rows: int, width: int) -> Path:
    """An ONNX word model with an input of [1, rows, width] that scores the mean."""
    ends = [
        helper.make_tensor_value_info("in", TensorProto.FLOAT, [1, rows, width]),
        helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 1]),
    ]
    nodes = [
        helper.make_node("ReduceMean", ["in"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("ReduceMean", ["mean"], ["out"], axes=[1], keepdims=1),
    ]
    graph = helper.make_graph(nodes, "head", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, path)
    return path


def test_an_own_onnx_model_is_run_on_the_features(tmp_path: Path) -> None:
    file = head(tmp_path / "mine.onnx", rows=5, width=96)
    wake = wake_words(Word(name="mine", openwakeword=str(file)))
    wake.step(np.zeros(FRAME_SAMPLES, np.int16))
    found = wake.step(np.zeros(FRAME_SAMPLES, np.int16))[0].openwakeword
    assert wake.features
    assert found == pytest.approx(float(wake.features.history[-5:].mean()), abs=1e-5)


def test_an_own_tflite_model_scores_like_the_same_model_in_onnx() -> None:
    tflite, onnx_file = "openwakeword/alexa_v0.1.tflite", "openwakeword/alexa_v0.1.onnx"
    words = (Word(name="one", openwakeword=tflite), Word(name="two", openwakeword=onnx_file))
    wake = wake_words(*words, store=models("default", tflite))
    found = readings(wake, in_room(say("alexa")))
    scores = np.array([[r.openwakeword for r in each] for each in found], np.float64)
    np.testing.assert_allclose(scores[:, 0], scores[:, 1], atol=1e-4)
    assert scores.max() > 0.9


def test_words_that_look_back_differently_far_share_one_history(tmp_path: Path) -> None:
    short = head(tmp_path / "short.onnx", rows=3, width=96)
    wake = wake_words("alexa", Word(name="short", openwakeword=str(short)))
    alone = wake_words(Word(name="short", openwakeword=str(short)))
    sound = in_room(say("alexa"))
    both = [each[1].openwakeword for each in readings(wake, sound)]
    assert both == [each[0].openwakeword for each in readings(alone, sound)]
    assert wake.features and len(wake.features.history) == 16


def test_an_own_microwakeword_model_wakes_by_its_own_cutoff(tmp_path: Path) -> None:
    for suffix in ("tflite", "json"):
        shutil.copy(models().path(f"microwakeword/okay_nabu.{suffix}"), tmp_path)
    (tmp_path / "okay_nabu.tflite").rename(tmp_path / "mine.tflite")
    settings = json.loads((tmp_path / "okay_nabu.json").read_text())
    settings["micro"]["probability_cutoff"] = 0.7
    (tmp_path / "mine.json").write_text(json.dumps(settings))
    wake = wake_words(Word(name="mine", microwakeword=str(tmp_path / "mine.tflite")))
    assert wake.words[0].threshold == 0.7
    assert any(each[0].woke for each in readings(wake, in_room(say("okay nabu"))))


@pytest.mark.parametrize(
    ("rows", "width", "said"), [(16, 40, "40"), (400, 96, "400")], ids=["width", "length"]
)
def test_a_model_of_another_shape_is_refused_with_what_was_expected(
    tmp_path: Path, rows: int, width: int, said: str
) -> None:
    file = head(tmp_path / "mine.onnx", rows, width)
    with pytest.raises(WrongModel, match=said) as caught:
        wake_words(Word(name="mine", openwakeword=str(file)))
    assert "[1, N, 96]" in caught.value.remedy


def test_a_microwakeword_model_given_as_openwakeword_is_refused() -> None:
    with pytest.raises(WrongModel, match=r"alexa\.tflite") as caught:
        wake_words(Word(name="mine", openwakeword="microwakeword/alexa.tflite"))
    assert "[1, N, 96]" in caught.value.remedy


def test_a_microwakeword_model_without_its_settings_is_refused(tmp_path: Path) -> None:
    shutil.copy(models().path("microwakeword/alexa.tflite"), tmp_path / "mine.tflite")
    with pytest.raises(WrongModel, match=r"mine\.json"):
        wake_words(Word(name="mine", microwakeword=str(tmp_path / "mine.tflite")))


@pytest.mark.parametrize("name", ["mine.onnx", "mine.tflite", "mine.bin"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no model at all")
    with pytest.raises(WrongModel, match=name):
        wake_words(Word(name="mine", openwakeword=str(tmp_path / name)))


def test_an_own_model_that_is_not_there_is_missing() -> None:
    with pytest.raises(ModelMissing, match=r"nowhere\.onnx"):
        wake_words(Word(name="mine", openwakeword="nowhere.onnx"))


def test_an_unknown_word_is_told_with_the_nearest_and_all_known() -> None:
    with pytest.raises(UnknownWakeWord, match="did you mean hey_jarvis") as caught:
        wake_words("hey_jarvi")
    assert "alexa" in caught.value.remedy


def test_without_the_streaming_graph_windows_are_used_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = models()
    monkeypatch.setattr(modelstore, "CHECKOUT", tmp_path / "none")
    partial = ModelStore(tmp_path, whole.manifest)
    for name in whole.manifest:
        wanted = whole.has(name) and not whole.manifest[name].tree
        if wanted and "streaming" not in name and not name.startswith("piper"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(whole.path(name), tmp_path / name)
    wake = wake_words("alexa", store=partial)
    assert any("windows" in remark for remark in wake.remarks)
    sound = in_room(say("alexa"))
    streamed = readings(wake_words("alexa"), sound)
    for slow, fast in zip(readings(wake, sound), streamed, strict=True):
        assert slow[0].openwakeword == pytest.approx(fast[0].openwakeword, abs=1e-4)


# --- nothing kept


def test_after_construction_no_thread_is_made_and_nothing_stays_open(all_words: WakeWords) -> None:
    """A sealed process may do neither."""

    def around() -> tuple[int, int]:
        return len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    before = around()
    readings(all_words, in_room(say("alexa")))
    all_words.forget()
    assert around() == before


def test_after_forgetting_it_scores_exactly_like_a_fresh_one() -> None:
    """Also what lies inside the libraries, whose state priming overwrites."""
    used, fresh = (wake_words("alexa", "hey_jarvis", "okay_nabu") for _ in range(2))
    readings(used, in_room(say("alexa, hey jarvis, okay nabu", speed=0.8)))
    used.forget()
    sound = in_room(say("good morning, alexa"))
    assert readings(used, sound) == readings(fresh, sound)


def test_forgetting_takes_milliseconds(all_words: WakeWords) -> None:
    all_words.forget()
    begun = time.process_time()
    all_words.forget()
    assert time.process_time() - begun < 0.2


def test_raw_samples_held_between_frames_are_within_the_promise(all_words: WakeWords) -> None:
    """The overlap of the features, and the window of microWakeWord's frontend: less than 110 ms
    with the microphone's own 80 ms counted once, for they are the end of it. A canceller of the
    loudspeaker's echo adds nothing."""
    frame, played = (np.full(FRAME_SAMPLES, level, np.int16) for level in (500, 3000))
    echo = Echo()
    echo.cancel(frame, played)
    all_words.step(frame)
    assert all_words.features
    frontend_ms = 30.0
    raw_ms = all_words.features.kept_ms()["raw"] + echo.kept_ms()["microphone"]
    assert raw_ms + frontend_ms <= 80.0
    assert all_words.features.kept_ms()["mel"] <= 775.0


def test_embeddings_held_are_no_more_than_the_word_models_input(all_words: WakeWords) -> None:
    rows = [head.rows for word in all_words.words for head in word.heads]
    assert all_words.features
    assert all_words.features.history.shape == (max(rows), 96)


def test_a_broken_model_of_ones_own_costs_its_word_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "mine.onnx").write_bytes(b"no model")
    wake = Wake(words=("alexa",), word=(Word("mine", openwakeword=str(tmp_path / "mine.onnx")),))
    with pytest.raises(WrongModel):
        WakeWords(wake, models())
    broken: list[KeepmumError] = []
    words = WakeWords(wake, models(), without=broken.append)
    assert [type(error) for error in broken] == [WrongModel]
    assert [word.word.name for word in words.words] == ["alexa", "mine"]
    words.prime()
    readings = words.step(next(empty_room()))
    assert not any(reading.woke for reading in readings)
