"""How near the truth the figures are: a target with a known law and stalls, and what footfall, Locust, Artillery and wrk say of it.

    python bench/accuracy.py

The target answers after a lognormal time (median 75 ms, sigma 0.5: 95 in 100 within 171 ms, as the platforms ask of their APIs) and stands
still for 250 ms every 5 s. It draws its times evenly from the law's quantiles, so that twenty seconds of them follow it. Open: 200
arrivals a second, and the truth is the law's own: whoever comes during a stall waits for its end. Closed: ten users ask one after the
other, and the truth is the target's record of the same requests, from their last byte in to their answer out. The aim is 2 % at p50,
p90 and p99. What footfall's event loop was late is shown with its figures: on a busy machine that is what separates them from the
truth, and past a third of a millisecond nothing is judged.

What closed tools tell is true of their own requests and says nothing of people who come when they like: compare their p99 with the law's.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import multiprocessing
import random
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import NormalDist
from typing import cast

import httptools
import peers

from footfall.samples import HistogramWindow
from footfall.stats import Histogram, percentile
from footfall.store.spool import read_spool

MEDIAN_S, SIGMA = 0.075, 0.5
STALL_S, EVERY_S = 0.25, 5.0
SECONDS = 20
"""Whole periods, so that it does not matter where in one they begin."""
SETTLED_S = 4
PERCENTILES = (50, 90, 99)
AIM = 0.02
TOO_LATE_MS = 0.3
SPUN_S = 0.0005
"""How much of an answer's time the target spins through: what sleeps wakes some tenths of a millisecond late."""
RATE, USERS = 200, 10
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
GOLDEN = (math.sqrt(5) - 1) / 2

CLOSED = """
from locust import task
from footfall.load.stages import hold, step
from footfall.load.users import LeanUser, StagedShape

class Someone(LeanUser):
    think_s = 0.0

    @task
    def ask(self):
        self.client.get("/")

class Closed(StagedShape):
    stages = (step(to={users}), hold("{held}s"))
"""
OPEN = """
from locust import task
from footfall.load.stages import hold, step
from footfall.load.users import ArrivalShape, LeanUser

class Someone(LeanUser):
    @task
    def ask(self):
        self.client.get("/")

class Open(ArrivalShape):
    stages = (step(to={rate}), hold("{held}s"))
    users = 200
    even = True
"""

Record = Sequence[tuple[float, float]]
"""When an answer went out (seconds since 1970), and how long it took in ms."""


def ends(at: float, draw: float) -> float:
    """Return when a request that comes `at` (seconds from the start) is answered, `draw` seconds of work later; stalls do no work."""
    at = _after_stall(at)
    while at % EVERY_S + draw > EVERY_S - STALL_S:  # the stall is the end of each period
        left = EVERY_S - STALL_S - at % EVERY_S
        draw, at = draw - left, _after_stall(at + left + 1e-9)
    return at + draw


def _after_stall(at: float) -> float:
    within = at % EVERY_S
    return at if within < EVERY_S - STALL_S else at - within + EVERY_S


def draws() -> Iterator[float]:
    """Yield times of work in seconds.

    They are quantiles a golden section apart, so that a few thousand arrivals, and the stalls among them, meet long and short ones in
    the law's own proportion.
    """
    normal = NormalDist(math.log(MEDIAN_S), SIGMA)
    start = random.random()
    for number in itertools.count(1):
        yield math.exp(normal.inv_cdf((start + number * GOLDEN) % 1 or GOLDEN))


def law(count: int = 200_000) -> list[float]:
    """Return response times in ms of arrivals that come at any time alike."""
    moments = (EVERY_S * number / count for number in range(count))
    return [(ends(at, draw) - at) * 1000 for at, draw in zip(moments, draws(), strict=False)]


class _Target(asyncio.Protocol):
    """Answers when the law says, and keeps how long it took."""

    def __init__(self, began: float, work: Iterator[float], record: list[tuple[float, float]]) -> None:
        self._began, self._work, self._record = began, work, record
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        loop = asyncio.get_running_loop()
        came = loop.time()
        done = self._began + ends(came - self._began, next(self._work))
        loop.call_at(done - SPUN_S, self._answer, came, done)

    def _answer(self, came: float, done: float) -> None:
        while time.monotonic() < done:
            pass
        if not self._transport.is_closing():
            self._transport.write(ANSWER)
            self._record.append((time.time(), (time.monotonic() - came) * 1000))


def serve(pipe: Connection) -> None:
    """Serve until told to stop; tells the port, and at the end what was served."""

    async def run() -> None:
        loop, record = asyncio.get_running_loop(), list[tuple[float, float]]()
        began, work = loop.time(), draws()
        server = await loop.create_server(lambda: _Target(began, work, record), "127.0.0.1", 0, backlog=1024)
        pipe.send(server.sockets[0].getsockname()[1])
        stop = asyncio.Event()
        loop.add_reader(pipe.fileno(), stop.set)
        await stop.wait()
        pipe.send(record[1:])  # the first is the question whether anybody is there

    # epoll, and uvloop with it, rounds its timers to whole milliseconds, which is 5 % of the median; select does not.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    loop.run_until_complete(run())
    loop.close()


class Target:
    """A running target at `url`; `record` holds what it served, once it has ended."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.record: Record = ()


@contextmanager
def target() -> Iterator[Target]:
    """Run a fresh target while the block lasts."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there,), daemon=True)
    process.start()
    running = Target(f"http://127.0.0.1:{here.recv()}")
    try:
        yield running
    finally:
        here.send("stop")
        running.record = here.recv()
        process.join()


def measured(profile: str, metric: str) -> tuple[list[float], list[float], Histogram]:
    """Run a profile; returns footfall's percentiles of `metric`, the target's own of the same requests, and the generator's lateness."""
    with tempfile.TemporaryDirectory(prefix="footfall-accuracy-") as folder, target() as site:
        suite = Path(folder)
        (suite / "footfall.toml").write_text(f'[targets.law]\nurl = "{site.url}"\nallow_load = 1000\n', "utf-8")
        (suite / "loadtests").mkdir()
        (suite / "loadtests" / "law.py").write_text(profile.format(held=SECONDS + SETTLED_S, rate=RATE, users=USERS), "utf-8")
        command = [sys.executable, "-m", "locust", "-f", "loadtests/law.py", "--headless", "--only-summary", "--host", site.url]
        subprocess.run(command, cwd=suite, check=True, capture_output=True)
        (spool,) = (suite / ".footfall" / "spool").iterdir()
        windows = [record for record in read_spool(spool) if isinstance(record, HistogramWindow) and not record.part]
    steady = sorted({int(window.at.timestamp()) for window in windows if not window.labels})[:SECONDS]
    of = {
        name: Histogram.merged(Histogram.decode(w.hdr) for w in windows if w.metric == name and int(w.at.timestamp()) in steady)
        for name in (metric, "generator_lag")
    }
    truth = [took for at, took in site.record if int(at) in steady]
    return [of[metric].percentile(q) for q in PERCENTILES], [percentile(truth, q) for q in PERCENTILES], of["generator_lag"]


def show_peer(name: str, peer: peers.Peer, connections: int, truth: Sequence[float] = ()) -> None:
    """Run a peer and print what it says beside the truth: the target's own record, unless told otherwise."""
    try:
        with target() as site:
            said = peers.run(peer, site.url, connections, SECONDS).percentiles
    except peers.UnavailableError as error:
        print(f"  {name}: {error}", flush=True)
        return
    took = [took for _, took in site.record]
    show(f"  {name}", [said[f"p{q}"] for q in PERCENTILES], truth or [percentile(took, q) for q in PERCENTILES])


def show(name: str, said: Sequence[float], truth: Sequence[float]) -> float:
    """Print a row; returns how far off the worst figure is."""
    off = [figure / true - 1 for figure, true in zip(said, truth, strict=True)]
    cells = "  ".join(f"{figure:7.1f} of {true:6.1f} {wrong:+7.1%}" for figure, true, wrong in zip(said, truth, off, strict=True))
    print(f"{name:44} {cells}", flush=True)
    return max(map(abs, off))


def main() -> int:
    """Measure, print what was found, and return 1 when footfall is further off than the aim on a machine that was quiet enough."""
    everybody = law()
    true = [percentile(everybody, q) for q in PERCENTILES]
    print(f"{'ms, of the truth':44} " + "  ".join(f"{f'p{q}':>25}" for q in PERCENTILES))
    opened, kept, open_lag = measured(OPEN, "response")
    closed, record, closed_lag = measured(CLOSED, "latency")
    print(f"open: {RATE} arrivals a second; the truth is the law's own")
    show("  the target itself, by its own record", kept, true)
    worst = show("  footfall", opened, true)
    show_peer("artillery, arrivalRate", peers.ARTILLERY_OPEN, RATE, true)
    show_peer("locust, constant_throughput", peers.LOCUST_PACED, RATE, true)
    print(f"closed: {USERS} users; the truth is the target's record of the same requests")
    worst = max(worst, show("  footfall", closed, record))
    show_peer("locust, FastHttpUser", peers.LOCUST, USERS)
    show_peer("wrk", peers.WRK, USERS)
    late = max(lag.mean for lag in (open_lag, closed_lag))
    print(json.dumps({"worst": round(worst, 4), "aim": AIM, "event loop late, mean ms": round(late, 3)}))
    if late > TOO_LATE_MS:
        print("the machine was too busy: what is off is the event loop's lateness, and nothing is judged")
        return 0
    return 0 if worst <= AIM else 1


if __name__ == "__main__":
    sys.exit(main())
