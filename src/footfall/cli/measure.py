"""Measure: run journeys, a profile and probes against an open target, each sense in its turn, and follow what they write.

The senses run one after the other: side by side on one machine they would measure each other.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

from footfall.cli import signals
from footfall.cli.progress import Tally, first_event
from footfall.cli.session import Session
from footfall.cli.workplace import budgets_if_any
from footfall.clock import SystemClock
from footfall.config.scripts import scan
from footfall.config.secrets import Masker, recorded_secrets, resolve, resolve_all
from footfall.config.suite import GateSpec, ProbeSpec
from footfall.errors import BrowserMissingError, CannotJudgeError, FootfallError, ScriptError, TargetUnreachableError, UsageError
from footfall.load.abort import AbortWatch
from footfall.load.launcher import LoadEnd, LoadOptions, check_profile, launched
from footfall.metrics import Source
from footfall.samples import Event, Record

LAST_LINES = 12
_CONFTEST_FAULT = re.compile(
    r"ImportError while loading conftest.*\n(?:.*\n)*?(?P<file>[^\s:]*conftest\.py):(?P<line>\d+): in <module>(?:.*\n)*?E\s+(?P<problem>.+)"
)
"""How pytest tells a conftest.py that cannot be imported: no hook runs before it."""
_GIVEN_UP = re.compile(r"^(?:INTERNALERROR> (?=\w)|!+ )(.+?)(?: !+)?$", re.MULTILINE)
"""How pytest says why it goes no further: the last line of what a hook raised, or of `pytest.exit`."""
DESKTOP = "desktop"
_READING_S = 5.0
"""What reading figures may take beside the probes' own patience."""
Ask = Callable[..., Awaitable[None]]


class PytestCode(IntEnum):
    """pytest's exit codes (pytest.ExitCode, which costs an import of pytest)."""

    OK = 0
    TESTS_FAILED = 1
    INTERRUPTED = 2
    INTERNAL_ERROR = 3
    USAGE_ERROR = 4
    NO_TESTS_COLLECTED = 5


@dataclass(frozen=True)
class JourneyPlan:
    """Which journeys to walk, how often, and what else to tell pytest."""

    names: tuple[str, ...]
    iterations: int = 1
    devices: tuple[str, ...] = (DESKTOP,)
    arguments: tuple[str, ...] = ()


def gate_plan(spec: GateSpec, names: Sequence[str], iterations: int | None = None) -> JourneyPlan:
    """Return how a gate walks journeys: on its devices and its network, as often as it says unless `iterations` does."""
    return JourneyPlan(tuple(names), iterations or spec.iterations, spec.devices, conditions(spec))


def conditions(spec: GateSpec) -> tuple[str, ...]:
    """Return what pytest is told of a gate's network, which all of its walks must share to be comparable."""
    return ("--network", spec.network) if spec.network else ()


def run_probes(session: Session, probes: Sequence[ProbeSpec], *, read_later: Collection[str] = ()) -> None:
    """Make each probe's checks. Raises CannotJudgeError at the time cap.

    What the probes named in `read_later` measure is held to what is expected of it and not recorded: one reading stands for the run.
    """
    from footfall.probe import run  # noqa: PLC0415  # httpx and asyncio only when there are probes

    tally = Tally()

    def write(record: Record) -> None:
        if not (run.is_figure(record) and record.subject in read_later):
            session.run.recorder.write(record)
        tally.add(record)
        session.progress.update("probes", tally.probe_line())

    try:
        _ask(session, run.run_probes, probes, write, session.left_s)
    except TimeoutError as error:
        raise CannotJudgeError("the probes were ended at the time cap", hint="raise `time_cap` in [gate], or make fewer checks") from error
    session.progress.done("probes", tally.probe_line())


def read_figures(session: Session, probes: Sequence[ProbeSpec]) -> None:
    """Read what probes measure, and say whose doing it is. It takes no time of the cap: what came before must not be for nothing."""
    from footfall.cli.gather import FIGURES_EVENT  # noqa: PLC0415
    from footfall.probe import run  # noqa: PLC0415  # httpx and asyncio only when there are probes

    tally, read = Tally(), dict.fromkeys((probe.name for probe in probes), False)

    def write(record: Record) -> None:
        session.run.recorder.write(record)
        tally.add(record)
        if run.is_figure(record):
            read[record.subject] = True

    with suppress(TimeoutError):
        _ask(session, run.read_figures, probes, write, sum(probe.timeout_s for probe in probes) + _READING_S)
    session.progress.done("figures", tally.figures_line())
    whose = (
        "the embedded shop was started for this run, so they tell what its walks and load users did, not customers"
        if session.target.demo
        else "what its own walks and load users did is among them"
    )
    known, unknown = ([name for name, was in read.items() if was is wanted] for wanted in (True, False))
    told = [f"figures of {', '.join(known)} were read at the end of the run: {whose}"] if known else []
    told += [f"figures of {', '.join(unknown)} could not be read at the end of the run"] if unknown else []
    session.run.recorder.event(FIGURES_EVENT, "; ".join(told), probes=list(read))


def _ask(session: Session, how: Ask, probes: Sequence[ProbeSpec], write: Callable[[Record], None], within_s: float | None) -> None:
    """Let probes ask the target. Raises TimeoutError after `within_s`."""
    mask = Masker(recorded_secrets(session.workplace.suite, os.environ)).mask
    ready = [resolved(probe) for probe in probes]
    headers = {**resolve_all(session.target.headers, os.environ, f"targets.{session.target.name}.headers"), "X-Footfall-Run": session.id}

    async def within() -> None:
        async with asyncio.timeout(within_s):
            await how(ready, session.live.url, run=session.id, headers=headers, clock=SystemClock(), write=write, mask=mask)

    signals.run(within())


def resolved(probe: ProbeSpec) -> ProbeSpec:
    """Return a probe with the environment's values in the place of `env:NAME`. Raises UsageError for one that is not set."""
    where = f"probes.{probe.name}"
    return replace(
        probe,
        url=resolve(probe.url, os.environ, f"{where}.url"),
        body=resolve(probe.body, os.environ, f"{where}.body"),
        headers=resolve_all(probe.headers, os.environ, f"{where}.headers"),
        options={
            name: resolve(value, os.environ, f"{where}.{name}") if isinstance(value, str) else value
            for name, value in probe.options.items()
        },
    )


def walk_journeys(session: Session, plan: JourneyPlan) -> None:
    """Walk the journeys under pytest, device by device.

    Raises ScriptError, UsageError, BrowserMissingError or CannotJudgeError when they cannot be walked at all.
    """
    for device in plan.devices:
        _walk_on(session, plan, device)


def _walk_on(session: Session, plan: JourneyPlan, device: str) -> None:
    tally = Tally()
    phase = session.turn or ("journeys" if device == DESKTOP else device)

    def watch(records: Sequence[Record]) -> None:
        for record in records:
            tally.add(record)
        session.progress.update(phase, tally.journey_line(plan.names, plan.iterations))

    log = session.log("journeys.log" if device == DESKTOP else f"journeys-{_file_name(device)}.log")
    places = scan(session.workplace.root).places
    code = session.run_child(_pytest_command(plan, device, [places[name] for name in plan.names]), log, watch)
    session.progress.done(phase, tally.journey_line(plan.names, plan.iterations))
    session.failed = session.failed or tally.failed > 0 or code == PytestCode.TESTS_FAILED  # a warm-up or a tear-down may fail too
    _explain_pytest(code, session.events, log)


def load_the_site(session: Session, profile: str, options: LoadOptions | None = None) -> None:
    """Run a load profile to its end, to the time cap, or until a budget that says so (`abort = true`) breaks.

    Raises ScriptError, UsageError, CannotJudgeError or TargetUnreachableError when it cannot be run at all.
    """
    tally = Tally()
    path = check_profile(session.workplace.root, profile)
    aborting = AbortWatch(budgets_if_any(session.workplace.suite), profile, session.target.name)

    def watch(records: Sequence[Record]) -> None:
        for record in records:
            tally.add(record)
        aborting.add(records)
        session.progress.update("load", f"{profile} · {tally.load_line()}")

    with launched(path, session.live, session.run.environment(), options) as process:

        def poll() -> LoadEnd | None:
            why = aborting.broken()
            if not why:
                return process.poll()
            session.progress.say(f"✗ {profile} is ended early: {why}")
            session.run.recorder.event("abort", f"{profile} was ended early: {why}", source=Source.LOAD, subject=profile)
            process.stop()
            return LoadEnd("finished", why)

        end = session.follow(poll, watch)
    session.progress.done("load", f"{profile} · {tally.load_line()}")
    if end is None:
        raise CannotJudgeError(f"the profile {profile} was ended at the time cap", hint="raise `time_cap` in [gate], or shorten its stages")
    if end.outcome != "finished":
        raise CannotJudgeError(f"the profile {profile} did not come to its end: {end.reason}")


def _file_name(text: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in text.lower())


def _pytest_command(plan: JourneyPlan, device: str, places: Sequence[str]) -> list[str]:
    emulated = [] if device == DESKTOP else ["--device", device]
    own = ["-q", "-p", "no:cacheprovider", "--iterations", str(plan.iterations)]
    return [sys.executable, "-m", "pytest", *own, *emulated, *places, *plan.arguments]


def _explain_pytest(code: int | None, events: Sequence[Event], log: Path) -> None:
    """Turn pytest's exit code and the run's events into footfall's errors; pytest's own codes never leak through."""
    if code is None:
        raise CannotJudgeError("the journeys were ended at the time cap", hint="raise `time_cap` in [gate], or ask for fewer iterations")
    script_error = first_event(events, "script_error")
    if script_error is not None:
        raise ScriptError(_placed(script_error), hint=script_error.detail.get("hint"))
    for kind, cannot in (("browser_missing", BrowserMissingError), ("target_unreachable", TargetUnreachableError)):
        stopped = first_event(events, kind)
        if stopped is not None:
            raise cannot(stopped.text, hint=stopped.detail.get("hint"))
    if code not in (PytestCode.OK, PytestCode.TESTS_FAILED):
        raise _unusual_end(code, log)


def _unusual_end(code: int, log: Path) -> FootfallError:
    """Return the error for an exit code of pytest that says that the journeys could not be walked."""
    conftest = _CONFTEST_FAULT.search(log.read_text("utf-8", "replace"))
    if code == PytestCode.USAGE_ERROR and conftest is not None:
        return ScriptError(f"{conftest['file']}:{conftest['line']}: {conftest['problem']}")
    if code == PytestCode.USAGE_ERROR:
        return UsageError(f"pytest refused its arguments:\n{_last_lines(log)}", hint="everything after -- goes to pytest")
    if code == PytestCode.NO_TESTS_COLLECTED:
        return ScriptError(
            "the journeys' modules hold no tests", hint="a journey is a function `test_…(journey)` in journeys/test_<name>.py"
        )
    if code in (PytestCode.INTERRUPTED, PytestCode.INTERNAL_ERROR):
        said = _GIVEN_UP.findall(log.read_text("utf-8", "replace"))
        why = said[-1] if said else "it did not say why"
        return ScriptError(f"pytest could not go on: {why}", hint=f"a hook in the suite's conftest.py, or a plugin; {log.name} tells all")
    if code < 0:
        killed = signal.strsignal(-code) or f"signal {-code}"
        return CannotJudgeError(f"the journeys' process was ended from outside ({killed})", hint="is there enough memory for a browser?")
    return FootfallError(f"pytest ended with code {code}:\n{_last_lines(log)}")


def _placed(event: Event) -> str:
    """Return an event's text behind its file and line."""
    file, line = event.detail.get("file"), event.detail.get("line")
    return f"{file}:{line}: {event.text}" if file and line else event.text


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").strip().splitlines()[-LAST_LINES:])
