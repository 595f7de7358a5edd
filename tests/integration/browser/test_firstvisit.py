"""A first look at a site as shops and salons build them: a picture and a title that lead to one product, a door to log in."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from footfall.browser.firstvisit import Visit, visit
from footfall.errors import TargetUnreachableError

HOME = """<title>Books</title><nav><a href="/login">Log in</a></nav><h1>Books</h1>
<a href="/emma"><img alt="Emma" src="data:,"></a> <a href="/emma">Emma</a>
<a href="/one">More</a> <a href="/other">More</a>"""
PRODUCT = '<title>A book</title><h1>Emma</h1><a href="/login">Log in</a>'


class _Shop(BaseHTTPRequestHandler):
    """Serves a home page, products, and a page that is broken."""

    def do_GET(self) -> None:
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write((HOME if self.path == "/" else PRODUCT).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """The address of a small shop."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Shop)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def looked_at(url: str) -> Visit:
    """Visit in a thread of its own: other tests of this process have Playwright's loop running in theirs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(visit, url, os.environ).result()


def test_what_customers_come_for_is_followed_before_the_door(shop: str) -> None:
    """A name that several links of one page share is followed where all lead to one place; a name of two places is not."""
    seen = looked_at(shop)
    assert [(link.name, link.page.path, link.first) for link in seen.links] == [("Emma", "/emma", True), ("Log in", "/login", False)]


def test_a_site_that_is_broken_is_told_from_a_wrong_address(shop: str) -> None:
    """Its own fault is not blamed on what was typed."""
    with pytest.raises(TargetUnreachableError) as told:
        looked_at(f"{shop}/broken")
    assert told.value.hint is not None
    assert "look at its own log" in told.value.hint
