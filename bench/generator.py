"""How many requests a user costs: footfall's LeanUser beside Locust's FastHttpUser, per CPU-second of the generator, in one run.

    python bench/generator.py

Both run inside one Locust process against one small server in another, in turns, so that a noisy machine troubles both alike; the
figure is the ratio. Both have Locust's `request` event and its statistics, LeanUser also footfall's own histograms.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable
from typing import cast

import httptools
import uvloop

ROUNDS = 5
SECONDS = 3.0
USERS = 100
GOAL = 4.0
BROKEN = 3.0
"""Below this it is no longer noise."""
ANSWER = b'HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"status":"ok"}'


class _Server(asyncio.Protocol):
    """Answers everything at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own kind
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        self.transport.write(ANSWER)


def serve(port: multiprocessing.Queue[int]) -> None:
    """Serve until killed; tells its port."""

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", 0, backlog=1024)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(run())


def generate(url: str) -> None:
    """Measure both kinds of user in turns and print the table."""
    # Locust patches the interpreter, so only here, in the generator's own process.
    import gevent  # noqa: PLC0415
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

    def lean() -> None:
        client = Lean(environment).client
        while True:
            client.get("/api/health", name="/api/health", status=200)

    def fast() -> None:
        client = Fast(environment).client
        while True:
            client.get("/api/health", name="/api/health")

    def rate(user: Callable[[], None]) -> float:
        """Return requests per CPU-second."""
        before, cpu = environment.stats.total.num_requests, time.process_time()
        users = [gevent.spawn(user) for _ in range(USERS)]
        gevent.sleep(SECONDS)
        done, used = environment.stats.total.num_requests - before, time.process_time() - cpu
        gevent.killall(users)
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
    for number, (plain, ours) in enumerate(rows, 1):
        print(f"round {number}: FastHttpUser {plain:8,.0f}   LeanUser {ours:8,.0f} requests per CPU-second   × {ours / plain:.2f}")
    ratio = statistics.median(ours / plain for plain, ours in rows)
    failed = environment.stats.total.num_failures
    print(f"median ratio × {ratio:.2f} (goal: at least {GOAL:g}); failed requests: {failed}")
    sys.exit(0 if ratio >= BROKEN and not failed else 1)


def main() -> int:
    """Run server and generator, each in a fresh process."""
    context = multiprocessing.get_context("spawn")
    port = context.Queue()
    server = context.Process(target=serve, args=(port,), daemon=True)
    server.start()
    generator = context.Process(target=generate, args=(f"http://127.0.0.1:{port.get(timeout=30)}",))
    generator.start()
    generator.join()
    server.terminate()
    return generator.exitcode or 0


if __name__ == "__main__":
    sys.exit(main())
