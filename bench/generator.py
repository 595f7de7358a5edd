"""How many requests a generator makes of a second of processor time: footfall's LeanUser beside others, in one run.

    python bench/generator.py

LeanUser and Locust's FastHttpUser run inside one Locust process against one small server in another, in turns, so that a noisy machine
troubles both alike; the figure is their ratio. Both have Locust's `request` event and its statistics, LeanUser also footfall's own
histograms. Then wrk, hey, autocannon and Artillery, where this machine has them: each for a short and for a longer while, so that what
it takes to start does not count. All hold 100 connections and ask for the same small page without a pause.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable
from multiprocessing.sharedctypes import Synchronized
from typing import cast

import httptools
import peers
import uvloop

ROUNDS = 5
SECONDS = 2.0
USERS = 100
SHORT_S, LONG_S = 1, 4
"""Seconds that a peer runs, twice."""
GOAL = 4.0
BROKEN = 3.0
"""Below this it is no longer noise."""
ANSWER = b'HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"status":"ok"}'


class _Server(asyncio.Protocol):
    """Answers everything at once, and counts it."""

    def __init__(self, served: Synchronized[int]) -> None:
        self._served = served

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own kind
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._served.value += 1  # nobody else writes it
        self.transport.write(ANSWER)


def serve(port: multiprocessing.Queue[int], served: Synchronized[int]) -> None:
    """Serve until killed; tells its port."""

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: _Server(served), "127.0.0.1", 0, backlog=1024)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(run())


def generate(url: str, plain_rate: Synchronized[float]) -> None:
    """Measure both kinds of user in turns, print the table, and tell FastHttpUser's requests per CPU-second."""
    rows, failed = _in_turns(url)
    for number, (plain, ours) in enumerate(rows, 1):
        print(f"round {number}: FastHttpUser {plain:8,.0f}   LeanUser {ours:8,.0f} requests per CPU-second   × {ours / plain:.2f}")
    ratio = statistics.median(ours / plain for plain, ours in rows)
    plain_rate.value = statistics.median(plain for plain, _ in rows)
    print(f"median ratio × {ratio:.2f} (goal: at least {GOAL:g}); failed requests: {failed}", flush=True)
    sys.exit(0 if ratio >= BROKEN and not failed else 1)


def _in_turns(url: str) -> tuple[list[tuple[float, float]], int]:
    """Return each round's requests per CPU-second of FastHttpUser and of LeanUser, and how many requests failed."""
    # Locust patches the interpreter, so only here, in the generator's own process.
    import gevent  # noqa: PLC0415
    import gevent.event  # noqa: PLC0415
    from locust import FastHttpUser  # noqa: PLC0415
    from locust.env import Environment  # noqa: PLC0415

    from footfall.load.users import LeanUser  # noqa: PLC0415
    from footfall.load.users.capture import Capture  # noqa: PLC0415

    environment = Environment(host=url)
    environment.create_local_runner()

    class Lean(LeanUser):
        host = url

    class Fast(FastHttpUser):
        host = url

    over = gevent.event.Event()

    def lean() -> None:
        client = Lean(environment).client
        while not over.is_set():
            client.get("/api/health", name="/api/health", status=200)
        client.close()

    def fast() -> None:
        client = Fast(environment).client
        while not over.is_set():
            client.get("/api/health", name="/api/health")
        client.client.close()

    def rate(user: Callable[[], None]) -> float:
        """Return requests per CPU-second."""
        over.clear()
        before, cpu = environment.stats.total.num_requests, time.process_time()
        users = [gevent.spawn(user) for _ in range(USERS)]
        gevent.sleep(SECONDS)
        done, used = environment.stats.total.num_requests - before, time.process_time() - cpu
        over.set()
        gevent.joinall(users)
        return done / used

    def lean_recorded() -> float:
        capture = Capture()
        environment.events.request.add_listener(capture.request)
        try:
            return rate(lean)
        finally:
            environment.events.request.remove_listener(capture.request)
            capture.stop()

    rows = [(rate(fast), lean_recorded()) for _ in range(ROUNDS)]
    return rows, environment.stats.total.num_failures


def compare(url: str, served: Synchronized[int], plain: float) -> None:
    """Print what the peers make of a second of processor time; `plain` is FastHttpUser's figure."""
    for peer in (peers.WRK, peers.HEY, peers.AUTOCANNON, peers.ARTILLERY):
        try:
            (few, short), (many, long) = (_run(peer, url, served, seconds) for seconds in (SHORT_S, LONG_S))
        except peers.UnavailableError as error:
            print(f"{peer.name:12} {error}", flush=True)
            continue
        rate = (many - few) / max(long - short, 1e-3)
        print(f"{peer.name:12} {rate:10,.0f} requests per CPU-second   × {rate / plain:.2f} of FastHttpUser", flush=True)


def _run(peer: peers.Peer, url: str, served: Synchronized[int], seconds: int) -> tuple[int, float]:
    before = served.value
    cpu_s = peers.run(peer, url, USERS, seconds).cpu_s
    return served.value - before, cpu_s


def main() -> int:
    """Run server and generator, each in a fresh process, and then the peers."""
    context = multiprocessing.get_context("spawn")
    port, plain_rate, served = context.Queue(), context.Value("d", 0.0), context.Value("q", 0)
    server = context.Process(target=serve, args=(port, served), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{port.get(timeout=30)}"
    generator = context.Process(target=generate, args=(url, plain_rate))
    generator.start()
    generator.join()
    if plain_rate.value:
        compare(url, served, plain_rate.value)
    server.terminate()
    return generator.exitcode or 0


if __name__ == "__main__":
    sys.exit(main())
