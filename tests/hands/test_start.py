"""The hands as a process: they begin, answer, tell their journal, and end when asked to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from device.mind.types import Intent, Slot
from tests.hands.process import Hands, listening, settings


def test_hands_begin_answer_and_end_when_asked(tmp_path: Path) -> None:
    with listening(tmp_path / "s") as server:
        hands = Hands(settings(tmp_path), server)
        hands.answered(hands.ask(Intent.TIMER_SET, (Slot.DURATION, 3600)))
        hands.end(kill=False)
        hands.close()
        assert hands.process.returncode == 0


def test_a_timer_is_there_after_a_kill(tmp_path: Path) -> None:
    with listening(tmp_path / "s") as server:
        for answer in ("timer.set", "timer.left"):
            hands = Hands(settings(tmp_path), server)
            intent = Intent.TIMER_SET if answer == "timer.set" else Intent.TIMER_STATUS
            slots = ((Slot.DURATION, 3600),) if answer == "timer.set" else ()
            assert hands.reply(hands.ask(intent, *slots)) == answer
            hands.end(kill=True)
            hands.close()


def test_hands_load_nothing_that_hears_and_no_engine() -> None:
    """Their memory is small because of what they leave out."""
    code = (
        "import sys; import device.hands.start; "
        "heavy = {'onnxruntime', 'hassil', 'openwakeword', 'vosk', 'pocketsphinx', 'device.ears', "
        "'scipy', 'rich', 'typer', 'pyaudio', 'piper'}; print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
