"""A comparison of two deployments as verdicts, so that exit code, terminal, JUnit and pages tell it like any other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from footfall.gate import words
from footfall.gate.compare import FLOORS, Comparison, Pairs
from footfall.gate.evidence import Observation
from footfall.gate.keys import dotted
from footfall.gate.looks import Look
from footfall.gate.verdict import Outcome, Verdict
from footfall.metrics import JOURNEY_METRICS, Kind, Source, format_beside, format_quantity
from footfall.samples import Sample, Series, series_of

COMPARED = ("duration", "lcp")
"""The metrics that are compared where the suite names none: few, for each one more needs more pairs."""
COMPARABLE = tuple(name for name, metric in JOURNEY_METRICS.items() if metric.unit in FLOORS)
"""The metrics that have a ratio: times and sizes of journeys."""
CAPPED = "the time cap came first"
SHARE = 0.8
"""The part of a gate's chance of a false failure that a comparison may use up; its absolute budgets have the rest."""


@dataclass(frozen=True)
class Fresh:
    """What was measured again at last, for a suspicion: these journeys, from this moment on."""

    subjects: tuple[str, ...]
    since: datetime


def pairs_of(before: Iterable[Observation], after: Iterable[Observation], metrics: Iterable[str] = COMPARED) -> tuple[Pairs, ...]:
    """Bring together what both deployments saw of the same series (whatever their targets are called), of `metrics` alone."""
    wanted = frozenset(metrics)
    earlier: Mapping[Series, Observation] = {_place(seen.series): seen for seen in before}
    return tuple(
        Pairs(seen.series, seen.unit, earlier[_place(seen.series)].values, seen.values)
        for seen in after
        if seen.kind is Kind.TREND and seen.series.metric in wanted and _place(seen.series) in earlier
    )


def pairs_of_turns(
    before: Iterable[Sample], after: Iterable[Sample], target: str, metrics: Iterable[str] = COMPARED, fresh: Fresh | None = None
) -> tuple[Pairs, ...]:
    """Bring together what both deployments saw, turn by turn, as series of `target`; what was measured again stands apart."""
    wanted = frozenset(metrics)
    older, newer = (_turns(samples, target, wanted) for samples in (before, after))
    return tuple(_paired(series, older[series], turns, fresh) for series, turns in newer.items() if series in older)


def _paired(series: Series, before: Sequence[_Turn], after: Sequence[_Turn], fresh: Fresh | None) -> Pairs:
    if fresh is None or series.subject not in fresh.subjects:
        return _pairs(series, before, after)
    earlier, later = (
        [[turn for turn in side if (turn.began < fresh.since) is first] for side in (before, after)] for first in (True, False)
    )
    return replace(_pairs(series, *earlier), fresh=_pairs(series, *later))


def _pairs(series: Series, before: Sequence[_Turn], after: Sequence[_Turn]) -> Pairs:
    older, newer = (tuple(value for turn in side for value in turn.values) for side in (before, after))
    lengths = tuple(len(turn.values) for turn in before), tuple(len(turn.values) for turn in after)
    return Pairs(series, JOURNEY_METRICS[series.metric].unit, older, newer, lengths)


@dataclass
class _Turn:
    """What one turn saw of a series; `last` is the iteration that it came to."""

    began: datetime
    last: int = 0
    values: list[float] = field(default_factory=list)


def _turns(samples: Iterable[Sample], target: str, metrics: Container[str]) -> dict[Series, list[_Turn]]:
    """Sort samples into turns, by series: each turn counts its iterations from 1 again."""
    found: dict[Series, list[_Turn]] = defaultdict(list)
    for sample in sorted(samples, key=lambda sample: sample.at):
        if sample.source != Source.JOURNEY or sample.metric not in metrics:
            continue
        turns = found[series_of(sample, target)]
        if not turns or sample.iteration <= turns[-1].last:
            turns.append(_Turn(sample.at))
        turns[-1].last = sample.iteration
        turns[-1].values.append(sample.value)
    return found


def _place(series: Series) -> Series:
    return replace(series, target="")


def verdicts(comparisons: Iterable[Comparison], reference: str, look: Look) -> tuple[Verdict, ...]:
    """Return a verdict for each comparison with the deployment called `reference`."""
    return tuple(_verdict(comparison, reference, look) for comparison in comparisons)


def nothing(reference: str, subjects: Iterable[str]) -> Verdict:
    """Return the verdict on a comparison that found nothing to compare: never a pass."""
    return Verdict(
        outcome=Outcome.INCONCLUSIVE,
        key="against",
        text=f"no slower than {reference}",
        level="fail",
        reason=f"too few samples were seen at both deployments to compare {', '.join(subjects) or 'anything'}",
        source="journey",
        subject="all journeys",
        part="",
        metric="duration",
        statistic="",
        comparator="",
        unit="",
        file="",
        pairs=0,
        reference=reference,
    )


def _verdict(found: Comparison, reference: str, look: Look) -> Verdict:
    series = found.series
    parts = [] if not series.part else ["steps", series.part]
    return Verdict(
        outcome=found.outcome,
        key=dotted(("against", words.TABLES.get(series.source, series.source), series.subject, *parts, series.metric)),
        text=f"no slower than {reference}" if found.unit == "ms" else f"no larger than {reference}",
        level="fail",
        reason=_reason(found, reference, look),
        source=series.source,
        subject=series.subject,
        part=series.part,
        metric=series.metric,
        statistic="median",
        comparator="<=",
        unit=found.unit,
        series=series,
        figure=found.after,
        limit=found.before if found.outcome is Outcome.FAIL else found.allowed,
        count=found.pairs,
        interval=found.interval,
        needed=found.needed,
        ratio=found.ratio,
        pairs=found.pairs,
        before=found.before,
        reference=reference,
        file="",
    )


def _reason(found: Comparison, reference: str, look: Look) -> str:
    """Say how much it changed and how sure that is: `median is 512 ms, 14 % more (9 % to 19 %) than 449 ms at staging; 20 pairs`."""
    after, before = format_beside(found.after, found.before, found.unit)
    change = f"{_change(found.ratio)} ({_bounds(found.interval)})"
    return f"median is {after}, {change} than {before} at {reference}; {found.pairs} pairs; {_sureness(found, look)}"


def _sureness(found: Comparison, look: Look) -> str:
    if found.outcome is Outcome.FAIL:
        return f"too much for chance, and {found.fresh} fresh pairs confirm it" if found.fresh else "too much for chance"
    if found.outcome is Outcome.PASS:
        return f"at most {format_quantity(found.allowed, found.unit)} is surely kept"
    end = CAPPED if look.capped else "the last look" if look.look >= look.looks else "measuring ended for another metric"
    if found.suspected and not found.fresh:
        return f"it looks slower, and was not measured again to confirm it ({end})"
    if found.suspected:
        return f"it looked slower, and {found.fresh} fresh pairs did not confirm it ({end})"
    if found.needed is None:
        return f"too close to call, and no practical number of pairs would settle it ({end})"
    return f"too close to call: about {found.needed} pairs would settle it ({end})"


def _change(ratio: float) -> str:
    return f"{format_quantity(abs(ratio - 1), 'ratio', digits=2)} {'more' if ratio >= 1 else 'less'}"


def _bounds(interval: tuple[float, float]) -> str:
    return " to ".join(f"{100 * (end - 1):+.0f} %" for end in interval)
