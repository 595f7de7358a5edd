"""What a command shows while it measures: one living line on a terminal, plain lines in CI. All of it goes to stderr."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable
from types import TracebackType
from typing import Protocol, Self

from footfall.cli.output import counted, visible
from footfall.metrics import format_quantity
from footfall.samples import Event, HistogramWindow, Record, Sample
from footfall.stats import Histogram

PLAIN_EVERY_S = 10.0


class Tally:
    """What the records of one phase add up to, and how to say it in a line."""

    def __init__(self) -> None:
        self.journeys: Counter[str] = Counter()
        self.failed = 0
        self.last_step = ""
        self.checks = 0
        self.gauges: dict[str, float] = {}
        self.latest = Histogram()
        self.late = Histogram()
        self.cores: dict[str, float] = {}
        self.requests = 0
        self.request_errors = 0
        self.dropped = 0

    def add(self, record: Record) -> None:
        """Count one record."""
        if isinstance(record, Sample):
            self._add_sample(record)
        elif isinstance(record, HistogramWindow) and record.metric == "latency" and not record.part:
            self.latest = Histogram.decode(record.hdr)
        elif isinstance(record, HistogramWindow) and record.metric == "generator_lag":
            self.late = Histogram.decode(record.hdr)

    def _add_sample(self, sample: Sample) -> None:
        if sample.metric == "success":
            self.failed += sample.value < 1
            self.journeys[sample.subject] += 1
            self.checks += sample.source == "probe"
        elif sample.source == "journey" and sample.metric == "duration" and sample.part:
            self.last_step = f"{sample.subject} › {sample.part} {format_quantity(sample.value, 'ms')}"
        elif sample.metric == "generator_cpu":
            self.cores[sample.labels.get("worker", "")] = sample.value
        elif sample.source == "load" and not sample.part:
            self.gauges[sample.metric] = sample.value
            self.dropped += int(sample.value) if sample.metric == "dropped" else 0
            if sample.metric == "errors":
                self.requests += int(sample.detail.get("of", 1))
                self.request_errors += int(sample.value)

    def journey_line(self, names: Iterable[str], iterations: int) -> str:
        """Say how far each journey is."""
        counts = " · ".join(f"{name} {min(self.journeys[name], iterations)}/{iterations}" for name in names)
        failed = f" · {self.failed} failed" if self.failed else ""
        return f"{counts}{failed}   {self.last_step}"

    def probe_line(self) -> str:
        """Say how many checks were made."""
        return f"{self.checks} checks · {self.failed} failed"

    def figures_line(self) -> str:
        """Say of how many probes the figures were read."""
        return f"{counted(self.checks - self.failed, 'probe')} read · {self.failed} not readable"

    def load_line(self) -> str:
        """Say how the crowd fared in the last second, and how the generator itself."""
        users = f"{self.gauges.get('users', 0):.0f} users"
        rate = f"{self.gauges.get('throughput', 0):.0f} requests/s"
        latency = " ".join(f"p{q} {format_quantity(self.latest.percentile(q), 'ms') if self.latest.count else '–'}" for q in (50, 95, 99))
        counts = f"{self.requests} requests, {self.request_errors} failed"
        return f"{users} · {rate} · {latency} · {counts}{self._generator()}"

    def _generator(self) -> str:
        if not self.cores:
            return ""
        late = f", p99 {format_quantity(self.late.percentile(99), 'ms')} late" if self.late.count else ""
        dropped = f", {self.dropped:,} not started in time" if self.dropped else ""
        return f" · generator {max(self.cores.values()):.0%} of a core{late}{dropped}"


class Progress(Protocol):
    """Where progress goes."""

    def update(self, phase: str, line: str) -> None:
        """Show how a phase stands now."""
        ...

    def done(self, phase: str, line: str) -> None:
        """Leave a phase's last word."""
        ...

    def say(self, line: str) -> None:
        """Leave a line of its own."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


class PlainProgress:
    """Lines for a log: a phase's state at most every ten seconds, and its end."""

    def __init__(self) -> None:
        self._said_at = time.monotonic()

    def update(self, phase: str, line: str) -> None:
        """Write the state when the last line is old enough."""
        if time.monotonic() - self._said_at >= PLAIN_EVERY_S:
            self.done(phase, line)

    def done(self, phase: str, line: str) -> None:
        """Write the line."""
        self.say(f"  {phase:<9} {line}")

    def say(self, line: str) -> None:
        """Write the line."""
        self._said_at = time.monotonic()
        sys.stderr.write(visible(line.rstrip()) + "\n")
        sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None


class LiveProgress:
    """One living line with a spinner on a terminal."""

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415  # only commands that measure pay for Rich

        self._console = Console(stderr=True, highlight=False, markup=False)
        self._status = self._console.status("starting")

    def update(self, phase: str, line: str) -> None:
        """Show the state."""
        from rich.markup import escape  # noqa: PLC0415

        self._status.update(f"[bold]{phase:<9}[/bold] {escape(visible(line))}")

    def done(self, phase: str, line: str) -> None:
        """Leave the line above the living one."""
        self.say(f"  {phase:<9} {line}")

    def say(self, line: str) -> None:
        """Leave the line above the living one."""
        self._console.print(visible(line.rstrip()))

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._status.stop()


def progress() -> Progress:
    """Return what suits where stderr goes."""
    return LiveProgress() if sys.stderr.isatty() else PlainProgress()


def first_event(records: Iterable[Record], *kinds: str) -> Event | None:
    """Return the first event of one of `kinds`."""
    return next((record for record in records if isinstance(record, Event) and record.kind in kinds), None)
