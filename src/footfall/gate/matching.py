"""Which budget is held against which series: an exact table wins over `*`, series by series and metric by metric."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from footfall.gate.budget import EVERY, JOURNEY_LEVEL, Budget
from footfall.gate.evidence import Evidence, Observation, Scope
from footfall.metrics import Source, is_own
from footfall.samples import Series

_ONLY_WHEN_ASKED = ("under_load", "phase")


@dataclass(frozen=True)
class Case:
    """One budget and what it is held against: one observation, the steps of one journey, or nothing."""

    budget: Budget
    observations: tuple[Observation, ...]


def match(budgets: Sequence[Budget], evidence: Evidence) -> tuple[Case, ...]:
    """Return all cases, in the order of the budgets and then of the series."""
    observations = sorted(evidence.observations, key=lambda observation: observation.series)
    held: dict[int, list[Observation]] = {}
    for observation in observations:
        for index in strongest(budgets, observation.series):
            held.setdefault(index, []).append(observation)
    cases = []
    for index, budget in enumerate(budgets):
        if index in held:
            cases += [Case(budget, group) for group in _groups(budget, held[index])]
        elif _was_to_be_seen(budget, evidence.scope) and not any(_fits(budget, observation.series) for observation in observations):
            cases.append(Case(budget, ()))
    return tuple(cases)


def strongest(budgets: Sequence[Budget], series: Series) -> list[int]:
    """Return the positions of the budgets that fit a series with the highest rank among those that do."""
    fitting = [index for index, budget in enumerate(budgets) if _fits(budget, series)]
    highest = max((budgets[index].place.rank for index in fitting), default=None)
    return [index for index in fitting if budgets[index].place.rank == highest]


def _fits(budget: Budget, series: Series) -> bool:
    place = budget.place
    return (
        (place.source, budget.metric.name) == (series.source, series.metric)
        and place.subject in {EVERY, series.subject}
        and _part_fits(budget, series.part)
        and _labels_fit(budget, series)
    )


def _part_fits(budget: Budget, part: str) -> bool:
    wanted = budget.place.part
    if wanted is None:
        return not part or (budget.place.source is not Source.LOAD and budget.metric.name not in JOURNEY_LEVEL)
    return wanted == part or (wanted == EVERY and part != "")


def _labels_fit(budget: Budget, series: Series) -> bool:
    """Whether a series has the labels asked for; what was seen under load, or beside a profile's steady part, only where asked for."""
    labels = series.label_map
    if any(name in labels and name not in budget.where for name in _ONLY_WHEN_ASKED):
        return False
    return all(labels.get(name) == value for name, value in budget.where.items())


def _groups(budget: Budget, observations: Sequence[Observation]) -> Iterator[tuple[Observation, ...]]:
    """Return what is judged together: the steps of one journey on one device, or else each observation alone."""
    if not budget.by_step:
        yield from ((observation,) for observation in observations)
        return
    together: dict[tuple[object, ...], list[Observation]] = {}
    for observation in observations:
        series = observation.series
        together.setdefault((series.target, series.subject, series.labels), []).append(observation)
    yield from (tuple(group) for group in together.values())


def _was_to_be_seen(budget: Budget, scope: Scope | None) -> bool:
    """Whether finding nothing for an exact budget is a fault in a run that set out to measure `scope`."""
    if not budget.place.is_exact:
        return False
    if scope is None:
        return True
    place = budget.place
    figure = place.source is Source.PROBE and place.subject in scope.figures and is_own(budget.metric.name)
    if place.subject not in scope.subjects.get(place.source, ()) and not figure:
        return False
    return all(value in scope.labels[name] for name, value in budget.where.items() if name in scope.labels)


def _tells(case: Case) -> bool:
    return not case.observations and case.budget.missing_means != "skip"


def unseen_subjects(evidence: Evidence, cases: Iterable[Case]) -> Iterator[tuple[str, str]]:
    """Return (source, subject) of all that a run set out to measure, saw nothing of, and that no missing budget tells of."""
    if evidence.scope is None:
        return
    seen = {(observation.series.source, observation.series.subject) for observation in evidence.observations}
    told = {(str(case.budget.place.source), case.budget.place.subject) for case in cases if _tells(case)}
    for source, subjects in sorted(evidence.scope.subjects.items()):
        yield from ((source, subject) for subject in sorted(subjects) if (source, subject) not in seen | told)
