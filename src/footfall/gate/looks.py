"""In which order two deployments are measured and looked at: more of all, fresh turns for what is suspected, until it is clear.

The order is one generator that command and simulation (`bench/gate_accuracy.py`) both follow: it yields what to measure next, is sent the
comparisons of all that was seen by then, and returns how far it came. A suspicion is measured again with as many pairs as had raised it.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from footfall.gate.compare import LOOKS, Comparison, answer
from footfall.gate.verdict import Outcome

FEWEST_FRESH = 20
"""Pairs that are measured again for a suspicion, at least: of two turns at each deployment nobody can tell how far turns lie apart."""


@dataclass(frozen=True)
class Look:
    """How far a comparison came: which `look` it was (from 1) of how many, and whether the time cap ended it."""

    look: int
    looks: int
    capped: bool = False


@dataclass(frozen=True)
class Step:
    """What to measure next, for which look: so many more `pairs`, of all journeys or, where they are suspected, of `suspects` alone.

    The comparisons that are sent back take a suspicion's pairs as the fresh ones of its journeys.
    """

    look: Look
    pairs: int
    suspects: tuple[str, ...] = ()


def steps() -> Generator[Step, Sequence[Comparison], Look]:
    """Yield what to measure until the answer is clear or the last look was had."""
    done = 0
    look = Look(0, len(LOOKS))
    for number, pairs in enumerate(LOOKS, 1):
        look = Look(number, len(LOOKS))
        found = yield Step(look, pairs - done)
        done = pairs
        again = tuple(dict.fromkeys(each.series.subject for each in found if each.suspected))
        if again:
            found = yield Step(look, max(pairs, FEWEST_FRESH), again)
        if answer(found) is not Outcome.INCONCLUSIVE:
            break
    return look
