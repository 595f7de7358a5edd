"""How good a page's load felt, from 0 to 100, by the curves that Lighthouse publishes.

Each metric is placed on a log-normal curve that gives 0.5 at `median` and 0.9 at `p10`; the score is their weighted mean. Curves and
weights are those of Lighthouse 10 and later (developer.chrome.com/docs/lighthouse/performance/performance-scoring, and the audits below
core/audits/metrics in its repository). It also knows Speed Index, which takes a film of the screen: its weight is shared by the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_TENTH = 0.9061938024368232
"""x where erfc(x) = 0.2: there a curve has 0.9 below it or above."""


@dataclass(frozen=True)
class Curve:
    """The values of a metric, in its base unit, that score 0.5 and 0.9."""

    median: float
    p10: float

    def score(self, value: float) -> float:
        """Return the share of the curve above `value`: 1 is best."""
        if value <= 0:
            return 1.0
        return 0.5 * math.erfc(_TENTH * (math.log(value) - math.log(self.median)) / math.log(self.median / self.p10))


Curves = Mapping[str, Curve]
MOBILE: Curves = MappingProxyType({"fcp": Curve(3000, 1800), "lcp": Curve(4000, 2500), "tbt": Curve(600, 200), "cls": Curve(0.25, 0.1)})
DESKTOP: Curves = MappingProxyType({"fcp": Curve(1600, 934), "lcp": Curve(2400, 1200), "tbt": Curve(350, 150), "cls": Curve(0.25, 0.1)})
WEIGHTS: Mapping[str, float] = MappingProxyType({"fcp": 10, "lcp": 25, "tbt": 30, "cls": 25})


def ux_score(values: Mapping[str, float], curves: Curves) -> float | None:
    """Return the score of a page's `fcp`, `lcp`, `tbt` (ms) and `cls`; None where one of them was not observed."""
    if not WEIGHTS.keys() <= values.keys():
        return None
    return 100 * sum(weight * curves[name].score(values[name]) for name, weight in WEIGHTS.items()) / sum(WEIGHTS.values())
