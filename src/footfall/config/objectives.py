"""The `[slo.NAME]` tables of `thresholds.toml`: what share must be good over weeks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from footfall.config.fields import Table, shown
from footfall.errors import did_you_mean, perhaps
from footfall.gate.budget import SEVERITIES
from footfall.gate.slo import Slo
from footfall.metrics import CATALOGUE, Kind, Source, parse_quantity

DEFAULT_OVER_S = 30 * 86_400.0
_GOOD = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*<=\s*(\S.*?)\s*")


def read_slo(name: str, table: Table, line: int | None, known: Mapping[Source, Sequence[str]]) -> Slo | None:
    """Read one objective; None, with its faults noted, where it will not do. `known` are the names of journeys and probes."""
    journey, probe = table.text("journey"), table.text("probe")
    source, subject = (Source.JOURNEY, journey) if journey else (Source.PROBE, probe)
    if bool(journey) == bool(probe):
        table.fault("journey", "an objective is of one journey or one probe", 'expected journey = "checkout", or probe = "health"')
    elif subject not in known[source]:
        table.fault(source.value, f"no {source.value} is called {subject!r}", did_you_mean(subject, known[source]))
    objective = _objective(table)
    metric, at_most = _good(table, source)
    part = table.text("step")
    if part and (source is not Source.JOURNEY or metric == "success"):
        table.fault("step", "only a time of a journey's step can be good", 'expected good = "duration <= 2s" beside it')
    severity = table.text("severity")
    if severity and severity not in SEVERITIES:
        table.fault("severity", f"{shown(severity)} is not one of {', '.join(SEVERITIES)}", perhaps(severity, SEVERITIES))
    over = timedelta(seconds=table.seconds("over", DEFAULT_OVER_S))
    owner = table.text("owner")
    table.end()
    if objective is None:
        return None
    return Slo(name, source, subject, objective, over, part, metric, at_most, owner, severity, line=line)


def _objective(table: Table) -> float | None:
    text = table.text("objective")
    try:
        share = parse_quantity(text, "ratio")
    except ValueError:
        share = -1.0
    if 0 < share < 1:
        return share
    table.fault(
        "objective", f"{shown(text)} is not a share that leaves room for errors" if text else "missing", 'expected one such as "99.9%"'
    )
    return None


def _good(table: Table, source: Source) -> tuple[str, float | None]:
    """Read which events are good: those that succeed, or those with a time of at most so much."""
    text = table.text("good")
    if not text:
        return "success", None
    match = _GOOD.fullmatch(text)
    times = {name: metric for name, metric in CATALOGUE[source].items() if metric.kind is Kind.TREND and metric.unit == "ms"}
    if match is None:
        table.fault("good", f"{shown(text)} does not say what is good", 'expected one such as "duration <= 2s"')
    elif match[1] not in times:
        table.fault("good", f"{match[1]!r} is not a time of a {source.value}", did_you_mean(match[1], times))
    else:
        try:
            return match[1], parse_quantity(match[2], "ms")
        except ValueError as error:
            table.fault("good", str(error))
    return "success", None
