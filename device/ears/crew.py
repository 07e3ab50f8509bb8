"""What a recognizer's parent loads: an engine for the settings, the graph, the matcher."""

from __future__ import annotations

import re
from typing import Any

from device.config import Config
from device.ears.engines import Crew
from device.mind.graph import Graph
from device.mind.matcher import Matcher
from device.mind.sentences import Sentences
from device.modelstore import ModelStore

_PHONES = (
    *("AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH"),
    *("IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH"),
    *("UW", "V", "W", "Y", "Z", "ZH"),
)
_GARBAGE = "zz"
_PHONE_WEIGHT = 1e-5


def build_crew(config: Config, sentences: Sentences, store: ModelStore) -> Crew:
    """Everything that the recognizer's children work with; runs in their parent."""
    matcher = Matcher(sentences)
    return Crew(_Sphinx(sentences.graph), sentences.graph.progress, matcher.match)


class _Sphinx:
    """pocketsphinx over the word graph, with a competing loop of phones for what is no command."""

    limit_s = 5.0

    def __init__(self, graph: Graph) -> None:
        from pocketsphinx import Decoder

        self._decoder: Any = Decoder(lm=None, loglevel="FATAL")
        for phone in _PHONES:
            self._decoder.add_word(_GARBAGE + phone.lower(), phone, False)
        end, loop, start = len(graph), len(graph) + 1, len(graph) + 2
        arcs: list[tuple[Any, ...]] = [(start, graph.start, 0.5), (start, loop, 0.5)]
        arcs += [(loop, loop, _PHONE_WEIGHT, _GARBAGE + p.lower()) for p in _PHONES]
        arcs.append((loop, end, 0.5))
        for state in range(len(graph)):
            out = [a for a in graph.arcs(state) if self._decoder.lookup_word(a[0])]
            share = 1.0 / max(1, len(out) + (state in graph.finals))
            arcs += [(state, to, share, word) for word, to in out]
            if state in graph.finals:
                arcs.append((state, end, share))
        self._decoder.add_fsg("commands", self._decoder.create_fsg("commands", start, end, arcs))
        self._decoder.activate_search("commands")

    def start(self) -> None:
        self._decoder.start_utt()

    def feed(self, frame: bytes) -> str | None:
        self._decoder.process_raw(frame)
        return None

    def finish(self) -> str:
        self._decoder.end_utt()
        found = self._decoder.hyp()
        words = re.sub(r"\(\d+\)", "", found.hypstr).split() if found else []
        return "" if any(word.startswith(_GARBAGE) for word in words) else " ".join(words)
