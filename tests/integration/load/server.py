"""A small site of our own that knows exactly what it was asked and how long it took."""

from __future__ import annotations

import asyncio
import gzip
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httptools


@dataclass
class Asked:
    """One request as the site saw it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Site:
    """The site and its own record: `requests` in order, `seconds` from a request's last byte to its answer's, by path."""

    port: int = 0
    host: str = "127.0.0.1"
    requests: list[Asked] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    connections: int = 0
    open: set[asyncio.Transport] = field(default_factory=set)
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.host}:{self.port}"

    def counts(self) -> Counter[str]:
        """How often each method and path was asked, without queries."""
        return Counter(f"{asked.method} {asked.path.partition('?')[0]}" for asked in self.requests)


def answer(status: int, body: bytes, *headers: str) -> bytes:
    """Write a whole answer."""
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


OK = b'{"status":"ok","items":[1,2,3]}'
RAW: dict[str, bytes] = {
    "/ok": answer(200, OK),
    "/created": answer(201, b'{"ref":"B1","status":"awaiting"}'),
    "/wrong": answer(200, b'{"status":"sold out"}'),
    "/limited": answer(429, b"slow down", "Retry-After: 1"),
    "/broken": answer(500, b"it broke"),
    "/empty": b"HTTP/1.1 204 x\r\n\r\n",
    "/html": answer(200, b"<h1>no JSON</h1>"),
    "/gzip": answer(200, gzip.compress(OK), "Content-Encoding: gzip"),
    "/bad-gzip": answer(200, b"not gzip at all", "Content-Encoding: gzip"),
    "/chunked": b'HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"status":"ok","\r\nf\r\nitems":[1,2,3]}\r\n0\r\n\r\n',
    "/continue": b"HTTP/1.1 100 Continue\r\n\r\n" + answer(200, OK),
    "/moved": answer(302, b"", "Location: /ok"),
    "/moved-303": answer(303, b"", "Location: ok"),
    "/moved-307": answer(307, b"", "Location: /echo"),
    "/loop": answer(302, b"", "Location: /loop"),
    "/login": answer(200, OK, "Set-Cookie: sid=abc; Path=/; HttpOnly", "Set-Cookie: gone=1; Max-Age=0"),
    "/switched": b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "/cart": answer(301, b"", "Location: /cart/"),
    "/cart/": answer(200, OK),
    "/odd-cookie": answer(200, OK, "Set-Cookie: a=1; Max-Age=--5"),
    "/not-http": b"this is not HTTP\r\n\r\n",
}


class _Connection(asyncio.Protocol):
    """Answers one request after another; special paths misbehave."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.parser = httptools.HttpRequestParser(self)
        self.transport: asyncio.Transport
        self.path = ""
        self.headers: dict[str, str] = {}
        self.body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.site.connections += 1
        self.site.open.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget it."""
        del error
        self.site.open.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        """Start afresh."""
        self.path, self.headers, self.body = "", {}, b""

    def on_url(self, url: bytes) -> None:
        """Keep the path."""
        self.path += url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self.headers[name.decode().lower()] = value.decode()

    def on_body(self, body: bytes) -> None:
        """Keep the body."""
        self.body += body

    def on_message_complete(self) -> None:
        """Note the request and answer it."""
        asked = Asked(self.parser.get_method().decode(), self.path, self.headers, self.body)
        self.site.requests.append(asked)
        task = asyncio.get_running_loop().create_task(self._answer(asked, time.perf_counter()))
        task.add_done_callback(lambda done: done.exception())

    async def _answer(self, asked: Asked, began: float) -> None:
        path, _, query = asked.path.partition("?")
        handler = SPECIAL.get(path)
        if path == "/sleep":
            await asyncio.sleep(float(query) / 1000)
            self.transport.write(RAW["/ok"])
        elif handler is not None:
            await handler(self, asked)
        else:
            self.transport.write(RAW.get(path, answer(404, b"")))
        self.site.seconds.setdefault(path, []).append(time.perf_counter() - began)


async def _echo(connection: _Connection, asked: Asked) -> None:
    head = "\n".join(f"{name}: {value}" for name, value in asked.headers.items())
    connection.transport.write(answer(200, f"{asked.method} {asked.path}\n{head}\n\n".encode() + asked.body))


async def _head(connection: _Connection, asked: Asked) -> None:
    connection.transport.write(answer(200, OK)[: -len(OK)] if asked.method == "HEAD" else answer(200, OK))


async def _to(connection: _Connection, asked: Asked) -> None:
    """Lead to the address that the query is."""
    connection.transport.write(answer(307, b"", f"Location: {asked.path.partition('?')[2]}"))


async def _hang_up(connection: _Connection, _: Asked) -> None:
    connection.transport.abort()


async def _cut_short(connection: _Connection, _: Asked) -> None:
    connection.transport.write(answer(200, OK)[:-5])
    connection.transport.close()


async def _until_close(connection: _Connection, _: Asked) -> None:
    connection.transport.write(b"HTTP/1.1 200 x\r\n\r\n" + OK)
    connection.transport.close()


async def _goodbye(connection: _Connection, _: Asked) -> None:
    connection.transport.write(answer(200, OK, "Connection: close"))
    connection.transport.close()


async def _then_close(connection: _Connection, _: Asked) -> None:
    """Answer as if the connection stayed, and close it all the same, as servers do with idle ones."""
    connection.transport.write(answer(200, OK))
    await asyncio.sleep(0.05)
    connection.transport.close()


async def _drip(connection: _Connection, _: Asked) -> None:
    for byte in answer(200, OK):
        connection.transport.write(bytes([byte]))
        await asyncio.sleep(0)


async def _never(_connection: _Connection, _: Asked) -> None:
    await asyncio.sleep(30)


async def _one_at_a_time(connection: _Connection, asked: Asked) -> None:
    """Serve one request at a time, for as many ms as the query says: whoever comes meanwhile waits."""
    async with connection.site.alone:
        await asyncio.sleep(float(asked.path.partition("?")[2]) / 1000)
    connection.transport.write(answer(200, OK))


SPECIAL: dict[str, Callable[[_Connection, Asked], Awaitable[None]]] = {
    "/echo": _echo,
    "/head": _head,
    "/to": _to,
    "/hang-up": _hang_up,
    "/cut-short": _cut_short,
    "/until-close": _until_close,
    "/goodbye": _goodbye,
    "/then-close": _then_close,
    "/drip": _drip,
    "/never": _never,
    "/one-at-a-time": _one_at_a_time,
}


def _serve(site: Site, ready: threading.Event, loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    server = loop.run_until_complete(loop.create_server(lambda: _Connection(site), site.host, 0, backlog=512))
    site.port = server.sockets[0].getsockname()[1]
    ready.set()
    loop.run_forever()
    server.close()
    for transport in list(site.open):
        transport.abort()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


@contextmanager
def running_site(host: str = "127.0.0.1") -> Iterator[Site]:
    """Run a fresh site in a thread of its own."""
    site, ready, loop = Site(host=host), threading.Event(), asyncio.new_event_loop()
    thread = threading.Thread(target=_serve, args=(site, ready, loop), daemon=True)
    thread.start()
    assert ready.wait(60)
    yield site
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
