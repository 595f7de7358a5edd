"""The load users' client against a real site on loopback."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import gevent.ssl
import pytest

from footfall.load.http.answer import AbandonedError, Options, RequestFailed
from footfall.load.http.client import Bounds, LeanClient
from footfall.load.names import MOST_NAMES, OTHER
from tests.integration.load.server import Site, running_site

GOES_TO_OK = ("/ok", "/gzip", "/chunked", "/continue", "/moved", "/moved-303", "/until-close", "/goodbye", "/drip", "/cart", "/odd-cookie")


class Told:
    """Keeps what the client told Locust."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def __call__(self, **facts: Any) -> None:
        """Keep it."""
        self.events.append(facts)


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    """Let the others have their turn until something is true."""
    with gevent.Timeout(seconds):
        while not holds():
            gevent.sleep(0.01)


@pytest.fixture
def told() -> Told:
    """What the client told."""
    return Told()


@pytest.fixture
def client(site: Site, told: Told) -> Iterator[LeanClient]:
    """A client of the site."""
    client = LeanClient(site.url, told, headers={"X-Footfall-Run": "R1"}, timeout_s=30)
    yield client
    client.close()


@pytest.mark.parametrize("path", GOES_TO_OK)
def test_every_way_of_sending_a_body_arrives(client: LeanClient, told: Told, path: str) -> None:
    """Lengths, chunks, gzip, interim answers, redirects, bodies that end with the connection or come byte by byte: all are read."""
    for _ in range(3):
        assert client.get(path).json() == {"status": "ok", "items": [1, 2, 3]}
    assert [event["exception"] for event in told.events] == [None] * 3


def test_a_connection_is_kept(client: LeanClient, site: Site) -> None:
    """A user opens one connection and stays on it."""
    for _ in range(20):
        client.get("/ok")
    assert site.connections == 1


def test_a_connection_that_the_site_closed_is_opened_anew(client: LeanClient, site: Site, told: Told) -> None:
    """A site that closes idle connections is no failure."""
    for _ in range(3):
        client.post("/then-close")
        until(lambda: not site.open)
        gevent.sleep(0.1)
    assert [event["exception"] for event in told.events] == [None] * 3


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_is_sent_twice(client: LeanClient, site: Site, told: Told, method: str) -> None:
    """A request whose answer never came is a failure: a second try would hide it."""
    client.get("/ok")
    client.request(method, "/hang-up")
    assert site.counts()[f"{method} /hang-up"] == 1
    assert told.events[1]["exception"].kind == "connection closed by the site"


def test_head_has_no_body(client: LeanClient) -> None:
    """A HEAD ends with its headers, and the next request is answered too."""
    assert client.head("/head").content == b""
    assert client.get("/ok").ok


def test_no_content_ends_with_its_headers(client: LeanClient) -> None:
    """A 204 has no body, and the connection goes on."""
    assert client.get("/empty").status == 204
    assert client.get("/ok").ok


def test_what_is_sent(client: LeanClient, site: Site) -> None:
    """JSON, forms, queries and odd letters in a path go out as they should, with the run's id and a trace of one's own."""
    client.post("/echo", json={"a": "ü"})
    client.post("/echo", form={"a": "1 2", "b": ["x", "y"]})
    client.get("/echo", params={"q": "a b"}, headers={"X-One": "1"})
    client.get("/echo/ü x")
    json, form, query, odd = site.requests
    assert (json.body, json.headers["content-type"]) == ('{"a":"ü"}'.encode(), "application/json")
    assert (form.body, form.headers["content-type"]) == (b"a=1+2&b=x&b=y", "application/x-www-form-urlencoded")
    assert (query.path, query.headers["x-one"], query.headers["x-footfall-run"]) == ("/echo?q=a+b", "1", "R1")
    assert odd.path == "/echo/%C3%BC%20x"
    traces = [asked.headers["traceparent"].split("-") for asked in site.requests]
    assert len({trace[1] for trace in traces}) == 1
    assert len({trace[2] for trace in traces}) == 4


def test_a_name_is_the_path_as_the_script_wrote_it(client: LeanClient, told: Told) -> None:
    """As in Locust: `params` make no name each, and many names become one."""
    client.get("/ok", params={"q": "a"})
    client.get("/ok?q=a")
    for number in range(MOST_NAMES):
        client.get(f"/ok?q={number}")
    assert [event["name"] for event in told.events[:2]] == ["/ok", "/ok?q=a"]
    assert [event["name"] for event in told.events[-3:]] == ["/ok?q=497", OTHER, OTHER]


def test_a_header_cannot_smuggle_another(client: LeanClient) -> None:
    """A line break in a header's value is refused."""
    with pytest.raises(ValueError, match="line break"):
        client.get("/ok", headers={"X-One": "1\r\nX-Two: 2"})


def test_cookies_come_back(client: LeanClient, site: Site) -> None:
    """A session's cookie is sent from then on; one that has ended is not."""
    client.get("/login")
    client.get("/ok")
    assert site.requests[-1].headers["cookie"] == "sid=abc"


@pytest.mark.parametrize(("method", "path", "arrives"), [("POST", "/moved", "GET /ok"), ("POST", "/moved-307", "POST /echo")])
def test_redirects_keep_or_change_the_method(client: LeanClient, site: Site, method: str, path: str, arrives: str) -> None:
    """A 302 turns a POST into a GET, a 307 sends it again with its body."""
    client.request(method, path, json={"a": 1})
    last = site.requests[-1]
    assert f"{last.method} {last.path}" == arrives
    assert last.body == (b'{"a":1}' if last.method == "POST" else b"")


def test_a_redirect_counts_once_under_its_own_name(client: LeanClient, told: Told) -> None:
    """What a user waited for is one request, however many hops it took."""
    client.get("/moved")
    assert [(event["name"], event["response"].status) for event in told.events] == [("/moved", 200)]


def test_a_redirect_to_another_origin_takes_no_credentials_along(client: LeanClient, site: Site) -> None:
    """What was meant for one site's eyes is not shown to another's, nor sent again when that one leads back."""
    mine = {"Authorization": "Bearer s", "cookie": "sid=1", "X-One": "1"}
    with running_site() as other:
        client.get(f"/to?{other.url}/to?{site.url}/ok", headers=mine)
    first, last = site.requests
    assert (first.headers["authorization"], first.headers["cookie"]) == ("Bearer s", "sid=1")
    for asked in (*other.requests, last):
        assert asked.headers["x-one"] == "1"
        assert not {"authorization", "cookie"} & set(asked.headers)


def test_nobody_is_led_to_a_closed_place(site: Site, told: Told) -> None:
    """A redirect to another target that takes no load is a failure that says so, and that target sees nothing of it."""
    with running_site() as other:
        closed = {("127.0.0.1", port): "it takes no load" for port in (other.port, site.port)}
        client = LeanClient(site.url, told, bounds=Bounds(closed))
        client.get(f"/to?{other.url}/ok", name="/pay")
        assert client.get(f"/to?{site.url}/ok").ok
        client.close()
    assert (told.events[0]["exception"].kind, other.requests) == ("load not allowed", [])
    assert str(told.events[0]["exception"]).endswith("/ok: it takes no load")


FAULTS: list[tuple[str, Options, str]] = [
    ("/broken", {}, "status 500"),
    ("/nowhere", {}, "status 404"),
    ("/ok", {"status": 201}, "status 200"),
    ("/wrong", {"has": {"status": "ok"}}, "wrong body"),
    ("/ok", {"has": {"ref": str}}, "wrong body"),
    ("/ok", {"has": {"items": {"a": 1}}}, "wrong body"),
    ("/html", {"has": {"status": "ok"}}, "not JSON"),
    ("/bad-gzip", {"has": {"status": "ok"}}, "body does not unpack"),
    ("/ok", {"check": lambda answer: answer.json()["missing"]}, "check failed"),
    ("/ok", {"check": lambda answer: "sold out" in answer.text}, "check failed"),
    ("/hang-up", {}, "connection closed by the site"),
    ("/cut-short", {}, "answer cut short"),
    ("/not-http", {}, "not HTTP"),
    ("/switched", {}, "not HTTP"),
    ("/to?myapp://callback", {}, "bad redirect"),
    ("/to?http://[bad/", {}, "bad redirect"),
    ("/to?//shop:99999999/", {}, "bad redirect"),
    ("/loop", {}, "too many redirects"),
    ("/never", {"timeout_s": 0.2}, "timeout"),
    ("/moved", {"redirects": False}, "status 302"),
]


@pytest.mark.parametrize(("path", "options", "kind"), FAULTS, ids=[f"{path}-{kind}" for path, _, kind in FAULTS])
def test_every_failure_has_its_kind(client: LeanClient, told: Told, path: str, options: Options, kind: str) -> None:
    """A failure is told once, with its kind, and the client is as good as new after it."""
    response = client.get(path, **options)
    assert (response.ok, told.events[0]["exception"].kind) == (False, kind)
    with pytest.raises(AbandonedError):
        response.json()
    assert client.get("/ok").ok
    assert len(told.events) == 2


def test_an_answer_that_has_what_it_must(client: LeanClient) -> None:
    """Values, types and anything at all can be asked of an answer; one of several statuses will do."""
    assert client.post("/created", status=(201, 409), has={"ref": str, "status": "awaiting"}).json()["ref"] == "B1"
    assert client.get("/ok", has={"status": ..., "items": list}, check=lambda answer: len(answer.json()["items"]) == 3).ok


def test_a_wrong_body_says_where(client: LeanClient, told: Told) -> None:
    """The message names the place, what stood there, what should have, and shows the body."""
    client.get("/wrong", has={"status": "ok"})
    text = str(told.events[0]["exception"])
    assert text == """wrong body: $.status is 'sold out', not 'ok'; body: {"status":"sold out"}"""


def test_nobody_listens(told: Told) -> None:
    """A refused connection is a failure of its own kind, and the status is 0."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client = LeanClient(f"http://127.0.0.1:{unused.getsockname()[1]}", told)
        assert client.get("/ok").status == 0
    assert told.events[0]["exception"].kind == "connection refused"


def test_a_machine_out_of_descriptors_says_so(site: Site, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine could not do is not blamed on the site."""

    def none_left(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("footfall.load.http.connection.gevent.socket.socket", none_left)
    LeanClient(site.url, told).get("/ok")
    error = told.events[0]["exception"]
    assert (error.kind, error.own) == ("generator out of resources", True)


def test_users_do_not_wait_for_each_other(site: Site, told: Told) -> None:
    """Fifty users whose requests take 400 ms each are done in far less than fifty times that."""
    clients = [LeanClient(site.url, told) for _ in range(50)]
    began = time.perf_counter()
    gevent.joinall([gevent.spawn(client.get, "/sleep?400", name="/sleep") for client in clients])
    assert time.perf_counter() - began < 10
    assert len(told.events) == 50
    assert min(event["response_time"] for event in told.events) >= 399
    for client in clients:
        client.close()


def test_a_killed_user_leaves_no_connection_in_use(client: LeanClient, site: Site, told: Told) -> None:
    """A user that is killed while it waits tells that it was cut off, and whoever uses its client next gets the right answer."""
    waiting = gevent.spawn(client.get, "/sleep?30000")
    until(lambda: site.counts()["GET /sleep"])
    waiting.kill()
    assert client.get("/ok").json()["status"] == "ok"
    cut, answered = told.events
    assert (cut["name"], cut["exception"].kind) == ("/sleep?30000", "cut off")
    assert (answered["name"], answered["exception"]) == ("/ok", None)


def test_descriptors_that_come_and_go_are_not_mixed_up(site: Site, told: Told) -> None:
    """The site closes after half of the answers, so that thirty users share a few numbers in turn: everybody is answered all the same."""
    clients = [LeanClient(site.url, told, timeout_s=60) for _ in range(30)]

    def come_and_go(client: LeanClient) -> None:
        for path in ("/goodbye", "/ok", "/until-close", "/ok") * 4:
            assert client.get(path).json()["status"] == "ok"

    users = [gevent.spawn(come_and_go, client) for client in clients]
    gevent.joinall(users, timeout=120)
    assert all(user.successful() for user in users)
    assert len(told.events) == 30 * 16
    for client in clients:
        client.close()


def test_a_client_that_is_closed_lets_nobody_wait(client: LeanClient, site: Site, told: Told) -> None:
    """Whoever still waits for an answer then is told that none will come."""
    waiting = gevent.spawn(client.get, "/never")
    until(lambda: site.counts()["GET /never"])
    client.close()
    assert waiting.get(timeout=20).status == 0
    assert told.events[0]["exception"].kind == "connection failed"


def test_wrong_addresses_are_the_scripts_mistake(client: LeanClient, told: Told) -> None:
    """A base that is no URL, and a path without its slash, are told at once."""
    with pytest.raises(ValueError, match="not an http"):
        LeanClient("localhost:80", told)
    with pytest.raises(ValueError, match="begins with /"):
        client.get("ok")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost with its key, signed by itself."""
    path = tmp_path / "site.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
    subprocess.run([*command.split(), "-keyout", str(path), "-out", str(tmp_path / "cert.pem")], check=True, capture_output=True)
    path.write_text(path.read_text() + (tmp_path / "cert.pem").read_text())
    return path


@pytest.fixture
def tls_port(certificate: Path) -> Iterator[int]:
    """A TLS site that answers every request alike."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_answer_all, args=(context, raw), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def _answer_all(context: ssl.SSLContext, raw: socket.socket) -> None:
    try:
        with context.wrap_socket(raw, server_side=True) as sock:
            while sock.recv(65536):
                sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    except OSError:
        raw.close()


def test_tls_with_a_known_certificate(tls_port: int, certificate: Path, told: Told) -> None:
    """HTTPS works and keeps its connection when the certificate is trusted."""
    trusted = gevent.ssl.create_default_context(cafile=str(certificate))
    client = LeanClient(f"https://127.0.0.1:{tls_port}", told, tls=trusted, timeout_s=60)
    assert [client.get("/").text for _ in range(3)] == ["ok"] * 3
    client.close()


def test_tls_with_an_unknown_certificate(tls_port: int, told: Told) -> None:
    """An untrusted certificate is a failure, not a warning."""
    client = LeanClient(f"https://127.0.0.1:{tls_port}", told, timeout_s=60)
    assert client.get("/").status == 0
    assert isinstance(told.events[0]["exception"], RequestFailed)
    assert told.events[0]["exception"].kind == "TLS failed"
