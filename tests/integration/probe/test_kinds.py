"""Every kind of probe beside HTTP, each against a real server of its own."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import json
import socket
import sqlite3
import ssl
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import dns.message
import dns.rrset
import h2.config
import h2.connection
import h2.events
import httpx
import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.sync.server import ServerConnection, serve

from footfall.config.kinds import KINDS, Limit
from footfall.config.suite import Expect, ProbeSpec, Target
from footfall.probe import phases
from footfall.probe.check import check
from footfall.probe.http import Result
from footfall.target import open_target
from footfall.threads import Loop
from tests import loops
from tests.integration.store.conftest import new_schema, postgresql
from tests.servers import serving

__all__ = ["new_schema", "postgresql"]  # fixtures


def checked(kind: str, base_url: str = "http://127.0.0.1:9", *, timeout_s: float = 60.0, **options: Any) -> Result:
    """Make one check; the rest as for `spec_of`."""
    return loops.run(check(spec_of(kind, timeout_s=timeout_s, **options), base_url, {}))


def spec_of(kind: str, *, timeout_s: float, **options: Any) -> ProbeSpec:
    """A probe; `expect_days=3` is `expect.days`, `figures` are limits."""
    figures = {name: Limit(f"{how} {value}", how, value) for name, (how, value) in options.pop("figures", {}).items()}
    measure = options.pop("measure", {})
    given = {name.replace("expect_", "expect."): value for name, value in options.items()}
    known = {**dict.fromkeys(KINDS[kind].needs, ""), **KINDS[kind].may, **given}
    return ProbeSpec(kind, str(known.get("url", "")), timeout_s=timeout_s, kind=kind, options=known, figures=figures, measure=measure)


@contextmanager
def served(answer: Callable[[str], tuple[int, Mapping[str, str], bytes]]) -> Iterator[str]:
    """An HTTP server; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = answer(self.path)
            self.send_response_only(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(Handler) as place:
        yield f"http://{place}"


@contextmanager
def listening(serve_one: Callable[[socket.socket], None]) -> Iterator[int]:
    """A TCP server; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                    with line:
                        serve_one(line)
                except OSError:
                    if listener.fileno() < 0:
                        return

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def certificate(folder: Path, days: float, host: str = "127.0.0.1") -> ssl.SSLContext:
    """A server's context with a certificate of its own, which is written to `ca.pem`."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    built = built.not_valid_before(now - dt.timedelta(days=400)).not_valid_after(now + dt.timedelta(days=days))
    signed = built.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False).sign(key, hashes.SHA256())
    pem = signed.public_bytes(serialization.Encoding.PEM)
    (folder / "ca.pem").write_bytes(pem)
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(secret + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


@contextmanager
def secured(context: ssl.SSLContext) -> Iterator[int]:
    """A TLS server; its port."""

    def shake(line: socket.socket) -> None:
        with context.wrap_socket(line, server_side=True):
            pass

    with listening(shake) as port:
        yield port


def test_a_certificate_is_trusted_in_time_and_of_this_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Days left, the protocol, the chain, the host's name."""
    with secured(certificate(tmp_path, days=20.5)) as port:
        where: dict[str, Any] = {"host": "127.0.0.1", "port": port}
        assert "not trusted: self-signed certificate" in checked("tls", **where).problem
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        good = checked("tls", **where, expect_days=20, expect_protocol="TLSv1.3")
        assert good.ok, good.problem
        assert 20 < good.measured["certificate_days"] < 21
        assert "ends in 20.5 days, expected at least 30" in checked("tls", **where, expect_days=30).problem
        assert checked("tls", **where, expect_protocol="TLSv1.2").problem == "the protocol is TLSv1.3, expected TLSv1.2"
        assert "certificate is not valid for 'localhost'" in checked("tls", **where, server_name="localhost").problem
        assert checked("tls", f"https://127.0.0.1:{where['port']}", expect_days=19).ok, "without a host it is the target's certificate"
    with secured(certificate(tmp_path, days=-2)) as port:
        assert "ended 2.0 days ago" in checked("tls", host="127.0.0.1", port=port).problem


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09", "cannot be parsed"), (b"Z0", b"X0", "cannot be parsed")],
)
def test_a_certificate_that_cannot_be_parsed_is_a_failed_check(tmp_path: Path, right: bytes, wrong: bytes, said: str) -> None:
    """A version that does not exist, a date that is none: OpenSSL shakes hands all the same, and the check says what is wrong."""
    certificate(tmp_path, days=20)
    key, _, pem = (tmp_path / "both.pem").read_bytes().partition(b"-----BEGIN CERTIFICATE")
    der = ssl.PEM_cert_to_DER_cert((b"-----BEGIN CERTIFICATE" + pem).decode())
    assert right in der
    (tmp_path / "odd.pem").write_bytes(key + ssl.DER_cert_to_PEM_cert(der.replace(right, wrong, 1)).encode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "odd.pem")
    with secured(context) as port:
        assert said in checked("tls", host="127.0.0.1", port=port).problem


def test_what_speaks_no_tls_is_a_failed_check() -> None:
    """Neither an exception nor a hang."""
    with listening(lambda line: line.sendall(b"SSH-2.0-none\r\n")) as port:
        assert not checked("tls", host="127.0.0.1", port=port).ok

    def silent(line: socket.socket) -> None:
        line.recv(100_000)
        threading.Event().wait(3)

    with listening(silent) as port:
        assert checked("tls", host="127.0.0.1", port=port, timeout_s=0.5).problem == "no whole answer within 0.5 s"


def test_a_tcp_service_answers_as_expected() -> None:
    """Connected, asked, answered; closed ports and wrong answers are said."""

    def echo(line: socket.socket) -> None:
        line.sendall(b"+" + line.recv(100) + b" PONG")

    with listening(echo) as port:
        good = checked("tcp", host="127.0.0.1", port=port, send="PING\n", expect_text="PONG")
        assert good.ok, good.problem
        assert good.measured["connect"] >= 0
        assert "'READY' is not in the answer" in checked("tcp", host="127.0.0.1", port=port, send="x", expect_text="READY").problem
        assert checked("tcp", "http://127.0.0.1", port=port, send="PING\n", expect_text="PONG").ok, "without a host it is the target's"
        with_limit = checked("tcp", host="127.0.0.1", port=port, figures={"latency": ("<", 0.0)})
        assert with_limit.problem.startswith("latency is")
    assert (
        "refused" in checked("tcp", host="127.0.0.1", port=port).problem
        or "Connect call failed" in checked("tcp", host="127.0.0.1", port=port).problem
    )


def test_a_service_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of the name's addresses answers; a name that there is not is said."""
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("127.0.0.2", "127.0.0.1")]
    with listening(lambda line: line.sendall(b"READY")) as port:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
        found = checked("tcp", host="shop.test", port=port, expect_text="READY")
        monkeypatch.undo()
    assert found.ok, found.problem
    assert "no-such-host.invalid cannot be resolved" in checked("tcp", host="no-such-host.invalid", port=1).problem


def test_names_that_hang_hold_up_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty look-ups that never answer: each check fails in time, and what else runs in threads still does."""
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(60) or [])
    probe = spec_of("tcp", host="slow.test", port=1, timeout_s=0.5)

    async def all_at_once() -> list[Result]:
        found = asyncio.gather(*(check(probe, "", {}) for _ in range(50)))
        await asyncio.sleep(0.1)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 30) == "free"
        return await found

    try:
        assert {found.problem for found in loops.run(all_at_once())} == {"no whole answer within 0.5 s"}
    finally:
        released.set()


def test_a_library_that_looks_names_up_holds_up_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """WebSockets and the watch's own requests resolve by the event loop: on the watch's, fifty that hang leave other threads alone."""
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(60) or [])
    probe = spec_of("websocket", url="ws://slow.test/", timeout_s=0.5)

    async def all_at_once() -> list[Result]:
        found = asyncio.gather(*(check(probe, "", {}) for _ in range(50)))
        await asyncio.sleep(0.1)
        async with httpx.AsyncClient(timeout=0.2) as client:
            with pytest.raises(httpx.ConnectTimeout):
                await client.get("http://slow.test/")
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 30) == "free"
        return await found

    def watched() -> list[Result]:
        with asyncio.Runner(loop_factory=Loop) as runner:
            return runner.run(all_at_once())

    try:
        with ThreadPoolExecutor(1) as elsewhere:
            assert {found.problem for found in elsewhere.submit(watched).result()} == {"no whole answer within 0.5 s"}
    finally:
        released.set()


def test_a_name_has_its_records() -> None:
    """Asked of a resolver of one's own choice; a record that is missing, and a name that does not exist, are said."""

    class Names(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.line = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            asked = dns.message.from_wire(data)
            answer = dns.message.make_response(asked)
            if str(asked.question[0].name) == "shop.test.":
                answer.answer.append(dns.rrset.from_text("shop.test.", 60, "IN", "A", "192.0.2.1", "192.0.2.2"))
            else:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            self.line.sendto(answer.to_wire(), addr)  # type: ignore[attr-defined]

    async def ask() -> list[Result]:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(Names, local_addr=("127.0.0.1", 0))
        resolver = f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
        try:
            return [
                await check(ProbeSpec("n", "", timeout_s=60, kind="dns", options=given), "http://shop.test", {})
                for given in (
                    {"name": "shop.test", "record": "a", "resolver": resolver, "expect.records": ["192.0.2.2"]},
                    {"name": "shop.test", "record": "A", "resolver": resolver, "expect.records": ["192.0.2.9"]},
                    {"name": "gone.test", "record": "A", "resolver": resolver},
                    {"name": "", "record": "A", "resolver": resolver},
                )
            ]
        finally:
            transport.close()

    good, missing, gone, of_target = loops.run(ask())
    assert good.ok, good.problem
    assert of_target.ok, "without a name it is the target's"
    assert "127.0.0.1 is an address" in checked("dns", "http://127.0.0.1").problem
    assert (good.measured["records"], good.measured["ttl"]) == (2, 60)
    assert missing.problem == "192.0.2.9 is not among 192.0.2.1, 192.0.2.2"
    assert "does not exist" in gone.problem


def test_a_websocket_connects_answers_and_stays() -> None:
    """Connection, answer, idle health by a ping; a refusal and a wrong answer are said."""
    previews: list[str | None] = []

    def echo(line: ServerConnection) -> None:
        previews.append(line.request.headers.get("X-Preview") if line.request else None)
        for message in line:
            line.send(f"heard {message!r}")

    with serve(echo, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        good = checked("websocket", url=url, send="hello", idle="50ms", expect_text="hello")
        assert good.ok, good.problem
        assert {"connect", "answer", "round_trip"} <= set(good.measured)
        assert "expected 'bye' in it" in checked("websocket", url=url, send="hello", expect_text="bye").problem
        home = url.replace("ws", "http")
        assert checked("websocket", home, url="/", send="hello", expect_text="hello").ok, "a path is the target's"
        loops.run(check(spec_of("websocket", url=url, timeout_s=60, send="hello"), home, {"X-Preview": "yes"}))
        loops.run(check(spec_of("websocket", url=url, timeout_s=60, send="hello"), "http://elsewhere.test", {"X-Preview": "yes"}))
        loops.run(check(spec_of("websocket", url=url, timeout_s=60, send="hello"), home.replace("http", "https"), {"X-Preview": "yes"}))
        assert previews == [None, None, None, "yes", None, None], "what the target's requests carry goes to the target alone"
        server.shutdown()
    assert not checked("websocket", url=url).ok
    with served(lambda _path: (403, {}, b"")) as plain:
        assert "403" in checked("websocket", url=plain.replace("http", "ws")).problem


def test_security_headers_get_a_grade() -> None:
    """A page without any is an F; with all of OWASP's an A+; what is missing is named."""
    good = {
        "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=()",
    }
    with served(lambda path: (200, good if path == "/good" else {"Server": "nginx/1.18"}, b"")) as url:
        assert checked("headers", url, url="/good", expect_grade="A+", expect_present=["Referrer-Policy"]).ok
        bad = checked("headers", url, url="/", expect_grade="B")
        assert bad.problem.startswith("the grade is E, expected B: no Content-Security-Policy")
        assert bad.measured == {"header_score": 25.0, "missing_headers": 6.0}
        assert (
            checked("headers", url, url="/good", expect_present=["Origin-Agent-Cluster"]).problem
            == "the headers Origin-Agent-Cluster are missing"
        )


def test_a_pages_assets_are_weighed() -> None:
    """Of the embedded shop; a limit on a figure holds or not; a page whose picture is gone is said."""
    with open_target(Target("corner", demo=True)) as live:
        found = checked("assets", live.url, url="/", figures={"total_bytes": ("<=", 5e6)})
        assert found.ok, found.problem
        assert found.measured["style_bytes"] > 0
        assert found.measured["total_bytes"] > found.measured["page_bytes"]
        assert "total_bytes is" in checked("assets", live.url, url="/", figures={"total_bytes": ("<=", 1.0)}).problem
    page = b'<img src="/gone.png"><link rel=stylesheet href="a.css"><script src="a.js"></script><img src="data:,">'
    with served(lambda path: (200, {}, page if path == "/" else b"12345") if "gone" not in path else (404, {}, b"")) as url:
        broken = checked("assets", url, url="/")
        assert broken.problem == "/gone.png cannot be had"
        assert (broken.measured["script_bytes"], broken.measured["assets"]) == (5, 3)


def test_a_cdn_had_it_ready_or_not() -> None:
    """By the header that it sends, or by the answer's age."""
    answers = {"/hit": {"X-Cache": "HIT from ams"}, "/miss": {"CF-Cache-Status": "MISS"}, "/old": {"Age": "12"}, "/none": {}}
    with served(lambda path: (200, answers[path], b"")) as url:
        assert [checked("cdn", url, url=path, expect_hit=True).ok for path in answers] == [True, False, True, False]
        assert "not from the cache (cf-cache-status: MISS)" in checked("cdn", url, url="/miss", expect_hit=True).problem
        assert checked("cdn", url, url="/old").measured == {"cache_hit": 1.0, "age_s": 12.0}


def test_sql_reads_figures_and_cannot_write(tmp_path: Path) -> None:
    """The first row's columns are figures; a query that writes fails, whatever the database would let it do."""
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE orders (total REAL)")
        database.execute("INSERT INTO orders VALUES (10), (32)")
        database.commit()
    url = f"sqlite:///{path}"
    good = checked(
        "sql", database=url, query="SELECT count(*) AS orders, sum(total) AS revenue FROM orders", figures={"revenue": (">=", 40.0)}
    )
    assert good.ok, good.problem
    assert (good.measured["orders"], good.measured["revenue"]) == (2, 42)
    assert checked("sql", database=url, query="SELECT 3 AS a", measure={"b": "a", "c": "x"}).problem == "no number at c (x)"
    assert "readonly" in checked("sql", database=url, query="DELETE FROM orders").problem
    assert "no such table" in checked("sql", database=url, query="SELECT * FROM no_orders").problem
    assert not checked("sql", database="nonsense://x", query="SELECT 1").ok


ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) AS numbers FROM n"


def test_a_query_that_never_ends_is_ended(tmp_path: Path) -> None:
    """On any database, not only where the server has a limit of its own: the check fails in time, and no thread is left behind."""
    failed = checked("sql", database=f"sqlite:///{tmp_path / 'shop.db'}", query=ENDLESS, timeout_s=20)
    assert failed.problem == "the query was ended after 18 s (timeout: 20 s)"
    for thread in threading.enumerate():
        if thread.name == "footfall-sql":
            thread.join()  # its query was ended, so it ends


def test_presets_know_postgresql(new_schema: str) -> None:
    """Each preset gives its figures on a real server; pg_stat_statements is said to be missing where it is."""
    url = new_schema.replace("+psycopg", "")
    wanted = {
        "connections": "connection_use",
        "locks": "waiting_locks",
        "unused_indexes": "unused_indexes",
        "cache_hit_ratio": "cache_hit_ratio",
        "dead_tuples": "dead_ratio",
    }
    for preset, figure in wanted.items():
        found = checked("sql", database=url, preset=preset)
        assert found.ok, found.problem
        assert found.measured[figure] >= 0
    assert "read-only transaction" in checked("sql", database=url, query="CREATE TABLE t ()").problem
    assert "was ended after 18 s" in checked("sql", database=url, query="SELECT pg_sleep(60)", timeout_s=20).problem
    limit = checked("sql", database=url, query="SELECT setting::int AS ms FROM pg_settings WHERE name = 'statement_timeout'", timeout_s=20)
    assert 0 < limit.measured["ms"] <= 20_000, "the server would end a query by itself if we were gone"


def test_slow_queries_says_how_to_turn_on_what_it_reads(new_schema: str) -> None:
    """The server's own programs come without the extension: a table of its documented columns stands in for it once it is there."""
    url = new_schema.replace("+psycopg", "")
    missing = checked("sql", database=url, preset="slow_queries").problem
    for part in ("shared_preload_libraries = 'pg_stat_statements'", "restart", "CREATE EXTENSION pg_stat_statements"):
        assert part in missing
    with psycopg.connect(new_schema.replace("+psycopg", "")) as server:
        server.execute("CREATE TABLE pg_stat_statements (query text, calls bigint, mean_exec_time double precision)")
        server.execute("INSERT INTO pg_stat_statements VALUES ('SELECT 1', 9, 0.1), ('SELECT 2', 1, 250), ('SELECT 3', 2, 101)")
    found = checked("sql", database=url, preset="slow_queries", figures={"slow_queries": ("<=", 0.0)})
    assert (found.measured["slow_queries"], found.measured["slowest_mean_ms"]) == (2, 250)
    assert found.problem == "slow_queries is 2, expected <= 0.0"
    assert checked("sql", database=url, preset="slow_queries", slow_over_ms=200).measured["slow_queries"] == 1


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_query_of_endlessly_many_rows_costs_one_row(kind: str, tmp_path: Path, new_schema: str) -> None:
    """The first row is the figures; the others are not even made, nor held in memory. What has no rows to stream is asked as ever."""
    url = f"sqlite:///{tmp_path / 'shop.db'}" if kind == "sqlite" else new_schema
    rows = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"
    found = checked("sql", database=url, query=rows, timeout_s=60)
    assert (found.problem, found.measured["x"]) == ("", 1)
    assert checked("sql", database=url, query="-- all\n  select 2 as x", timeout_s=60).measured["x"] == 2
    short = "PRAGMA cache_size" if kind == "sqlite" else "SHOW max_connections"
    assert checked("sql", database=url, query=short).ok


def test_promql_is_a_figure() -> None:
    """The first sample's value; a refused query and an answer that is none of Prometheus's are said."""

    def answer(path: str) -> tuple[int, Mapping[str, str], bytes]:
        query = parse_qs(urlsplit(path).query)["query"][0]
        if query == "up":
            result = [{"metric": {"job": "a"}, "value": [1, "0.5"]}, {"metric": {"job": "b"}, "value": [1, "NaN"]}]
            return 200, {}, json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()
        if query == "no":
            return 400, {}, json.dumps({"status": "error", "error": "parse error"}).encode()
        return 200, {}, b"[1]"

    with served(answer) as url:
        good = checked("promql", url=url, query="up", figures={"value": ("<", 1.0)})
        assert good.ok, good.problem
        assert (good.measured["series"], good.measured["value"]) == (2, 0.5)
        assert checked("promql", url=url, query="no").problem == "Prometheus refuses the query: parse error"
        assert "none of Prometheus" in checked("promql", url=url, query="odd").problem


def asked(url: str, path: str = "/", timeout_s: float = 60.0, **more: Any) -> Result:
    """One check of an HTTP probe."""
    return loops.run(check(ProbeSpec("p", path, timeout_s=timeout_s, **more), url, {}))


def test_http_2_is_spoken_where_the_site_offers_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One connection, one stream; its phases are told as ever."""
    context = certificate(tmp_path, days=20)
    context.set_alpn_protocols(["h2"])  # and nothing else: HTTP/1.1 would not be understood

    def answer(line: socket.socket) -> None:
        with context.wrap_socket(line, server_side=True) as secure:
            talk = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
            talk.initiate_connection()
            while True:
                secure.sendall(talk.data_to_send())
                for event in talk.receive_data(secure.recv(65_535)):
                    if isinstance(event, h2.events.RequestReceived):
                        talk.send_headers(event.stream_id, [(":status", "200")])
                        talk.send_data(event.stream_id, b'{"protocol": 2}', end_stream=True)
                        secure.sendall(talk.data_to_send())
                        return

    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    phases._trust.cache_clear()
    with listening(answer) as port:
        found = asked(f"https://127.0.0.1:{port}", measure={"protocol": "$.protocol"})
    phases._trust.cache_clear()
    assert found.ok, found.problem
    assert found.measured == {"protocol": 2}
    assert set(found.phases) == {"connect", "tls", "ttfb"}


def test_a_request_has_a_method_a_body_and_headers() -> None:
    """As the probe says; the site echoes them."""

    def echo(line: socket.socket) -> None:
        request = b""
        while b"lamp" not in request:
            request += line.recv(10_000)
        line.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n" % len(request) + request)

    with listening(echo) as port:
        found = asked(
            f"http://127.0.0.1:{port}",
            "/api/orders",
            method="POST",
            body='{"what": "lamp"}',
            headers={"X-Shop": "one"},
            expect=Expect(status=(201,), text=("POST /api/orders HTTP/1.1", "X-Shop: one", '{"what": "lamp"}')),
        )
    assert found.ok, found.problem


def test_a_redirect_is_followed_or_is_the_answer() -> None:
    """A site must send visitors of `http` to `https`: that is an answer to expect."""

    def answer(path: str) -> tuple[int, Mapping[str, str], bytes]:
        return (200, {}, b"there") if path == "/there" else (301, {"Location": "/there"}, b"")

    moved = Expect(status=(301,), headers={"location": "/there"})
    with served(answer) as url:
        assert asked(url, expect=Expect(text=("there",))).ok
        assert asked(url, redirects=False, expect=moved).ok
        assert asked(url, expect=moved).problem == "status 200, expected 301"


def test_an_answer_that_unpacks_to_more_than_is_read_is_never_unpacked_whole() -> None:
    """A hundred megabytes in a hundred kilobytes; what says gzip and is none; Prometheus too; and what is packed well is read."""
    bomb = gzip.compress(bytes(100_000_000), 1)
    packed: dict[str, tuple[Mapping[str, str], bytes]] = {
        "/bomb": ({"Content-Encoding": "gzip"}, bomb),
        "/bomb/api/v1/query": ({"Content-Encoding": "gzip"}, bomb),
        "/none": ({"Content-Encoding": "gzip"}, b"plain"),
        "/well": ({"Content-Encoding": "gzip"}, gzip.compress(b'{"n": 1}')),
        "/brotli": ({"Content-Encoding": "br"}, b"whatever"),
    }

    def answer(path: str) -> tuple[int, Mapping[str, str], bytes]:
        return 200, *packed[urlsplit(path).path]

    too_long = "the answer is longer than 1,000,000 bytes"
    with served(answer) as url:
        tracemalloc.start()
        assert asked(url, "/bomb").problem == too_long
        assert checked("promql", url, url="/bomb", query="up").problem == too_long
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
        tracemalloc.stop()
        assert "cannot be unpacked" in asked(url, "/none").problem
        assert asked(url, "/well", measure={"n": "$.n"}).measured == {"n": 1}
        assert asked(url, "/brotli").ok, "nothing asks what is in it"


def test_a_hostile_answer_is_a_failed_check_and_nothing_more() -> None:
    """Too long, never ending, nested to death, numbers that are none."""

    def endless(line: socket.socket) -> None:
        line.recv(10_000)
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            line.sendall(bytes(100_000))

    def dripping(line: socket.socket) -> None:
        line.recv(10_000)
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(30):
            line.sendall(b"x")
            threading.Event().wait(0.1)

    with listening(endless) as port:
        assert asked(f"http://127.0.0.1:{port}").problem == "the answer is longer than 1,000,000 bytes"
    with listening(dripping) as port:
        assert asked(f"http://127.0.0.1:{port}", timeout_s=0.5).problem == "no whole answer within 0.5 s"
    bodies = {"nested": b"[" * 200_000, "NaN": b'{"n": NaN}', "huge": b'{"n": 1' + b"0" * 400 + b"}", "text": b'{"n": "12"}'}
    for body in bodies.values():
        with served(lambda _path, body=body: (200, {}, body)) as url:  # type: ignore[misc]
            found = asked(url, measure={"n": "$.n"})
            assert not found.ok
            assert not found.measured
            assert not asked(url, expect=Expect(json={"$.n": 1})).ok
