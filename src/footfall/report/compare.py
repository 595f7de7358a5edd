"""Two stored runs side by side: every figure of both, and which of the differences the runs' own noise does not explain.

Runs that were not measured in turn differ by more than what was deployed (the machine, the hour), so this is a hint and never a verdict:
`footfall gate --against` measures two deployments in turn and judges.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median

from footfall.gate.against import COMPARABLE, pairs_of
from footfall.gate.compare import FLOORS, Levels, Pairs, can_be_compared, compare
from footfall.gate.evidence import Observation
from footfall.gate.verdict import Outcome
from footfall.metrics import Kind, Source
from footfall.report.chance import chance
from footfall.report.clean import cleaned
from footfall.report.figures import VITALS, metric_name, shown, usual_statistic, value_of
from footfall.report.trendpage import worse_of
from footfall.report.words import labels, series_place, signed_percent
from footfall.samples import Run, Series

FALSE_FINDINGS = 0.01
"""The chance that anything is called worse though nothing is, over all figures together; that of a false better is as much."""
FEWEST_APART = 3
LEAST_APART = 0.05
_ORDER = ("success", "duration", "latency", "errors", "throughput", "users", *VITALS)


@dataclass(frozen=True)
class Side:
    """One of the two runs: its verdict is empty where it was not judged."""

    run: Run
    ended: datetime | None = None
    outcome: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class Difference:
    """One figure in both runs; None where a run did not see it.

    `change` is a ratio less 1 (None where it says nothing), `sure` whether the samples of both differ beyond their noise (1 % chance
    over all figures of a false finding), `judged` whether that was asked at all, `apart` whether at least no sample of one run lies among
    those of the other, `worse` None where no direction is known or nothing changed.
    """

    series: Series
    name: str
    unit: str
    before: float | None
    after: float | None
    change: float | None
    sure: bool
    worse: bool | None
    apart: bool = False
    judged: bool = False

    @property
    def place(self) -> str:
        """Where: `checkout › pay`, with its labels where it has some."""
        of = labels(self.series)
        return series_place(self.series) + (f" ({of})" if of else "")

    @property
    def texts(self) -> tuple[str, str, str]:
        """Before, after and change, for people."""
        before, after = (shown(value, self.unit) if value is not None else "–" for value in (self.before, self.after))
        return before, after, signed_percent(self.change) if self.change is not None else ""

    @property
    def tone(self) -> str:
        """`fail` for what is surely worse, `pass` for what is surely better, else empty."""
        return "" if not self.sure or self.worse is None else "fail" if self.worse else "pass"

    @property
    def word(self) -> str:
        """`✗ worse`, `✓ better`, or with a question mark where only the samples lie apart; empty where neither is so."""
        if self.worse is None or not (self.sure or self.apart):
            return ""
        return f"{('✗' if self.worse else '✓') if self.sure else '?'} {'worse' if self.worse else 'better'}"


@dataclass(frozen=True)
class TwoRuns:
    """Two runs compared; `differences` stand with the sure ones first, the worse before the better."""

    before: Side
    after: Side
    differences: tuple[Difference, ...]
    remarks: tuple[str, ...] = ()

    @property
    def surely(self) -> tuple[Difference, ...]:
        """What differs beyond the runs' noise."""
        return tuple(each for each in self.differences if each.sure)

    @property
    def perhaps(self) -> tuple[Difference, ...]:
        """What lies apart, though too few samples say so."""
        return tuple(each for each in self.differences if each.apart and not each.sure)

    @property
    def headline(self) -> str:
        """One sentence that says it all."""
        worse, better = (sum(each.worse is sign for each in self.surely) for sign in (True, False))
        judged = sum(each.judged for each in self.differences)
        others = len(self.differences) - judged
        beside = f" ({others} more are shown, not judged)" if others else ""
        if not worse and not better and self.perhaps:
            return f"Nothing is sure; the samples of {len(self.perhaps)} of {judged} figures lie apart{beside}."
        if not judged:
            return f"No figure of these two runs can be judged; {others} are shown."
        if not worse and not better:
            return f"No difference stands out of the noise of these two runs, of {judged} figures{beside}."
        told = [f"{number} {word}" for number, word in ((worse, "worse"), (better, "better")) if number]
        return f"Beyond noise: {' and '.join(told)}, of {judged} figures{beside}."


def compare_runs(before: tuple[Side, Sequence[Observation]], after: tuple[Side, Sequence[Observation]]) -> TwoRuns:
    """Bring two runs together, figure by figure; series are the same when all but their target is."""
    sides = cleaned((before[0], after[0]))
    earlier, later = (cleaned(tuple(seen)) for seen in (before[1], after[1]))
    known: tuple[dict[Series, Observation], ...] = tuple({_place(seen.series): seen for seen in side} for side in (earlier, later))
    places = [place for place in dict.fromkeys((*known[1], *known[0])) if "phase" not in place.label_map]
    pairs, chances = _timings(earlier, later), _chances(known[0], known[1], places)
    every = len(pairs) + len(chances)
    sure = _holm(chances, FALSE_FINDINGS * len(chances) / max(every, 1))
    levels = Levels(false_failure=FALSE_FINDINGS * len(pairs) / max(every, 1), looks=1)
    sure |= _surely(pairs, levels) | _surely(_timings(later, earlier), levels)
    judged, apart = {*chances, *(_place(each.series) for each in pairs)}, {*_apart(pairs), *_opposite(known[0], known[1])}
    found = [
        replace(_difference(known[0].get(place), known[1].get(place), place in sure), apart=place in apart, judged=place in judged)
        for place in places
    ]
    return TwoRuns(*sides, tuple(sorted(found, key=_rank)), (*_remarks(*sides), *_too_few(pairs, levels)))


def _place(series: Series) -> Series:
    return replace(series, target="")


def _timings(first: Iterable[Observation], second: Iterable[Observation]) -> tuple[Pairs, ...]:
    """What both runs saw single samples of that have a ratio."""
    pairs = pairs_of(first, second, COMPARABLE)
    return tuple(each for each in pairs if can_be_compared(each.unit, each.before) and can_be_compared(each.unit, each.after))


def _surely(pairs: Sequence[Pairs], levels: Levels) -> set[Series]:
    """The series that are surely more than they were."""
    return {_place(each.series) for each in compare(pairs, levels) if each.outcome is Outcome.FAIL}


def _chances(before: Mapping[Series, Observation], after: Mapping[Series, Observation], places: Iterable[Series]) -> dict[Series, float]:
    """The chance of each rate, and of each percentile of a load, that both runs saw."""
    seen = ((place, before.get(place), after.get(place)) for place in places)
    found = ((place, chance(first, second)) for place, first, second in seen if first is not None and second is not None)
    return {place: each for place, each in found if each is not None}


def _holm(chances: Mapping[Series, float], level: float) -> set[Series]:
    found: set[Series] = set()
    for place in sorted(chances, key=chances.__getitem__):
        if chances[place] > level / (len(chances) - len(found)):
            break
        found.add(place)
    return found


def _opposite(before: Mapping[Series, Observation], after: Mapping[Series, Observation]) -> set[Series]:
    """The rates of which one run saw nothing but yes and the other nothing but no."""
    rates = {place: (seen.figures, after[place].figures) for place, seen in before.items() if seen.kind is Kind.RATE and place in after}
    return {
        place
        for place, (first, second) in rates.items()
        if {first.mean, second.mean} == {0.0, 1.0} and min(first.count, second.count) >= FEWEST_APART
    }


def _apart(pairs: Iterable[Pairs]) -> set[Series]:
    """The series of which no sample of one run lies among those of the other, and that differ by enough to be noticed."""
    found = set()
    for each in pairs:
        low, high = sorted((each.before, each.after), key=median)
        gap = median(high) - median(low)
        if min(len(low), len(high)) >= FEWEST_APART and max(low) < min(high) and gap >= max(FLOORS[each.unit], LEAST_APART * median(low)):
            found.add(_place(each.series))
    return found


def _too_few(pairs: Sequence[Pairs], levels: Levels) -> Iterable[str]:
    """Say so where even samples that lie wholly apart could come by chance, among as many figures."""
    most = max((min(len(each.before), len(each.after)) for each in pairs), default=0)
    if most and 1 / math.comb(2 * most, most) > levels.failing / len(pairs):
        yield f"{most} samples of a figure are too few to be sure of any of {len(pairs)}; ten and more would do"


def _difference(before: Observation | None, after: Observation | None, sure: bool) -> Difference:
    seen = after or before
    assert seen is not None  # noqa: S101  # a place is one that at least one run saw
    statistic = usual_statistic(seen.series, seen.kind)
    figures = [_figure(each, statistic) for each in (before, after)]
    change = None
    if figures[0] is not None and figures[1] is not None:
        change = figures[1] / figures[0] - 1 if figures[0] and seen.kind is not Kind.RATE else None
    moved = (figures[1] or 0.0) - (figures[0] or 0.0) if None not in figures else 0.0
    name = f"{metric_name(seen.series.metric)} {statistic}"
    return Difference(seen.series, name, seen.unit, figures[0], figures[1], change, sure, worse_of(seen.series, moved))


def _figure(seen: Observation | None, statistic: str) -> float | None:
    return None if seen is None else value_of(seen.figures, statistic, seen.kind)


def _rank(each: Difference) -> tuple[int, int, float, str, int]:
    source = list(Source).index(Source(each.series.source)) if each.series.source in set(Source) else len(Source)
    metric = _ORDER.index(each.series.metric) if each.series.metric in _ORDER else len(_ORDER)
    if each.sure or each.apart:
        return 0 if each.sure else 1, 0 if each.worse else 1, -abs(each.change or 1.0), "", 0
    return 2, source, 0.0, f"{each.series.subject}\0{each.series.part}\0{each.series.labels}", metric


def _remarks(before: Side, after: Side) -> Iterable[str]:
    """Say what makes the comparison weaker."""
    settings: Mapping[str, tuple[str, str]] = {
        "kind": (before.run.kind, after.run.kind),
        "target": (before.run.target, after.run.target),
        "machine": (before.run.machine, after.run.machine),
        "Chromium": tuple(side.run.versions.get("chromium", "").partition(".")[0] for side in (before, after)),  # type: ignore[dict-item]
        **{name: (before.run.labels.get(name, ""), after.run.labels.get(name, "")) for name in ("iterations", "profile", "users")},
    }
    for name, (first, second) in settings.items():
        if first != second:
            yield f"another {name}: {first or 'none'}, then {second or 'none'}"
    for side in (before, after):
        if side.run.labels.get("fault"):
            yield f"run {side.run.id[-6:]} had the fault {side.run.labels['fault']} switched on"
        if side.outcome not in {"finished", ""}:
            yield f"run {side.run.id[-6:]} {side.outcome}"
