"""Runs profiles by the real Locust and reads what they left in the spool."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from footfall.load.launcher import LoadEnd, LoadOptions, LoadProcess, launched
from footfall.samples import Event, HistogramWindow, Record, Sample
from footfall.stats import Histogram
from footfall.store.provenance import new_run
from footfall.store.spool import begin_run, read_spool
from footfall.target import LiveTarget
from tests.integration.load.server import Site

PROFILE = """
from locust import task
from footfall.load.stages import hold, ramp
from footfall.load.users import LeanUser, StagedShape


class Someone(LeanUser):
    think_s = 0.05

    @task
    def visit(self):
        {body}


class Crowd(StagedShape):
    stages = [ramp(to=10, over="1s"), hold("{held}")]
"""
VISIT = 'self.client.get("/ok", has={"status": "ok"}); self.client.get("/sleep?20", name="/sleep")'


def write_profile(suite: Path, body: str = VISIT, held: str = "4s", name: str = "crowd") -> Path:
    """Write a profile into a suite."""
    path = suite / "loadtests" / f"{name}.py"
    path.write_text(PROFILE.replace("{body}", body).replace("{held}", held), "utf-8")
    return path


@dataclass
class Load:
    """A profile that was run, and all that its run's spool holds."""

    end: LoadEnd
    records: list[Record]

    def samples(self, metric: str, part: str = "") -> list[Sample]:
        """Return the samples of a metric."""
        return [record for record in self.records if isinstance(record, Sample) and (record.metric, record.part) == (metric, part)]

    def latency(self, part: str = "") -> Histogram:
        """Return all latencies of a name, the ramp's too."""
        return merged(record for record in self.records if isinstance(record, HistogramWindow) and record.part == part)

    def windows(self, metric: str, part: str = "") -> list[HistogramWindow]:
        """Return the histograms of a metric."""
        return [r for r in self.records if isinstance(r, HistogramWindow) and (r.metric, r.part) == (metric, part)]

    def events(self, kind: str) -> list[Event]:
        """Return the events of a kind."""
        return [record for record in self.records if isinstance(record, Event) and record.kind == kind]


def merged(windows: Iterable[HistogramWindow], metric: str = "latency") -> Histogram:
    """Merge the windows of a metric."""
    return Histogram.merged(Histogram.decode(window.hdr) for window in windows if window.metric == metric)


@contextmanager
def started(suite: Path, site: Site, profile: Path, options: LoadOptions | None = None) -> Iterator[tuple[LoadProcess, Path]]:
    """Run a profile as `footfall load` does; yields the process and the run's spool."""
    with (
        begin_run(suite, new_run("corner", "load", suite, {})) as run,
        launched(profile, LiveTarget("corner", site.url), run.environment(), options) as process,
    ):
        yield process, run.directory


def run_load(suite: Path, site: Site, profile: Path, options: LoadOptions | None = None) -> Load:
    """Run a profile to its end."""
    with started(suite, site, profile, options) as (process, directory):
        end = process.wait()
    return Load(end, list(read_spool(directory)))


def wait_until(holds: Callable[[], bool], seconds: float = 120) -> None:
    """Wait for something to come true."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def asked_of(site: Site) -> Counter[str]:
    """Return what users asked of the site, without the launcher's question whether anybody is there."""
    asked = site.counts()
    del asked["GET /"]
    return asked
