"""What is printed as the settings in force reads back as the same settings."""

from __future__ import annotations

import pytest

from device import config
from device.config.text import dump

TEXTS = [
    "",
    '[general]\nname = "a \\"b\\" ü"\n[microphone]\ndevice = 3\n[wake]\nwords = ["hey_jarvis"]',
    '[[wake.word]]\nname = "alexa"\nthreshold = 0.75\n[[wake.word]]\nname = "okay_nabu"\n'
    'action = "stop"\n[[home.room]]\nname = "Kitchen"\nspoken = ["galley"]',
    '[[command]]\nname = "backup"\nsentences = ["back up"]\nrun = ["/usr/bin/true", "-x"]',
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("comments", [True, False])
def test_what_is_dumped_reads_back_the_same(text: str, comments: bool) -> None:
    settings = config.parse(text)
    assert config.parse(dump(settings, comments=comments)) == settings


def test_every_setting_is_there_with_its_meaning_and_its_limits() -> None:
    text = dump(config.Config())
    assert "# Silence that ends a command. (0.24 to 2)\nsilence_s = 0.7\n" in text
