"""Two hearings that must agree: what was said, and what of all that can be said fits best.

A grammar makes a sentence of everything. What the same network writes down when it may say
anything is the witness against it: "don't turn off the lights" is written down as it was said,
while the best sentence is "turn off the lights". Three things must hold, and all are decided in
the child of one command, which no word leaves:

    scores     the sentence is likely in itself, and not much less likely than what was written
    opposites  it leads the best sentence of another meaning by a margin: "on" and "off" are
               compared with each other, and so are numbers and names
    words      every word that was written down has its place in the sentence, and every word of
               the sentence in what was written down. Words that say nothing ("the", "please")
               may be too many or missing; others may be spelled otherwise, if they sound alike:
               never a number, a negation or a word with an opposite

Less of a lead is asked of a sentence that is word for word what was written down. In noise the
network writes down words that nobody said, and doesn't believe in them itself: a sentence that it
finds as likely as what it wrote counts without its words, if nothing is left over that was written
and no number, negation or opposite is at stake.

How much is asked was chosen on voices, phrases and recordings of which none is measured with
(tests/benchmarks/near/README.md says which).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from device.language.numbers import spell
from device.language.phones import unlike
from device.language.text import fold

Words = tuple[str, ...]
Phones = Sequence[str]

SAYS_NOTHING = frozenset(
    ("a", "an", "the", "my", "of", "to", "for", "and", "please", "uh", "um", "er", "oh")
)
"""English words that may be too many or missing without another meaning."""
CONFUSED = frozenset({("in", "and"), ("and", "in"), ("so", "set"), ("sat", "set")})
"""(written, meant): what the network is known to write for small words that were said."""
_MINUS = re.compile(r"(?<!\w)[-–−]\s*(?=\d)")
MOST_UNLIKE = 0.5
"""A word less like another than this is not the same, however it is spelled."""
MOST_UNLIKE_JOINED = 0.2
"""The same for several that were written down as one, or one as several."""
LONGEST_RUN = 3
"""So many words that were written down may be as few or as many of the sentence."""
_NOTHING = 0.02
"""What a word costs that says nothing and is too many or missing."""
_OTHERWISE = 0.2
"""What a word costs at least that is another one."""
_NEVER = 1e9


class Asked(NamedTuple):
    """What is asked of a best sentence; all of them natural logarithms."""

    per_token: float
    """Its mean log-probability, a token."""
    behind: float
    """How far it may be behind what was written down, a word (negative)."""
    lead: float
    """How far it must be ahead of the best of another meaning."""


SAME = Asked(per_token=-1.0, behind=-1.0, lead=0.5)
"""Asked of a sentence that was written down word for word,"""
ALIKE = Asked(per_token=-1.0, behind=-0.7, lead=1.5)
"""and of one that only sounds like it,"""
ALIKE_COST = 0.35
"""by at most this, a word;"""
UNCLEAR = Asked(per_token=-1.25, behind=-0.5, lead=2.0)
"""of one in itself less likely, as all are in noise, that is less far behind;"""
EVEN = Asked(per_token=-1.1, behind=-1.0, lead=2.0)
"""and of one that has other words. Here it is the whole sentence that may be so far behind,"""
DOUBTED = -0.45
"""and what was written down was at most so likely, a word: the network doubts it itself."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of the household and its log-probability, end included, in `tokens` tokens."""

    words: Words
    score: float
    tokens: int

    @property
    def per_token(self) -> float:
        """How likely it is in itself."""
        return self.score / (self.tokens + 1)


class Agreement:
    """Decides whether a best sentence is what was said."""

    def __init__(
        self,
        tokens: Callable[[str], Words],
        phones: Callable[[str], Phones],
        means: Callable[[Words], Hashable],
        apart: Mapping[str, frozenset[str]],
        negations: Collection[str],
    ) -> None:
        """`tokens`: any text as words of sentences; `phones`: of any word; `means`: what a
        sentence asks for; `apart`: opposites of words; `negations`: words that turn a meaning."""
        self._tokens, self._phones, self._means = tokens, phones, means
        self._apart = apart
        numbers = {word for n in range(101) for ways in spell(n, "en") for word in ways}
        self._exact = frozenset((*numbers, *negations)) - SAYS_NOTHING

    def words(self, said: str) -> Words:
        """The words of what was written down, as sentences have them."""
        return once(self._tokens(_MINUS.sub(" minus ", said)))

    def agreed(self, candidates: Sequence[Candidate], written: Words, free: float) -> str:
        """The best of `candidates` (best first) if it is what was said, else nothing.

        `written`: the words that were written down, with the log-probability `free`.
        """
        if not candidates:
            return ""
        best = candidates[0]
        behind = (best.score - free) / (len(best.words) + 2)
        unlikeness = self.unlikeness(written, best.words)
        asked: tuple[Asked, ...] = ()
        if unlikeness < _OTHERWISE:
            asked = SAME, UNCLEAR
        elif unlikeness <= ALIKE_COST * len(best.words):
            asked = ALIKE, UNCLEAR
        elif written and free <= DOUBTED * (len(written) + 1) and self._even(written, best.words):
            asked, behind = (EVEN,), best.score - free
        leads = [a.lead for a in asked if best.per_token >= a.per_token and behind >= a.behind]
        # what leads is looked at last: it asks what every other sentence means
        agreed = leads and self.lead(candidates) >= min(leads)
        return " ".join(best.words) if agreed else ""

    def _even(self, written: Words, sentence: Words) -> bool:
        """Whether what was written down, in other words, is no more than the sentence and holds
        nothing against it."""
        says, meant = ([w for w in row if w not in SAYS_NOTHING] for row in (written, sentence))
        exact = self._exact.intersection
        return (
            len(says) <= len(meant)
            and exact(written) == exact(sentence)
            and self._apart.keys().isdisjoint(frozenset(written) - frozenset(sentence))
        )

    def lead(self, candidates: Sequence[Candidate]) -> float:
        """How far the best is ahead of the best that asks for something else.

        By the mean of their tokens, over the tokens of the best: a sentence isn't likelier for
        being shorter.
        """
        best = candidates[0]
        meant = self._means(best.words)
        others = [c.per_token for c in candidates[1:] if self._means(c.words) != meant]
        return (best.per_token - max(others, default=-_NEVER)) * (best.tokens + 1)

    def unlikeness(self, written: Words, sentence: Words) -> float:
        """How unlike what was written down a sentence is, in words; huge if not at all alike.

        The cheapest alignment of runs of words (dynamic programming over both).
        """
        phones = {word: self._phones(word) for word in (*written, *sentence)}
        rows = [[_NEVER] * (len(sentence) + 1) for _ in range(len(written) + 1)]
        rows[0][0] = 0.0
        for i in range(len(written) + 1):
            for j in range(len(sentence) + 1):
                here = rows[i][j]
                if here >= _NEVER:
                    continue
                for m in range(LONGEST_RUN + 1):
                    for n in range(LONGEST_RUN + 1):
                        if (m or n) and i + m <= len(written) and j + n <= len(sentence):
                            run = written[i : i + m], sentence[j : j + n]
                            cost = here + self._cost(*run, phones)
                            rows[i + m][j + n] = min(rows[i + m][j + n], cost)
        return rows[-1][-1]

    def _cost(self, written: Words, sentence: Words, of: Mapping[str, Phones]) -> float:
        if "".join(map(fold, written)) == "".join(map(fold, sentence)):
            return 0.0
        if not written or not sentence:
            nothing = all(word in SAYS_NOTHING for word in written or sentence)
            return _NOTHING * len(written or sentence) if nothing else _NEVER
        if len(written) > 1 and len(sentence) > 1:
            return _NEVER
        if not self._exact.isdisjoint((*written, *sentence)):
            return _NEVER
        if any(not self._apart.get(word, frozenset()).isdisjoint(written) for word in sentence):
            return _NEVER
        if all(not self._apart.keys().isdisjoint(words) for words in (written, sentence)):
            return _NEVER  # "down" isn't "on", though neither is the other's opposite
        if (written[0], sentence[0]) in CONFUSED and len(written) == len(sentence):
            return _OTHERWISE
        one, other = (
            [phone for word in words for phone in of[word]] for words in (written, sentence)
        )
        unlikeness = unlike(one, other)
        if unlikeness > (MOST_UNLIKE if len(written) == len(sentence) else MOST_UNLIKE_JOINED):
            return _NEVER
        return max(_OTHERWISE, len(sentence) * unlikeness)


def once(words: Words) -> Words:
    """`words` without what is said a second time, as the network does after short sounds."""
    half = len(words) // 2
    again = half and len(words) == 2 * half and words[:half] == words[half:]
    return words[:half] if again else words
