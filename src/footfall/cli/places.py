"""Gather what the watch's locations saw of a target, for reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from footfall.metrics import Source
from footfall.report.figures import VITALS
from footfall.report.places import DAYS, Placed
from footfall.stats import Figures
from footfall.store.places import WorstVital, hours_of_places, worst_vitals
from footfall.store.watch import Hour
from footfall.store.writer import Store


def placed(store: Store, target: str, until: datetime) -> tuple[Placed, ...]:
    """Return what each location saw of a target in the last days; nothing where there are not several. Raises StoreError."""
    since = until - timedelta(days=DAYS)
    hours = [hour for hour in hours_of_places(store, target, since, until) if _source(hour)]
    if len({hour.location for hour in hours}) < 2:
        return ()
    vitals = _vitals(worst_vitals(store, target, since, until, VITALS))
    by: dict[tuple[str, str], list[Hour]] = defaultdict(list)
    for hour in hours:
        by[hour.subject, hour.location].append(hour)
    return tuple(_placed(found, vitals.get((subject.partition(":")[2], place), {})) for (subject, place), found in by.items())


def _source(hour: Hour) -> str:
    """The source of an hour's subject (`probe:health`); empty for what is none of the three."""
    source = hour.subject.partition(":")[0]
    return source if source in set(Source) else ""


def _placed(found: list[Hour], vitals: dict[str, float]) -> Placed:
    source, _, subject = found[0].subject.partition(":")
    checks, good = sum(hour.checks for hour in found), sum(hour.good for hour in found)
    longest = max(hour.latency_max_ms for hour in found) or None
    own = vitals if source == Source.JOURNEY else {}
    return Placed(source, subject, found[0].location, checks, good, _mean(found) if longest else None, longest, own)


def _mean(found: list[Hour]) -> float | None:
    """The mean over the hours in which nothing failed: what failed may have no time, and nobody counted what has one."""
    calm = [hour for hour in found if hour.good == hour.checks]
    checks = sum(hour.checks for hour in calm)
    return sum(hour.latency_sum_ms for hour in calm) / checks if checks else None


def _vitals(found: Iterable[WorstVital]) -> dict[tuple[str, str], dict[str, float]]:
    """The 75th percentile over walks of each vital, by journey and location."""
    by: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for each in found:
        by[each.journey, each.location][each.metric].append(each.value)
    return {key: {metric: Figures.of_values(values).p75 for metric, values in metrics.items()} for key, metrics in by.items()}
