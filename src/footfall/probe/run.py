"""Run probes and write what they saw."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeGuard

from footfall.clock import Clock
from footfall.config.kinds import INBOUND
from footfall.config.suite import ProbeSpec
from footfall.metrics import is_own
from footfall.probe.check import check
from footfall.probe.http import Result
from footfall.samples import Event, Record, Sample

PAUSE_S = 0.2
"""Between two rounds of checks, so that they do not all hit one bad moment."""

Write = Callable[[Record], None]


async def run_probes(
    probes: Sequence[ProbeSpec],
    base_url: str,
    *,
    run: str,
    headers: Mapping[str, str],
    clock: Clock,
    write: Write,
    mask: Callable[[str], str],
) -> None:
    """Make each probe's `checks` checks against `base_url`, one round after the other, and `write` samples and events of run `run`.

    What a check says is wrong passes `mask` first: it may quote an address with the password in it.
    What others call (heartbeats, webhooks) only a watch can see: such probes are left out.
    """
    for number in range(1, max((probe.checks for probe in probes), default=0) + 1):
        if number > 1:
            await asyncio.sleep(PAUSE_S)
        due = [probe for probe in probes if probe.checks >= number and probe.kind not in INBOUND]
        for probe in due:  # one after the other: side by side they would measure each other
            at, result = clock.now(), await check(probe, base_url, headers)
            for record in _told(probe, result, run, at, number, mask):
                write(record)


async def read_figures(
    probes: Sequence[ProbeSpec],
    base_url: str,
    *,
    run: str,
    headers: Mapping[str, str],
    clock: Clock,
    write: Write,
    mask: Callable[[str], str],
) -> None:
    """Ask each probe once for the figures that it measures, and `write` these and whether they could be read.

    `expect.figures` is not held: it is a promise about real customers, and a gate's figures are of its own walks. Nor do times count,
    of an answer that comes right after a load test.
    """
    for probe in probes:
        at, result = clock.now(), await check(replace(probe, figures={}), base_url, headers)
        for record in _told(probe, result, run, at, probe.checks + 1, mask):
            if not isinstance(record, Sample) or record.metric == "success" or is_figure(record):
                write(record)


def _told(probe: ProbeSpec, result: Result, run: str, at: datetime, iteration: int, mask: Callable[[str], str]) -> list[Record]:
    result = replace(result, problem=mask(result.problem))
    return records(probe.name, result, run=run, at=at, iteration=iteration, units=probe.units)


def is_figure(record: Record) -> TypeGuard[Sample]:
    """Whether a record is something that a probe measured of a business, and not what asking it took."""
    return isinstance(record, Sample) and is_own(record.metric)


def records(name: str, result: Result, *, run: str, at: datetime, iteration: int, units: Mapping[str, str] | None = None) -> list[Record]:
    """Return what one check of probe `name` leaves: its samples, and an event that says why it failed, if it did.

    `units` are those of the figures that it measured, by name.
    """

    def sample(metric: str, value: float, detail: Mapping[str, Any] | None = None) -> Sample:
        unit = (units or {}).get(metric, "")
        return Sample(run, at, "probe", name, "", metric, value, iteration, unit, detail=detail or {})

    found: list[Record] = [sample("success", float(result.ok), {"problem": result.problem} if result.problem else None)]
    if result.ok or result.status is not None:
        found += [sample("latency", result.latency_ms), *(sample(phase, ms) for phase, ms in result.phases.items())]
    found += [sample(metric, value) for metric, value in result.measured.items()]
    if not result.ok:
        found.append(Event(run, at, "error", f"probe {name}: {result.problem}", {"source": "probe", "probe": name, "iteration": iteration}))
    return found
