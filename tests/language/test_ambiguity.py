"""What has two readings is found, and the packaged sentences have next to none."""

from __future__ import annotations

import pytest

from device.language.ambiguity import ambiguities
from device.mind.types import Intent, Kind, Slot
from device.names import Entry, number
from tests.language.homes import full_home
from tests.language.speech import packaged_sentences


def test_finds_a_device_that_is_called_like_the_lights_of_a_room() -> None:
    names = number([Entry("area", "Kitchen"), Entry("device", "Kitchen Light", (), "light")], "en")
    found = ambiguities(packaged_sentences("en", names))
    switched = [one for one in found if one.taken.intent == Intent.TURN_ON]
    assert len(switched) == 1
    assert switched[0].taken.slots == ((Slot.DEVICE, names.of_kind("device")[0].id),)
    assert switched[0].other.get(Slot.KIND) == Kind.LIGHT
    assert {"kitchen", "light", "on"} <= set(switched[0].words)


@pytest.mark.parametrize(
    ("language", "known"),
    [("en", set()), ("fr", {(Intent.ANSWER, Intent.ANSWER), (Intent.MEDIA_STOP, Intent.TURN_OFF)})],
)
def test_packaged_sentences_mean_one_thing(
    language: str, known: set[tuple[Intent, Intent]]
) -> None:
    """Known in French: "sept heures" is a time and a duration; "arrête la télé"."""
    found = ambiguities(packaged_sentences(language, full_home(language)))
    assert {(one.taken.intent, one.other.intent) for one in found} == known
