"""One location's checks: started on time, within limits, one of a kind at a time, and repeated when a failure is suspected."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from ulid import ULID

from footfall.clock import Clock, to_text
from footfall.config.secrets import Masker
from footfall.config.watch import Watched
from footfall.monitor.plan import JOURNEY, LOAD, PROBE, Plan, Subject
from footfall.monitor.schedule import Job
from footfall.samples import Json
from footfall.store.inbox import Inbox
from footfall.store.watch import Seen

_CONTROL_S = 2.0
_PROVE_S = 600.0
"""How often the control is asked while checks hold: one that nobody has ever seen answer proves nothing when it does not."""
_TRUST_S = 3600.0
"""For how long a control that answered may be silent while checks hold, before it is the control that is broken."""
_AGAIN = 4
"""How many times as many rechecks as scheduled checks of probes run at once."""
_LOOK_S = 60.0
"""How often a broken probe is looked at whose own turn comes more rarely: the people at work on it wait for the answer."""
_LOOK_SHARE = 0.1
_LONGEST_PROBLEM = 500
_log = logging.getLogger("footfall.watch")


@dataclass(frozen=True)
class Measured:
    """What one check found. `figures` are numbers by name; `evidence` among them a list of paths. One that is `blind` says nothing."""

    ok: bool
    latency_ms: float | None = None
    problem: str = ""
    figures: Json = field(default_factory=dict)
    run: str = ""
    blind: bool = False


Measure = Callable[[Subject, int], Awaitable[Measured]]
"""Makes a check of something: the number is 0 for a scheduled one, else which recheck of a suspicion it is."""
Control = Callable[[], Awaitable[bool]]
"""Whether a place known to be up can be reached."""


@dataclass
class Counts:
    """What the location did, for its metrics; `late_ms` says of the newest scheduled checks how late each truly began."""

    checks: int = 0
    skipped: int = 0
    late_ms: deque[float] = field(default_factory=lambda: deque(maxlen=10_000))


class Location:
    """Makes the checks of one location; `limits` are how many of each source run at once."""

    def __init__(
        self, name: str, plan: Plan, measure: Measure, inbox: Inbox, clock: Clock, *, control: Control | None = None, masker: Masker
    ) -> None:
        self.name = name
        self.counts = Counts()
        self.started: dict[str, tuple[datetime, str]] = {}
        self.blind_since: datetime | None = None
        self._plan, self._measure, self._inbox, self._clock, self._control, self._masker = plan, measure, inbox, clock, control, masker
        limits = {PROBE: plan.watch.probes_at_once, JOURNEY: plan.watch.journeys_at_once, LOAD: 1}
        self._limits = {source: asyncio.Semaphore(limit) for source, limit in limits.items()}
        # Rechecks wait for nobody: in a great outage all places of the scheduled checks are taken by checks that hang.
        again = {**limits, PROBE: _AGAIN * limits[PROBE]}
        self._limits_again = {source: asyncio.Semaphore(limit) for source, limit in again.items()}
        self._running: dict[str, datetime] = {}
        self._rounds: dict[tuple[str, datetime], asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._suspect: Mapping[str, datetime] = {}
        self._looked: dict[str, tuple[float, float]] = {}
        self._aside: set[str] = set()
        self._controlled: tuple[float, asyncio.Task[bool]] | None = None
        self._held_at: float | None = None
        self._answered_at: float | None = None
        self._doubted = False

    def start(self, job: Job, late_s: float = 0.0) -> None:
        """Start a scheduled check; one that still runs (or still waits for its turn) is not started again, and that is said."""
        now, planned = self._clock.now(), self._clock.monotonic() - late_s
        if job.key in self._aside:
            self._aside.remove(job.key)  # what runs already is the scheduled one from now on
            self.started[job.key] = (now, "")
            return
        if job.key in self._running:
            note = f"skipped: the check of {to_text(self._running[job.key])} still runs"
            self.started[job.key] = (now, note)
            self.counts.skipped += 1
            _log.warning("%s %s", job.key, note)
            return
        self.started[job.key] = (now, "")
        self._spawn(self._scheduled(self._plan.subject(job.key), planned))

    def _spawn(self, work: Awaitable[None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _scheduled(self, subject: Subject, planned: float | None = None, *, urgent: bool = False, aside: bool = False) -> None:
        """Make a check that no recheck is; `planned` is when it should begin, by the clock that never jumps, where a schedule says so."""
        if subject.key in self._running:
            return
        self._running[subject.key] = self._clock.now()
        if aside:
            self._aside.add(subject.key)
        try:
            await self._check(subject, planned=planned, urgent=urgent)
        finally:
            del self._running[subject.key]
            self._aside.discard(subject.key)

    async def _check(
        self, subject: Subject, attempt: int = 0, round_at: datetime | None = None, *, planned: float | None = None, urgent: bool = False
    ) -> None:
        """Make one check and keep its result; whatever goes wrong in making it is a failed check, and the watch goes on."""
        async with (self._limits_again if urgent else self._limits)[subject.source]:
            at = self._clock.now()
            if planned is not None:  # only now: it may have waited for its turn
                self.counts.late_ms.append((self._clock.monotonic() - planned) * 1000)
            maintained = bool(self._plan.maintenance(subject.key, at))
            try:
                found = await self._measure(subject, attempt)
            except Exception as error:  # noqa: BLE001  # a supervision point
                _log.warning("the check of %s failed", subject.key, exc_info=True)
                found = Measured(ok=False, problem=f"the check itself failed: {type(error).__name__}: {error}")
        if found.ok:
            self._held()
        blind = found.blind or (not found.ok and not await self._sees())
        self.counts.checks += 1
        excused = maintained or (not attempt and subject.key in self._aside)  # one aside from the schedule is no part of any uptime
        seen = Seen(str(ULID()), subject.key, self.name, at, found.ok, blind, excused, attempt, round_at, found.latency_ms)
        problem, target = self._clean(found.problem), self._plan.target
        self._inbox.add(replace(seen, problem=problem, figures=found.figures, run=found.run, target=target))

    def _clean(self, problem: str) -> str:
        """One line without secrets and control characters, of bounded length."""
        printable = "".join(letter if letter.isprintable() else " " for letter in self._masker.mask(problem))
        return printable[:_LONGEST_PROBLEM]

    # Whether failures are its own

    async def _sees(self) -> bool:
        """Whether this location's own network is well, as far as the control can be believed."""
        sees = self._control is None or await self._answers(self._control) or self._doubt()
        self.blind_since = None if sees else self.blind_since or self._clock.now()
        return sees

    async def _answers(self, control: Control) -> bool:
        """Whether the control answers; asked once for all checks that end together."""
        now = self._clock.monotonic()
        if self._controlled is None or now - self._controlled[0] > _CONTROL_S:
            self._controlled = (now, asyncio.ensure_future(control()))
        answers = await asyncio.shield(self._controlled[1])
        if answers:
            self._answered_at, self._doubted = self._clock.monotonic(), False
        return answers

    def _held(self) -> None:
        """A check held: the network is well, and the control should answer, which is looked at now and then."""
        self.blind_since, self._held_at = None, self._clock.monotonic()
        if self._control is not None and (self._controlled is None or self._held_at - self._controlled[0] > _PROVE_S):
            self._spawn(self._prove(self._control))

    async def _prove(self, control: Control) -> None:
        if not await self._answers(control):
            self._doubt()

    def _doubt(self) -> bool:
        """Whether a control that does not answer is itself what is broken: checks held long after it last answered, or it never did."""
        if self._held_at is None or (self._answered_at is not None and self._held_at - self._answered_at <= _TRUST_S):
            return False
        if not self._doubted:
            silent = "has never answered" if self._answered_at is None else f"has not answered for {_TRUST_S / 60:g} minutes"
            _log.warning("the control of [watch] %s while checks hold: it is broken itself, and excuses no failure", silent)
        self._doubted = True
        return True

    # Rechecks

    def confirm(self, suspects: Mapping[str, datetime]) -> None:
        """Recheck what is suspected (subject: since when), once a round; rounds that were decided end."""
        self._suspect = suspects
        for key, since in suspects.items():
            subject = self._plan.subjects.get(key)
            if subject is not None and self._measures(subject) and (key, since) not in self._rounds:
                self._rounds[key, since] = self._spawn(self._round(subject, since))
                for dependency in filter(self._measures, map(self._plan.subject, self._plan.dependencies(subject))):
                    self._spawn(self._scheduled(dependency, urgent=True))  # so that it is known to be broken before its dependents count
        for key, since in [each for each in self._rounds if suspects.get(each[0]) != each[1]]:
            del self._rounds[key, since]

    def look_again(self, down: Collection[str]) -> None:
        """Check what is broken each minute, where its own turn comes more rarely; what has long been broken in each tenth of that time.

        Only probes: walks and load tests cost too much.
        """
        now = self._clock.monotonic()
        self._looked = {key: self._looked.get(key, (now, now)) for key in down}
        for key, (since, looked) in self._looked.items():
            if now - looked >= max(_LOOK_S, (now - since) * _LOOK_SHARE):
                self._looked[key] = (since, now)
                subject = self._plan.subjects.get(key)
                if subject is not None and subject.source == PROBE and self._measures(subject) and _is_rare(subject.watched):
                    self._spawn(self._scheduled(subject, urgent=True, aside=True))

    def _measures(self, subject: Subject) -> bool:
        """Whether this location can check it now: not what others call, nor what another location measures."""
        return subject.key not in self._plan.inbound and subject.measured_at(self.name, judging=False)

    async def _round(self, subject: Subject, since: datetime) -> None:
        for attempt, pause in enumerate(subject.rule.pauses_s, start=1):
            await asyncio.sleep(pause)
            if self._suspect.get(subject.key) != since:
                return
            await self._check(subject, attempt, since, urgent=True)

    @property
    def busy(self) -> bool:
        """Whether anything still runs."""
        return bool(self._tasks)

    async def finish(self) -> None:
        """Let what runs come to its end; rounds of rechecks are left to the next start."""
        for task in self._rounds.values():
            task.cancel()
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def abort(self) -> None:
        """End what runs at once."""
        for task in set(self._tasks):
            task.cancel()


def _is_rare(watched: Watched) -> bool:
    return bool(watched.cron) or watched.every_s > _LOOK_S
