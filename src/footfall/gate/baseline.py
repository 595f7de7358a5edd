"""What "as before" means: the usual figure of earlier comparable runs, and how much such runs differ by themselves."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from footfall.gate.expression import Statistic
from footfall.gate.figures import of_summary
from footfall.gate.uncertainty import Odds, beyond_by_chance
from footfall.metrics import Kind
from footfall.stats import Figures

USUAL_SPREAD = 0.03
"""Standard deviation of ln(figure) between runs to expect before any is seen."""
USUAL_WEIGHT = 4


@dataclass(frozen=True)
class Usual:
    """The median figure of earlier runs, and what each had `seen`; `spread` is the standard deviation of ln x, None where one is 0."""

    figure: float
    seen: tuple[float, ...]
    spread: float | None

    @property
    def runs(self) -> int:
        """How many earlier runs there are."""
        return len(self.seen)


def usual(statistic: Statistic, history: Sequence[Figures], kind: Kind) -> Usual | None:
    """Return what a statistic usually is, or None without history."""
    seen = [figure for figures in history if (figure := of_summary(statistic, figures, kind)) is not None]
    if not seen:
        return None
    middle = statistics.median(seen)
    if min(seen) <= 0:
        return Usual(middle, tuple(seen), None)
    squares = math.fsum((math.log(figure) - math.log(middle)) ** 2 for figure in seen)
    return Usual(middle, tuple(seen), math.sqrt((USUAL_WEIGHT * USUAL_SPREAD**2 + squares) / (USUAL_WEIGHT + len(seen) - 1)))


def middle(seen: Sequence[float]) -> float:
    """Return the figure that stands for several runs: their geometric mean, or the median where one is 0."""
    return math.exp(math.fsum(map(math.log, seen)) / len(seen)) if min(seen) > 0 else statistics.median(seen)


def odds(figure: float, limit: float, before: Usual, *, upper: bool, runs: int = 1) -> Odds | None:
    """Judge the figure of so many new runs against a limit that hangs on `before`; None where logarithms do not apply."""
    if before.spread is None or figure <= 0 or limit <= 0:
        return None
    distance = math.log(figure) - math.log(limit)
    error = before.spread * math.sqrt(1 / runs + 1 / before.runs)
    return beyond_by_chance(figure, distance if upper else -distance, error, USUAL_WEIGHT + before.runs - 1)


def rank_odds(again: Sequence[float], limit: float, before: Usual, *, upper: bool) -> Odds:
    """Judge the figures of new runs by their order among the earlier ones, where logarithms do not apply; ties speak for the limit.

    If nothing had changed but what the limit allows, each place among all runs would be as likely for a new one as for an earlier one
    that is moved by the allowance.
    """
    allowance = limit - before.figure
    moved = [figure + allowance for figure in before.seen]
    among = sum(figure >= min(again) for figure in moved) if upper else sum(figure <= max(again) for figure in moved)
    new = len(again)
    return Odds(1.0, math.comb(new + among, new) / math.comb(new + before.runs, new))
