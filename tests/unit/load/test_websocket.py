"""A user's WebSocket is told as its requests are: who is to blame, and when its user had to leave."""

from __future__ import annotations

import errno
import socket
from typing import Any, NoReturn

import gevent
import pytest
import websocket

from footfall.load.http.answer import AbandonedError
from footfall.load.http.client import LeanClient


def raising(error: BaseException) -> Any:
    """What raises that, whatever it is called with."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail


@pytest.fixture
def told() -> list[dict[str, Any]]:
    """What the client told Locust."""
    return []


@pytest.fixture
def client(told: list[dict[str, Any]]) -> LeanClient:
    """A client of a site that is not there."""
    return LeanClient("http://127.0.0.1:1", lambda **facts: told.append(facts))


@pytest.mark.parametrize(
    ("error", "kind", "status", "own"),
    [
        (websocket.WebSocketBadStatusException("Handshake status %d", 429), "status 429", 429, False),
        (OSError(errno.EMFILE, "Too many open files"), "generator out of resources", 0, True),
        (OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address"), "generator out of resources", 0, True),
        (ConnectionRefusedError(errno.ECONNREFUSED, "no"), "connection refused", 0, False),
        (websocket.WebSocketAddressException(socket.gaierror(-2, "no")), "name not found", 0, False),
        (websocket.WebSocketConnectionClosedException("lost"), "connection closed by the site", 0, False),
        (websocket.WebSocketTimeoutException("late"), "timeout", 0, False),
        (websocket.WebSocketProtocolException("Invalid opcode"), "not WebSocket", 0, False),
    ],
)
def test_who_is_to_blame(
    client: LeanClient, told: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, error: Exception, kind: str, status: int, own: bool
) -> None:
    """A limited handshake has its status, by which it counts as `limited`; what this machine could not open is its own fault."""
    monkeypatch.setattr(websocket.WebSocket, "connect", raising(error))
    with pytest.raises(AbandonedError):
        client.websocket("/ws")
    [event] = told
    assert (event["exception"].kind, event["response"].status_code, event["exception"].own) == (kind, status, own)


def test_a_user_who_has_to_leave_in_the_middle_of_a_question(
    client: LeanClient, told: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site has been asked, so that it is told: `cut off`, as with any request."""
    monkeypatch.setattr(websocket.WebSocket, "connect", lambda *_, **__: None)
    monkeypatch.setattr(websocket.WebSocket, "send", lambda *_: None)
    monkeypatch.setattr(websocket.WebSocket, "recv", raising(gevent.GreenletExit()))
    talk = client.websocket("/ws")
    with pytest.raises(gevent.GreenletExit):
        talk.ask("Hello")
    connected, asked = told
    assert (connected["response"].status, connected["exception"]) == (101, None)
    assert (asked["name"], asked["exception"].kind) == ("/ws", "cut off")
