"""Whisper through onnxruntime: what each next token is worth, for any sentence that we choose.

Libraries for Whisper decode freely, and tell nothing of sentences that they didn't find. Here the
paths are ours: a beam of prefixes goes in, the log-probabilities of their next tokens come out.
Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022). The two graphs
are built when models are fetched (device/training/whispergraphs.py); they run on one thread, which
is the caller's, so that a forked and sealed process can use them.

Of the vocabulary only `kept` tokens are looked at, and probabilities are shares among those: most
of the decoder's work would be the 45,000 others. With the commonest few thousand kept, what is
left out changes nothing that can be measured.

A `Listening` holds what was heard of one command; it lives in the child and dies with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

LISTENING, GOING_ON, TOKENS = "listening.onnx", "going_on.onnx", "tokens.npz"
_NEVER = np.float32(-1e9)


class Network:
    """The graphs and the tokens, loaded once in the parent."""

    def __init__(self, model: Path, kept: Sequence[int]) -> None:
        """`model`: the folder; `kept`: ids of the tokens that are looked at."""
        self._listening = _session(model / LISTENING)
        self._going_on = _session(model / GOING_ON)
        with np.load(model / TOKENS) as made:
            every = made["embeddings"]
            self.kept = np.array(sorted(set(kept)), np.int64)
            self.embedded: Array = every[self.kept].astype(np.float32)
            self.positions: Array = made["positions"].astype(np.float32)
        self._place = np.full(len(every), -1, np.int64)
        self._place[self.kept] = np.arange(len(self.kept))
        layers, _, heads, _, width = self._going_on.get_inputs()[3].shape
        self.none = np.empty((layers, 1, heads, 0, width), np.float32)
        """The keys or values of a path that has not begun."""

    def places(self, tokens: Sequence[int]) -> NDArray[np.int64]:
        """Where each token stands among the kept ones, (n,); -1: nowhere."""
        return self._place[np.asarray(tokens, np.int64)]

    def listen(self, bands: Array) -> list[Array]:
        """What is heard in `bands` (80, steps): keys and values, for `Listening`."""
        return list(self._listening.run(None, {"bands": bands}))

    def go_on(self, feed: dict[str, NDArray[Any]]) -> list[Array]:
        """One run of the decoder, its inputs by their names: output (rows, width), keys and values
        (layers, rows, heads, steps, width)."""
        return list(self._going_on.run(None, feed))

    def likely(self, x: Array) -> Array:
        """Log-probabilities (rows, kept) of what comes next after the decoder's output."""
        worth = x @ self.embedded.T
        worth -= worth.max(1, keepdims=True)
        return np.asarray(worth - np.log(np.exp(worth).sum(1, keepdims=True)), np.float32)


class Listening:
    """One command: what was heard of its sound, and the prompt before the first token."""

    def __init__(self, net: Network, sound: Sequence[Array], prompt: Sequence[int]) -> None:
        """`sound`: keys and values (layers, heads, steps, width) as `Network.listen` gave them;
        `prompt`: kept tokens, at least one."""
        self._net = net
        self._sound = {"sound_keys": sound[0], "sound_values": sound[1]}
        none = net.none[:, 0]
        self._told = {"told_keys": none.transpose(0, 1, 3, 2), "told_values": none}
        count = len(prompt)
        out, keys, values = self._run(
            net.embedded[net.places(prompt)] + net.positions[:count],
            np.zeros(1, np.int64),
            np.triu(np.full((count, count), _NEVER), 1),
            (net.none, net.none),
        )
        across = np.ascontiguousarray(keys[:, 0].transpose(0, 1, 3, 2))
        self._told = {"told_keys": across, "told_values": values[:, 0]}
        self._own = (net.none, net.none)
        self._at = count
        self.first = net.likely(out[-1:])
        """Log-probabilities (1, kept) of the first token."""

    def step(self, parents: Sequence[int], tokens: Sequence[int]) -> Array:
        """Each path goes on by one of `tokens`, from the path that stood at `parents` before.

        Returns the log-probabilities (paths, kept) of what comes next.
        """
        x = self._net.embedded[self._net.places(tokens)] + self._net.positions[self._at]
        ahead = np.zeros((1, self._own[0].shape[3] + 1), np.float32)
        out, *own = self._run(x, np.asarray(parents, np.int64), ahead, self._own)
        self._own = (own[0], own[1])
        self._at += 1
        return self._net.likely(out)

    def _run(
        self, x: Array, parents: NDArray[np.int64], ahead: Array, own: tuple[Array, Array]
    ) -> list[Array]:
        feed: dict[str, NDArray[Any]] = {"tokens": x, "parents": parents, "ahead": ahead}
        past = {"own_keys": own[0], "own_values": own[1]}
        return self._net.go_on({**feed, **past, **self._told, **self._sound})


def _session(graph: Path) -> Any:
    """A graph that runs on the caller's thread and keeps nothing of a run."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
