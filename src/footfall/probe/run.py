"""Run probes and write what they saw."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from footfall.clock import Clock
from footfall.config.kinds import INBOUND
from footfall.config.suite import ProbeSpec
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
            at = clock.now()
            result = await check(probe, base_url, headers)
            result = replace(result, problem=mask(result.problem))
            for record in records(probe.name, result, run=run, at=at, iteration=number):
                write(record)


def records(name: str, result: Result, *, run: str, at: datetime, iteration: int) -> list[Record]:
    """Return what one check of probe `name` leaves: its samples, and an event that says why it failed, if it did."""

    def sample(metric: str, value: float, detail: Mapping[str, Any] | None = None) -> Sample:
        return Sample(run, at, "probe", name, "", metric, value, iteration, detail=detail or {})

    found: list[Record] = [sample("success", float(result.ok), {"problem": result.problem} if result.problem else None)]
    if result.ok or result.status is not None:
        found += [sample("latency", result.latency_ms), *(sample(phase, ms) for phase, ms in result.phases.items())]
    found += [sample(metric, value) for metric, value in result.measured.items()]
    if not result.ok:
        found.append(Event(run, at, "error", f"probe {name}: {result.problem}", {"source": "probe", "probe": name, "iteration": iteration}))
    return found
