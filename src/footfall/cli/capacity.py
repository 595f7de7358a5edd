"""`footfall capacity`: how many users, or arrivals a second, a site holds within its budgets, and which budget breaks first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from footfall.errors import FootfallError, UsageError
from footfall.metrics import Source, format_quantity, parse_duration

if TYPE_CHECKING:
    from footfall.cli.progress import Progress
    from footfall.cli.workplace import Workplace
    from footfall.gate.budget import Budget
    from footfall.load.capacity import Level, Search
    from footfall.report.view import ReportView

MOST = {"users": 5000, "arrivals a second": 1000}
_UNITS = {"staged": "users", "arrivals": "arrivals a second"}
LONGER = 3
"""Times as long a level is held again when the first time was too close to call."""
FOUND, NOT_EVEN_THAT, CANNOT_TELL = 0, 1, 3


def capacity(
    profile: Annotated[str, typer.Argument(help="A profile: `ci` is loadtests/ci.py.")],
    target: Annotated[str | None, typer.Option("--target", "-t", help="What to load: a target of footfall.toml.")] = None,
    start: Annotated[int, typer.Option("--from", min=1, help="The first level: users, or arrivals a second of an open profile.")] = 50,
    most: Annotated[int | None, typer.Option("--to", min=1, help="The highest level that is tried.")] = None,
    hold: Annotated[str, typer.Option("--hold", help="How long each level is held: `15s`, `1m`.")] = "15s",
    precision: Annotated[float, typer.Option("--precision", min=0.01, max=1.0, help="How near the two ends must come.")] = 0.1,
    processes: Annotated[int | None, typer.Option("--processes", min=1, help="Spread the users over this many processes.")] = None,
    fault: Annotated[list[str] | None, typer.Option("--fault", help="Turn on a fault of the embedded shop; repeatable.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> int:
    """Find how much load the site holds within the profile's budgets, and which of them breaks first.

    Each level is a run of its own, judged as `footfall gate` judges. Levels double until a budget breaks, then halve towards the
    place where it does. Writes out/capacity-<profile>.html. Exits 0 when a level held, 1 when none did, 3 when it cannot tell.
    """
    from footfall.cli.progress import progress  # noqa: PLC0415
    from footfall.cli.workplace import budgets_of, open_workplace  # noqa: PLC0415
    from footfall.load.capacity import HELD, Search, sentence  # noqa: PLC0415
    from footfall.load.launcher import check_profile, shape_kind  # noqa: PLC0415

    _check_hold(hold)
    with progress() as shown:
        workplace = open_workplace(shown)
        file = check_profile(workplace.root, profile)
        budgets = _budgets_on(profile, budgets_of(workplace.suite).budgets)
        unit = _unit(profile, shape_kind(file))
        if most is None:
            most = _ceiling(workplace, target, unit)
        if start > most:
            raise UsageError(f"--from {start} is above --to {most}")
        ladder = _Ladder(workplace, shown, profile, unit, target, hold, processes, tuple(fault or ()))
        search = Search(start, most, precision)
        levels, view = _levels(ladder, search, budgets)
    found = sentence(profile, unit, levels)
    page = _draw(workplace, view, profile, unit, hold, levels, found) if view is not None else None
    _tell(found, profile, unit, levels, page, json=json)
    return FOUND if search.held else NOT_EVEN_THAT if any(level.state != HELD and level.first for level in levels) else CANNOT_TELL


def _check_hold(hold: str) -> None:
    try:
        seconds = parse_duration(hold) / 1000
    except ValueError as error:
        raise UsageError(f"--hold {hold!r}: {error}", hint="write `15s` or `1m`") from error
    if seconds < 5:
        raise UsageError(f"--hold {hold} is too short: the first two seconds of a level are its settling", hint="5s or more")


def _unit(profile: str, kind: str) -> str:
    """Return what a profile's levels count. Raises UsageError for one of which no level can be held."""
    if kind == "replay":
        raise UsageError(f"{profile} is a replay: it asks what was asked once, whatever the level", hint="take a profile with stages")
    if kind not in _UNITS:
        has = "a shape of Locust's own" if kind == "own" else "no shape"
        hint = "give it a StagedShape or an ArrivalShape with stages"
        raise UsageError(f"{profile} has {has}, so that no level of it can be held", hint=hint)
    return _UNITS[kind]


def _budgets_on(profile: str, budgets: Sequence[Budget]) -> list[Budget]:
    """Return the budgets that a level may break, without their warnings: what is held is what does not fail. Raises UsageError."""
    spoken = [budget for budget in budgets if budget.place.source is Source.LOAD and budget.place.subject in {profile, "*"}]
    found = [replace(budget, warn=None) for budget in spoken if budget.fail is not None]
    if not found:
        raise UsageError(f"no budget of load.{profile} can fail, so nothing could break", hint=f"add [load.{profile}] to thresholds.toml")
    return found


def _ceiling(workplace: Workplace, target: str | None, unit: str) -> int:
    allowed = workplace.suite.target(target).allow_load
    return min(MOST[unit], allowed) if allowed and unit == "users" else MOST[unit]


@dataclass(frozen=True)
class _Ladder:
    """Runs a profile level by level."""

    workplace: Workplace
    shown: Progress
    profile: str
    unit: str
    target: str | None
    hold: str
    processes: int | None
    faults: tuple[str, ...]

    def climb(self, at: int, budgets: Sequence[Budget], longer: int = 1) -> tuple[Level, ReportView]:
        """Hold one level, `longer` times as long as the others, and judge it. Raises what `footfall load` raises."""
        from footfall.cli.judge import judge  # noqa: PLC0415
        from footfall.cli.measure import load_the_site  # noqa: PLC0415
        from footfall.cli.session import session  # noqa: PLC0415
        from footfall.load.launcher import LoadOptions  # noqa: PLC0415
        from footfall.store import reader  # noqa: PLC0415

        by_rate, hold = self.unit != "users", f"{parse_duration(self.hold) / 1000 * longer:g}s"
        options = LoadOptions(None if by_rate else at, processes=self.processes, rate=float(at) if by_rate else None, hold=hold)
        labels = {"profile": self.profile, "level": str(at), "hold": hold}
        target = self.workplace.suite.target(self.target)
        with session(self.workplace, target, self.shown, kind="capacity", faults=self.faults, labels=labels) as opened:
            load_the_site(opened, self.profile, options)
        view = judge(self.workplace, reader.run(self.workplace.store, opened.id), budgets)
        return _level(at, view, self.profile, again=longer > 1), view


def _levels(ladder: _Ladder, search: Search, budgets: Sequence[Budget]) -> tuple[list[Level], ReportView | None]:
    """Climb until the place is found, or until a level cannot be run: what was found by then is worth its sentence.

    Raises what `climb` raises where nothing was measured yet.
    """
    from footfall.load.capacity import UNSURE, Level  # noqa: PLC0415

    levels: list[Level] = []
    view: ReportView | None = None
    at = search.next()
    while at is not None:
        try:
            level, view = ladder.climb(at, budgets)
            if level.close:
                ladder.shown.say(f"  {at:,} {ladder.unit}: too close to call, once more and for longer")
                level, view = ladder.climb(at, budgets, longer=LONGER)
            search.tell(level)
            following = search.next()
        except FootfallError as error:
            if view is None:
                raise
            level, following = Level(at, UNSURE, reason=f"it could not be run: {error.message}"), None
        levels.append(level)
        ladder.shown.say(f"  {at:,} {ladder.unit}: {level.state}" + (f" ({level.reason})" if level.reason else ""))
        at = following
    return levels, view


def _level(at: int, view: ReportView, profile: str, *, again: bool) -> Level:
    from footfall.load.capacity import weigh  # noqa: PLC0415

    steady = {
        seen.series.metric: seen.figures
        for seen in view.observations
        if seen.series.source == Source.LOAD and seen.series.subject == profile and not seen.series.part and not seen.series.labels
    }
    latency, served, errors = steady.get("latency"), steady.get("throughput"), steady.get("errors")
    return replace(
        weigh(at, view.verdicts, view.spoilt.get(Source.LOAD, ""), again=again),
        p95_ms=latency.p95 if latency else None,
        throughput=served.mean if served else 0.0,
        failed=errors.mean if errors else 0.0,
        run=view.run.id,
    )


def _draw(workplace: Workplace, view: ReportView, profile: str, unit: str, hold: str, levels: Sequence[Level], found: str) -> Path:
    """Write the picture's page and return where it is."""
    from footfall.load.capacity import HELD  # noqa: PLC0415
    from footfall.report.charts.capacity import level_axis, served_by_level, used_by_level  # noqa: PLC0415
    from footfall.report.templates import TemplateSource  # noqa: PLC0415
    from footfall.starter import starter  # noqa: PLC0415

    templates = TemplateSource(workplace.root / "reports", starter() / "reports")
    rising = sorted(levels, key=lambda level: level.at)
    broken = [level.at for level in rising if level.state != HELD]
    axis, picture, legend = used_by_level([(level.at, level.used) for level in rising], broken)
    values = {
        "view": view,
        "profile": profile,
        "unit": unit,
        "hold": hold,
        "found": found.partition("; ")[0],
        "more": found.partition("; ")[2],
        "legend": legend,
        "used": (axis, picture),
        "served": served_by_level([(level.at, level.throughput) for level in rising], broken),
        "axis": level_axis([level.at for level in rising], unit),
        "levels": [_row(level) for level in rising],
    }  # fmt: skip
    path = workplace.root / "out" / f"capacity-{profile}.html"
    path.parent.mkdir(exist_ok=True)
    path.write_text(templates.render("_capacity.html", values), "utf-8")
    return path


def _row(level: Level) -> dict[str, str]:
    p95 = format_quantity(level.p95_ms, "ms") if level.p95_ms is not None else "–"
    served, failed = f"{level.throughput:,.0f}", format_quantity(level.failed, "ratio")
    return {"at": f"{level.at:,}", "state": level.state, "throughput": served, "p95": p95, "failed": failed,
            "reason": level.reason, "run": level.run}  # fmt: skip


def _tell(found: str, profile: str, unit: str, levels: Sequence[Level], page: Path | None, *, json: bool) -> None:
    import json as json_module  # noqa: PLC0415

    from footfall.cli.output import write_out  # noqa: PLC0415

    if json:
        told = {
            "profile": profile,
            "unit": unit,
            "found": found.partition("; ")[0],
            "more": found.partition("; ")[2],
            "levels": [asdict(level) for level in levels],
        }
        write_out(json_module.dumps(told, indent=2, default=dict) + "\n")
        return
    write_out(
        f"{found}\n" + (f"\n  picture  {page.relative_to(Path.cwd()) if page.is_relative_to(Path.cwd()) else page}\n" if page else "")
    )
