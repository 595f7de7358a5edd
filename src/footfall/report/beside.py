"""Two deployments that were measured in turn, side by side: a row per figure, the worst first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from footfall.gate.against import CAPPED
from footfall.gate.verdict import Outcome, Verdict
from footfall.metrics import format_beside
from footfall.report.charts.bars import ratio_bar
from footfall.report.figures import metric_name
from footfall.report.view import ReportView
from footfall.report.words import count, place, signed_percent

_LEAST_REACH = math.log(1.25)
_MOST_REACH = math.log(4)


@dataclass(frozen=True)
class Beside:
    """One figure at both deployments: medians, the change with the bounds that hold it in 90 of 100 cases, and how it was judged."""

    verdict: Verdict
    place: str
    metric: str
    before: str
    after: str
    change: str
    bounds: str
    picture: Markup


def beside(view: ReportView) -> tuple[Beside, ...]:
    """Return the rows of a comparison, in the view's order; none where the run was compared with nothing."""
    found = [verdict for verdict in view.comparisons if verdict.before is not None and verdict.figure is not None]
    reach = _reach(found)
    return tuple(_row(verdict, reach) for verdict in found)


def _reach(verdicts: Sequence[Verdict]) -> float:
    """How far the pictures reach to either side, as ln of the ratio; one that lies further out stands at the edge."""
    ends = [abs(math.log(end)) for verdict in verdicts for end in verdict.interval or () if end > 0]
    return min(max([*ends, _LEAST_REACH]), _MOST_REACH)


def _row(verdict: Verdict, reach: float) -> Beside:
    after, before = format_beside(verdict.figure or 0.0, verdict.before or 0.0, verdict.unit)
    ratio, ends = verdict.ratio or 1.0, verdict.interval or (1.0, 1.0)
    change = signed_percent(ratio - 1) or "±0 %"
    bounds = " to ".join(signed_percent(end - 1) or "±0 %" for end in ends)
    picture = ratio_bar(ratio, ends, reach, f"{change}, {bounds}", verdict.outcome.value)
    return Beside(verdict, place(verdict), metric_name(verdict.metric), before, after, change, bounds, picture)


def left_open(view: ReportView) -> str:
    """Say why what a comparison could not tell was left open, and what would settle it; empty where it could tell all."""
    unsure = [verdict for verdict in view.comparisons if verdict.outcome is Outcome.INCONCLUSIVE]
    if not unsure:
        return ""
    if any(verdict.outcome is Outcome.FAIL for verdict in view.comparisons):
        return "Measuring ended as soon as one was surely worse; the open ones were left open."
    end = "The time cap came first: the" if any(CAPPED in verdict.reason for verdict in unsure) else "The"
    pairs = [verdict.needed for verdict in unsure if verdict.needed is not None]
    if len(pairs) < len(unsure):
        return f"{end} open ones scatter so much that no practical number of pairs would settle them all."
    return f"{end} open ones are too close to call; about {max(pairs):,} pairs would settle them."


def pairs_of(view: ReportView) -> str:
    """Say from how many pairs a comparison is: `10 pairs`."""
    return count(max((verdict.pairs or 0 for verdict in view.comparisons), default=0), "pair")
