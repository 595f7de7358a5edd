"""Two deployments measured in turn on one machine: whether the newer one is slower, and how sure that is.

The samples come interleaved (ABBA), so that whatever the machine does happens to both. They are looked at a few times, at growing
numbers of pairs, and measuring stops as soon as the answer is clear:

- *fail* when a metric is surely slower: the exact one-sided Mann–Whitney test on the samples, Holm's correction over the metrics,
  and an equal share of the gate's chance of a false failure for each look;
- *pass* when every metric surely is not slower by a tenth or more (the same test against the older samples made a tenth slower);
- *inconclusive* at the last look or the time cap, with the number of pairs that would do.

A turn at one deployment is five iterations in a browser of its own, and turns differ by themselves (the machine's mood), so five samples
of one turn are not five independent ones. Both answers must hold against what turns differ by, too: a t-test on the turns' means of
logarithms, their variance drawn towards that of all metrics and a usual one. Without it, turns that differ by 4 % would fail 7 of 100
gates falsely (bench/gate_accuracy.py).

How much slower is told by the Hodges–Lehmann estimate: the median of all ratios of a newer to an older sample. Differences below a
floor (`FLOORS`) never count: nobody notices two milliseconds. Pure; scipy and numpy are imported when first needed.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from footfall.gate.verdict import Outcome
from footfall.samples import Series

LOOKS = (10, 20, 40, 80)
"""Pairs after which the samples are looked at."""
RELEVANT = 1.10
"""The ratio that must be ruled out before a deployment passes."""
FLOORS: Mapping[str, float] = MappingProxyType({"ms": 20.0, "bytes": 2048.0})
"""Differences below it do not count, by base unit. Metrics of any other unit are not compared."""
TURN = LOOKS[0] // 2
"""Samples that are taken at one deployment before it is the other's turn."""
USUAL_DRIFT = 0.03
"""Standard deviation of ln x between turns to expect before any is seen."""
USUAL_WEIGHT = 8
_BEST_OF_MANY = 4
"""So many times as small is the chance of the turns' test: the worst of many metrics is looked at, and its own scatter comes on top."""
FEWEST = 5
"""Samples on each side without which nothing is said."""
_FEW_METRICS = 10
_ASIDE = 1.01
"""With few metrics, a difference of one per cent is set aside before anything fails."""
_SURE_OF_INTERVAL = 1.645
_MOST_PAIRS = 2000


@dataclass(frozen=True)
class Levels:
    """The chances that a whole comparison takes, over all its looks and metrics: of a false failure, and of a false pass."""

    false_failure: float = 0.01
    false_pass: float = 0.05
    looks: int = len(LOOKS)

    @property
    def failing(self) -> float:
        """The share of one look, over all metrics together."""
        return self.false_failure / self.looks

    @property
    def passing(self) -> float:
        """The share of one look, for each metric."""
        return self.false_pass / self.looks


@dataclass(frozen=True)
class Pairs:
    """What was seen of one series at both deployments, in the order seen, in the base unit; `series` is the newer one's."""

    series: Series
    unit: str
    before: tuple[float, ...]
    after: tuple[float, ...]


@dataclass(frozen=True)
class Comparison:
    """One series compared.

    `before` and `after` are medians, `ratio` says how many times as much it is now, `interval` bounds the ratio in 90 of 100 cases,
    `pairs` is the smaller number of samples, `chance` that of samples this far apart if nothing had changed, and `needed` the number
    of pairs that would settle an inconclusive one (None: no practical number).
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

    @property
    def allowed(self) -> float:
        """The most that `after` may be: a tenth above `before`, or the floor above it where that is more."""
        return max(self.before * RELEVANT, self.before + FLOORS[self.unit])


def can_be_compared(unit: str, values: Sequence[float]) -> bool:
    """Whether samples have a ratio: positive ones, of a unit with a floor."""
    return unit in FLOORS and bool(values) and min(values) > 0


def compare(all_pairs: Sequence[Pairs], levels: Levels | None = None) -> tuple[Comparison, ...]:
    """Compare every series, as at one look. Series that have no ratio, or too few samples, are left out."""
    levels = levels or Levels()
    usable = [pairs for pairs in all_pairs if _usable(pairs)]
    aside = _ASIDE if len(usable) <= _FEW_METRICS else 1.0
    slower = _mann_whitney([(pairs.after, [value * aside for value in pairs.before]) for pairs in usable], "greater")
    kept = _mann_whitney([(pairs.after, _slowed(pairs)) for pairs in usable], "less")
    failed = _holm(slower, levels.failing)
    sure = [_Sure(at in failed, kept[at] <= levels.passing, drift, levels) for at, drift in enumerate(_drifts(usable))]
    return tuple(_compared(pairs, slower[at], sure[at], _needed(pairs, len(usable), levels)) for at, pairs in enumerate(usable))


def _usable(pairs: Pairs) -> bool:
    sides = (pairs.before, pairs.after)
    return all(len(side) >= FEWEST and can_be_compared(pairs.unit, side) for side in sides)


def answer(comparisons: Sequence[Comparison]) -> Outcome:
    """Return what all comparisons say together; with none there is nothing to be sure of."""
    outcomes = {comparison.outcome for comparison in comparisons}
    if Outcome.FAIL in outcomes:
        return Outcome.FAIL
    return Outcome.PASS if outcomes == {Outcome.PASS} else Outcome.INCONCLUSIVE


@dataclass(frozen=True)
class _Drift:
    """By how much turns make two deployments differ: the standard error of ln ratio, and its degrees of freedom."""

    error: float
    freedom: float

    def reach(self, chance: float) -> float:
        """How far apart they come with so small a chance."""
        from scipy import special  # noqa: PLC0415

        return float(special.stdtrit(self.freedom, 1 - chance)) * self.error


@dataclass(frozen=True)
class _Sure:
    """What the samples say by themselves (`failed`, `kept`), and what turns differ by."""

    failed: bool
    kept: bool
    drift: _Drift
    levels: Levels

    def slower(self, ratio: float) -> bool:
        return self.failed and math.log(ratio) > self.drift.reach(self.levels.failing / _BEST_OF_MANY)

    def within(self, ratio: float, allowed: float) -> bool:
        return self.kept and math.log(ratio) + self.drift.reach(self.levels.passing) < math.log(allowed)


def _compared(pairs: Pairs, chance: float, sure: _Sure, needed: int | None) -> Comparison:
    ratio, low, high = _ratio(pairs.before, pairs.after)
    before, after = _median(pairs.before), _median(pairs.after)
    count = min(len(pairs.before), len(pairs.after))
    found = Comparison(pairs.series, pairs.unit, Outcome.INCONCLUSIVE, before, after, ratio, (low, high), count, chance)
    if sure.slower(ratio) and after - before >= FLOORS[pairs.unit]:
        return replace(found, outcome=Outcome.FAIL)
    if sure.within(ratio, found.allowed / before) and after <= found.allowed:
        return replace(found, outcome=Outcome.PASS)
    return replace(found, needed=needed)


def _drifts(all_pairs: Sequence[Pairs]) -> list[_Drift]:
    """Estimate for each series what turns differ by, from how far the means of turns at one deployment lie apart.

    One turn's mood meets all metrics alike, so that many of them tell no more of it than one does, only more exactly: the mean over all
    counts, or the series' own where that is more.
    """
    squares = [_between_turns(pairs.before) + _between_turns(pairs.after) for pairs in all_pairs]
    turns = [max(1, min(len(pairs.before), len(pairs.after)) // TURN) for pairs in all_pairs]
    found = [(number / max(2 * (count - 1), 1), count) for number, count in zip(squares, turns, strict=True)]
    common = math.fsum(variance for variance, _ in found) / max(len(found), 1)
    return [_drift(max(variance, common), count) for variance, count in found]


def _drift(variance: float, turns: int) -> _Drift:
    seen = 2 * (turns - 1)
    drawn = (USUAL_WEIGHT * USUAL_DRIFT**2 + seen * variance) / (USUAL_WEIGHT + seen)
    return _Drift(math.sqrt(drawn * 2 / turns), USUAL_WEIGHT + seen)


def _between_turns(values: Sequence[float]) -> float:
    """Return the squared distances of the turns' means of ln x from their own mean; a turn that was cut short is left out."""
    means = [math.fsum(map(math.log, values[start : start + TURN])) / TURN for start in range(0, len(values) - TURN + 1, TURN)]
    middle = math.fsum(means) / max(len(means), 1)
    return math.fsum((mean - middle) ** 2 for mean in means)


def _slowed(pairs: Pairs) -> list[float]:
    """Return what the newer samples would be like if everything had become slower by just as much as matters."""
    return [max(value * RELEVANT, value + FLOORS[pairs.unit]) for value in pairs.before]


def _holm(chances: Sequence[float], level: float) -> set[int]:
    """Return the positions that are sure by Holm's step-down."""
    order = sorted(range(len(chances)), key=chances.__getitem__)
    found: set[int] = set()
    for done, position in enumerate(order):
        if chances[position] > level / (len(order) - done):
            break
        found.add(position)
    return found


def _mann_whitney(samples: Sequence[tuple[Sequence[float], Sequence[float]]], alternative: Literal["greater", "less"]) -> list[float]:
    """Return for each two samples the exact one-sided chance; ties, of which timings have few, count half."""
    import numpy as np  # noqa: PLC0415
    from scipy import stats  # noqa: PLC0415  # a second to import, and only comparisons need it

    alike: dict[tuple[int, int], list[int]] = defaultdict(list)
    for position, (first, second) in enumerate(samples):
        alike[len(first), len(second)].append(position)
    chances = [1.0] * len(samples)
    for positions in alike.values():  # those of one size together: eight times as fast
        firsts, seconds = (np.array([samples[position][side] for position in positions]) for side in (0, 1))
        found = stats.mannwhitneyu(firsts, seconds, alternative=alternative, method="exact", axis=1).pvalue
        for position, chance in zip(positions, np.atleast_1d(found), strict=True):
            chances[position] = float(chance)
    return chances


def _ratio(before: Sequence[float], after: Sequence[float]) -> tuple[float, float, float]:
    """Return the Hodges–Lehmann ratio and its interval (Hollander and Wolfe, Nonparametric Statistical Methods, section 4.3)."""
    import numpy as np  # noqa: PLC0415

    n, m = len(before), len(after)
    ratios = np.sort(np.subtract.outer(np.log(after), np.log(before)).ravel())
    reach = round(n * m / 2 - _SURE_OF_INTERVAL * math.sqrt(n * m * (n + m + 1) / 12))
    low = min(max(reach, 1), n * m) - 1
    return math.exp(float(np.median(ratios))), math.exp(float(ratios[low])), math.exp(float(ratios[n * m - 1 - low]))


def _median(values: Sequence[float]) -> float:
    import numpy as np  # noqa: PLC0415

    return float(np.median(values))


def _needed(pairs: Pairs, metrics: int, levels: Levels) -> int | None:
    """Return the pairs that a test of fixed size takes to see a tenth: 2.1 (z(1 − α/m) + z(1 − β))² (σ / ln 1.1)²."""
    import numpy as np  # noqa: PLC0415
    from scipy import special  # noqa: PLC0415

    spread = math.sqrt((np.var(np.log(pairs.before), ddof=1) + np.var(np.log(pairs.after), ddof=1)) / 2)
    allowance = math.log(max(RELEVANT, 1 + FLOORS[pairs.unit] / _median(pairs.before)))
    steps = float(special.ndtri(1 - levels.false_failure / metrics) + special.ndtri(1 - levels.false_pass))
    pairs_needed = math.ceil(2.1 * (steps * spread / allowance) ** 2)
    have = min(len(pairs.before), len(pairs.after))
    return max(pairs_needed, have + 1) if pairs_needed <= _MOST_PAIRS else None
