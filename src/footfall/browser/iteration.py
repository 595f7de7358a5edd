"""One walk through a journey: its steps, its clock, and what is recorded of it."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page

from footfall.browser.attribute import Figure, Window, failed_in, figures, part_at
from footfall.browser.deadline import DeadlinePassedError, deadline
from footfall.browser.failure import calling_line
from footfall.browser.keeper import Keeper
from footfall.browser.ledger import Task
from footfall.browser.pages import TEXT, PageReport
from footfall.browser.score import DESKTOP, MOBILE
from footfall.browser.secrets import Secrets, hidden
from footfall.browser.stopwatch import Stopwatch
from footfall.browser.watch import PageWatch
from footfall.errors import JourneyError, ScriptError
from footfall.metrics import Source
from footfall.samples import walk_name
from footfall.store.lines import impossible
from footfall.store.spool import Recorder

WARM_UP = 0
"""The number of the iteration that is not counted."""
FIRST = 1
"""The number of the only iteration in which the headers of answers are looked at: it takes a millisecond for each."""
_QUIET = frozenset({"cache_answers", "cache_hits"})
"""What pages tell that nobody wants to read line by line."""

_READING_S = 5.0
_ASIDE_S = 2.0
_TOLD_AT_MOST = 100
"""Lines that are kept of what pages tell: the last ones, for they are nearest to the failure."""


Place = tuple[str, int]


@dataclass
class Step:
    """A step that is open; `begun` is the stopwatch's reading, `since` ms since the epoch, `place` the file and line that named it."""

    part: str
    begun: float
    since: float
    place: Place


@dataclass(frozen=True)
class Walk:
    """Which journey is walked, how often by now, on what.

    `attempt` counts from 1 where a walk that fails is tried again; a `repeat` is walked only for the trace of a failure. `mobile` says
    that the device is one that is held in a hand; `variant` (`-rome`, or empty) which of a parametrized test's walks it is.
    """

    journey: str
    number: int
    labels: Mapping[str, str]
    attempt: int = 1
    repeat: bool = False
    mobile: bool = False
    variant: str = ""

    @property
    def counted(self) -> bool:
        """Whether its figures enter the run: those of a warm-up and of a repeat do not."""
        return self.number != WARM_UP and not self.repeat

    @property
    def folder(self) -> str:
        """Where the evidence of its failure goes."""
        again = f"-attempt-{self.attempt}" if self.attempt > 1 else ""
        return f"failures/{self.file_name}-{self.number}{self.variant}{again}"

    @property
    def file_name(self) -> str:
        """The journey, the device and whether a crowd was there, as part of a file's name: what tells walks of one run apart."""
        return walk_name(self.journey, self.labels)


@dataclass(frozen=True)
class Unmet:
    """A soft check that failed: what it says, and where."""

    text: str
    part: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.text} ({Path(self.file).name}:{self.line})"


class UnmetError(JourneyError):
    """Soft checks failed, in a walk that reached its end."""

    def __init__(self, unmet: Sequence[Unmet]) -> None:
        super().__init__("; ".join(map(str, unmet)))
        self.part = unmet[0].part
        self.place = unmet[0].file, unmet[0].line


class StepError(ScriptError):
    """A step was named and then not walked as a step is; `place` is where it was named, for it is found out behind the last line."""

    def __init__(self, text: str, place: Place, *, hint: str) -> None:
        super().__init__(text, hint=hint)
        self.place = place


@dataclass
class Notebook:
    """What happened that people will want to read: soft checks that failed, errors of the page."""

    unmet: list[Unmet] = field(default_factory=list)
    told: deque[str] = field(default_factory=lambda: deque(maxlen=_TOLD_AT_MOST))
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: list[tuple[str, str]] = field(default_factory=list)
    js_errors: list[tuple[str, str]] = field(default_factory=list)
    unanswered: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=_TOLD_AT_MOST))
    cleanups: list[Task] = field(default_factory=list)

    def take_unmet(self) -> list[Unmet]:
        """Return the soft checks that failed since this was asked last: each is told once."""
        taken, self.unmet = self.unmet, []
        return taken


class Iteration:
    """Measures one walk and records it: step durations when a step ends, all else at the end."""

    def __init__(self, walk: Walk, recorder: Recorder, keeper: Keeper, secrets: Secrets, *, film: bool) -> None:
        self.walk = walk
        self.secrets = secrets
        self.keeper = keeper
        self.stopwatch = Stopwatch()
        self.notebook = Notebook()
        self.watch = PageWatch(self._page_tells, self._aside, headers=walk.counted and walk.number == FIRST)
        self.traceparent = ""
        self.film_folder: Path | None = None
        self._recorder = recorder
        self._film = film
        self._open: list[Step] = []
        self._closed: list[Window] = []
        self._used: set[str] = set()
        self._unentered: dict[str, Place] = {}
        self._broken = ""
        self._swallowed: list[str] = []
        self._unleft: list[Step] = []
        self._began = self._ended = 0.0

    @property
    def part(self) -> str:
        """The path of the innermost open step, or "" between steps."""
        return self._open[-1].part if self._open else ""

    @property
    def last_part(self) -> str:
        """The path of the step that broke, or that is open or, between steps, of the one before."""
        return self._broken or self.part or (self._closed[-1].part if self._closed else "")

    def begin(self) -> None:
        """Start the journey's clock."""
        self._began = self.stopwatch.read()

    def end(self) -> None:
        """Stop the journey's clock. Raises StepError when a step was named but never entered, or entered and never left."""
        self._ended = self.stopwatch.read()
        if unleft := [*self._unleft, *self._open]:
            hint = "write `with journey.step(…):`, which leaves it whatever happens"
            raise StepError(f"step {unleft[0].part!r} was never left", unleft[0].place, hint=hint)
        if self._unentered:
            name, place = next(iter(self._unentered.items()))
            raise StepError(f"step {name!r} was never entered", place, hint=f'write `with journey.step("{name}"):`')

    def declare(self, name: str) -> None:
        """Check a step's name before it is entered. Raises ScriptError."""
        if not isinstance(name, str) or not name.strip() or "/" in name:
            raise ScriptError(
                f"{name!r} is no name for a step", hint="a name has at least one letter and no /, which stands between nested steps"
            )
        if any(secret in name for secret in self.secrets.values):
            raise ScriptError("a step's name holds a secret", hint="names stand in every report: name what the customer does")
        self._unentered[name] = calling_line()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a step. Raises ScriptError when this walk had a step of that name at that place already."""
        place = self._unentered.pop(name, ("", 0))
        part = f"{self.part}/{name}" if self.part else name
        if part in self._used:
            raise ScriptError(f"step {part!r} is used twice in {self.walk.journey}", hint="give each step a name of its own")
        self._used.add(part)
        self._broken = ""
        step = Step(part, self.stopwatch.read(), time.time() * 1e3, place)
        self._open.append(step)
        try:
            yield
        except GeneratorExit:  # entered without `with`, and forgotten
            self._unleft.append(step)
            self._close(step)
            raise
        except BaseException:
            self._broken = self._broken or part  # the innermost, while the exception passes outwards
            self._swallowed.append(part)
            self._close(step)
            raise
        duration = self.stopwatch.read() - step.begun
        with self.stopwatch.paused():
            self._close(step)
            self.sample(part, "duration", duration)
            self.watch.step_ended()
            self._take_picture(part)

    def _close(self, step: Step) -> None:
        self._closed.append(Window(step.part, step.since, time.time() * 1e3))
        self._open.remove(step)

    def sample(self, part: str, metric: str, value: float, unit: str = "") -> None:
        """Record a figure of this walk, unless it is the warm-up."""
        self._record([Figure(part, metric, value)], unit)

    def measured(self, name: str, value: float, unit: str) -> None:
        """Record a number of the script's own, where the script is; of one that cannot be a measurement, say so with its line."""
        problem = impossible(Source.JOURNEY, name, value)
        if not problem:
            self.sample(self.part, name, value, unit)
        elif self.walk.counted:
            file, line = calling_line()
            self.event("note", f"{name} {problem} ({value}): not recorded ({Path(file).name}:{line})")

    def _record(self, found: Iterable[Figure], unit: str = "") -> None:
        if self.walk.counted:
            self._recorder.samples(
                {
                    "source": Source.JOURNEY,
                    "subject": self.walk.journey,
                    "part": figure.part,
                    "metric": figure.metric,
                    "value": figure.value,
                    "iteration": self.walk.number,
                    "unit": unit,
                    "labels": self.walk.labels,
                    "detail": self.secrets.mask_all(figure.detail),
                }
                for figure in found
            )

    def note_unmet(self, text: str) -> None:
        """Note a soft check that failed, where the script is now."""
        self.notebook.unmet.append(Unmet(text, self.last_part, *calling_line()))

    def event(self, kind: str, text: str, **detail: Any) -> None:
        """Record something to be read, secrets masked."""
        place = {"journey": self.walk.journey, "step": self.last_part, "iteration": self.walk.number}
        self._recorder.event(kind, self.secrets.mask(text), **self.secrets.mask_all({**place, **detail}))

    def conclude(self, *, passed: bool) -> None:
        """Fetch what the pages saw and record all that is left to record but for `success`: see `settle`."""
        with self.stopwatch.paused():
            curves = MOBILE if self.walk.mobile else DESKTOP
            reports = self._reports()
            self._count_refusals(reports)
            self.notebook.counts.update((part, "js_errors") for part in failed_in(self.notebook.js_errors, reports, self._closed))
            found = figures(reports, self._closed, self.notebook.counts, curves)
            if passed:
                found.append(Figure("", "duration", self._ended - self._began))
            else:  # of a journey that broke off, half the score is none
                found = [figure for figure in found if (figure.part, figure.metric) != ("", "ux_score")]
            self._record(found)
        if passed:
            if not self.watch.began:
                self.event(
                    "note", "no page of this walk was watched: make contexts with the fixture new_context, not browser.new_context()"
                )
            for part in self._swallowed:
                self.event("note", f"step {part!r} was ended by an exception that the script caught: it has no duration")

    def _count_refusals(self, reports: Sequence[PageReport]) -> None:
        """Add what the console alone told of: a page knows of no answer to its frames, its workers, and of few of other origins'."""
        known = {fetch.url for report in reports for fetch in report.fetches if fetch.failed}
        self.notebook.counts.update((part, "failed_requests") for part, url in self.notebook.refused if url not in known)

    def settle(self, *, passed: bool, retried: bool) -> None:
        """Record whether the customer reached the end; `retried` is whether another attempt would have followed a failure."""
        self.sample("", "success", 1.0 if passed else 0.0)
        if retried:
            self.sample("", "flaky", 1.0 if passed and self.walk.attempt > 1 else 0.0)

    def let_go(self, context: BrowserContext) -> None:
        """Read a context's pages before it is closed; does nothing once the walk is concluded."""
        with self.stopwatch.paused():
            self._patiently(lambda: self.watch.release(context))

    def _reports(self) -> list[PageReport]:
        self._patiently(self.watch.read_open)
        self._patiently(self.watch.read_left)
        if self.watch.silent:
            self.event(
                "note",
                f"{self.watch.silent} of the pages that were loaded told nothing: something took what they left, or ended them at once",
            )
        self.watch.contexts.clear()
        return self.watch.reports()

    def _patiently(self, read: Callable[[], None]) -> None:
        if not self._briefly(_READING_S, read):
            self.event("note", f"a page did not say within {_READING_S:g} s what it saw: its vitals are missing")

    def _aside(self, ask: Callable[[], object]) -> None:
        """Ask pages something that is no part of the journey."""
        with self.stopwatch.paused():
            self._briefly(_ASIDE_S, ask)

    def _briefly(self, seconds: float, ask: Callable[[], object]) -> bool:
        """Ask pages something, and say whether they answered: one whose dialog is open does not. The journey's deadline passes through."""
        text = "the page gives no answer"
        try:
            with deadline(seconds, text):
                ask()
        except DeadlinePassedError as passed:
            if str(passed) != text:
                raise
            return False
        return True

    def _page_tells(self, kind: str, text: str, at: float) -> None:
        part = self._part_at(at) if at > 0 else self.last_part
        if kind == "refused":
            self.notebook.refused.append((part, text))
            return
        if kind == "unanswered":
            self._move_unanswered(text, part)
            return
        if kind == "failed_requests" and at <= 0:
            self.notebook.unanswered.append((part, text))
        if kind == "js_errors" and len(self.notebook.js_errors) < _TOLD_AT_MOST:
            self.notebook.js_errors.append((part, text[:TEXT]))
        else:
            self.notebook.counts[part, kind] += 1
        if kind not in _QUIET:
            self.notebook.told.append(f"{kind.removesuffix('s').replace('_', ' ')}: {text.splitlines()[0] if text else ''}")

    def _move_unanswered(self, url: str, part: str) -> None:
        """Count a request that nobody answered for the step in which the console says that it failed: it has no time of its own."""
        for heard in self.notebook.unanswered:
            if f" {url}: " in heard[1]:
                self.notebook.unanswered.remove(heard)
                self.notebook.counts[heard[0], "failed_requests"] -= 1
                self.notebook.counts[part, "failed_requests"] += 1
                return

    def _part_at(self, moment: float) -> str:
        """Return the step of a moment that is over, of those that have begun."""
        return part_at(moment, [*self._closed, *(Window(step.part, step.since, math.inf) for step in self._open)])

    def _take_picture(self, part: str) -> None:
        pages = [page for context in self.watch.contexts for page in context.pages]
        if self._film and pages:
            name = f"steps/{self.walk.file_name}-{len(self._closed):02}{self.walk.variant}.jpg"
            self._briefly(_READING_S, lambda: self.keep_picture(pages[-1], name, part))

    def keep_picture(self, page: Page, name: str, part: str) -> bool:
        """Keep a screenshot as an artifact; a page that gives none within 5 s gives none, and the answer is False."""
        path = self.keeper.path(name)
        options: dict[str, Any] = {"type": "jpeg", "quality": 60, "scale": "css"} if path.suffix == ".jpg" else {}
        try:
            page.screenshot(path=path, timeout=5000, mask=hidden(page, self.secrets), **options)
        except Error:
            return False
        self.keeper.keep("screenshot", path, self.place(part))
        return True

    def place(self, part: str) -> tuple[str, str, int]:
        """Return the journey, a step and the iteration, as artifacts name them."""
        return self.walk.journey, part, self.walk.number
