"""What a target's requests carry goes to the target, and what a probe's own do to the site that it asks: to nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from footfall.config.suite import ProbeSpec
from footfall.probe.http import check
from tests import loops

TARGETS = {"Authorization": "Bearer target", "X-Api-Key": "target"}


class Site(ThreadingHTTPServer):
    """Answers everything, sends `/away` elsewhere, and keeps the headers that it saw."""

    def __init__(self) -> None:
        self.seen: list[dict[str, str]] = []
        self.away = ""
        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: Site

    def do_GET(self) -> None:
        """Answer it."""
        self.server.seen.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(302 if self.path == "/away" else 200)
        if self.path == "/away":
            self.send_header("Location", self.server.away)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def sites() -> Iterator[tuple[Site, Site]]:
    """The target, and somebody else's site."""
    both = Site(), Site()
    both[0].away = both[1].url
    for site in both:
        threading.Thread(target=site.serve_forever, daemon=True).start()
    yield both
    for site in both:
        site.shutdown()
        site.server_close()


def test_a_redirect_takes_no_secret_to_another_site(sites: tuple[Site, Site]) -> None:
    """The target saw both sorts of headers, the other site neither."""
    target, other = sites
    result = loops.run(check(ProbeSpec("away", "/away", headers={"X-Own": "1"}), target.url, TARGETS))
    assert result.ok, result.problem
    assert {"authorization", "x-api-key", "x-own"} <= set(target.seen[0])
    assert not {"authorization", "x-api-key", "x-own"} & set(other.seen[0])


def test_a_probe_of_another_site_carries_its_own_headers_only(sites: tuple[Site, Site]) -> None:
    """A payment provider's probe has a key of its own, and must not learn the target's."""
    target, other = sites
    result = loops.run(check(ProbeSpec("pay", other.url + "/", headers={"Authorization": "Bearer own"}), target.url, TARGETS))
    assert result.ok, result.problem
    assert other.seen[0]["authorization"] == "Bearer own"
    assert "x-api-key" not in other.seen[0]
