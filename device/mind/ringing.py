"""What the ring is made of: hands play it, ears take it out of what they hear."""

from __future__ import annotations

RING_NOTES = {
    "timer": (1174.7, 1174.7, 1568.0),
    "alarm": (523.3, 659.3, 784.0, 1046.5),
}
"""Hz, one after the other."""
OVERTONES = {1: 1.0, 2: 0.25}
"""Each note is these multiples of itself, so loud before they are brought to 1 together."""
