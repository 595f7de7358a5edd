"""Figures from numbers: the one definition of a percentile, for plain values and for histograms alike.

A percentile is the nearest-rank one: the smallest value that at least q per cent of all values do not exceed
(Hyndman and Fan's type 1). It is always a value that was seen, and it is what an HDR histogram answers, so that plain
values and histograms agree.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hdrh.histogram import HdrHistogram

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PERCENTILES = (50.0, 75.0, 90.0, 95.0, 99.0)
"""What every summary holds."""

_SCALE = 1000
_LARGEST = 3_600_000
_HIGHEST = _LARGEST * _SCALE
_DIGITS = 3
_FEW = 24
"""Fewer values than this are counted one by one: numpy would take longer to begin."""
_MOST_FRESH = 4096
"""So many values may wait to be counted together."""


def percentile(values: Sequence[float], q: float) -> float:
    """Return the nearest-rank percentile `q` (0 to 100) of values in any order. Raises ValueError when there are none."""
    if not values:
        raise ValueError("no values, no percentile")
    return sorted(values)[rank(len(values), q) - 1]


def rank(count: int, q: float) -> int:
    """Return which of `count` ascending values, counted from 1, is their percentile `q` (0 to 100)."""
    # Rounded first: 7 × 0.29 is a hair above its true value in binary, and must not become the next rank.
    return max(1, math.ceil(round(count * q / 100, 9)))


class Histogram:
    """Many numbers in bounded memory, 3 significant digits (HDR), merged exactly.

    Values are in the metric's base unit, from 0 up to 3,600,000 (an hour in ms), and counted in thousandths of it;
    larger ones count as the largest.
    """

    def __init__(self) -> None:
        self._fresh: list[float] = []
        self._counted: HdrHistogram | None = None

    @property
    def _hdr(self) -> HdrHistogram:
        """The library's histogram, with all that was recorded counted in it."""
        if self._counted is None:
            self._counted = HdrHistogram(1, _HIGHEST, _DIGITS)
        if self._fresh:
            fresh, self._fresh = self._fresh, []
            _count(self._counted, fresh)
        return self._counted

    def record(self, value: float, count: int = 1) -> None:
        """Count a value `count` times. A single one is only noted: many together cost a tenth, and a generator records each request."""
        known = min(_LARGEST, value)
        if count > 1:
            self._hdr.record_value(max(round(known * _SCALE), 0), count)
            return
        self._fresh.append(known)
        if len(self._fresh) >= _MOST_FRESH:
            _ = self._hdr

    def add(self, other: Histogram) -> None:
        """Add all that `other` counted."""
        added = other._hdr
        if added.total_count:  # the library takes the minimum of an empty histogram for a 0 that was seen
            self._hdr.add(added)

    @property
    def count(self) -> int:
        """How many values were counted."""
        return int(self._hdr.total_count)

    @property
    def mean(self) -> float:
        """The arithmetic mean, within the histogram's precision; 0 when nothing was counted."""
        lowest, width, counts = self._cells()
        return float((lowest + width // 2) @ counts) / max(1, int(counts.sum())) / _SCALE

    @property
    def minimum(self) -> float:
        """The smallest value, within the histogram's precision."""
        return float(self._hdr.get_min_value()) / _SCALE if self.count else 0.0

    @property
    def maximum(self) -> float:
        """The largest value, within the histogram's precision."""
        return float(self._hdr.get_max_value()) / _SCALE if self.count else 0.0

    def percentile(self, q: float) -> float:
        """Return the nearest-rank percentile `q` (0 to 100). Raises ValueError when nothing was counted."""
        if not self.count:
            raise ValueError("no values, no percentile")
        # Not the library's own percentile: it rounds the rank to the nearest one, where the definition above rounds up.
        values, counts = self.buckets()
        return float(values[counts.cumsum().searchsorted(rank(self.count, q))])

    def buckets(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Return the values that were seen, ascending and as `percentile` answers them, and how often each was."""
        lowest, width, counts = self._cells()
        return (lowest + width - 1) / _SCALE, counts

    def _cells(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the least value, the width and the count of each cell that is not empty, in thousandths."""
        import numpy as np  # noqa: PLC0415  # most commands never need it

        hdr = self._hdr
        counts = np.frombuffer(hdr.counts, dtype=np.uint64)
        seen = np.flatnonzero(counts)
        half, bits = hdr.sub_bucket_half_count, hdr.sub_bucket_half_count_magnitude
        scale = np.maximum((seen >> bits) - 1, 0)  # HDR's layout: the first bucket is linear, each later one twice as coarse
        lowest = np.where(seen < half, seen, (seen & (half - 1)) + half) << scale
        return lowest, np.int64(1) << scale, counts[seen].astype(np.int64)

    def encode(self) -> str:
        """Write in HDR's V2 form, deflated and base64-encoded."""
        encoded: bytes = self._hdr.encode()
        return encoded.decode("ascii")

    @classmethod
    def decode(cls, text: str) -> Histogram:
        """Read what `encode` writes. Raises ValueError for anything else."""
        histogram = cls()
        try:
            histogram._hdr.decode_and_add(text.encode("ascii"))
        except Exception as error:  # the library raises whatever zlib, base64, ctypes and itself raise
            raise ValueError(f"not an HDR histogram: {error}") from error
        return histogram

    @classmethod
    def merged(cls, histograms: Iterable[Histogram]) -> Histogram:
        """Return a new histogram of all that was counted in `histograms`."""
        total = cls()
        for histogram in histograms:
            total.add(histogram)
        return total


def _count(hdr: HdrHistogram, values: Sequence[float]) -> None:
    """Count each value, as the library's own `record_value` does it."""
    if len(values) < _FEW:
        for value in values:
            hdr.record_value(max(round(value * _SCALE), 0))
        return
    import numpy as np  # noqa: PLC0415  # most commands never need it

    whole = np.rint(np.asarray(values, np.float64) * _SCALE).clip(0).astype(np.int64)
    half, bits = hdr.sub_bucket_half_count, hdr.sub_bucket_half_count_magnitude
    # HDR's layout, as in `_cells`: how often a value must be halved to fit into the first, linear bucket.
    bucket = np.frexp((whole | hdr.sub_bucket_mask).astype(np.float64))[1] - (bits + 1)
    cells = np.bincount(((bucket + 1) << bits) + (whole >> bucket) - half)
    np.frombuffer(hdr.counts, np.uint64)[: len(cells)] += cells.astype(np.uint64)
    hdr.total_count += len(values)
    hdr.min_value = min(hdr.min_value, int(whole.min()))
    hdr.max_value = max(hdr.max_value, int(whole.max()))


class PackedHistogram(Histogram):
    """A histogram that stays as its text and is decoded at each use, to be read only.

    Decoded, one takes 190 KB, whatever it counted; a run may have thousands of windows.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    @property
    def _hdr(self) -> HdrHistogram:
        hdr = HdrHistogram(1, _HIGHEST, _DIGITS)
        hdr.decode_and_add(self._text.encode("ascii"))
        return hdr

    def encode(self) -> str:
        """Return the text as it is."""
        return self._text


@dataclass(frozen=True)
class Figures:
    """What a summary says of a series in one run, in the metric's base unit; `p50` to `p99` are nearest-rank."""

    count: int
    mean: float
    min: float
    max: float
    p50: float
    p75: float
    p90: float
    p95: float
    p99: float
    total: float
    last: float

    @classmethod
    def of_values(cls, values: Sequence[float]) -> Figures:
        """Summarise values in the order in which they were seen. Raises ValueError when there are none."""
        p50, p75, p90, p95, p99 = (percentile(values, q) for q in PERCENTILES)
        total = math.fsum(values)
        return cls(len(values), total / len(values), min(values), max(values), p50, p75, p90, p95, p99, total, values[-1])

    @classmethod
    def of_histogram(cls, histogram: Histogram) -> Figures:
        """Summarise a histogram; `last` is its median, for it keeps no order. Raises ValueError when it is empty."""
        p50, p75, p90, p95, p99 = (histogram.percentile(q) for q in PERCENTILES)
        count, mean = histogram.count, histogram.mean
        return cls(count, mean, histogram.minimum, histogram.maximum, p50, p75, p90, p95, p99, mean * count, p50)
