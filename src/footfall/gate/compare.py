"""Two deployments measured in turn on one machine: whether the newer one is slower, and how sure that is.

The samples come interleaved (ABBA), so that whatever the machine does happens to both. They are looked at a few times, at growing
numbers of pairs, and measuring stops as soon as the answer is clear:

- *fail* when a metric is slower twice. First it is suspected: the exact one-sided Mann–Whitney test on the samples, Holm's correction
  over the metrics, an equal share of the chance for each look, and further apart than turns differ by themselves (a t-test with a
  usual spread blended in). That rests on samples which share their turn's mood, and alone would fail 3 of 100 gates falsely where turns
  differ by 4 %. So what is suspected is measured again, in fresh turns that had no part in the suspicion, and a plain t-test with
  turns as the unit must find it slower once more. The chances of both multiply, whatever the first one truly was.
- *pass* when every metric surely is not slower by a tenth or more (the same tests against the older samples made a tenth slower);
- *inconclusive* at the last look or the time cap, with the number of pairs that would do.

How much slower is told by the Hodges–Lehmann estimate: the median of all ratios of a newer to an older sample. Differences below a
floor (`FLOORS`) never count: nobody notices two milliseconds. Pure; scipy and numpy are imported when first needed.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from footfall.gate.turns import Drift, chance_of_turns, drifts, levels_of_turns
from footfall.gate.verdict import Outcome
from footfall.samples import Series

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Rows = npt.NDArray[np.float64]

LOOKS = (10, 20, 40, 80)
"""Pairs after which the samples are looked at."""
RELEVANT = 1.10
"""The ratio that must be ruled out before a deployment passes."""
FLOORS: Mapping[str, float] = MappingProxyType({"ms": 20.0, "bytes": 2048.0})
"""Differences below it do not count, by base unit. Metrics of any other unit are not compared."""
_BEST_OF_MANY = 8
"""So many times as small is the chance of the turns' test: the worst of many metrics is looked at, and its own scatter comes on top."""
FEWEST = 5
"""Samples on each side without which nothing is said."""
_FEW_METRICS = 10
_ASIDE = 1.01
"""With few metrics, a difference of one per cent is set aside before anything fails."""
_SURE_OF_INTERVAL = 1.645
_MOST_PAIRS = 2000
_AT_ONCE = 256
"""Series whose ratios are reckoned together: 80 pairs have 6,400 of them, 50 KB."""


@dataclass(frozen=True)
class Levels:
    """The chances that a whole comparison takes, over all its looks and metrics: of a false failure, and of a false pass.

    Where fresh turns must confirm a failure, `false_failure` is the chance of an unfounded suspicion and `confirming` that of fresh
    turns that agree with it, metric by metric; a false failure takes both. At 1 nothing is measured again: what is suspected fails.
    """

    false_failure: float = 0.01
    false_pass: float = 0.05
    looks: int = len(LOOKS)
    confirming: float = 1.0

    @property
    def failing(self) -> float:
        """The share of one look, over all metrics together."""
        return self.false_failure / self.looks

    @property
    def passing(self) -> float:
        """The share of one look, for each metric."""
        return self.false_pass / self.looks


IN_TURN = Levels(false_failure=0.08, confirming=0.01)
"""What a comparison in turn takes. A false failure would come in 1 of 1,000 gates if all samples were independent; those of one turn are
not, and where turns differ by 4 % they raise several times as many suspicions. A promise of 1 in 100 holds even then."""


@dataclass(frozen=True)
class Pairs:
    """What was seen of one series at both deployments, in the order seen, in the base unit; `series` is the newer one's.

    `turns` are the lengths of both sides' turns (none: five each). `fresh` is what was measured again, after a suspicion and because of
    it; the other samples had raised it.
    """

    series: Series
    unit: str
    before: tuple[float, ...]
    after: tuple[float, ...]
    turns: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    fresh: Pairs | None = None

    @property
    def count(self) -> int:
        """How many pairs these are, without the fresh ones."""
        return min(len(self.before), len(self.after))


@dataclass(frozen=True)
class Comparison:
    """One series compared.

    `before` and `after` are medians, `ratio` says how many times as much it is now, `interval` bounds the ratio in 90 of 100 cases,
    `pairs` is the smaller number of samples, `chance` that of samples this far apart if nothing had changed, and `needed` the number
    of pairs that would settle an inconclusive one (None: no practical number). `suspected` says that it looks slower and that fresh
    turns must tell; `fresh` is how many of the pairs were measured for that.
    """

    series: Series
    unit: str
    outcome: Outcome
    before: float
    after: float
    ratio: float
    interval: tuple[float, float]
    pairs: int
    chance: float
    needed: int | None = None
    suspected: bool = False
    fresh: int = 0

    @property
    def allowed(self) -> float:
        """The most that `after` may be: a tenth above `before`, or the floor above it where that is more."""
        return max(self.before * RELEVANT, self.before + FLOORS[self.unit])


def can_be_compared(unit: str, values: Sequence[float]) -> bool:
    """Whether samples have a ratio: positive ones, of a unit with a floor."""
    return unit in FLOORS and bool(values) and min(values) > 0


def compare(all_pairs: Sequence[Pairs], levels: Levels | None = None) -> tuple[Comparison, ...]:
    """Compare every series, as at one look. Series that have no ratio, or too few samples, are left out."""
    return compare_gates([all_pairs], levels)[0]


def compare_gates(gates: Sequence[Sequence[Pairs]], levels: Levels | None = None) -> list[tuple[Comparison, ...]]:
    """Compare what many gates saw, each by itself, as `compare` does; together they are fifty times as quick, for simulations."""
    levels = levels or Levels()
    usable = [[pairs for pairs in gate if _usable(pairs)] for gate in gates]
    asides = [_ASIDE if len(gate) <= _FEW_METRICS else 1.0 for gate in usable]
    every = [pairs for gate in usable for pairs in gate]
    told = iter(_told(every))
    chances = iter(_chances(every, [aside for gate, aside in zip(usable, asides, strict=True) for _ in gate]))
    turns = iter(levels_of_turns([side for pairs in every for side in zip((pairs.before, pairs.after), pairs.turns, strict=True)]))
    found = []
    for gate in usable:
        seen = [_Seen(pairs, next(told), *next(chances), (next(turns), next(turns))) for pairs in gate]
        found.append(_judged(seen, levels))
    return found


def answer(comparisons: Sequence[Comparison]) -> Outcome:
    """Return what all comparisons say together; with none there is nothing to be sure of."""
    outcomes = {comparison.outcome for comparison in comparisons}
    if Outcome.FAIL in outcomes:
        return Outcome.FAIL
    return Outcome.PASS if outcomes == {Outcome.PASS} else Outcome.INCONCLUSIVE


def _usable(pairs: Pairs) -> bool:
    sides = (pairs.before, pairs.after)
    fresh = (pairs.fresh.before, pairs.fresh.after) if pairs.fresh else ()
    lasting = all(min(side, default=1.0) > 0 for side in fresh)
    return lasting and all(len(side) >= FEWEST and can_be_compared(pairs.unit, side) for side in sides)


@dataclass(frozen=True)
class _Figures:
    """What is told of two samples: medians, Hodges–Lehmann ratio and its bounds, and the spread of ln x."""

    before: float
    after: float
    ratio: float
    interval: tuple[float, float]
    spread: float


@dataclass(frozen=True)
class _Seen:
    """One series with all that its samples say by themselves: the chances that it is no slower (`slower`) and that it is (`kept`)."""

    pairs: Pairs
    figures: _Figures
    slower: float
    kept: float
    turns: tuple[list[float], list[float]]


def _judged(seen: Sequence[_Seen], levels: Levels) -> tuple[Comparison, ...]:
    """Decide the series of one gate."""
    failed = _holm([each.slower for each in seen], levels.failing)
    spread = drifts([each.turns for each in seen])
    return tuple(_compared(each, at in failed, spread[at], len(seen), levels) for at, each in enumerate(seen))


def _compared(seen: _Seen, failed: bool, drift: Drift, metrics: int, levels: Levels) -> Comparison:
    pairs, unit = seen.pairs, seen.pairs.unit
    away = math.log(seen.figures.ratio)  # the samples that raise a suspicion decide that it is one; all of them tell how much it is
    figures = _told([_whole(pairs)])[0] if pairs.fresh else seen.figures
    fresh = pairs.fresh.count if pairs.fresh else 0
    found = Comparison(
        pairs.series,
        unit,
        Outcome.INCONCLUSIVE,
        figures.before,
        figures.after,
        figures.ratio,
        figures.interval,
        pairs.count + fresh,
        seen.slower,
    )
    needed = _needed(found, figures.spread, metrics, levels)
    if failed and away > drift.reach(levels.failing / _BEST_OF_MANY) and figures.after - figures.before >= FLOORS[unit]:
        sure = levels.confirming >= 1 or _confirmed(pairs.fresh, levels)
        return replace(found, outcome=Outcome.FAIL, fresh=fresh) if sure else replace(found, suspected=True, fresh=fresh, needed=needed)
    within = away + drift.reach(levels.passing) < math.log(found.allowed / found.before)
    if seen.kept <= levels.passing and within and found.after <= found.allowed:
        return replace(found, outcome=Outcome.PASS)
    return replace(found, needed=needed)


def _confirmed(fresh: Pairs | None, levels: Levels) -> bool:
    """Whether fresh turns find it slower too: each metric by itself, for only those that were suspected are asked."""
    if fresh is None:
        return False
    before, after = levels_of_turns([*zip((fresh.before, fresh.after), fresh.turns, strict=True)])
    return chance_of_turns(before, after) <= levels.confirming


def _whole(pairs: Pairs) -> Pairs:
    fresh = pairs.fresh
    return replace(pairs, before=pairs.before + fresh.before, after=pairs.after + fresh.after, fresh=None) if fresh else pairs


def _alike(every: Sequence[Pairs]) -> list[list[int]]:
    """Return the positions of the pairs of one size together: they are reckoned in one go."""
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for position, pairs in enumerate(every):
        found[len(pairs.before), len(pairs.after)].append(position)
    return list(found.values())


def _rows(every: Sequence[Pairs], positions: Sequence[int]) -> tuple[Rows, Rows]:
    import numpy as np  # noqa: PLC0415  # most commands never need it

    return np.array([every[position].before for position in positions]), np.array([every[position].after for position in positions])


def _chances(every: Sequence[Pairs], asides: Sequence[float]) -> list[tuple[float, float]]:
    """Return for each series the chances that it is no slower, and that it is slower by what matters or more.

    `asides` are the factors by which the older samples are slowed before the first question.
    """
    import numpy as np  # noqa: PLC0415

    found = [(1.0, 1.0)] * len(every)
    for positions in _alike(every):
        before, after = _rows(every, positions)
        aside = np.array([[asides[position]] for position in positions])
        floors = np.array([[FLOORS[every[position].unit]] for position in positions])
        slower = _mann_whitney(after, before * aside, "greater")
        kept = _mann_whitney(after, np.maximum(before * RELEVANT, before + floors), "less")
        for position, *both in zip(positions, slower, kept, strict=True):
            found[position] = (float(both[0]), float(both[1]))
    return found


def _mann_whitney(first: Rows, second: Rows, alternative: Literal["greater", "less"]) -> Rows:
    """Return for each two rows the exact one-sided chance; ties, of which timings have few, count half."""
    import numpy as np  # noqa: PLC0415
    from scipy import stats  # noqa: PLC0415  # a second to import, and only comparisons need it

    return np.atleast_1d(stats.mannwhitneyu(first, second, alternative=alternative, method="exact", axis=1).pvalue)


def _told(every: Sequence[Pairs]) -> list[_Figures]:
    """Return the figures of each series."""
    found: dict[int, _Figures] = {}
    for positions in _alike(every):
        for start in range(0, len(positions), _AT_ONCE):
            some = positions[start : start + _AT_ONCE]
            found.update(zip(some, _figures(*_rows(every, some)), strict=True))
    return [found[position] for position in range(len(every))]


def _figures(before: Rows, after: Rows) -> list[_Figures]:
    """Return each row's figures; the ratio's bounds are Moses's (Hollander and Wolfe, Nonparametric Statistical Methods, section 4.3)."""
    import numpy as np  # noqa: PLC0415

    n, m = before.shape[1], after.shape[1]
    older, newer = np.log(before), np.log(after)
    ratios = (newer[:, :, None] - older[:, None, :]).reshape(len(before), n * m)
    reach = round(n * m / 2 - _SURE_OF_INTERVAL * math.sqrt(n * m * (n + m + 1) / 12))
    low = min(max(reach, 1), n * m) - 1
    high, middle = n * m - 1 - low, (n * m - 1) // 2
    ratios.partition(sorted({low, middle, n * m // 2, high}), axis=1)
    ends = np.exp(np.stack([(ratios[:, middle] + ratios[:, n * m // 2]) / 2, ratios[:, low], ratios[:, high]]))
    spread = np.sqrt((older.var(axis=1, ddof=1) + newer.var(axis=1, ddof=1)) / 2)
    medians = np.median(before, axis=1), np.median(after, axis=1)
    rows = zip(*(column.tolist() for column in (*medians, *ends, spread)), strict=True)
    return [_Figures(first, second, ratio, (least, most), scatter) for first, second, ratio, least, most, scatter in rows]


def _holm(chances: Sequence[float], level: float) -> set[int]:
    """Return the positions that are sure by Holm's step-down."""
    order = sorted(range(len(chances)), key=chances.__getitem__)
    found: set[int] = set()
    for done, position in enumerate(order):
        if chances[position] > level / (len(order) - done):
            break
        found.add(position)
    return found


def _needed(found: Comparison, spread: float, metrics: int, levels: Levels) -> int | None:
    """Return the pairs that a test of fixed size takes to see a tenth: 2.1 (z(1 − α/m) + z(1 − β))² (σ / ln 1.1)²."""
    from scipy import special  # noqa: PLC0415

    allowance = math.log(found.allowed / found.before)
    steps = float(special.ndtri(1 - levels.false_failure / metrics) + special.ndtri(1 - levels.false_pass))
    pairs = math.ceil(2.1 * (steps * spread / allowance) ** 2)
    return max(pairs, found.pairs + 1) if pairs <= _MOST_PAIRS else None
