"""How fast Corner is, and what it costs to be real.

Opens many keep-alive connections, sends the mix of `loadtests/ci.py` (browse and order, book, fulfil) at a fixed rate of arrivals, and
counts each latency from the moment at which the request was due; whoever gets no answer is counted too. Corner runs in a process of its
own; so does a bare "hello" on the same server, for the ratio. Figures of CPU are the server's own; wall times suffer from whatever else
the machine does.

    python bench/corner.py                      # 10,000 connections, 1,000 and 1,500 requests per second
    python bench/corner.py --connections 500 --seconds 5
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import json
import random
import re
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

import psutil
import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send

CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}
WHO = {"name": "Ada", "email": "ada@example.org"}
ADDRESS = {**WHO, "street": "Way 1", "postcode": "1010", "city": "Town"}
SUPPLIER = "Authorization: Bearer corner-supplier-key\r\n"
HELLO = b'{"hello":"world"}'
Step = tuple[str, str, object, str]
Journey = Callable[[dict[str, str]], Iterator[Step]]
Crowd = tuple[list[Journey], list[int]]  # who comes, and their weights


def booker(said: dict[str, str]) -> Iterator[Step]:
    """Book, pay, look."""
    yield "GET", "/api/services", None, ""
    yield "GET", f"/api/services/massage/slots?day={random.randint(1, 14)}", None, ""
    yield "POST", "/api/bookings", {"service": "massage", "slot": f"{random.randint(1, 14)}-0930", **WHO}, ""
    ref = said["ref"]
    yield "POST", "/api/payments", {"intent": said["intent"], "card": CARD}, ""
    yield "GET", f"/api/bookings/{ref}", None, ""


def shopper(said: dict[str, str]) -> Iterator[Step]:
    """Browse, fill a cart, order, pay, look."""
    yield "GET", "/api/products?category=bakery", None, ""
    yield "POST", "/api/carts", {}, ""
    cart = said["id"]
    for _ in range(2):
        product = random.randint(1, 240)
        yield "GET", f"/api/products/{product}", None, ""
        yield "PUT", f"/api/carts/{cart}/items/{product}", {"quantity": 2}, ""
    yield "POST", "/api/orders", {"cart": cart, **ADDRESS}, ""
    ref = said["ref"]
    yield "POST", "/api/payments", {"intent": said["intent"], "card": CARD}, ""
    yield "GET", f"/api/orders/{ref}", None, ""


def supplier(said: dict[str, str]) -> Iterator[Step]:
    """Place an order of one's own and deliver it."""
    yield "POST", "/api/orders", {"items": [{"product": 3, "quantity": 1}], **ADDRESS}, ""
    ref = said["ref"]
    yield "POST", "/api/payments", {"intent": said["intent"], "card": CARD}, ""
    yield "GET", "/api/supplier/orders?status=open", None, SUPPLIER
    yield "POST", f"/api/supplier/orders/{ref}/offers", {"fee_cents": 500, "minutes": 45}, SUPPLIER
    for status in ("preparing", "on_the_way", "delivered"):
        yield "POST", f"/api/supplier/orders/{ref}/status", {"status": status}, SUPPLIER


def hello(said: dict[str, str]) -> Iterator[Step]:
    """Nothing but a greeting."""
    del said
    yield "GET", "/", None, ""


@dataclass
class Tally:
    """What came of a run."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    late: int = 0  # arrivals that found no idle connection

    def percentile(self, share: float) -> float:
        """Nearest rank, in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


class User(asyncio.Protocol):
    """One connection, which does one journey after the other."""

    def __init__(self, idle: deque[User], tally: Tally, journeys: Crowd) -> None:
        self._idle, self._tally, self._journeys = idle, tally, journeys
        self._said: dict[str, str] = {}
        self._steps: Iterator[Step] = iter(())
        self._buffer = b""
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is one in all but name
        self._idle.append(self)

    def act(self, due: float) -> None:
        """Send the next request, which was due then."""
        step = next(self._steps, None)
        if step is None:
            self._steps = random.choices(*self._journeys)[0](self._said)
            step = next(self._steps)
        method, path, body, headers = step
        content = json.dumps(body).encode() if body is not None else b""
        more = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n" if content else ""
        self._due = due
        self._transport.write(
            f"{method} {path} HTTP/1.1\r\nHost: corner\r\nAccept-Encoding: gzip\r\n{headers}{more}\r\n".encode() + content
        )

    def data_received(self, data: bytes) -> None:
        """Count the answer when it is whole, and keep what the next steps need of it."""
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        if not found or not length or len(body) < int(length[1]):
            return
        self._tally.latencies.append(time.perf_counter() - self._due)
        self._tally.statuses[int(head[9:12])] += 1
        for name, value in re.findall(rb'"(ref|intent|id)":"(\w+)"', body[:400] if b'"orders"' not in body[:12] else b""):
            self._said[name.decode()] = value.decode()
        self._buffer = b""
        self._idle.append(self)


async def drive(port: int, journeys: Crowd, connections: int, rates: list[int], seconds: float, pid: int) -> float:
    """Open the connections, then one run per rate; returns the server's CPU seconds per request in the first of them."""
    idle: deque[User] = deque()
    tally = Tally()
    loop, server = asyncio.get_running_loop(), psutil.Process(pid)
    for _ in range(0, connections, 100):
        crowd = [loop.create_connection(lambda: User(idle, tally, journeys), "127.0.0.1", port) for _ in range(min(100, connections))]
        await asyncio.gather(*crowd)
    opened, costs = len(idle), []
    for rate in rates:
        await _arrivals(idle, tally, rate, 2.0)
        tally.latencies.clear()
        tally.statuses.clear()
        tally.late = 0
        before, started = sum(server.cpu_times()[:2]), time.perf_counter()
        await _arrivals(idle, tally, rate, seconds)
        took, cpu = time.perf_counter() - started, sum(server.cpu_times()[:2]) - before
        _say(tally, rate, took, cpu, server.memory_info().rss)
        costs.append(cpu / len(tally.latencies))
    for _ in range(300):  # whoever still waits after half a minute will wait for ever
        if len(idle) == opened:
            break
        await asyncio.sleep(0.1)
    print(f"  left without an answer: {opened - len(idle)}")
    return costs[0]


async def _arrivals(idle: deque[User], tally: Tally, rate: int, seconds: float) -> None:
    start = time.perf_counter()
    for number in range(int(rate * seconds)):
        due = start + number / rate
        if (wait := due - time.perf_counter()) > 0.001:
            await asyncio.sleep(wait)
        while not idle:
            tally.late += 1
            await asyncio.sleep(0.001)
        idle.popleft().act(due)
    await asyncio.sleep(0.5)


def _say(tally: Tally, rate: int, took: float, cpu: float, resident: int) -> None:
    answered = len(tally.latencies)
    wrong = sum(number for status, number in tally.statuses.items() if status >= 400)
    shown = " ".join(f"p{share:g} {tally.percentile(share / 100):.1f}" for share in (50, 95, 99))
    print(
        f"  asked {rate}/s  answered {answered / (took - 0.5):.0f}/s  {shown} ms  errors {wrong}"
        f"  CPU {cpu / took:.0%} of a core, {cpu / answered * 1e6:.0f} µs a request  memory {resident / 1e6:.0f} MB"
    )


@contextlib.contextmanager
def running(command: list[str]) -> Iterator[tuple[int, int]]:
    """A server process: its port and its pid."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    try:
        yield int(json.loads(process.stdout.readline())["url"].rpartition(":")[2]), process.pid
    finally:
        process.stdin.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


async def _hello(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(HELLO)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": HELLO})


def serve_hello() -> None:
    """The bare server, with Corner's settings, until stdin ends."""
    server = uvicorn.Server(
        uvicorn.Config(_hello, lifespan="off", log_config=None, access_log=False, http="httptools", timeout_keep_alive=75)
    )
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)

    def stop(_: object) -> None:
        server.should_exit = True

    async def serve() -> None:
        asyncio.get_running_loop().run_in_executor(None, sys.stdin.read).add_done_callback(stop)
        print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
        await server.serve([listener])

    uvloop.run(serve())


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rates", type=int, nargs="+", default=[1000, 1500])
    parser.add_argument("--hello", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if given.hello:
        serve_hello()
        return
    corner = [sys.executable, "-m", "footfall.demo", "--port", "0", "--payment-port", "0", "--announce", "--die-with-parent"]
    plans: list[tuple[str, list[str], Crowd]] = [
        ("bare hello", [sys.executable, __file__, "--hello"], ([hello], [1])),
        ("Corner", corner, ([booker, shopper, supplier], [4, 5, 1])),
    ]
    costs = []
    for name, command, journeys in plans:
        print(f"{name}, {given.connections} connections")
        with running(command) as (port, pid):
            costs.append(uvloop.run(drive(port, journeys, given.connections, given.rates, given.seconds, pid)))
            if name == "Corner":
                print(f"  a search of the market, one at a time: median {_search(port):.1f} ms")
    print(f"Being real costs {costs[1] / costs[0]:.1f} times a bare hello.")


def _search(port: int) -> float:
    """The median time of twenty searches, in milliseconds."""
    connection, times = http.client.HTTPConnection("127.0.0.1", port), []
    for _ in range(20):
        started = time.perf_counter()
        connection.request("GET", "/market?q=guitar")
        connection.getresponse().read()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


if __name__ == "__main__":
    main()
