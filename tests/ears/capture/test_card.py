"""A card is read through ALSA: what is read here comes out of files and a sound server, by ALSA's
plug-ins; real cards are read by tests/lab."""

from __future__ import annotations

import ctypes
import errno
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from device.ears.capture import alsa
from device.ears.capture.card import CardMicrophone
from device.ears.capture.microphone import Channels
from device.ears.capture.rates import RATES, ToOurRate
from device.errors import CardDenied, KeepmumError, MicrophoneBusy, MicrophoneLost, NoMicrophone
from device.mind.types import FRAME_SAMPLES, RATE
from device.standalone.virtualsound import VirtualSound

CONF = """
pcm.wide {{ type plug slave {{ rate {rate} channels {channels} format {format} pcm {{
    type file file /dev/null infile "{infile}" format raw slave.pcm null }} }} }}
"""


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Make a device out of samples (n, channels), at a rate of its own that nothing converts."""

    def make(samples: np.ndarray, rate: int, form: str = "S16_LE") -> str:
        (tmp_path / "in.raw").write_bytes(samples.tobytes())
        facts = {"rate": rate, "channels": samples.shape[1], "infile": tmp_path / "in.raw"}
        conf = tmp_path / "asound.conf"
        conf.write_text(
            "</usr/share/alsa/alsa.conf>\n" + CONF.format(format=form, **facts), encoding="utf-8"
        )
        monkeypatch.setenv("ALSA_CONFIG_PATH", str(conf))
        return "wide"

    return make


def tone(rate: int, hertz: float = 440.0, seconds: float = 1.0) -> np.ndarray:
    t = np.arange(int(rate * seconds)) / rate
    return (8_000 * np.sin(2 * np.pi * hertz * t)).astype(np.int16)


@pytest.mark.parametrize("rate", [16_000, 32_000, 44_100, 48_000, 96_000])
def test_a_card_of_any_rate_gives_frames_of_ours(rate: int, card: Callable[..., str]) -> None:
    opened = CardMicrophone(card(tone(rate)[:, None], rate))
    assert opened.card.rate == rate
    first = opened.read()
    heard = []
    for _ in range(8):
        frame = opened.read()
        assert frame is first
        heard.append(frame.copy())
    spectrum = np.abs(np.fft.rfft(np.concatenate(heard) * np.hanning(8 * FRAME_SAMPLES)))
    assert np.argmax(spectrum) * RATE / (8 * FRAME_SAMPLES) == pytest.approx(440, abs=2)
    assert np.abs(heard[3]).max() == pytest.approx(8_000, rel=0.02)
    assert opened.dropped == 0
    opened.close()
    assert not first.any()


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_the_channel_of_the_settings_is_the_one_that_is_heard(
    rate: int, card: Callable[..., str]
) -> None:
    both = np.stack([tone(rate, 300), tone(rate, 2_000)], axis=1)
    opened = CardMicrophone(card(both, rate), Channels(2))
    opened.read()
    frame = opened.read()
    peak = np.argmax(np.abs(np.fft.rfft(frame * np.hanning(len(frame)))))
    assert peak * RATE / FRAME_SAMPLES == pytest.approx(2_000, abs=13)
    opened.close()


@pytest.mark.parametrize(
    ("number", "kind", "make"),
    [
        (2, "<i2", lambda x: x),
        (10, "<i4", lambda x: x.astype(np.int32) << 16 | 0x1234),
        (6, "<i4", lambda x: (x.astype(np.int32) << 8 | 0x12) & 0x00FFFFFF),
        (32, "3", lambda x: x),
    ],
)
def test_every_format_gives_its_16_highest_bits(
    number: int, kind: str, make: Callable[[np.ndarray], np.ndarray], card: Callable[..., str]
) -> None:
    pcm = alsa.Pcm(card(tone(16_000)[:, None], 16_000))
    form = next(f for f in alsa.FORMATS if f.number == number)
    wanted = np.array([[1, -2], [32_767, -32_768], [0, 255]], np.int16)
    if kind == "3":
        wide = np.zeros((3, 2, 3), np.uint8)
        wide[:, :, 1:] = wanted[:, :, None].view(np.uint8)
        data = bytearray(wide.tobytes())
    else:
        data = bytearray(make(wanted).astype(kind).tobytes())
    columns = alsa.high_bits(data, 3, 2, form)
    for n in range(2):
        assert alsa.samples(columns, n).tolist() == wanted[:, n].tolist()
    pcm.close()


def test_a_frame_is_gone_from_the_cards_own_buffer_once_it_was_read(
    card: Callable[..., str],
) -> None:
    opened = CardMicrophone(card(np.stack([tone(48_000)] * 2, axis=1), 48_000))
    frame = opened.read()
    assert frame.any()
    assert not any(opened.card.data)
    opened.forget()
    held = [r for rate in opened._rates.values() for r in (rate._held, rate._out)]
    assert held
    assert not any(r.any() for r in held)
    opened.close()


def test_through_alsa_a_sound_server_is_a_card_like_another(sound: VirtualSound) -> None:
    opened = CardMicrophone("default")
    assert opened.card.rate == RATE
    assert opened.read().shape == (FRAME_SAMPLES,)
    assert opened.card.buffer_s >= alsa.BUFFER_S / 2
    assert not opened.late()
    opened.close()


def test_a_card_that_goes_is_lost_and_its_sound_with_it(own_sound: VirtualSound) -> None:
    opened = CardMicrophone("default")
    opened.read()
    own_sound.stop()
    with pytest.raises(MicrophoneLost):
        for _ in range(100):
            opened.read()
    assert not opened.frame.any()
    opened.close()


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.EBUSY, MicrophoneBusy),
        (errno.EPERM, CardDenied),
        (errno.EACCES, CardDenied),
        (errno.ENOENT, NoMicrophone),
        (errno.ENODEV, NoMicrophone),
    ],
)
def test_what_a_card_refuses_is_told_as_what_it_is(
    number: int, error: type[KeepmumError], monkeypatch: pytest.MonkeyPatch
) -> None:
    # only a card is ever busy, and there is none here: the kernel's answer stands in for it
    library = alsa._library()

    class Refuses:
        def __getattr__(self, name: str) -> object:
            return (lambda *_: -number) if name == "snd_pcm_open" else getattr(library, name)

    monkeypatch.setattr(alsa, "_library", Refuses)
    with pytest.raises(error, match="hw:CARD=Device") as caught:
        alsa.Pcm("hw:CARD=Device,DEV=0")
    assert caught.value.remedy


def test_lost_sound_is_counted_and_the_next_frame_comes(
    card: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = CardMicrophone(card(tone(16_000)[:, None], 16_000))
    library, answers = opened.card._lib, [-errno.EPIPE, -errno.EINTR]

    class Overran:
        def __getattr__(self, name: str) -> object:
            if name == "snd_pcm_readi" and answers:
                return lambda *_: answers.pop(0)
            return getattr(library, name)

    monkeypatch.setattr(opened.card, "_lib", Overran())
    assert opened.read().any()
    assert opened.dropped == 1
    opened.read()
    assert opened.dropped == 1
    opened.close()


def test_the_cards_own_buffer_and_what_a_rate_holds_are_in_the_sum_of_the_first_promise() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    promise = readme[readme.index("1. **No sound is kept") : readme.index("2. **A command")]
    assert f"every {alsa.BUFFER_S} s" in promise
    longest = max(ToOurRate(r)._tail / r for r in RATES if r != RATE)
    assert f"{1000 * longest:.1f} ms" in promise


def test_nothing_of_alsas_writes_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NoMicrophone):
        alsa.Pcm("hw:CARD=Nobody,DEV=0")
    ctypes.CDLL(None).fflush(None)
    assert capfd.readouterr().err == ""
