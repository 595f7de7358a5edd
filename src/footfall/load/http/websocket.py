"""A user's WebSocket: each exchange is one told request. It waits as its sockets do, so Locust's patched ones let other users run."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol, Self

import gevent
import websocket

from footfall.load.http.answer import RequestFailed, difference
from footfall.load.http.connection import network_failure

KIND = "WS"
_SWITCHED = 101


class Tell(Protocol):
    """Tells one exchange: its name, how long it took, the bytes that came, the handshake's status (0 without one), and why it failed."""

    def __call__(self, name: str, elapsed_ms: float, received: int, status: int, error: RequestFailed | None) -> None:
        """Tell it."""
        ...


class WebSocket:
    """An open WebSocket; use it as a context manager. `abandoned` is raised when an exchange failed (which has been told)."""

    def __init__(self, name: str, tell: Tell, abandoned: type[Exception], timeout_s: float) -> None:
        self._name = name
        self._tell = tell
        self._abandoned = abandoned
        self._timeout_s = timeout_s
        self._socket = websocket.WebSocket(enable_multithread=False, skip_utf8_validation=True)

    def connect(self, url: str, headers: Mapping[str, str], cookies: str) -> Self:
        """Open it. Told as `WS <name> connect`."""
        self._told(f"{self._name} connect", lambda: self._connect(url, headers, cookies))
        return self

    def _connect(self, url: str, headers: Mapping[str, str], cookies: str) -> tuple[None, int]:
        self._socket.settimeout(self._timeout_s)
        lines = [f"{name}: {value}" for name, value in headers.items()]
        self._socket.connect(url, header=lines, cookie=cookies or None)  # type: ignore[no-untyped-call]
        return None, 0

    def ask(self, message: Any, *, has: Mapping[str, Any] | None = None, name: str = "") -> Any:
        """Send `message` (text, or anything that JSON can say) and return the next message whose JSON has what `has` holds.

        Other messages are passed over. Told as `WS <name>`, from sending to that message.
        """
        text = message if isinstance(message, str) else json.dumps(message)
        return self._told(name or self._name, lambda: self._ask(text, has))

    def _ask(self, text: str, has: Mapping[str, Any] | None) -> tuple[Any, int]:
        deadline, received, wrong = time.monotonic() + self._timeout_s, 0, ""
        self._socket.send(text)
        while time.monotonic() < deadline:
            came = self._socket.recv()
            if came in {"", b""}:
                raise ConnectionResetError("the site closed the connection")
            received += len(came)
            answer = json.loads(came) if has is not None else came
            wrong = difference(has, answer) if has is not None else ""
            if not wrong:
                return answer, received
        raise RequestFailed("timeout", f"no message that fits within {self._timeout_s:g} s; of the last one, {wrong}")

    def _told(self, name: str, what: Any) -> Any:
        start = time.perf_counter()
        received, status, error, answer = 0, _SWITCHED, None, None

        def tell() -> None:
            self._tell(name, (time.perf_counter() - start) * 1000, received, status, error)

        try:
            answer, received = what()
        except gevent.GreenletExit:
            status, error = 0, RequestFailed("cut off", "its user was made to leave before the answer came")
            tell()
            raise
        except RequestFailed as failure:
            status, error = 0, failure
        except (websocket.WebSocketException, OSError, ValueError) as failure:
            status, error = getattr(failure, "status_code", 0), _failed(failure)
        tell()
        if error is not None:
            raise self._abandoned(str(error))
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._socket.shutdown()  # type: ignore[no-untyped-call]


def _failed(error: Exception) -> RequestFailed:
    if isinstance(error, websocket.WebSocketBadStatusException):
        return RequestFailed(f"status {error.status_code}", str(error))
    if isinstance(error, websocket.WebSocketTimeoutException | TimeoutError):
        return RequestFailed("timeout", str(error))
    if isinstance(error, OSError):
        failure = network_failure(error)
        return RequestFailed(failure.kind, failure.text, own=failure.own)
    return RequestFailed(_kind(error), str(error))


def _kind(error: Exception) -> str:
    if isinstance(error, websocket.WebSocketConnectionClosedException):
        return "connection closed by the site"
    if isinstance(error, websocket.WebSocketAddressException):
        return "name not found"
    return "not JSON" if isinstance(error, ValueError) else "not WebSocket"
