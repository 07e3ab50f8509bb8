"""How much may come in over time."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Allowance:
    """A token bucket; its clock is given, so that tests need none."""

    rate: float
    burst: float
    tokens: float = field(init=False)
    last: float | None = None

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def take(self, now: float) -> bool:
        """One token at the time `now` (seconds); False if there is none."""
        last = now if self.last is None else self.last
        self.last = max(last, now)
        self.tokens = min(self.burst, self.tokens + (self.last - last) * self.rate)
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True
