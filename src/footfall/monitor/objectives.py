"""Error budgets of what is watched: the burn rates of the SRE workbook, over what the monitor counted."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from footfall.gate.slo import Count, Slo, SloStatus, reason, status
from footfall.metrics import Source
from footfall.monitor.plan import Subject
from footfall.store import watch

OVER = timedelta(days=30)


def standing(connection: Connection, subject: Subject, now: datetime, target: str | None = None) -> SloStatus | None:
    """Return how a subject's objective stands; None where it has none. Recheck results, blind and excused checks do not count."""
    if subject.watched.slo is None:
        return None
    slo = Slo(subject.key, Source(subject.source), subject.name, subject.watched.slo, OVER)
    counts = {window: _count(connection, subject.key, now, window, target) for window in slo.windows}
    return status(slo, counts)


def _count(connection: Connection, key: str, now: datetime, window: timedelta, target: str | None) -> Count:
    """Long windows are counted by the hour: results are not kept for so long."""
    if window < OVER:
        total, good = watch.counted(connection, key, now - window, now, target=target)
    else:
        hours = watch.hours(connection, since=now - window, subject=key, target=target)
        total, good = sum(hour.checks for hour in hours), sum(hour.good for hour in hours)
    return Count(total, total - good)


def burning(connection: Connection, subject: Subject, now: datetime, target: str | None = None) -> str:
    """Say how fast a subject's error budget burns, if too fast; else nothing."""
    found = standing(connection, subject, now, target)
    if found is None or found.left is None:  # too few events to say anything
        return ""
    return reason(found) if any(burn.firing for burn in found.burns) else ""
