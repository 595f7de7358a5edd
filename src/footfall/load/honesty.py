"""Whether a load profile's figures can be trusted: what the generator saw of itself, held against what it reports.

Pure. A generator that runs late does two wrongs. It sends less than its users would have sent, so that even a pass means little; and it
reads answers late, so that latencies look longer than they were, which can turn a pass into a fail but never a fail into a pass.
The first spoils every verdict. The second spoils only a broken latency budget, and only where the lateness is enough to have
broken it: on a busy two-core machine an event loop is regularly tens of milliseconds late, and a p95 of 60 ms against a limit
of 200 ms is a pass all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from footfall.gate.evidence import Observation
from footfall.gate.verdict import Outcome, Verdict
from footfall.metrics import Source, format_quantity
from footfall.stats import Histogram

CPU_LIMIT = 0.85
"""Share of its core above which a generator has no room left."""
CPU_SECONDS = 0.05
"""Share of the seconds that may be above it (and never a single one)."""
LOST_SHARE = 0.05
"""Share of the requests that a generator may owe to its own lateness."""
LIMITED_SHARE = 0.01
"""Share of the requests that a site's rate limiting may turn away."""
THERE_SHARE = 0.99
"""Share of the users asked for that must be there in the steady part: those that end by an exception are not replaced."""
LATE_MS = 5.0
"""Lateness (p99) that is never held against a figure: timers alone are a millisecond off."""

_WAITS_A_REQUEST = 2
"""A user waits for the event loop twice for each request: after thinking, and after the answer has come."""
Metrics = Mapping[str, Sequence[Observation]]
_CROWD = "under_load"
_TIMES = frozenset({"latency", "response"})


def distrust(observations: Iterable[Observation], verdicts: Sequence[Verdict] = (), *, strict: bool = False) -> str | None:
    """Return why the load figures of a run cannot be trusted, and what to change; None when they can.

    `verdicts` are those reached so far, as if the figures were sound: lateness is held against the failures that it may have made, and
    where a warning fails too (`strict`) against warnings.
    """
    broken = {Outcome.FAIL, Outcome.WARN} if strict else {Outcome.FAIL}
    for metrics, about in _profiles(observations, verdicts):
        failed = [verdict for verdict in about if verdict.outcome in broken]
        always = _saturated(metrics) or _missing(metrics, failed) or _dropped(metrics, failed) or _limited(metrics) or _starved(metrics)
        reason = always or _too_late(metrics, failed)
        if reason:
            return reason
    return None


def late_warning(observations: Iterable[Observation], verdicts: Sequence[Verdict]) -> str | None:
    """Return what is to be said of a warning that may be the generator's own lateness; None where there is no such."""
    found = (_too_late(metrics, [v for v in about if v.outcome is Outcome.WARN]) for metrics, about in _profiles(observations, verdicts))
    return next(filter(None, found), None)


def _profiles(observations: Iterable[Observation], verdicts: Sequence[Verdict]) -> Iterator[tuple[Metrics, list[Verdict]]]:
    """Yield what each profile's generator saw of itself, and the verdicts on the profile.

    A crowd that was there for journeys under load counts only where a budget speaks of its own figures.
    """
    profiles: dict[tuple[str, str], dict[str, list[Observation]]] = {}
    for seen in observations:
        labels = seen.series.label_map
        if seen.series.source == Source.LOAD and not seen.series.part and "phase" not in labels:
            which = seen.series.subject, labels.get(_CROWD, "")
            profiles.setdefault(which, {}).setdefault(seen.series.metric, []).append(seen)
    for (profile, crowd), metrics in profiles.items():
        about = [v for v in verdicts if v.source == Source.LOAD and v.subject == profile and v.labels.get(_CROWD, "") == crowd]
        if about or not crowd:
            yield metrics, about


def _saturated(metrics: Metrics) -> str | None:
    """Hold each generator process's share of a core against the limit."""
    for cpu in metrics.get("generator_cpu", ()):
        over = [share for share in cpu.values if share > CPU_LIMIT]
        if len(over) > max(1, CPU_SECONDS * len(cpu.values)):
            return (
                f"the generator was saturated: over {CPU_LIMIT:.0%} of its core in {len(over)} of {len(cpu.values)} seconds;"
                " use fewer users or more --processes"
            )
    return None


def _missing(metrics: Metrics, broken: Iterable[Verdict]) -> str | None:
    """Hold the users who were there against those that a closed profile asks for: what breaks under fewer of them is broken."""
    there, asked = (_lasting_mean(metrics, metric) for metric in ("users", "users_aim"))
    if there >= THERE_SHARE * asked or _fails(broken, _TIMES | {"errors"}):
        return None
    return (
        f"{there:,.0f} of {asked:,.0f} users were there: the others ended, or could not begin (an exception in on_start ends a user);"
        " mend what the errors name, and run again"
    )


def _lasting_mean(metrics: Metrics, metric: str) -> float:
    """Return a mean without the last second, at whose end users may be on their way out already."""
    values = [value for seen in metrics.get(metric, ()) for value in seen.values]
    kept = values[:-1] or values
    return sum(kept) / len(kept) if kept else 0.0


def _dropped(metrics: Metrics, broken: Iterable[Verdict]) -> str | None:
    """What was not sent is not in the figures, which look better for it: a latency that broke its budget without it is broken."""
    dropped = sum(seen.figures.total for seen in metrics.get("dropped", ()))
    if not dropped or _fails(broken, _TIMES):
        return None
    return (
        f"{dropped:,.0f} requests could not be started: nobody was free for them in time, or there were no connections left;"
        " raise `users` in an open profile, or the machine's limits"
    )


def _limited(metrics: Metrics) -> str | None:
    """Hold the share of requests that the site's own rate limiting turned away against what is negligible."""
    limited = sum(seen.figures.total for seen in metrics.get("limited", ()))
    asked = sum(seen.figures.count for seen in metrics.get("errors", ()))
    if limited <= LIMITED_SHARE * asked:
        return None
    return f"the site's rate limiting turned away {limited / asked:.1%} of the requests (429): ask to be let through, or send less"


def _starved(metrics: Metrics) -> str | None:
    """Hold the mean lateness against the time that a user takes for one request (users / throughput, by Little's law).

    Not in an open profile: its arrivals come all the same, their response times hold the lateness, and what is too late is dropped.
    """
    if "response" in metrics:
        return None
    users, throughput = _mean(metrics, "users"), _mean(metrics, "throughput")
    lag = _lag(metrics)
    if lag is None or not users or not throughput:
        return None
    owed = _WAITS_A_REQUEST * lag.mean / (1000 * users / throughput)
    if owed <= LOST_SHARE:
        return None
    return (
        f"the generator was starved: its event loop ran {format_quantity(lag.mean, 'ms')} late on average, so that its users sent about"
        f" {min(owed, 1):.0%} less than they would have; leave it more of the machine, or use fewer users"
    )


def _too_late(metrics: Metrics, broken: Iterable[Verdict]) -> str | None:
    """Find a broken latency budget that the generator's own lateness may have broken."""
    lag = _lag(metrics)
    late = lag.percentile(99) if lag is not None else 0.0
    if late < LATE_MS:
        return None
    for verdict in broken:
        if verdict.metric not in _TIMES or verdict.figure is None or verdict.limit is None:
            continue
        if 0 <= verdict.figure - verdict.limit <= late:
            figure, limit, own = (format_quantity(value, "ms") for value in (verdict.figure, verdict.limit, late))
            return (
                f"the generator ran up to {own} late (p99), which may be all that takes {figure} over {limit}: measure on a quieter machine"
            )
    return None


def _fails(broken: Iterable[Verdict], metrics: AbstractSet[str]) -> bool:
    return any(verdict.outcome is Outcome.FAIL and verdict.metric in metrics for verdict in broken)


def _mean(metrics: Metrics, metric: str) -> float:
    return sum(seen.figures.mean for seen in metrics.get(metric, ()))


def _lag(metrics: Metrics) -> Histogram | None:
    """Return the lateness of all generator processes together, in ms."""
    windows = [window.histogram for seen in metrics.get("generator_lag", ()) for window in seen.windows]
    return Histogram.merged(windows) if windows else None
