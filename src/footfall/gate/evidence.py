"""What a run saw, in the shape in which it is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from footfall.metrics import Kind
from footfall.samples import Series
from footfall.stats import Figures, Histogram


@dataclass(frozen=True)
class Window:
    """What a histogram counted in `seconds` from `at`."""

    at: datetime
    seconds: float
    histogram: Histogram


@dataclass(frozen=True)
class Observation:
    """One series in one run.

    `values` holds its samples in the order seen (empty where only histograms were kept), `windows` its histograms by time
    (empty where single samples were kept), `unit` the base unit of all of them. Of several runs taken together `runs` holds one
    histogram each, and `windows` nothing. Of a rate `values` are shares, and `weights` says of how many each (empty: of one).
    """

    series: Series
    kind: Kind
    unit: str
    figures: Figures
    values: tuple[float, ...] = ()
    windows: tuple[Window, ...] = ()
    runs: tuple[Histogram, ...] = ()
    weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class Scope:
    """What a run set out to measure: subjects by source, and the values of the labels that it chose (`{"device": ("desktop",)}`).

    Budgets on anything else are not judged; a subject within it of which nothing was seen is missing. `figures` are probes of which only
    what they measure was read: of their times nothing is missing.
    """

    subjects: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    figures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """All that a verdict may rest on.

    `observations` are this run's; `history` holds, per series, the figures of earlier comparable runs, oldest first; `again` those of
    the rounds in which a broken limit beside a baseline was measured again; `over` what was seen in a window of so many ms up to the
    end of this run, it included, for budgets that name one (without it they are judged by this run alone);
    `spoilt` maps a source (`load`, `journey`) to the reason why its figures cannot be trusted, if there is one; `scope` says
    what the run set out to measure (None: everything that a budget names).
    """

    observations: tuple[Observation, ...]
    history: Mapping[Series, tuple[Figures, ...]] = field(default_factory=dict)
    again: Mapping[Series, tuple[Figures, ...]] = field(default_factory=dict)
    over: Mapping[tuple[Series, float], Observation] = field(default_factory=dict)
    spoilt: Mapping[str, str] = field(default_factory=dict)
    scope: Scope | None = None
