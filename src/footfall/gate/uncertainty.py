"""How sure a few numbers can make us that a percentile keeps its limit.

Four methods, each answering with `Odds`:

- `lognormal`: few samples of a time or a size. If ln x is normal, T = sqrt(n) (ln L − mean) / s follows the non-central t
  distribution when the percentile is exactly L, with n−1 degrees of freedom and non-centrality sqrt(n) z_q (the exact tolerance
  bound; Krishnamoorthy and Mathew, Statistical Tolerance Regions, 2009, section 2.2). The spread s is drawn towards a usual one
  (`USUAL_SPREAD`, worth `USUAL_WEIGHT` samples; the moderated t of Smyth 2004), because five samples can look steady by chance.
- `ranks`: order statistics for numbers that may be 0 or are bounded, and for any trend with many samples: if the percentile
  is exactly L, the samples beyond L are binomial with share 1 − q.
- `blocks`: histograms by time, for loads. Neighbouring requests are not independent, so whole blocks of seconds are drawn again
  (moving-block bootstrap; Künsch 1989) to find the standard error of ln p̂.
- `runs`: one histogram per run, for windows of several runs. Runs differ by more than their requests do by chance, so whole runs are drawn.

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


def _never(within: float, beyond: float) -> None:
    del within, beyond


@dataclass(frozen=True)
class Odds:
    """What the evidence says of a limit.

    `within` is the chance of seeing a figure this good if the truth were just beyond the limit (small: surely within), `beyond`
    that of one this bad if the truth just kept it (small: surely beyond). `interval` holds the true figure in 90 of 100 cases;
    `spotless` says that not one sample was beyond. `more` says how many samples would settle it at given levels (within,
    beyond), or None when no practical number would.
    """

    within: float
    beyond: float
    interval: tuple[float, float] | None = None
    spotless: bool = False
    more: Callable[[float, float], int | None] = _never


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


def _student(value: float, freedom: float) -> float:
    from scipy import special  # noqa: PLC0415

    return float(special.stdtr(freedom, value))


@lru_cache(maxsize=256)
def _student_quantile(share: float, freedom: float) -> float:
    from scipy import special  # noqa: PLC0415

    return float(special.stdtrit(freedom, share))
