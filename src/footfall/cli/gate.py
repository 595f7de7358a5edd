"""`footfall gate`: measure all that the suite names, judge it, report, and exit with the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from footfall.errors import BrowserMissingError, CannotJudgeError, UsageError
from footfall.metrics import Source

if TYPE_CHECKING:
    from footfall.cli.progress import Progress
    from footfall.cli.session import Session
    from footfall.cli.workplace import Workplace
    from footfall.config.suite import GateSpec

NO_PROFILE = "none"


def gate(
    target: Annotated[str | None, typer.Option("--target", "-t", help="What to measure: a target of footfall.toml.")] = None,
    iterations: Annotated[int | None, typer.Option("--iterations", "-n", min=1, help="Counted iterations of each journey.")] = None,
    journey: Annotated[list[str] | None, typer.Option("--journey", help="Only this journey; repeatable.")] = None,
    profile: Annotated[str | None, typer.Option("--profile", help="This load profile; `none` for no load.")] = None,
    fault: Annotated[list[str] | None, typer.Option("--fault", help="Turn on a fault of the embedded shop; repeatable.")] = None,
    run: Annotated[
        str | None, typer.Option("--run", help="Judge a stored run again (id, its beginning, or `latest`); measures nothing.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="A warning fails too.")] = False,
    allow_inconclusive: Annotated[bool, typer.Option("--allow-inconclusive", help="Exit 0 although a budget could not be judged.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print verdicts.json on stdout instead of words.")] = False,
) -> int:
    """Measure, judge, report, and exit with the verdict.

    Measures what [gate] in footfall.toml names and holds it against thresholds.toml. Writes out/<run>/ and out/latest/:
    index.html, verdicts.json, junit.xml, summary.md. Exits 0 when all held, 1 when a budget or a journey failed, 2 when the
    command or a file is wrong, 3 when it could not judge.
    """
    from footfall.cli.judge import Strictness, judge, remember  # noqa: PLC0415
    from footfall.cli.progress import progress  # noqa: PLC0415
    from footfall.cli.tell import tell  # noqa: PLC0415
    from footfall.cli.workplace import budgets_of, check_scripts, open_workplace  # noqa: PLC0415
    from footfall.store import reader  # noqa: PLC0415

    if run is not None and (target or iterations or journey or profile or fault):
        raise UsageError("--run judges what was measured already", hint="leave out all options that say what to measure")
    with progress() as shown:
        workplace = open_workplace(shown)
        budgets = budgets_of(workplace.suite)
        for note in budgets.notes:
            shown.say(f"note: {note}")
        if run is None:
            check_scripts(workplace.suite)
            spec = _spec(workplace, iterations, tuple(journey or ()), profile)
            run = _measure(workplace, shown, spec, target, tuple(fault or ()))
        view = judge(workplace, reader.run(workplace.store, run), budgets.budgets, Strictness(strict, allow_inconclusive))
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
    return spec if iterations is None else replace(spec, iterations=iterations)


def _measure(workplace: Workplace, shown: Progress, spec: GateSpec, target: str | None, faults: tuple[str, ...]) -> str:
    """Measure all three senses, one after the other, and return the run's id."""
    from footfall.cli.judge import SCOPE_EVENT, scope_of  # noqa: PLC0415
    from footfall.cli.measure import JourneyPlan, load_the_site, run_probes, walk_journeys  # noqa: PLC0415
    from footfall.cli.session import session  # noqa: PLC0415
    from footfall.cli.underload import walk_under_load  # noqa: PLC0415
    from footfall.load.ceiling import check_ceiling  # noqa: PLC0415
    from footfall.target import check_answers  # noqa: PLC0415

    suite = workplace.suite
    if spec.profile or spec.under_load:
        check_answers(suite.target(target))  # that a site is down is said before that it may not be loaded
        check_ceiling(suite.target(target), None)
    labels = {"iterations": str(spec.iterations), "profile": spec.profile or ""}
    labels |= {"under_load": spec.under_load} if spec.under_load else {}
    with session(workplace, suite.target(target), shown, kind="gate", faults=faults, labels=labels, time_cap_s=spec.time_cap_s) as opened:
        opened.run.recorder.event(SCOPE_EVENT, "what this run set out to measure", **asdict(scope_of(spec)))
        if spec.probes:
            run_probes(opened, [suite.probes[name] for name in spec.probes])
        if spec.journeys:
            with _kept(opened, Source.JOURNEY):
                walk_journeys(opened, JourneyPlan(spec.journeys, spec.iterations, spec.devices))
        if spec.journeys and spec.under_load:
            with _kept(opened, Source.JOURNEY):
                walk_under_load(opened, JourneyPlan(spec.journeys, spec.iterations, spec.devices), spec.under_load)
        if spec.profile:
            with _kept(opened, Source.LOAD):
                load_the_site(opened, spec.profile)
    return opened.id


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
