"""Measure for the watch: one probe's check, one walk of a journey, one load test, each as `monitor` wants to hear of it."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from footfall.cli.measure import JourneyPlan, load_the_site, resolved, walk_journeys
from footfall.cli.session import Session
from footfall.cli.workplace import Workplace
from footfall.config.suite import ProbeSpec, Target
from footfall.errors import FootfallError, StoreError, TargetUnreachableError
from footfall.monitor.held import walked
from footfall.monitor.location import Measured
from footfall.monitor.plan import JOURNEY, LONGEST_LOAD_S, PROBE, Plan, Subject
from footfall.samples import Artifact, Event, Record, Sample
from footfall.store.provenance import new_run
from footfall.store.spool import begin_run, read_spool, tail
from footfall.store.summary import ASIDE_LABEL, WATCH_KIND
from footfall.store.writer import take_in
from footfall.target import LiveTarget, open_target

KIND = WATCH_KIND
_log = logging.getLogger("footfall.watch")
_START_S = 60.0
"""What a journey's processes may take beside the walk itself."""


class Silent:
    """Progress of what nobody looks at."""

    def update(self, phase: str, line: str) -> None:
        """Show nothing."""

    def done(self, phase: str, line: str) -> None:
        """Show nothing."""

    def say(self, line: str) -> None:
        """Show nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None


@dataclass
class Measuring:
    """Makes a plan's checks against a target that is open. `abandoned` ends journeys and load tests at once."""

    workplace: Workplace
    plan: Plan
    target: Target
    live: LiveTarget
    location: str
    headers: Mapping[str, str]
    probes: Mapping[str, ProbeSpec]
    abandoned: threading.Event

    def __post_init__(self) -> None:
        # Each walk has a thread, those that are walked once more too, and the load test; the process ends after them, not before.
        self._threads = ThreadPoolExecutor(2 * self.workplace.suite.watch.journeys_at_once + 1, "footfall-walks")

    async def measure(self, subject: Subject, attempt: int) -> Measured:
        """Make one check; `attempt` is 0, or which recheck it is. Raises nothing for what the site does."""
        if subject.source == PROBE:
            return await self._probe(self.probes[subject.name])
        work = partial(self._walk, again=attempt > 0) if subject.source == JOURNEY else self._load
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, subject)

    async def _probe(self, spec: ProbeSpec) -> Measured:
        from footfall.probe.check import check  # noqa: PLC0415

        result = await check(spec, self.live.url, self.headers)
        return Measured(result.ok, result.latency_ms, result.problem, {**result.phases, **result.measured})

    def _walk(self, subject: Subject, *, again: bool) -> Measured:
        # A trace takes one more walk: it is made when a failure is walked again, and does not hold up the first suspicion of it.
        traced = again or not subject.rule.pauses_s
        plan = JourneyPlan((subject.name,), arguments=("--warm-up", "0", *(() if traced else ("--no-repeat",))))
        cap = self.workplace.suite.journeys.timeout_s + _START_S
        labels = {ASIDE_LABEL: aside} if (aside := self._aside(subject, again=again)) else {}
        run, records, error = self._run(subject, lambda session: walk_journeys(session, plan), cap, self.target, self.live, labels)
        samples = [record for record in records if isinstance(record, Sample)]
        whole = [sample for sample in samples if not sample.part]
        good = [sample.value for sample in whole if sample.metric == "success"]
        problem = _problem(records, error)
        duration = next((sample.value for sample in whole if sample.metric == "duration"), None)
        files = [f"out/{run}/{record.path}" for record in records if isinstance(record, Artifact)]
        ok = bool(good) and all(good) and not error
        figures = {} if ok or not files else {"evidence": files[:10]}
        held = {} if again else walked(self.plan.promises.get(subject.key), subject, samples, self.location)
        return Measured(ok, duration, "" if ok else problem, {**figures, **held}, run)

    def _aside(self, subject: Subject, *, again: bool) -> str:
        """Say why a walk that begins now is no part of any uptime; nothing of one that is."""
        if again:
            return "recheck"
        return "maintenance" if self.plan.maintenance(subject.key, datetime.now(UTC)) else ""

    def _load(self, subject: Subject) -> Measured:
        with ExitStack() as stack:
            try:
                target, live = self._aimed(subject, stack)
            except TargetUnreachableError as unreachable:
                return Measured(ok=False, problem=unreachable.message)
            run, _, error = self._run(subject, lambda session: load_the_site(session, subject.name), LONGEST_LOAD_S, target, live)
        if error:
            return Measured(ok=False, problem=error, run=run)
        broken, doubt = self._judged(run, subject.name)
        if doubt and not broken:
            _log.warning("the load test %s says nothing: %s", subject.name, doubt)
        return Measured(not broken and not doubt, problem=broken or doubt, run=run, blind=bool(doubt and not broken))

    def _aimed(self, subject: Subject, stack: ExitStack) -> tuple[Target, LiveTarget]:
        """Return what a load test loads: what is watched, or the target that it names, opened until the stack's end."""
        wanted = subject.watched.target
        if not wanted or wanted == self.target.name:
            return self.target, self.live
        target = self.workplace.suite.target(wanted)
        return target, stack.enter_context(open_target(target))

    def _judged(self, run: str, profile: str) -> tuple[str, str]:
        """Return which budgets a load test has broken, and why it cannot be judged: that neither opens nor ends anything."""
        from footfall.cli.judge import Strictness, judge  # noqa: PLC0415
        from footfall.cli.workplace import budgets_of  # noqa: PLC0415
        from footfall.gate.verdict import Outcome  # noqa: PLC0415
        from footfall.store import reader  # noqa: PLC0415

        budgets = budgets_of(self.workplace.suite)
        view = judge(self.workplace, reader.run(self.workplace.store, run), budgets.budgets, Strictness(), budgets.slos)
        about = [verdict for verdict in view.verdicts if verdict.source == "load" and verdict.subject == profile]
        broken = [verdict for verdict in about if verdict.outcome in (Outcome.FAIL, Outcome.MISSING)]
        doubts = [verdict.reason for verdict in about if verdict.outcome is Outcome.INCONCLUSIVE]
        return "; ".join(f"{verdict.key} {verdict.text}: {verdict.reason}" for verdict in broken), next(iter(doubts), "")

    def _run(
        self,
        subject: Subject,
        work: Callable[[Session], None],
        cap_s: float,
        target: Target,
        live: LiveTarget,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[str, list[Record], str]:
        """Do something in a run of its own; returns its id, all that was written, and why it could not be done."""
        labels = {subject.source: subject.name, "location": self.location, **more}
        begun = new_run(target.name, KIND, self.workplace.root, os.environ, labels=labels)
        run = replace(begun, location=self.location, config_digest=self.workplace.suite.digest)
        error = ""
        with begin_run(self.workplace.root, run) as opened:
            session = Watched(self.workplace, target, live, opened, Silent(), tail(opened.directory), time.monotonic() + cap_s)
            session.abandoned = self.abandoned
            try:
                work(session)
            except FootfallError as failed:
                error = failed.message
            opened.end("failed" if error or session.failed else "finished")
        records = list(read_spool(opened.directory))
        self._take_in(opened.directory)
        return run.id, records, error

    def _take_in(self, spool: Path) -> None:
        """Keep a run; while the store is away its spool stays, and the next start or the next hour takes it in."""
        try:
            take_in(self.workplace.store, spool)
        except StoreError:
            return


@dataclass
class Watched(Session):
    """A session that also ends when the watch is told to hurry."""

    abandoned: threading.Event | None = None

    @property
    def over(self) -> bool:
        """Whether the time cap has passed, or nobody waits any more."""
        return super().over or (self.abandoned is not None and self.abandoned.is_set())


def _problem(records: list[Record], error: str) -> str:
    said = [record.text for record in records if isinstance(record, Event) and record.kind in ("error", "script_error")]
    return error or next(iter(said), "it did not come to its end")


def resolved_probes(probes: Mapping[str, ProbeSpec]) -> tuple[dict[str, ProbeSpec], list[str]]:
    """Return the probes with the environment's values, and all that is wrong with them."""
    ready, problems = {}, []
    for name, probe in probes.items():
        try:
            ready[name] = resolved(probe)
        except FootfallError as error:
            problems.append(error.message)
    return ready, problems
