"""How sure a few numbers can make us that a percentile, or a rate, keeps its limit.

Five methods, each answering with `Odds`:

- `lognormal`: few samples of a time or a size. If ln x is normal, T = sqrt(n) (ln L − mean) / s follows the non-central t
  distribution when the percentile is exactly L, with n−1 degrees of freedom and non-centrality sqrt(n) z_q (the exact tolerance
  bound; Krishnamoorthy and Mathew, Statistical Tolerance Regions, 2009, section 2.2). The spread s is drawn towards a usual one
  (`USUAL_SPREAD`, worth `USUAL_WEIGHT` samples; the moderated t of Smyth 2004), because five samples can look steady by chance.
- `ranks`: order statistics for numbers that may be 0 or are bounded, and for any trend with many samples: if the percentile
  is exactly L, the samples beyond L are binomial with share 1 − q.
- `blocks`: histograms by time, for loads. Neighbouring requests are not independent, so whole blocks of seconds are drawn again
  (moving-block bootstrap; Künsch 1989) to find the standard error of ln p̂.
- `runs`: one histogram per run, for windows of several runs. Runs differ by more than their requests do by chance, so whole runs are drawn.
- `rate`: the share of a load's requests that failed. Were they to fail one by one, those that did would be binomial; errors come in
  bursts, so near the limit a burst counts for about one of them (Kish's design effect; Rao and Scott 1992).

All numbers are in the metric's base unit; `q` is a percentile, 0 to 100. scipy and numpy are imported when first needed.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from footfall.stats import Histogram, rank

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

USUAL_SPREAD = 0.2
"""Standard deviation of ln x to expect of a timing before any is seen: what a steady page shows on a busy machine."""
USUAL_WEIGHT = 2
USUAL_ERROR = 0.05
"""Standard error of ln p̂ to expect of a load's percentile: about what short independent runs of one load differ by."""
USUAL_ERROR_WEIGHT = 4
FEWEST_BLOCKS = 4
LEAST_BLOCK, MOST_BLOCK = 5, 30
RESAMPLES = 200
MOST_NEEDED = 1000
"""Samples beyond which "more of them" is no advice."""
MOST_WINDOWS = 7200
MOST_RUNS = 100
MOST_TIMES = 100
"""How many times as many requests are still advice."""
FAR_BELOW, FAR_ABOVE = 0.5, 3.0
"""Shares of its limit between which a rate is near it. Beyond them what happened in bursts is judged as if it happened one by one: a
site that was down for a while has failed, and one that had half of what is allowed has not."""
FEW_EXPECTED = 10
"""A load too small for so many failures at its limit cannot show that it keeps it unless next to nothing fails."""


def _never(within: float, beyond: float) -> None:
    del within, beyond


@dataclass(frozen=True)
class Odds:
    """What the evidence says of a limit.

    `within` is the chance of seeing a figure this good if the truth were just beyond the limit (small: surely within), `beyond`
    that of one this bad if the truth just kept it (small: surely beyond). `interval` holds the true figure in 90 of 100 cases;
    `spotless` says that not one sample was beyond, `few` that there are too few samples to ask for more than a figure that keeps
    the limit. `more` says how many samples would settle it at given levels (within, beyond), or None when no practical number would.
    """

    within: float
    beyond: float
    interval: tuple[float, float] | None = None
    spotless: bool = False
    more: Callable[[float, float], int | None] = _never
    few: bool = False


def lognormal(values: Sequence[float], q: float, limit: float, *, upper: bool) -> Odds:
    """Judge percentile `q` of a few positive values against a positive limit by the log-normal tolerance bound."""
    n, z = len(values), _normal_quantile(q / 100)
    logs = _steadied([math.log(value) for value in values], q)
    mean = math.fsum(logs) / n
    squares = math.fsum((value - mean) ** 2 for value in logs)
    spread = math.sqrt((USUAL_WEIGHT * USUAL_SPREAD**2 + squares) / (USUAL_WEIGHT + n - 1))
    # A usual spread that is wider than the true one must not move the percentile itself, only blur it: each side is judged with
    # the percentile where it is least willing to decide.
    places = sorted((z, z * math.sqrt(squares / max(n - 1, 1)) / spread))
    distance = (math.log(limit) - mean) / spread

    def tails(count: int) -> tuple[float, float]:
        low, high = (
            _noncentral_t(USUAL_WEIGHT + count - 1, math.sqrt(count) * z, math.sqrt(count) * (distance + z - place)) for place in places
        )
        return (1 - high, low) if upper else (low, 1 - high)

    ends = (
        mean + (_noncentral_quantile(n, z, tail) / math.sqrt(n) + place - z) * spread
        for tail, place in zip((0.05, 0.95), places, strict=True)
    )
    low, high = (math.exp(min(end, 700.0)) for end in ends)
    return Odds(*tails(n), (low, high), more=_search(tails, n))


def _steadied(logs: Sequence[float], q: float) -> list[float]:
    """Draw in lone outliers that do not touch the percentile itself, so that one hiccup does not drown a clear answer.

    An outlier is further from the median than three robust standard deviations (Hampel's rule). A low one is clipped there; a high
    one, which is what a hiccup is, counts as if it were at half that distance. Neither passes the percentile's own value.
    """
    ordered = sorted(logs)
    n = len(ordered)
    own, median = ordered[rank(n, q) - 1], ordered[rank(n, 50.0) - 1]
    deviation = sorted(abs(value - median) for value in ordered)[rank(n, 50.0) - 1]
    reach = 3 * max(1.4826 * deviation, USUAL_SPREAD)

    def drawn_in(value: float) -> float:
        if value > max(own, median + reach):
            return max(own, median + reach / 2)
        return max(value, min(own, median - reach))

    return [drawn_in(value) for value in ordered]


def ranks(beyond: int, count: int, q: float, *, upper: bool, interval: tuple[float, float] | None = None) -> Odds:
    """Judge percentile `q` by how many of `count` samples are beyond the limit; `interval` is handed on."""
    share = 1 - q / 100 if upper else q / 100

    def tails(n: int) -> tuple[float, float]:
        k = beyond if n == count else round(beyond / count * n)
        return _binomial(k, n, share), (1 - _binomial(k - 1, n, share) if k else 1.0)

    return Odds(*tails(count), interval, beyond == 0, _search(tails, count))


def rank_interval(ordered: Sequence[float], q: float) -> tuple[float, float]:
    """Return the values between which percentile `q` lies in at least 90 of 100 cases, as far as the samples reach."""
    n = len(ordered)

    def fewer_than(position: int) -> float:
        return _binomial(position - 1, n, q / 100)

    low = bisect_right(range(1, n + 1), 0.05, key=fewer_than)
    high = bisect_left(range(1, n + 1), 0.95, key=fewer_than) + 1
    return ordered[max(low, 1) - 1], ordered[min(high, n) - 1]


def blocks(histograms: Sequence[Histogram], q: float, limit: float, *, upper: bool) -> Odds:
    """Judge percentile `q` of a load from its histograms in order of time, all of one width; `more` counts such histograms."""
    figure, error, freedom = block_error(histograms, q)
    distance = _log(figure) - _log(limit)
    return beyond_by_chance(figure, distance if upper else -distance, error, freedom, have=len(histograms), most=MOST_WINDOWS)


def runs(histograms: Sequence[Histogram], q: float, limit: float, *, upper: bool) -> Odds:
    """Judge percentile `q` of several runs of a load together, from one histogram of each; `more` counts runs."""
    figure, error, freedom = run_error(histograms, q)
    distance = _log(figure) - _log(limit)
    return beyond_by_chance(figure, distance if upper else -distance, error, freedom, have=len(histograms), most=MOST_RUNS)


def rate(shares: Sequence[float], of: Sequence[float], limit: float, *, upper: bool) -> Odds:
    """Judge the rate of a load: `shares[i]` of the `of[i]` requests that ended in a piece of its time, in order; `more` counts requests."""
    yes, count = _weighted(shares, of), math.fsum(of)
    bad, most = (yes, limit) if upper else (count - yes, 1 - limit)
    most = min(max(most, 0.0), 1.0)
    near = most * FAR_BELOW < bad / count < most * FAR_ABOVE
    likeness = bursts(shares, of) if near else 1.0

    def tails(requests: float) -> tuple[float, float]:
        return _binomial_tails(bad / count * requests / likeness, requests / likeness, most)

    low, high = _rate_interval(bad / likeness, count / likeness)
    interval = (low, high) if upper else (1 - high, 1 - low)
    more = _search(tails, round(count), MOST_TIMES * round(count))
    return Odds(*tails(count), interval, bad == 0, more, few=count * most < FEW_EXPECTED)


def bursts(shares: Sequence[float], of: Sequence[float]) -> float:
    """Return how many requests of a load say as much as one by itself would, for what happens to them comes in bursts: at least 1.

    Kish's design effect (Survey Sampling, 1965): how many times as much the rate scatters between pieces of the load, single ones and
    blocks of them, as it would if requests failed one by one. `shares[i]` of `of[i]` requests failed in piece i.
    """
    count = math.fsum(of)
    rate = _weighted(shares, of) / count if count else 0.0
    if not 0 < rate < 1:
        return 1.0
    over = [(share - rate) * weight for share, weight in zip(shares, of, strict=True)]  # failures more than the rate makes of a piece
    alone = rate * (1 - rate) * count
    return max(1.0, _scatter(over, 1) / alone, _scatter(over, block_length(len(over))) / alone)


def _weighted(shares: Sequence[float], of: Sequence[float]) -> float:
    return math.fsum(share * weight for share, weight in zip(shares, of, strict=True))


def _scatter(over: Sequence[float], length: int) -> float:
    """Return the variance of a sum of deviations whose neighbours belong together, `length` at a time; 0 where all are one block."""
    blocks = [math.fsum(over[start : start + length]) for start in range(0, len(over), length)]
    return math.fsum(block**2 for block in blocks) * len(blocks) / (len(blocks) - 1) if len(blocks) > 1 else 0.0


def beyond_by_chance(figure: float, distance: float, error: float, freedom: float, *, have: int = 1, most: int = 50) -> Odds:
    """Judge a figure that lies `distance` beyond its limit, in logarithms, with a standard error that has `freedom` degrees.

    The error shrinks with the root of the count when there are more than the `have` pieces that it comes from.
    """

    def tails(count: int) -> tuple[float, float]:
        steps = distance / (error * math.sqrt(have / count))
        return _student(steps, freedom), _student(-steps, freedom)

    reach = _student_quantile(0.95, freedom) * error
    return Odds(*tails(have), (figure * math.exp(-reach), figure * math.exp(min(reach, 700.0))), more=_search(tails, have, most))


def block_error(histograms: Sequence[Histogram], q: float) -> tuple[float, float, float]:
    """Return (p̂, standard error of ln p̂, degrees of freedom) by a moving-block bootstrap; the same each time it is asked."""
    values, counts = _matrix(histograms)
    figure = float(_percentiles(values, counts.sum(axis=0, keepdims=True), q)[0])
    seconds = len(histograms)
    length = block_length(seconds)
    number = seconds // length
    if number < FEWEST_BLOCKS or figure <= 0:
        return figure, USUAL_SPREAD, float(FEWEST_BLOCKS - 1)
    estimates = _percentiles(values, _resampled(counts, length), q)
    observed = _variance_of_logs(estimates)
    return figure, *_blended(observed, number, USUAL_ERROR)


def run_error(histograms: Sequence[Histogram], q: float) -> tuple[float, float, float]:
    """Return (p̂, standard error of ln p̂, degrees of freedom) by a bootstrap over runs; the same each time it is asked."""
    values, counts = _matrix(histograms)
    figure = float(_percentiles(values, counts.sum(axis=0, keepdims=True), q)[0])
    number = len(histograms)
    unbiased = number / max(number - 1, 1)  # few runs, drawn from themselves, look more alike than they are
    observed = _variance_of_logs(_percentiles(values, _resampled(counts, 1), q)) * unbiased
    return figure, *_blended(observed, number, USUAL_ERROR / math.sqrt(number))


def _blended(observed: float, number: int, usual: float) -> tuple[float, float]:
    """Return the standard error that a variance observed among `number` pieces makes with a usual error, and its degrees of freedom."""
    freedom = number - 1.0 + USUAL_ERROR_WEIGHT
    return math.sqrt((USUAL_ERROR_WEIGHT * usual**2 + (number - 1) * observed) / freedom), freedom


def block_length(windows: int) -> int:
    """Return how many windows make a block: 30 where there are enough, a sixth of a short run, but never fewer than 5."""
    return max(LEAST_BLOCK, min(MOST_BLOCK, windows // 6))


def _matrix(histograms: Sequence[Histogram]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return all values seen (columns) and how often each was in each histogram (rows)."""
    import numpy as np  # noqa: PLC0415  # most commands never need it

    seen = [histogram.buckets() for histogram in histograms]
    values = np.unique(np.concatenate([found for found, _ in seen]))
    counts = np.zeros((len(seen), len(values)))
    for row, (found, number) in zip(counts, seen, strict=True):
        row[np.searchsorted(values, found)] = number
    return values, counts


def _resampled(counts: npt.NDArray[np.float64], length: int) -> npt.NDArray[np.float64]:
    """Return the counts of `RESAMPLES` runs made of blocks drawn at random from this one."""
    import numpy as np  # noqa: PLC0415

    rows = len(counts)
    starts = np.random.default_rng(20).integers(0, rows - length + 1, (RESAMPLES, math.ceil(rows / length)))
    picked = (starts[:, :, None] + np.arange(length)).reshape(RESAMPLES, -1)[:, :rows]
    weights = np.stack([np.bincount(row, minlength=rows) for row in picked]).astype(float)
    drawn: npt.NDArray[np.float64] = weights @ counts
    return drawn


def _percentiles(values: npt.NDArray[np.float64], counts: npt.NDArray[np.float64], q: float) -> npt.NDArray[np.float64]:
    """Return the nearest-rank percentile of each row of counts; a row that drew no request at all is left out."""
    import numpy as np  # noqa: PLC0415

    running = counts.cumsum(axis=1)
    running = running[running[:, -1] > 0]
    wanted = np.ceil(np.round(running[:, -1:] * q / 100, 9))
    found: npt.NDArray[np.float64] = values[(running < np.maximum(wanted, 1)).sum(axis=1)]
    return found


def _variance_of_logs(estimates: npt.NDArray[np.float64]) -> float:
    import numpy as np  # noqa: PLC0415

    positive = estimates[estimates > 0]
    return float(np.log(positive).var(ddof=1)) if len(positive) > 1 else 0.0


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def _search(tails: Callable[[int], tuple[float, float]], have: int, most: int = MOST_NEEDED) -> Callable[[float, float], int | None]:
    """Return a function that finds the smallest count whose tails are decisive if more samples look like these."""

    def more(within: float, beyond: float) -> int | None:
        def settled(count: int) -> bool:
            good, bad = tails(count)
            return good <= within or bad <= beyond

        reach = have + 1
        while not settled(reach):
            reach *= 2
            if reach > most:
                return None
        low = max(have, reach // 2)
        while reach - low > 1:
            middle = (low + reach) // 2
            low, reach = (low, middle) if settled(middle) else (middle, reach)
        return reach

    return more


@lru_cache(maxsize=256)
def _normal_quantile(share: float) -> float:
    from scipy import special  # noqa: PLC0415

    return float(special.ndtri(share))


def _noncentral_t(freedom: float, centre: float, value: float) -> float:
    from scipy import special  # noqa: PLC0415

    share = float(special.nctdtr(freedom, centre, value))
    if math.isnan(share):  # far out in a tail the exact series gives up; Abramowitz and Stegun 26.7.10 does for a number near 0 or 1
        share = float(special.ndtr((value * (1 - 0.25 / freedom) - centre) / math.sqrt(1 + value**2 / (2 * freedom))))
    return min(max(share, 0.0), 1.0)


@lru_cache(maxsize=256)
def _noncentral_quantile(count: int, z: float, share: float) -> float:
    from scipy import special  # noqa: PLC0415

    centre = math.sqrt(count) * z
    found = float(special.nctdtrit(USUAL_WEIGHT + count - 1, centre, share))
    return centre + float(special.ndtri(share)) if math.isnan(found) else found


def _binomial(successes: int, trials: int, share: float) -> float:
    """Return the chance of at most `successes` in `trials`."""
    from scipy import special  # noqa: PLC0415

    return float(special.bdtr(successes, trials, share)) if successes < trials else 1.0


def _binomial_tails(yes: float, of: float, share: float) -> tuple[float, float]:
    """Return the chances of at most and of at least `yes` in `of` trials, neither of which need be whole."""
    from scipy import special  # noqa: PLC0415

    at_most = float(special.betainc(of - yes, yes + 1, 1 - share)) if yes < of else float(share < 1)
    at_least = float(special.betainc(yes, of - yes + 1, share)) if yes > 0 else 1.0
    return at_most, at_least


def _rate_interval(yes: float, of: float) -> tuple[float, float]:
    """Return the rates between which the true one lies in at least 90 of 100 cases (Clopper and Pearson 1934)."""
    from scipy import special  # noqa: PLC0415

    low = float(special.betaincinv(yes, of - yes + 1, 0.05)) if yes > 0 else 0.0
    high = float(special.betaincinv(yes + 1, of - yes, 0.95)) if yes < of else 1.0
    return low, high


def _student(value: float, freedom: float) -> float:
    from scipy import special  # noqa: PLC0415

    return float(special.stdtr(freedom, value))


@lru_cache(maxsize=256)
def _student_quantile(share: float, freedom: float) -> float:
    from scipy import special  # noqa: PLC0415

    return float(special.stdtrit(freedom, share))
