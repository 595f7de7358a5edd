"""What the pages show, arranged: journeys step by step, requests, probes. Templates only lay it out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from markupsafe import Markup

from footfall.gate.evidence import Observation
from footfall.gate.verdict import Verdict
from footfall.metrics import Source, format_quantity
from footfall.report.charts.bars import step_bar
from footfall.report.figures import VITALS, band, metric_name, shown, titled, worst_of
from footfall.report.view import ReportView
from footfall.report.words import comparison, count
from footfall.samples import Series

PHASES = ("dns", "connect", "tls", "ttfb")
"""What a probe's time is made of, in order."""
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Cell:
    """A figure in a table: what it is (for narrow screens), its text, a range or remark beneath, a band of Google's, an outcome's word."""

    name: str
    text: str = "–"
    beneath: str = ""
    band: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Row:
    """A row: its name, how deep it is nested, the worst verdict's outcome, a picture (may be empty) and its figures."""

    name: str
    depth: int
    tone: str
    picture: Markup
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """One subject of the run: a journey on one device, a load profile, or all probes. `facts` are its headline figures."""

    name: str
    tags: tuple[str, ...]
    tone: str
    facts: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""


@dataclass(frozen=True)
class _Subject:
    """One journey, profile or probe of a run, with one set of labels: what was seen of it and how that was judged."""

    target: str
    source: str
    name: str
    labels: Labels
    observations: Mapping[Series, Observation]
    verdicts: tuple[Verdict, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        """The labels' values."""
        return tuple(value for _, value in self.labels)

    def find(self, part: str, metric: str) -> Observation | None:
        """What was seen of a metric of a part ("" is the whole)."""
        return self.observations.get(Series(self.target, self.source, self.name, part, metric, self.labels))

    def parts(self, *metrics: str) -> list[str]:
        """The parts in the order seen, those with one of `metrics` only where any is named."""
        return list(dict.fromkeys(series.part for series in self.observations if not metrics or series.metric in metrics))

    def has(self, metric: str) -> bool:
        """Whether a metric was seen of any part."""
        return any(series.metric == metric for series in self.observations)

    def tone(self, part: str | None = None, metric: str | None = None) -> str:
        """The worst outcome of the verdicts on all of it, on a part, or on a metric of a part; empty where there is none."""
        found = worst_of(
            verdict
            for verdict in self.verdicts
            if verdict.series and part in {None, verdict.series.part} and metric in {None, verdict.series.metric}
        )
        return found.outcome.value if found else ""


def _subjects(view: ReportView, source: Source) -> list[_Subject]:
    observations: dict[tuple[str, Labels], dict[Series, Observation]] = {}
    for seen in view.observations:
        if seen.series.source == source:
            observations.setdefault((seen.series.subject, seen.series.labels), {})[seen.series] = seen
    verdicts: dict[tuple[str, Labels], list[Verdict]] = {}
    for verdict in view.verdicts:
        if verdict.series is not None and verdict.series.source == source and not _left_open(verdict):
            verdicts.setdefault((verdict.series.subject, verdict.series.labels), []).append(verdict)
    return [
        _Subject(view.run.target, source.value, name, labels, found, tuple(verdicts.get((name, labels), ())))
        for (name, labels), found in observations.items()
    ]


def _left_open(verdict: Verdict) -> bool:
    """What a comparison could not tell is no fault of the step: it stands in the comparison's own table."""
    return verdict.pairs is not None and verdict.outcome == "inconclusive"


def journeys(view: ReportView) -> tuple[Table, ...]:
    """Return one table per journey and set of labels (device, network…), steps in the order in which they were taken."""
    return tuple(_journey(subject, view.steps.get(subject.name, ())) for subject in _subjects(view, Source.JOURNEY))


def _journey(subject: _Subject, order: Sequence[str]) -> Table:
    parts = _ordered((part for part in subject.parts() if part), order)
    medians = {part: seen.figures.p50 for part in parts if (seen := subject.find(part, "duration"))}
    starts = _starts(parts, medians)
    vitals = [metric for metric in VITALS if subject.has(metric)]
    columns = ("Step", "When", "Duration", *(titled(metric) for metric in vitals))
    rows = tuple(_step(subject, part, starts[part], vitals) for part in parts)
    return Table(subject.name, subject.tags, subject.tone(), tuple(_journey_facts(subject)), columns, rows)


def _journey_facts(subject: _Subject) -> Iterable[str]:
    success, whole = subject.find("", "success"), subject.find("", "duration")
    if success:
        held = round(success.figures.mean * success.figures.count)
        yield f"{held} of {count(success.figures.count, 'iteration')} reached the end{_retried(subject)}"
    if whole:
        yield f"p75 {format_quantity(whole.figures.p75, whole.unit)} in all"
    score = subject.find("", "ux_score")
    if score:
        yield f"UX score {score.figures.p50:.0f} of 100"


def _retried(subject: _Subject) -> str:
    """Say how many of the iterations that reached the end did so only on a retry; empty where none did."""
    flaky = subject.find("", "flaky")
    number = round(flaky.figures.mean * flaky.figures.count) if flaky else 0
    return f", {number} only on a retry" if number else ""


def _ordered(parts: Iterable[str], order: Sequence[str]) -> list[str]:
    """Bring steps into the order of the script where it is known; nested ones follow their parent."""
    known = {name: n for n, name in enumerate(order)}
    found = list(parts)
    first = {part: n for n, part in enumerate(found)}

    def rank(part: str) -> list[tuple[int, int]]:
        prefixes = ["/".join(part.split("/")[: n + 1]) for n in range(part.count("/") + 1)]
        return [(known.get(name, known.get(name.rsplit("/", 1)[-1], len(known))), first.get(name, 0)) for name in prefixes]

    return sorted(found, key=rank)


def _starts(parts: Sequence[str], medians: Mapping[str, float]) -> dict[str, tuple[float, float, float]]:
    """Lay the steps end to end: (start, length, whole journey) of each; nested steps begin within their parent."""
    clock: dict[str, float] = {"": 0.0}
    placed: dict[str, tuple[float, float]] = {}
    for part in parts:
        parent = part.rpartition("/")[0]
        start = clock.get(parent, clock[""])
        length = medians.get(part, 0.0)
        placed[part] = (start, length)
        clock[part] = start
        clock[parent] = start + length
    whole = clock[""]
    return {part: (start, length, whole) for part, (start, length) in placed.items()}


def _step(subject: _Subject, part: str, when: tuple[float, float, float], vitals: Sequence[str]) -> Row:
    start, length, whole = when
    label = f"{part}: begins at {format_quantity(start, 'ms')}, takes {format_quantity(length, 'ms')}"
    tone = subject.tone(part, "duration")
    cells = [_cell("Duration", subject.find(part, "duration"), "", tone)]
    cells += [_cell(titled(metric), subject.find(part, metric), metric, subject.tone(part, metric)) for metric in vitals]
    bar = step_bar(start, length, whole, label, tone)
    return Row(part.rpartition("/")[2], part.count("/"), subject.tone(part), bar, tuple(cells))


def _cell(name: str, seen: Observation | None, metric: str, tone: str) -> Cell:
    if seen is None:
        return Cell(name)
    figures = seen.figures
    spread = _range(figures.min, figures.max, seen.unit) if figures.count > 1 else ""
    return Cell(name, shown(figures.p75, seen.unit), spread, band(metric, figures.p75), tone)


def _range(low: float, high: float, unit: str) -> str:
    """Write `420–488 ms`, the unit once where both share it; empty where there is no range to see."""
    first, last = (shown(value, unit) if unit == "score" else format_quantity(value, unit, digits=2) for value in (low, high))
    number, _, suffix = first.rpartition(" ")
    shared = number and last.endswith(f" {suffix}")
    return "" if first == last else f"{number if shared else first}–{last}"


def profiles(view: ReportView) -> tuple[Table, ...]:
    """Return one table per load profile: a row per request name, the whole first."""
    return tuple(_profile(subject) for subject in _subjects(view, Source.LOAD))


def _profile(subject: _Subject) -> Table:
    rows = tuple(_request(subject, part) for part in sorted(subject.parts("latency", "errors")))
    columns = ("Request", "Requests", "p50", "p95", "p99", "Failed")
    return Table(subject.name, subject.tags, subject.tone(), tuple(_load_facts(subject)), columns, rows, _honesty(subject))


def _load_facts(subject: _Subject) -> Iterable[str]:
    if latency := subject.find("", "latency"):
        yield f"p95 {format_quantity(latency.figures.p95, latency.unit)}"
    if users := subject.find("", "users"):
        yield f"up to {count(round(users.figures.max), 'user')}"
    if throughput := subject.find("", "throughput"):
        yield f"{format_quantity(throughput.figures.p50, 'count')} requests/s"
    if errors := subject.find("", "errors"):
        yield f"{format_quantity(errors.figures.mean, errors.unit, digits=2)} failed"


def _honesty(subject: _Subject) -> str:
    """Say in one sentence what the generator says of itself."""
    said = []
    if cpu := subject.find("", "generator_cpu"):
        said.append(f"used at most {format_quantity(cpu.figures.max, cpu.unit, digits=2)} of a core")
    if lag := subject.find("", "generator_lag"):
        said.append(f"ran at most {format_quantity(lag.figures.max, lag.unit, digits=2)} late")
    if dropped := subject.find("", "dropped"):
        said.append(f"dropped {count(round(dropped.figures.total), 'iteration')}" if dropped.figures.total else "dropped nothing")
    return f"The generator {', '.join(said)}." if said else ""


def _request(subject: _Subject, part: str) -> Row:
    latency, errors = subject.find(part, "latency"), subject.find(part, "errors")
    number = max((seen.figures.count for seen in (latency, errors) if seen), default=0)
    percentiles = ("p50", "p95", "p99")
    latencies = (
        Cell(name, format_quantity(getattr(latency.figures, name), latency.unit)) if latency else Cell(name) for name in percentiles
    )
    failed = format_quantity(errors.figures.mean, errors.unit, digits=2) if errors else "–"
    cells = (Cell("Requests", f"{number:,}"), *latencies, Cell("Failed", failed))
    return Row(part or "All requests", 0, subject.tone(part), Markup(""), cells)


def probes(view: ReportView) -> Table | None:
    """Return the table of all probes; None where there was none."""
    subjects = _subjects(view, Source.PROBE)
    if not subjects:
        return None
    phases = [metric for metric in PHASES if any(subject.has(metric) for subject in subjects)]
    others = any(_others(subject, phases) for subject in subjects)
    columns = ("Probe", "Held", "Latency", *(titled(metric) for metric in phases), *(("Other",) if others else ()))
    rows = tuple(_probe(subject, phases, others=others) for subject in subjects)
    return Table("Probes", (), "", (), columns, rows)


def _others(subject: _Subject, phases: Sequence[str]) -> str:
    """What else a probe measured, the last figure of each."""
    known = {"success", "latency", *phases}
    found = (seen for series, seen in subject.observations.items() if series.metric not in known)
    return ", ".join(f"{metric_name(seen.series.metric)} {format_quantity(seen.figures.last, seen.unit)}" for seen in found)


def _probe(subject: _Subject, phases: Sequence[str], *, others: bool) -> Row:
    success = subject.find("", "success")
    held = f"{round(success.figures.mean * success.figures.count):,} of {success.figures.count:,}" if success else "–"
    cells = [Cell("Held", held, tone=subject.tone("", "success"))]
    cells += [_cell(titled(metric), subject.find("", metric), "", subject.tone("", metric)) for metric in ("latency", *phases)]
    cells += [Cell("Other", _others(subject, phases) or "–")] if others else []
    return Row(" · ".join((subject.name, *subject.tags)), 0, subject.tone(), Markup(""), tuple(cells))


@dataclass(frozen=True)
class Slow:
    """A step or request and how long it takes: p75 of a step, p95 of a request."""

    place: str
    text: str
    value: float


def slowest(view: ReportView, most: int = 5) -> tuple[tuple[Slow, ...], tuple[Slow, ...]]:
    """Return the slowest steps of journeys and the slowest requests under load, slowest first."""
    steps = (
        Slow(f"{s.name} › {part}", format_quantity(seen.figures.p75, "ms"), seen.figures.p75)
        for s in _subjects(view, Source.JOURNEY)
        for part in s.parts("duration")
        if part and (seen := s.find(part, "duration"))
    )
    requests = (
        Slow(part, format_quantity(seen.figures.p95, "ms"), seen.figures.p95)
        for s in _subjects(view, Source.LOAD)
        if not s.labels
        for part in s.parts("latency")
        if part and (seen := s.find(part, "latency"))
    )
    found = (sorted(each, key=attrgetter("value"), reverse=True) for each in (steps, requests))
    first, second = (tuple(each[:most]) for each in found)
    return first, second


def headroom(view: ReportView) -> str:
    """Name the held upper limit that is nearest to being broken; empty where shares say nothing."""
    held = [v for v in view.verdicts if v.outcome == "pass" and v.figure is not None and v.limit and v.comparator.startswith("<")]
    nearest = max(held, key=lambda v: (v.figure or 0.0) / (v.limit or 1.0), default=None)
    if nearest is None or nearest.figure is None or not nearest.limit:
        return ""
    place = f"{nearest.subject} › {nearest.part}" if nearest.part else nearest.subject
    share = f"{nearest.figure / nearest.limit:.0%}".replace("%", " %")
    return f"Nearest to its limit: {place}, {metric_name(nearest.metric)} {nearest.statistic} {comparison(nearest)} ({share})."
