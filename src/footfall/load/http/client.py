"""What a load user sends requests with: a small, fast HTTP/1.1 client that tells every request to Locust's `request` event.

Cookies, keep-alive, chunked bodies, gzip, redirects, TLS and timeouts work; HTTP/2 and proxies do not.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Unpack
from urllib.parse import quote, urlencode, urljoin, urlsplit

import gevent
import gevent.ssl
import orjson

from footfall import __version__
from footfall.load.ceiling import place_of
from footfall.load.http.answer import AbandonedError, Options, RequestFailed, Response, fault
from footfall.load.http.connection import Connection, ExchangeError, Origin
from footfall.load.http.cookies import CookieJar
from footfall.load.http.websocket import KIND, WebSocket
from footfall.load.names import Names

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 10
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_TO_AN_ORIGIN = frozenset({"authorization", "cookie", "proxy-authorization"})
"""Headers that a redirect must not take to another origin."""
_PORTS = {"http": 80, "https": 443}
LATE = "footfall_late_ms"
"""The key in the `request` event's context for how much later than intended a request of an open profile began."""


class Fire(Protocol):
    """Locust's `events.request.fire`."""

    def __call__(self, **facts: Any) -> None:
        """Tell one request."""
        ...


@dataclass
class Bounds:
    """What keeps a crowd within bounds: the places that it must not be led to (`place_of`), with the reason, and its requests' names."""

    closed: Mapping[tuple[str, int], str] = field(default_factory=dict)
    names: Names = field(default_factory=Names)


class LeanClient:
    """One user's connections and cookies; `base` is where relative paths go, `headers` are sent to it with every request.

    `fire` is told of every request. `abandoned` is raised when a user goes on from a failed answer. `bounds` are those of all users of
    a process.
    """

    def __init__(
        self,
        base: str,
        fire: Fire,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 30.0,
        tls: gevent.ssl.SSLContext | None = None,
        abandoned: type[Exception] = AbandonedError,
        bounds: Bounds | None = None,
    ) -> None:
        self.cookies = CookieJar()
        self.late_ms: float | None = None
        """In an open profile: how long after its intended start the next request begins."""
        self.timeout_s = timeout_s
        self._fire = fire
        self._tls = tls
        self._abandoned = abandoned
        self._bounds = bounds or Bounds()
        self._origin, path = _origin_of(base)
        self._prefix = path.rstrip("/")
        self._home = self._connection(self._origin)
        self._others: dict[Origin, Connection] = {}
        self._headers = dict(headers or {})
        self._static = _static_lines(self._origin) + _head_lines(self._headers)
        # One trace per user, one span per request; not sampled: a crowd must not flood the site's tracing.
        self._trace = f"traceparent: 00-{random.getrandbits(128) or 1:032x}-".encode()
        self._spans = itertools.count(random.getrandbits(32) + 1)

    @property
    def host(self) -> str:
        """The site's host name, to set a cookie for it."""
        return self._origin.host

    def get(self, path: str, **options: Unpack[Options]) -> Response:
        """Send a GET; `Options` tells what else it takes."""
        return self._request("GET", path, options)

    def head(self, path: str, **options: Unpack[Options]) -> Response:
        """Send a HEAD."""
        return self._request("HEAD", path, options)

    def post(self, path: str, **options: Unpack[Options]) -> Response:
        """Send a POST."""
        return self._request("POST", path, options)

    def put(self, path: str, **options: Unpack[Options]) -> Response:
        """Send a PUT."""
        return self._request("PUT", path, options)

    def patch(self, path: str, **options: Unpack[Options]) -> Response:
        """Send a PATCH."""
        return self._request("PATCH", path, options)

    def delete(self, path: str, **options: Unpack[Options]) -> Response:
        """Send a DELETE."""
        return self._request("DELETE", path, options)

    def request(self, method: str, path: str, **options: Unpack[Options]) -> Response:
        """Send a request, follow redirects, check the answer and tell it. Network failures are in the response's `error`, never raised."""
        return self._request(method, path, options)

    def _request(self, method: str, path: str, options: Options) -> Response:
        body, kind = _body_of(options)
        name = options.get("name") or path  # as Locust names it: with the query that stands in the path, without `params`
        if "params" in options:
            path += ("&" if "?" in path else "?") + urlencode(options["params"], doseq=True)
        at = time.time()
        start = time.perf_counter()
        try:
            response, end = self._send(method, path, body, kind, options)
        except gevent.GreenletExit:
            # The site has seen this request, so it is told, although nobody waits for its answer any more.
            cut = self._unanswered(path, RequestFailed("cut off", "its user was made to leave before the answer came"))
            cut.elapsed_ms = (time.perf_counter() - start) * 1000
            self._tell(method, name, cut, at)
            raise
        response.elapsed_ms = (end - start) * 1000
        if response.error is None:
            response.error = fault(response, options)
        self._tell(method, name, response, at)
        return response

    def _tell(self, method: str, name: str, response: Response, at: float) -> None:
        late_ms = self.late_ms
        if late_ms is not None:
            self.late_ms = 0.0  # what follows in the same arrival is meant to begin when it does
        self._fire(
            request_type=method,
            name=self._bounds.names.bounded(name),
            response_time=response.elapsed_ms,
            response_length=response.received,
            response=response,
            context={} if late_ms is None else {LATE: late_ms},
            exception=response.error,
            start_time=at,
            url=response.url,
        )

    def websocket(self, path: str, *, name: str = "", timeout_s: float | None = None) -> WebSocket:
        """Open a WebSocket: `with self.client.websocket("/ws/market/3", name="/ws/market/{id}") as chat: chat.ask(…)`."""
        _, origin, sent = self._place(path)
        cookies = self.cookies.header(origin.host, sent, secure=origin.scheme == "https")
        socket = WebSocket(name or path, self._tell_exchange, self._abandoned, timeout_s or self.timeout_s)
        return socket.connect(origin.url.replace("http", "ws", 1) + sent, self._headers if origin == self._origin else {}, cookies)

    def _tell_exchange(self, name: str, elapsed_ms: float, received: int, status: int, error: RequestFailed | None) -> None:
        response = Response(name, status, [], b"", self._abandoned)
        response.error, response.elapsed_ms, response.size = error, elapsed_ms, received
        self._tell(KIND, name, response, time.time() - elapsed_ms / 1000)

    def close(self) -> None:
        """Close all connections."""
        for connection in (self._home, *self._others.values()):
            connection.close()

    def _send(self, method: str, path: str, body: bytes, kind: bytes, options: Options) -> tuple[Response, float]:
        """Return the last answer of a chain of redirects and when the last of it was read.

        One without a status says why none came.
        """
        timeout_s = options.get("timeout_s", self.timeout_s)
        headers = options.get("headers", {})
        connection, origin, path = self._place(path)
        for _ in range(_MOST_REDIRECTS + 1):
            url = origin.url + path
            if origin != self._origin and (reason := self._why_closed(origin)):
                return self._unanswered(url, RequestFailed("load not allowed", f"{url}: {reason}")), time.perf_counter()
            request = self._bytes(method, path, origin, body, kind, headers)
            try:
                connection.exchange(request, timeout_s, bodiless=method == "HEAD")
            except ExchangeError as error:
                failure = RequestFailed(error.kind, error.text, own=error.own)
                return self._unanswered(url, failure), time.perf_counter()
            parts = connection.body
            self._keep_cookies(connection.headers, origin.host, path)
            response = Response(
                url, connection.status, connection.headers, parts[0] if len(parts) == 1 else b"".join(parts), self._abandoned
            )
            if response.status not in _REDIRECTS or not options.get("redirects", True) or "location" not in response.headers:
                return response, connection.read_at
            before, location = origin, response.headers["location"]
            try:
                connection, origin, path = self._place(urljoin(url, location))
            except ValueError:
                response.error = RequestFailed("bad redirect", f"{url} leads to {location!r:.80}, which no HTTP client can follow")
                return response, connection.read_at
            if origin != before:
                headers = {name: value for name, value in headers.items() if name.lower() not in _OWN_TO_AN_ORIGIN}
            if response.status == 303 or (response.status < 303 and method == "POST"):
                method, body, kind = ("HEAD" if method == "HEAD" else "GET"), b"", b""
        return self._unanswered(url, RequestFailed("too many redirects", f"more than {_MOST_REDIRECTS}")), time.perf_counter()

    def _why_closed(self, origin: Origin) -> str:
        place = place_of(origin.url)
        return "" if place == place_of(self._origin.url) else self._bounds.closed.get(place, "")

    def _unanswered(self, url: str, error: RequestFailed) -> Response:
        response = Response(url, 0, [], b"", self._abandoned)
        response.error = error
        return response

    def _place(self, path: str) -> tuple[Connection, Origin, str]:
        """Return the connection for a path or a whole URL, its origin, and the path as it is sent."""
        if path.startswith("/"):
            origin, connection = self._origin, self._home
            path = self._prefix + path
        elif path[:8].lower().startswith(("http://", "https://")):
            query = urlsplit(path).query
            origin, path = _origin_of(path)
            path = (path or "/") + (f"?{query}" if query else "")
            connection = self._home if origin == self._origin else self._others.setdefault(origin, self._connection(origin))
        else:
            raise ValueError(f"{path!r} is neither a path that begins with / nor an http(s) URL")
        if not (path.isascii() and path.isprintable()) or " " in path:
            path = quote(path, safe="/?&=%:@!$'()*+,;~[]")
        return connection, origin, path

    def _connection(self, origin: Origin) -> Connection:
        if origin.scheme == "https" and self._tls is None:
            self._tls = gevent.ssl.create_default_context()
        return Connection(origin, self._tls if origin.scheme == "https" else None)

    def _bytes(self, method: str, path: str, origin: Origin, body: bytes, kind: bytes, headers: Mapping[str, str]) -> bytes:
        static = self._static if origin is self._origin or origin == self._origin else _static_lines(origin)
        more = b""
        if self.cookies and (cookies := self.cookies.header(origin.host, path, secure=origin.scheme == "https")):
            more = b"Cookie: %b\r\n" % cookies.encode("latin-1", "replace")
        if headers:
            more += _head_lines(headers)
        if body or method not in _SAFE:
            more += b"%bContent-Length: %d\r\n" % (kind, len(body))
        head = method.encode(), path.encode(), static, self._trace, next(self._spans), more, body
        return b"%b %b HTTP/1.1\r\n%b%b%016x-00\r\n%b\r\n%b" % head

    def _keep_cookies(self, headers: list[tuple[bytes, bytes]], host: str, path: str) -> None:
        for name, value in headers:
            if len(name) == 10 and name.lower() == b"set-cookie":
                self.cookies.keep(value.decode("latin-1"), host, path)


def _origin_of(url: str) -> tuple[Origin, str]:
    """Split a URL into its origin and its path. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is not an http(s) URL")
    host = parts.hostname if parts.hostname.isascii() else parts.hostname.encode("idna").decode("ascii")
    return Origin(parts.scheme, host, parts.port or _PORTS[parts.scheme]), parts.path


def _static_lines(origin: Origin) -> bytes:
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    port = "" if origin.port == _PORTS[origin.scheme] else f":{origin.port}"
    return f"Host: {host}{port}\r\nUser-Agent: footfall/{__version__}\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n".encode("ascii")


def _head_lines(headers: Mapping[str, str]) -> bytes:
    """Write headers; a line break in one would begin another, so it is refused with ValueError."""
    text = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    if text.count("\r") != len(headers) or text.count("\n") != len(headers):
        raise ValueError("a header holds a line break")
    return text.encode("latin-1")


def _body_of(options: Options) -> tuple[bytes, bytes]:
    """Return the body and the line that says what it is."""
    if "json" in options:
        return orjson.dumps(options["json"]), b"Content-Type: application/json\r\n"
    if "multipart" in options:
        return _multipart(options["multipart"])
    if "form" in options:
        return urlencode(options["form"], doseq=True).encode(), b"Content-Type: application/x-www-form-urlencoded\r\n"
    return options.get("content", b""), b""


def _multipart(fields: Mapping[str, str | tuple[str, bytes, str]]) -> tuple[bytes, bytes]:
    """Write form fields and files as RFC 7578 has it."""
    mark = f"footfall-{random.getrandbits(64):016x}".encode()
    parts = []
    for name, value in fields.items():
        file, content, media = value if isinstance(value, tuple) else ("", value.encode(), "")
        head = f'Content-Disposition: form-data; name="{name}"' + (f'; filename="{file}"\r\nContent-Type: {media}' if file else "")
        parts += [b"--", mark, b"\r\n", head.encode(), b"\r\n\r\n", content, b"\r\n"]
    return b"".join([*parts, b"--", mark, b"--\r\n"]), b"Content-Type: multipart/form-data; boundary=" + mark + b"\r\n"
