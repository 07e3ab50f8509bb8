"""Clean speech estimated from noisy speech, by what the acoustic model knows of clean speech.

Vector Taylor series (P. Moreno, 1996): each of the model's Gaussians is moved to where the noise
would take it (in each band, the logarithm of the sum of both powers) and widened by what is not
known: the speech's own variance, the noise's, and the phase between the two, which adds or takes
away most where both are as loud. A frame is shared out among them, and what the noise added to
them, on average, is taken off again. (Taking the speech that each Gaussian expects under the noise
instead, the least mean square error, is surer of itself and hears orders in loud noise worse.) The
speaker's and the channel's mean is estimated in the same rounds.

Of the noise a mean and a covariance of the bands are assumed; they come from the frames without
speech before and after the command. The covariance is whole, since kitchens get louder and softer
in all bands at once.

Nothing is learned from recordings, and clean speech stays nearly as it is.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from device.ears.recognize.engines.cepstra import CEPSTRA, LIFT, TO_CEPSTRA, Array

ROUNDS = 3
MIXTURES = 256
_SHARES = 6
_FLOOR = 0.05
_QUANTILE = 0.1
_LEAST_VARIANCE = 1e-3
_PHASE = 4.0
"""Variance of a band's logarithm for the phase, where speech and noise are as loud, times four."""
_OWN = 0.3
"""So much of the noise's variance is each band's own; the rest goes together, as it was heard."""
_ENOUGH = 10
"""Frames of noise that a covariance can be made of."""
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
        mean, covariance = _of_noise(bands, noise)
        noisy = bands @ TO_CEPSTRA.T
        rough = np.log(np.maximum(np.exp(bands) - np.exp(mean), _FLOOR * np.exp(bands)))
        channel = (rough @ TO_CEPSTRA.T).mean(0)
        for _ in range(ROUNDS):
            cleaned, shares = self._round(noisy, channel, mean, covariance)
            channel = (cleaned - shares @ self._means).mean(0)
        return self._round(noisy, channel, mean, covariance)[0], channel

    def _round(
        self, noisy: Array, channel: Array, mean: Array, covariance: Array
    ) -> tuple[Array, Array]:
        """(cleaned cepstra, each frame's shares among the Gaussians)."""
        speech = self._means + channel
        clean = speech @ TO_CEPSTRA
        part = 1 / (1 + np.exp(mean - clean))  # of the speech in each band's power
        moved = np.logaddexp(clean, mean) @ TO_CEPSTRA.T
        turn = (TO_CEPSTRA * part[:, None, :]) @ TO_CEPSTRA.T
        noise_turn = TO_CEPSTRA * (1 - part)[:, None, :]
        spread = (turn * self._variances[:, None, :]) @ turn.swapaxes(1, 2)
        spread += noise_turn @ covariance @ noise_turn.swapaxes(1, 2)
        spread += (TO_CEPSTRA * (_PHASE * part * (1 - part))[:, None, :]) @ TO_CEPSTRA.T
        spread += _LEAST_VARIANCE * np.eye(CEPSTRA)
        shares = self._shares(noisy, moved, spread)
        return noisy - shares @ (moved - speech), shares

    def _shares(self, noisy: Array, moved: Array, spread: Array) -> Array:
        """How likely each frame comes from each Gaussian: (frames, MIXTURES), rows sum to 1."""
        inverse = np.linalg.inv(spread)
        pull = (inverse @ moved[:, :, None])[:, :, 0]
        squares = (noisy[:, :, None] * noisy[:, None, :]).reshape(len(noisy), -1)
        far = squares @ inverse.reshape(len(inverse), -1).T - 2 * noisy @ pull.T
        far += (pull * moved).sum(1) + np.linalg.slogdet(spread)[1]
        likely = self._log_weights - 0.5 * far
        shares = np.exp(likely - likely.max(1, keepdims=True))
        return np.asarray(shares / shares.sum(1, keepdims=True))


def _of_noise(bands: Array, noise: Array) -> tuple[Array, Array]:
    """(mean of each band, covariance of the bands)."""
    if not len(noise):
        quiet = np.sort(bands, axis=0)[: max(1, int(_QUANTILE * len(bands)))]
        return quiet.mean(0), np.eye(bands.shape[1])
    own = np.diag(noise.var(0))
    if len(noise) < _ENOUGH:
        return noise.mean(0), own
    return noise.mean(0), _OWN * own + (1 - _OWN) * np.cov(noise.T, bias=True)


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
