"""The Web Vitals of each journey's newest walk: of each vital the step where it was worst, and how it went in the walks before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy import Connection

from footfall.metrics import BANDS, format_quantity
from footfall.monitor.dashboard.spark import spark
from footfall.store.recent import WalkFigure, walk_figures

_BANDS = ("good", "fair", "poor")
_WALKS = 20


@dataclass(frozen=True)
class Vital:
    """One vital: as shown, `good`, `fair` or `poor` by Google's bands, and the step where it was worst."""

    name: str
    value: str
    band: str
    part: str
    spark: Markup


class Vitals:
    """Reads them; what was read of the same walks is kept."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], tuple[Vital, ...]] = {}

    def of(self, connection: Connection, runs: Sequence[str]) -> tuple[Vital, ...]:
        """Return the vitals of walks (their runs' ids, oldest first): of the newest that was measured at all."""
        newest = tuple(dict.fromkeys(run for run in runs if run))[-_WALKS:]
        if newest and newest not in self._known:
            found = vitals_of(walk_figures(connection, newest, BANDS))
            if len(self._known) > 500:
                self._known.clear()
            self._known[newest] = found
        return self._known.get(newest, ())


def vitals_of(figures: Sequence[WalkFigure]) -> tuple[Vital, ...]:
    """Return the vitals of the newest walk among figures, which are in the order of time."""
    if not figures:
        return ()
    last = [each for each in figures if each.run == figures[-1].run]
    found = []
    for metric in BANDS:
        mine = [each for each in last if each.metric == metric]
        if mine:
            worst = max(mine, key=lambda each: each.p75)
            found.append(_vital(worst, [each.p75 for each in figures if (each.metric, each.part) == (metric, worst.part)]))
    return tuple(found)


def _vital(worst: WalkFigure, before: Sequence[float]) -> Vital:
    limits = BANDS[worst.metric]
    band = _BANDS[sum(worst.p75 > limit for limit in limits)]
    shown = f"{worst.p75:.3f}" if worst.unit == "score" else format_quantity(worst.p75, worst.unit)
    label = f"{worst.metric.upper()} of the last {len(before)} walks"
    return Vital(worst.metric.upper(), shown, band, worst.part, spark(before, (), label))
