"""Clean speech estimated from noisy speech, by what the acoustic model knows of clean speech.

Vector Taylor series (P. Moreno, 1996): each of the model's Gaussians is moved to where the noise
would take it (in each band, the logarithm of the sum of both powers), the frame is shared out
among the moved Gaussians, and what the noise added to them is taken off again. The speaker's and
the channel's mean is estimated in the same rounds. Only a mean and a variance per band are
assumed of the noise; they come from the frames without speech before and after the command.

Nothing is learned from recordings, and clean speech stays as it is.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from device.ears.engines.cepstra import CEPSTRA, LIFT, TO_CEPSTRA, Array

ROUNDS = 3
MIXTURES = 256
_SHARES = 6
_FLOOR = 0.05
_QUANTILE = 0.1
_LEAST_VARIANCE = 1e-3
_MAGIC = 0x11223344


class Cleaner:
    """The prior, made once in the parent."""

    def __init__(self, model: Path) -> None:
        """`model`: the folder of a pocketsphinx acoustic model with 13 static cepstra."""
        means = _gaussians(model / "means") / LIFT
        variances = _gaussians(model / "variances") / LIFT**2
        self._means, self._variances, weights = _fewer(means, variances)
        self._log_weights = np.log(weights)

    def clean(self, bands: Array, noise: Array) -> tuple[Array, Array]:
        """Cepstra (frames, 13) of the speech in `bands` (frames, 25), and the channel's mean (13,).

        noise: log bands without speech (any number, 25); with none, the quietest of each band.
        """
        mean, variance = _of_noise(bands, noise)
        noisy = bands @ TO_CEPSTRA.T
        rough = np.log(np.maximum(np.exp(bands) - np.exp(mean), _FLOOR * np.exp(bands)))
        channel = (rough @ TO_CEPSTRA.T).mean(0)
        for _ in range(ROUNDS):
            cleaned, shares = self._round(noisy, channel, mean, variance)
            channel = (cleaned - shares @ self._means).mean(0)
        return self._round(noisy, channel, mean, variance)[0], channel

    def _round(
        self, noisy: Array, channel: Array, mean: Array, variance: Array
    ) -> tuple[Array, Array]:
        """(cleaned cepstra, each frame's shares among the Gaussians)."""
        clean = (self._means + channel) @ TO_CEPSTRA
        speech_part = 1 / (1 + np.exp(mean - clean))
        moved = np.logaddexp(clean, mean) @ TO_CEPSTRA.T
        turn = np.einsum("ij,kj,lj->kil", TO_CEPSTRA, speech_part, TO_CEPSTRA, optimize=True)
        spread = np.einsum("kil,kl->ki", turn**2, self._variances)
        noise_part = (TO_CEPSTRA[None] * (1 - speech_part)[:, None, :]) ** 2
        spread += noise_part @ variance + _LEAST_VARIANCE
        far = (noisy**2) @ (1 / spread).T - 2 * noisy @ (moved / spread).T
        far += (moved**2 / spread + np.log(spread)).sum(1)
        likely = self._log_weights - 0.5 * far
        shares = np.exp(likely - likely.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        return noisy - shares @ (moved - self._means - channel), shares


def _of_noise(bands: Array, noise: Array) -> tuple[Array, Array]:
    if len(noise):
        return noise.mean(0), noise.var(0)
    quiet = np.sort(bands, axis=0)[: max(1, int(_QUANTILE * len(bands)))]
    return quiet.mean(0), np.ones(bands.shape[1])


def _gaussians(path: Path) -> Array:
    """The static part of a Sphinx means or variances file: (Gaussians, 13)."""
    data = path.read_bytes()
    at = data.index(b"endhdr\n") + len(b"endhdr\n")
    magic, books, streams, densities = struct.unpack_from("<4i", data, at)
    lengths = struct.unpack_from(f"<{streams}i", data, at + 16)
    if magic != _MAGIC or set(lengths) != {CEPSTRA}:
        raise ValueError("not an acoustic model with 13 cepstra in each stream")
    shape = books, streams, densities, CEPSTRA
    values = np.frombuffer(data, "<f4", int(np.prod(shape)), at + 20 + 4 * streams)
    return values.reshape(shape)[:, 0].reshape(-1, CEPSTRA).astype(np.float64)


def _fewer(means: Array, variances: Array) -> tuple[Array, Array, Array]:
    """k-means of the Gaussians, always the same: (means, variances, weights) of MIXTURES."""
    centres = means[np.random.default_rng(1).choice(len(means), MIXTURES, replace=False)]
    for _ in range(_SHARES):
        near = np.argmax(2 * means @ centres.T - (centres**2).sum(1), axis=1)
        order = np.argsort(near, kind="stable")
        found, first, count = np.unique(near[order], return_index=True, return_counts=True)
        centres = np.add.reduceat(means[order], first) / count[:, None]
    own = centres[np.searchsorted(found, near)]
    inside = variances + (means - own) ** 2
    return centres, np.add.reduceat(inside[order], first) / count[:, None], count / count.sum()
