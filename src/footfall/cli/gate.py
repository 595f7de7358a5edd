"""`footfall gate`: measure all that the suite names, judge it, report, and exit with the verdict."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from footfall.errors import BrowserMissingError, CannotJudgeError, UsageError
from footfall.metrics import Source, parse_duration

if TYPE_CHECKING:
    from footfall.cli.confirm import Measured
    from footfall.cli.progress import Progress
    from footfall.cli.session import Session
    from footfall.cli.workplace import Workplace
    from footfall.config.suite import GateSpec
    from footfall.report.view import ReportView

NO_PROFILE = "none"


def gate(
    target: Annotated[str | None, typer.Option("--target", "-t", help="What to measure: a target of footfall.toml.")] = None,
    iterations: Annotated[int | None, typer.Option("--iterations", "-n", min=1, help="Walk each journey just so often.")] = None,
    journey: Annotated[list[str] | None, typer.Option("--journey", help="Only this journey; repeatable.")] = None,
    profile: Annotated[str | None, typer.Option("--profile", help="This load profile; `none` for no load.")] = None,
    fault: Annotated[list[str] | None, typer.Option("--fault", help="Turn on a fault of the embedded shop; repeatable.")] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Compare with this target (or address), in turn, until it is clear which is slower.")
    ] = None,
    time_cap: Annotated[str | None, typer.Option("--time-cap", help="The longest that it may measure: `10m`.")] = None,
    respect_slo: Annotated[bool, typer.Option("--respect-slo", help="Fail when an objective's error budget is spent.")] = False,
    run: Annotated[
        str | None, typer.Option("--run", help="Judge a stored run again (id, its beginning, or `latest`); measures nothing.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="A warning fails too.")] = False,
    allow_inconclusive: Annotated[bool, typer.Option("--allow-inconclusive", help="Exit 0 although a budget could not be judged.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print verdicts.json on stdout instead of words.")] = False,
) -> int:
    """Measure, judge, report, and exit with the verdict.

    Measures what [gate] in footfall.toml names and holds it against thresholds.toml. Journeys that `iterations` walks leave undecided
    are walked on, up to `most_iterations`. Writes out/<run>/ and out/latest/:
    index.html, verdicts.json, junit.xml, summary.md. Exits 0 when all held, 1 when a budget or a journey failed, 2 when the
    command or a file is wrong, 3 when it could not judge.
    """
    from footfall.cli.judge import Strictness, judge, remember  # noqa: PLC0415
    from footfall.cli.progress import progress  # noqa: PLC0415
    from footfall.cli.tell import tell  # noqa: PLC0415
    from footfall.cli.workplace import budgets_of, check_scripts, open_workplace  # noqa: PLC0415
    from footfall.store import reader  # noqa: PLC0415

    if run is not None and (target or iterations or journey or profile or fault or against or time_cap):
        raise UsageError("--run judges what was measured already", hint="leave out all options that say what to measure")
    with progress() as shown:
        workplace = open_workplace(shown)
        budgets = budgets_of(workplace.suite)
        for note in budgets.notes:
            shown.say(f"note: {note}")
        measured, measuring = None, run is None
        if run is None:
            check_scripts(workplace.suite)
            spec = _capped(_spec(workplace, iterations, tuple(journey or ()), profile), time_cap)
            if against is None:
                measured = measure_all(workplace, shown, spec, target, tuple(fault or ()))
                run = measured.run
            else:
                run = _compare(workplace, shown, spec, target, against, fault or (), capped=time_cap is not None)
            _note_deployment(workplace, shown, run)
        found = reader.run(workplace.store, run)
        strictness = Strictness(strict, allow_inconclusive, respect_slo)
        view = judge(workplace, found, budgets.budgets, strictness, budgets.slos)
        if measured is not None and _confirm(workplace, shown, measured, view):
            view = judge(workplace, found, budgets.budgets, strictness, budgets.slos)
        if measuring and _trace(workplace, shown, view, target, fault or ()):
            view = judge(workplace, found, budgets.budgets, strictness, budgets.slos)
        remember(workplace, view)
    return tell(workplace, view, json=json)


def _spec(workplace: Workplace, iterations: int | None, journeys: tuple[str, ...], profile: str | None) -> GateSpec:
    """Return what to measure: the suite's [gate] table with the command line's wishes. Raises UsageError for unknown names."""
    from footfall.cli.workplace import chosen  # noqa: PLC0415
    from footfall.config.scripts import scan  # noqa: PLC0415

    spec, found = workplace.suite.gate, scan(workplace.root)
    if journeys:
        spec = replace(spec, journeys=chosen("journey", journeys, found.journeys))
    if profile is not None:
        spec = replace(spec, profile=None if profile == NO_PROFILE else chosen("profile", [profile], found.profiles)[0])
    return spec if iterations is None else replace(spec, iterations=iterations, most_iterations=iterations)


def _capped(spec: GateSpec, time_cap: str | None) -> GateSpec:
    """Return what to measure with the command line's time cap. Raises UsageError for one that is no time."""
    if time_cap is None:
        return spec
    try:
        seconds = parse_duration(time_cap) / 1000
    except ValueError as error:
        raise UsageError(f"--time-cap: {error}") from error
    if not 0 < seconds < math.inf:
        raise UsageError(f"--time-cap: {time_cap!r} is no time at all", hint="write one such as `10m`")
    return replace(spec, time_cap_s=seconds)


def _compare(
    workplace: Workplace, shown: Progress, spec: GateSpec, target: str | None, against: str, faults: Sequence[str], *, capped: bool
) -> str:
    """Measure two deployments in turn and return the id of the measured one's run."""
    from footfall.cli.against import TIME_CAP_S, measure_against, sides  # noqa: PLC0415

    cap_s = spec.time_cap_s if capped else max(spec.time_cap_s, TIME_CAP_S)
    return measure_against(workplace, shown, spec, sides(workplace.suite, target, against, faults), cap_s)


def _note_deployment(workplace: Workplace, shown: Progress, run: str) -> None:
    """Record the deployment that this CI job is about, if its variables tell of one."""
    from footfall.cli.deployment import note_deployment  # noqa: PLC0415
    from footfall.store import reader  # noqa: PLC0415

    name = note_deployment(workplace, reader.run(workplace.store, run), os.environ)
    if name:
        shown.say(f"recorded deployment {name}, of which CI told")


def _confirm(workplace: Workplace, shown: Progress, measured: Measured, view: ReportView) -> bool:
    """Measure again what is suspected to be worse than usual; say whether anything was."""
    from footfall.cli.confirm import confirm, suspects  # noqa: PLC0415

    again = suspects(view.verdicts, measured.spec.figures)
    if again:
        confirm(workplace, shown, measured, again)
    return bool(again)


def _trace(workplace: Workplace, shown: Progress, view: ReportView, target: str | None, faults: Sequence[str]) -> bool:
    """Walk once more, for a trace, what failed its budget without having left one; say whether anything did."""
    from footfall.cli.trace import trace, untraced  # noqa: PLC0415

    again = untraced(view.verdicts, view.artifacts)
    if again:
        trace(workplace, shown, view.run.id, workplace.suite.target(target), faults, again)
    return bool(again)


def measure_all(workplace: Workplace, shown: Progress, spec: GateSpec, target: str | None, faults: tuple[str, ...]) -> Measured:
    """Measure all three senses, one after the other, and return what was measured."""
    from footfall.cli.confirm import Measured  # noqa: PLC0415
    from footfall.cli.gather import SCOPE_EVENT, busy_label  # noqa: PLC0415
    from footfall.cli.judge import scope_of  # noqa: PLC0415
    from footfall.cli.measure import gate_plan, load_the_site, read_figures, run_probes, walk_journeys  # noqa: PLC0415
    from footfall.cli.session import session  # noqa: PLC0415
    from footfall.cli.undecided import looks, walk_on  # noqa: PLC0415
    from footfall.cli.underload import walk_under_load  # noqa: PLC0415
    from footfall.load.ceiling import check_ceiling  # noqa: PLC0415
    from footfall.target import check_answers  # noqa: PLC0415

    suite = workplace.suite
    if spec.profile or spec.under_load:
        check_answers(suite.target(target))  # that a site is down is said before that it may not be loaded
        check_ceiling(suite.target(target), None)
    labels = {"iterations": str(spec.iterations), "profile": spec.profile or ""}
    labels |= {name: value for name, value in (("under_load", spec.under_load), ("network", spec.network)) if value}
    labels |= busy_label(os.getloadavg()[0], os.cpu_count() or 1)  # by now none of it is ours
    with session(workplace, suite.target(target), shown, kind="gate", faults=faults, labels=labels, time_cap_s=spec.time_cap_s) as opened:
        detail = {**asdict(scope_of(spec)), "looks": looks(spec)}
        opened.run.recorder.event(SCOPE_EVENT, "what this run set out to measure", **detail)
        if spec.probes:
            run_probes(opened, [suite.probes[name] for name in spec.probes], read_later=spec.figures)
        each_s = None
        if spec.journeys:
            with _kept(opened, Source.JOURNEY):
                began = time.monotonic()
                walk_journeys(opened, gate_plan(spec, spec.journeys))
                walks = (spec.iterations + 1) * len(spec.journeys) * len(spec.devices)  # the uncounted one too
                each_s = (time.monotonic() - began) / walks
        if spec.journeys and spec.under_load:
            with _kept(opened, Source.JOURNEY):
                walk_under_load(opened, gate_plan(spec, spec.journeys), spec.under_load)
        if spec.profile:
            with _kept(opened, Source.LOAD):
                load_the_site(opened, spec.profile)
        if each_s is not None:
            walk_on(opened, spec, each_s)
        if spec.figures:
            read_figures(opened, [suite.probes[name] for name in spec.figures])
    return Measured(opened.id, spec, suite.target(target), faults, labels)


@contextmanager
def _kept(opened: Session, source: Source) -> Iterator[None]:
    """Let a sense that could not be measured to its end spoil its own verdicts, not the whole run's report."""
    from footfall.cli.judge import CANNOT_JUDGE_EVENT  # noqa: PLC0415

    try:
        yield
    except BrowserMissingError:
        raise
    except CannotJudgeError as error:
        opened.run.recorder.event(CANNOT_JUDGE_EVENT, error.message, source=source.value)
        opened.progress.say(f"! {error.message}" + (f" → {error.hint}" if error.hint else ""))
