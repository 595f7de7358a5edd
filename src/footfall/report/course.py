"""How series went over many runs, as plain values: what the trends page, the weekly report and the forecasts are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from footfall.gate.expression import ParseError, parse
from footfall.gate.verdict import Verdict
from footfall.metrics import CATALOGUE, Better, Kind, Source
from footfall.report.figures import VITALS, usual_statistic
from footfall.samples import Series

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_FIELDS = {"min": "min", "max": "max", "mean": "mean", "rate": "mean", "sum": "total", "last": "last", "median": "p50"}
_PERCENTILES = frozenset({"p50", "p75", "p90", "p95", "p99"})
_FOLLOWED = frozenset({"duration", "success", "latency", "response", "errors", "throughput", "ux_score", "certificate_days", *VITALS})
_NEVER = frozenset({"generator_cpu", "generator_lag", "dropped", "users", "users_aim"})


@dataclass(frozen=True)
class Mark:
    """Something that a trend shows beside its figures: a `deployment` (of all series), a `change` (of `series`, at once) or a `drift`.

    `text` is for people: what was deployed; how much a figure moved, how sure that is and between which commits. `worse` is None
    where no direction is known. A drift goes from `at` to `until`. `commits` are those between (short name, first line of the message),
    `more` how many are not listed.
    """

    at: datetime
    kind: str
    text: str
    series: Series | None = None
    worse: bool | None = None
    until: datetime | None = None
    commits: tuple[tuple[str, str], ...] = ()
    more: int = 0

    @property
    def end(self) -> datetime:
        """When it was over: a drift at its end, all else at once."""
        return self.until or self.at


@dataclass(frozen=True)
class CourseRun:
    """A run of the course; `verdict` is an `Outcome`'s word, empty where the run was not judged."""

    id: str
    started: datetime
    commit: str = ""
    verdict: str = ""
    kind: str = "gate"


@dataclass(frozen=True)
class Line:
    """One series and the figure of it that is followed: `statistic` as a budget writes it, `limit` the budget's (None without one).

    `moves` says that the limit stands beside a baseline: it is today's, and goes where the figures go.
    """

    series: Series
    kind: Kind
    unit: str
    statistic: str
    limit: float | None = None
    upper: bool = True
    moves: bool = False


def better_of(series: Series) -> Better:
    """Which direction is good; a script's own metric has none."""
    known = CATALOGUE[Source(series.source)].get(series.metric) if series.source in set(Source) else None
    return known.better if known else Better.NEITHER


@dataclass(frozen=True)
class Course:
    """Runs oldest first, lines, and `cells`: one row (index of the line, index of the run, figure) each, in any order."""

    runs: tuple[CourseRun, ...]
    lines: tuple[Line, ...]
    cells: npt.NDArray[np.float64]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Followed:
    """What a budget makes of a series: which statistic it judges, and its limit."""

    statistic: str
    limit: float | None
    upper: bool
    moves: bool


@dataclass
class Budgeted:
    """Which series a budget watches, from a run's verdicts: a `fail` level's limit wins over a `warn` level's."""

    verdicts: Sequence[Verdict]
    _by_series: Mapping[Series, Followed] = field(init=False)

    def __post_init__(self) -> None:
        found: dict[Series, Followed] = {}
        for verdict in sorted(self.verdicts, key=lambda verdict: verdict.level == "fail"):
            if verdict.series is not None and field_of(verdict.statistic):
                upper, moves = verdict.comparator.startswith("<"), "baseline" in verdict.text
                found[verdict.series] = Followed(verdict.statistic, verdict.limit, upper, moves)
        self._by_series = found

    def line(self, series: Series, kind: Kind, unit: str) -> Line:
        """Return the line of a series: by its budget's statistic where it has one, else by the usual one."""
        known = self._by_series.get(series)
        if known is None:
            return Line(series, kind, unit, usual_statistic(series, kind))
        return Line(series, kind, unit, known.statistic, known.limit, known.upper, known.moves)

    def worth_following(self, series: Series) -> bool:
        """Whether a page shows a series: what customers feel, what a probe measures, and whatever has a budget."""
        if series in self._by_series:
            return True
        own = series.source in set(Source) and series.metric not in CATALOGUE[Source(series.source)]
        return (series.metric in _FOLLOWED or own) and series.metric not in _NEVER and "phase" not in series.label_map


def field_of(statistic: str) -> str:
    """Return the field of `Figures` that holds a statistic; empty where a summary holds none (`p97`, `count`)."""
    try:
        asked = parse(f"{statistic} <= 0").statistic
    except ParseError:
        return ""
    if asked.quantile is None:
        return _FIELDS.get(asked.name, "")
    name = f"p{asked.quantile:g}"
    return name if name in _PERCENTILES else ""


def course_of(trends: Mapping[Series, Sequence[tuple[CourseRun, float]]], lines: Iterable[Line], marks: Sequence[Mark] = ()) -> Course:
    """Return the course of a few runs, from one sequence of (run, figure) a series."""
    import numpy as np  # noqa: PLC0415  # most reports never need it

    told = tuple(lines)
    runs = sorted({run for points in trends.values() for run, _ in points}, key=lambda run: (run.started, run.id))
    place = {run: n for n, run in enumerate(runs)}
    rows = [(n, place[run], value) for n, line in enumerate(told) for run, value in trends.get(line.series, ())]
    return Course(tuple(runs), told, np.array(rows, dtype=np.float64).reshape(-1, 3), tuple(marks))
