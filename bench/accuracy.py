"""How near the truth the figures are: latencies by a known law, with stalls, as footfall reports them beside the truth.

    python bench/accuracy.py [seconds]

The target answers after a lognormal time (median 20 ms, sigma 0.5) and stands still for 1 s every 10 s. Closed: ten users ask one
after the other, and the truth is the target's own record of the same requests, from their last byte in to their answer out. Open: 100
arrivals a second, and the truth is the law's own: a request that is meant to begin during a stall waits for its end.
The figures are footfall's histograms at p50, p90 and p99; the aim is 2 %. What the event loop was late is shown with them: on a busy
machine that is what separates them from the truth.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import subprocess
import sys
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

import httptools
import uvloop

from footfall.samples import HistogramWindow
from footfall.stats import Histogram, percentile
from footfall.store.spool import read_spool

MEDIAN_S, SIGMA = 0.020, 0.5
STALL_S, EVERY_S = 1.0, 10.0
PERCENTILES = (50.0, 90.0, 99.0)
AIM = 0.02
RATE = 100
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

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
    stages = (step(to=10), hold("{seconds}s"))
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
    stages = (step(to={rate}), hold("{seconds}s"))
    users = 400
    patience = "10s"
"""


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


def law(count: int = 400_000) -> list[float]:
    """Return response times in ms of arrivals that come at any time alike."""
    draw = random.Random(1)
    moments = (draw.uniform(0, 1000 * EVERY_S) for _ in range(count))
    return [(ends(at, draw.lognormvariate(0, SIGMA) * MEDIAN_S) - at) * 1000 for at in moments]


class _Target(asyncio.Protocol):
    """Answers when the law says, and keeps how long it took."""

    def __init__(self, began: float, took_ms: list[float]) -> None:
        self._began, self._took_ms = began, took_ms
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time() - self._began
        done = ends(now, random.lognormvariate(0, SIGMA) * MEDIAN_S)
        loop.call_at(self._began + done, self._answer, now)

    def _answer(self, came: float) -> None:
        if not self._transport.is_closing():
            self._transport.write(ANSWER)
            self._took_ms.append((asyncio.get_running_loop().time() - self._began - came) * 1000)


def serve(pipe: Connection) -> None:
    """Serve until told to stop; tells the port, and at the end what was served."""

    async def run() -> None:
        took_ms: list[float] = []
        loop = asyncio.get_running_loop()
        began = loop.time()
        server = await loop.create_server(lambda: _Target(began, took_ms), "127.0.0.1", 0, backlog=1024)
        pipe.send(server.sockets[0].getsockname()[1])
        stop = asyncio.Event()
        loop.add_reader(pipe.fileno(), stop.set)
        await stop.wait()
        pipe.send(took_ms[1:])  # the first is the question whether anybody is there

    uvloop.run(run())


def measure(profile: str, metric: str, seconds: int) -> tuple[Histogram, Histogram, list[float]]:
    """Run a profile; returns its histogram of `metric`, the generator's lateness, and the target's own record."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    target = context.Process(target=serve, args=(there,), daemon=True)
    target.start()
    url = f"http://127.0.0.1:{here.recv()}"
    with tempfile.TemporaryDirectory(prefix="footfall-accuracy-") as folder:
        suite = Path(folder)
        (suite / "footfall.toml").write_text(f'[targets.law]\nurl = "{url}"\nallow_load = 1000\n', "utf-8")
        (suite / "loadtests").mkdir()
        (suite / "loadtests" / "law.py").write_text(profile.format(seconds=seconds, rate=RATE), "utf-8")
        command = [sys.executable, "-m", "locust", "-f", "loadtests/law.py", "--headless", "--only-summary", "--host", url]
        subprocess.run(command, cwd=suite, check=True, capture_output=True)
        (spool,) = (suite / ".footfall" / "spool").iterdir()
        windows = [record for record in read_spool(spool) if isinstance(record, HistogramWindow) and not record.part]
    here.send("stop")
    record = here.recv()
    target.join()
    of = {name: Histogram.merged(Histogram.decode(w.hdr) for w in windows if w.metric == name) for name in (metric, "generator_lag")}
    return of[metric], of["generator_lag"], record


def main() -> int:
    """Measure both models, print what was found, and return 1 when a figure is more than twice the aim off."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    closed, closed_lag, record = measure(CLOSED, "latency", seconds)
    opened, open_lag, _ = measure(OPEN, "response", seconds)
    rows = [("closed", closed, record, closed_lag), ("open", opened, law(), open_lag)]
    worst = 0.0
    for name, seen, truth, lag in rows:
        late = f"event loop {lag.percentile(50):.2f} ms late (p50), {lag.percentile(99):.2f} ms (p99)"
        print(f"{name}: {seen.count} requests; {late}")
        for q in PERCENTILES:
            figure, true = seen.percentile(q), percentile(truth, q)
            worst = max(worst, abs(figure / true - 1))
            print(f"  p{q:g}: {figure:8.1f} ms, truth {true:8.1f} ms, off by {figure / true - 1:+.1%}")
    print(json.dumps({"worst": round(worst, 4), "aim": AIM}))
    return 0 if worst <= 2 * AIM else 1


if __name__ == "__main__":
    sys.exit(main())
