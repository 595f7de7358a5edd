"""What a watch costs: HTTP probes against a real server, through results, judging and the store, on a clock that is faked or real.

python bench/watch.py                      # 1,000 probes at 30 s for one minute of real time: CPU and lateness
python bench/watch.py --budgets            # the same with a budget over five minutes on each probe
python bench/watch.py --week               # 20 probes for a simulated week, every check made (half an hour): memory
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import resource
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from footfall.clock import SystemClock
from footfall.config.secrets import Masker
from footfall.config.suite import ProbeSpec
from footfall.config.watch import Watched, WatchSpec
from footfall.gate import budget
from footfall.metrics import CATALOGUE, Source
from footfall.monitor.deliver import Deliverer
from footfall.monitor.judge import Judge
from footfall.monitor.letter import Writer
from footfall.monitor.location import Location, Measured
from footfall.monitor.plan import PROBE, Plan, Subject
from footfall.monitor.promises import with_budgets
from footfall.monitor.state import Rule
from footfall.monitor.watch import Parts, Watch
from footfall.probe.check import check
from footfall.store import watch as kept
from footfall.store.election import Election
from footfall.store.inbox import Inbox
from footfall.store.watch import Place, Seen
from footfall.store.writer import open_store


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response_only(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serve(pipe: Any) -> None:
    """A site in a process of its own, so that its CPU time is not the watch's."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    pipe.send(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.recv()


@dataclass
class FakeClock:
    """A clock that the bench turns."""

    at: datetime = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=UTC))

    def now(self) -> datetime:
        """The moment."""
        return self.at

    def monotonic(self) -> float:
        """Seconds."""
        return self.at.timestamp()


def plan_of(count: int, every_s: float) -> Plan:
    """So many probes."""
    subjects = [Subject(f"probe:p{n}", f"p{n}", PROBE, Watched(every_s=every_s), Rule(), f"p{n} is down") for n in range(count)]
    return Plan("bench", {subject.key: subject for subject in subjects}, WatchSpec())


def with_a_budget(plan: Plan) -> Plan:
    """The same, with a budget on every probe that holds."""
    place = budget.Place(Source.PROBE, budget.EVERY)
    read, _ = budget.read_budgets("p95 <= 50s over 5m", place, CATALOGUE[Source.PROBE]["latency"], "probes.latency")
    return with_budgets(plan, [each for _, each in read])


async def minute(root: Path, url: str, plan: Plan, every_s: float, seconds: float) -> None:
    """Watch for real."""
    store, count, clock = open_store(root), len(plan.subjects), SystemClock()

    async def measure(subject: Subject, _attempt: int) -> Measured:
        result = await check(ProbeSpec(subject.name, "/"), url, {})
        return Measured(result.ok, result.latency_ms, result.problem, {**result.phases})

    inbox = Inbox(root, "here")
    location = Location("here", plan, measure, inbox, clock, masker=Masker(()))
    deliverer = Deliverer(store, plan, {}, clock, writer=Writer(None), holder="bench", masker=Masker(()))
    watch = Watch(Parts(plan, store, location, inbox, Judge(store, plan, clock), deliverer, Election(store, root), clock))
    stop = asyncio.Event()
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    asyncio.get_running_loop().call_later(seconds, stop.set)
    await watch.run(stop, asyncio.Event())
    after, took = resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - began
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    late = sorted(location.counts.late_ms)
    print(f"{count} probes at {every_s:g} s for {took:.0f} s: {location.counts.checks} checks, {location.counts.skipped} skipped")
    print(f"  CPU {cpu / took:.1%} of a core, {cpu / max(1, location.counts.checks) * 1000:.1f} ms a check")
    print(f"  late p50 {late[len(late) // 2]:.1f} ms, p99 {late[int(len(late) * 0.99)]:.1f} ms")
    store.close()


async def week(root: Path, url: str, days: float) -> None:
    """20 probes at a minute of a simulated time, each check made, kept and judged; what memory and the store have grown to."""
    clock, plan, inbox = FakeClock(), plan_of(20, 60), Inbox(root, "here")
    store = open_store(root)
    judge = Judge(store, plan, clock)
    for number in range(int(days * 1440)):
        for _ in range(3):
            clock.at += timedelta(seconds=20)
            judge.step()
        with store.writing() as connection:
            kept.see_location(connection, Place("here", clock.at, blind=False, judge=True))
        for seen in await asyncio.gather(*(_checked(key, url, number, clock.at) for key in plan.subjects)):
            inbox.add(seen)
        inbox.deliver(store)
        if number % 1440 == 1439 or number == int(days * 1440) - 1:
            with store.writing() as connection:
                kept.forget(connection, clock.at, results_d=2, hours_d=400, incidents_d=400)
            print(f"after {(number + 1) / 1440:.2f} days: {resident_mb():.1f} MB resident, {stored_mb(root):.1f} MB stored", flush=True)
    store.close()


async def _checked(key: str, url: str, number: int, at: datetime) -> Seen:
    """Make a check; one in a hundred asks for what there is not."""
    found = await check(ProbeSpec(key, "/" if number % 100 else "/missing"), url, {})
    return Seen(f"{number}-{key}", key, "here", at, found.ok, problem=found.problem, latency_ms=found.latency_ms, figures=found.phases)


def stored_mb(root: Path) -> float:
    """What the store's files hold."""
    return sum(path.stat().st_size for path in root.rglob("*.db*")) / 1e6


def resident_mb() -> float:
    """What this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probes", type=int, default=1000)
    parser.add_argument("--every", type=float, default=30.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--budgets", action="store_true")
    parser.add_argument("--week", action="store_true")
    parser.add_argument("--days", type=float, default=7.0)
    options = parser.parse_args()
    logging.getLogger("footfall.watch").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        here, there = get_context("spawn").Pipe()
        site = get_context("spawn").Process(target=serve, args=(there,), daemon=True)
        site.start()
        url = f"http://127.0.0.1:{here.recv()}"
        root = Path(folder)
        plan = plan_of(options.probes, options.every)
        plan = with_a_budget(plan) if options.budgets else plan
        asyncio.run(week(root, url, options.days) if options.week else minute(root, url, plan, options.every, options.seconds))
        here.send("end")
        site.join()


if __name__ == "__main__":
    main()
