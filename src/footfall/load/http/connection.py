"""One keep-alive connection under gevent, its answers parsed in C by httptools.

It is written for a generator that holds ten thousand of these: one buffer for all, no timer per request (a sweeper cuts
the overdue ones four times a second), no object per header. Timeouts are therefore kept to a quarter of a second.
"""

from __future__ import annotations

import _socket
import contextlib
import errno
import os
import socket as plain
import time
from typing import Any, NamedTuple

import gevent
import gevent.socket
import gevent.ssl
import httptools

_BUFFER = bytearray(65536)
_VIEW = memoryview(_BUFFER)
_READ = 1
"""libev's word for a descriptor that can be read."""
_SWEEP_S = 0.25
_IDLE_S = 0.005
_ADDRESSES_FOR_S = 60.0
# What a machine answers when it has no descriptors, ports or buffers left: the generator's limit, not the site's fault.
_OWN_LIMITS = frozenset({errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM})


class Origin(NamedTuple):
    """Where a connection goes."""

    scheme: str
    host: str
    port: int

    @property
    def url(self) -> str:
        """As a URL without a path."""
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


class ExchangeError(Exception):
    """No answer came. `kind` groups such errors; `own` says that this machine, not the site, was at its limit."""

    def __init__(self, kind: str, text: str = "", *, own: bool = False) -> None:
        super().__init__(f"{kind}: {text}" if text else kind)
        self.kind = kind
        self.text = text
        self.own = own


class _Sweeper:
    """Cuts connections whose answer is overdue; one greenlet for a whole process, gone while nothing is under way."""

    def __init__(self) -> None:
        self.waiting: dict[Connection, float] = {}
        self._running = False

    def watch(self, connection: Connection, deadline: float) -> None:
        self.waiting[connection] = deadline
        if not self._running:
            self._running = True
            gevent.spawn(self._run)

    def _run(self) -> None:
        try:
            while self.waiting:
                gevent.sleep(_SWEEP_S)
                now = time.perf_counter()
                for connection in [c for c, deadline in self.waiting.items() if deadline <= now]:
                    connection.cut()
        finally:
            self._running = False


_sweeper = _Sweeper()
_addresses: dict[tuple[str, int], tuple[float, list[tuple[int, tuple[object, ...]]]]] = {}


def _look_up(host: str, port: int) -> list[tuple[int, tuple[object, ...]]]:
    """Return families and addresses of a name, remembered for a minute: users would otherwise queue for the resolver."""
    known = _addresses.get((host, port))
    if known is not None and known[0] > time.monotonic():
        return known[1]
    found = gevent.socket.getaddrinfo(host, port, type=plain.SOCK_STREAM)
    addresses = [(int(family), tuple(address)) for family, _, _, _, address in found]
    _addresses[host, port] = (time.monotonic() + _ADDRESSES_FOR_S, addresses)
    return addresses


class Connection:
    """A connection to one origin; opened when first used, opened again when the site has closed it.

    After `exchange`: `status`, `headers` (as sent, in order) and `body` hold the answer; `read_at` (of `time.perf_counter`) is when
    the last of it was read.
    """

    __slots__ = (
        "_context",
        "_cut",
        "_done",
        "_keep",
        "_parser",
        "_raw",
        "_readable",
        "_sock",
        "body",
        "headers",
        "origin",
        "read_at",
        "status",
    )

    def __init__(self, origin: Origin, context: gevent.ssl.SSLContext | None) -> None:
        self.origin = origin
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: list[bytes] = []
        self._context = context
        self._sock: gevent.socket.socket | None = None
        # The same descriptor without gevent, whose sockets wait where a look must not.
        self._raw: _socket.socket | None = None
        # What wakes its reader. TLS has none: what it has unpacked already makes no descriptor readable.
        self._readable: Any = None
        self._parser: httptools.HttpResponseParser | None = None
        self.read_at = 0.0
        self._done = self._keep = self._cut = False

    def exchange(self, request: bytes, timeout_s: float, *, bodiless: bool = False) -> None:
        """Send `request` and read its answer, which has no body when `bodiless` (HEAD). Raises ExchangeError.

        Nothing is ever sent twice: a second try would hide that the first one failed.
        """
        now = time.perf_counter()
        if self._sock is not None and now - self.read_at > _IDLE_S:
            self._drop_if_closed()
        _sweeper.watch(self, now + timeout_s)
        try:
            self._exchange(request, timeout_s, bodiless=bodiless)
        except BaseException as error:
            self.close()
            if isinstance(error, OSError | ValueError | httptools.HttpParserError | httptools.HttpParserUpgrade):
                raise self._translated(error, timeout_s) from error
            raise
        finally:
            _sweeper.waiting.pop(self, None)
        if not self._keep:
            self.close()

    def _exchange(self, request: bytes, timeout_s: float, *, bodiless: bool) -> None:
        if self._sock is None:
            self._open(timeout_s)
        parser = self._parser
        self.status, self.headers, self.body, self._done = 0, [], [], False
        self._send(request)
        while not self._done:
            size = self._receive()
            self.read_at = time.perf_counter()
            if size == 0:
                self._end_of_stream()
                return
            # No switch to another user can happen between the two lines, so one buffer serves all.
            parser.feed_data(_VIEW[:size])  # type: ignore[union-attr]
            if bodiless and self.status:
                self._keep = False
                return

    def _receive(self) -> int:
        """Wait for what comes next, read it into the buffer, and return how much it is.

        gevent's own sockets read first and wait when that fails, which right after a request it always does.
        """
        if self._readable is None:
            return int(self._sock.recv_into(_BUFFER))  # type: ignore[union-attr]
        while True:
            gevent.get_hub().wait(self._readable)
            if self._raw is None:
                raise OSError(errno.EBADF, "it was closed while its user waited")
            try:
                return self._raw.recv_into(_BUFFER)
            except BlockingIOError:
                continue

    def _send(self, request: bytes) -> None:
        """Send all; what fits into the socket's buffer, which is nearly always all, goes without gevent's detour."""
        try:
            sent = self._raw.send(request) if self._context is None else 0  # type: ignore[union-attr]
        except BlockingIOError:
            sent = 0
        if sent < len(request):
            self._sock.sendall(memoryview(request)[sent:])  # type: ignore[union-attr]

    def _end_of_stream(self) -> None:
        """The site closed: an answer without a stated length ends so; anything else is cut short."""
        framed = any(name.lower() in {b"content-length", b"transfer-encoding"} for name, _ in self.headers)
        self._keep = False
        if self._cut:
            raise TimeoutError
        if not self.status and not self.headers:
            raise ConnectionResetError("the site closed the connection before it answered")
        if not self.status or framed:
            raise ExchangeError("answer cut short", "the site closed the connection in the middle of its answer")

    def _open(self, timeout_s: float) -> None:
        self._cut = False
        problem: OSError | None = None
        for family, address in _look_up(self.origin.host, self.origin.port):
            sock = gevent.socket.socket(family, plain.SOCK_STREAM)
            try:
                sock.settimeout(timeout_s)
                sock.connect(address)
                sock.setsockopt(plain.IPPROTO_TCP, plain.TCP_NODELAY, 1)
                if self._context is not None:
                    sock = self._context.wrap_socket(sock, server_hostname=self.origin.host)
                sock.settimeout(None)
            except OSError as error:
                sock.close()
                problem = error
                continue
            except BaseException:
                sock.close()
                raise
            self._sock, self._raw = sock, _socket.socket(fileno=sock.fileno())
            if self._context is None:
                self._readable = gevent.get_hub().loop.io(sock.fileno(), _READ)
            self._parser = httptools.HttpResponseParser(self)
            return
        raise problem or OSError("the name has no address")

    def _drop_if_closed(self) -> None:
        """Close a kept connection that the site has closed while it was idle, so that the next request goes out on a fresh one."""
        try:
            self._raw.recv(1, plain.MSG_PEEK | plain.MSG_DONTWAIT)  # type: ignore[union-attr]
        except BlockingIOError:
            return
        except OSError:
            pass
        self.close()

    def cut(self) -> None:
        """End a wait from another greenlet: the reader sees the end of the stream and reports a timeout."""
        self._cut = True
        if self._raw is not None:
            with contextlib.suppress(OSError):
                self._raw.shutdown(plain.SHUT_RDWR)

    def close(self) -> None:
        """Close; the next exchange opens anew."""
        if self._readable is not None:  # whoever still waits is told, as by gevent's own sockets
            gevent.get_hub().cancel_wait(self._readable, gevent.socket.cancel_wait_ex, True)
        if self._raw is not None:
            self._raw.detach()
        if self._sock is not None:
            self._sock.close()
        self._sock = self._raw = self._parser = self._readable = None

    def _translated(self, error: Exception, timeout_s: float) -> ExchangeError:
        if self._cut or isinstance(error, TimeoutError):
            return ExchangeError("timeout", f"no answer within {timeout_s:g} s")
        if isinstance(error, httptools.HttpParserError):
            return ExchangeError("not HTTP", str(error))
        if isinstance(error, httptools.HttpParserUpgrade):
            return ExchangeError("not HTTP", "the site went over to another protocol (101), which nobody asked for")
        return network_failure(error)

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header as it came."""
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Note the status and whether the connection may be kept; an interim answer (1xx) does not count."""
        parser = self._parser
        status = parser.get_status_code()  # type: ignore[union-attr]
        if status >= 200 or status == 101:
            self.status = status
            self._keep = parser.should_keep_alive()  # type: ignore[union-attr]

    def on_body(self, part: bytes) -> None:
        """Keep a part of the body."""
        self.body.append(part)

    def on_message_complete(self) -> None:
        """Note that the answer is whole."""
        if self.status:
            self._done = True
        else:
            self.headers = []


def network_failure(error: Exception) -> ExchangeError:
    """Name what a socket raised: this machine's own limits, or what the network or the site did."""
    if isinstance(error, OSError) and error.errno in _OWN_LIMITS:
        return ExchangeError("generator out of resources", os.strerror(error.errno or 0), own=True)
    return ExchangeError(_network_kind(error), str(error))


def _network_kind(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ConnectionResetError | BrokenPipeError | ConnectionAbortedError):
        return "connection closed by the site"
    if isinstance(error, plain.gaierror):
        return "name not found"
    if isinstance(error, gevent.ssl.SSLError):
        return "TLS failed"
    return "connection failed"
