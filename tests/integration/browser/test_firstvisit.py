"""A first look at a site as shops and salons build them: a picture and a title that lead to one product, a door to log in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from footfall.browser.firstvisit import Visit, visit
from footfall.errors import TargetUnreachableError, UsageError
from tests.integration.probe.test_kinds import certificate
from tests.servers import serving

HOME = """<title>Books</title><nav><a href="/login">Log in</a></nav><h1>Books</h1>
<a href="/emma"><img alt="Emma" src="data:,"></a> <a href="/emma">Emma</a>
<a href="/one">More</a> <a href="/other">More</a>"""
PRODUCT = '<title>A book</title><h1>Emma</h1><a href="/login">Log in</a>'


LOUD = """<title>Books</title><style>a { text-transform: uppercase }</style><nav><a href="/emma">Our <b>books</b></a></nav><h1>Books</h1>"""
LATE = """<title>Books</title><main></main><script>
const build = () => { document.querySelector("main").innerHTML = '<h1>Books</h1><a href="/emma">Emma</a>' };
addEventListener("load", () => fetch("/emma").then(() => setTimeout(build, 1000)));
</script>"""
COVERED = """<title>Books</title><h1>Books</h1><div id="consent" style="position:fixed;inset:0;background:#fff;z-index:9">
<button>Reject</button> <button>Accept all</button></div>""" + "".join(f'<a href="/{name}">{name}</a> ' for name in "abcdefgh")
PAGES = {"/": HOME, "/loud": LOUD, "/late": LATE, "/covered": COVERED}
STATUSES = {"/broken": 500, "/filtered": 403}
CLOSED = "Basic b3duZXI6bGV0LW1lLWlu"


class _Shop(BaseHTTPRequestHandler):
    """Serves a home page, products, a page that is broken, one that a filter keeps, and one that only its owner may see."""

    def do_GET(self) -> None:
        closed = self.path == "/closed" and self.headers["Authorization"] != CLOSED
        self.send_response(401 if closed else STATUSES.get(self.path, 200))
        if closed:
            self.send_header("WWW-Authenticate", 'Basic realm="staging"')
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGES.get(self.path, PRODUCT).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """The address of a small shop."""
    with serving(_Shop) as place:
        yield f"http://{place}"


def looked_at(url: str, **environment: str) -> Visit:
    """Visit in a thread of its own: other tests of this process have Playwright's loop running in theirs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(visit, url, {**os.environ, **environment}).result()


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


def test_links_that_a_style_writes_in_capitals_are_followed(shop: str) -> None:
    """A link is found by its text as it is written, not by how its letters look."""
    assert [(link.name, link.page.path) for link in looked_at(f"{shop}/loud").links] == [("Our books", "/emma")]


def test_a_page_that_builds_itself_after_it_was_loaded_is_waited_for(shop: str) -> None:
    """What a script fetches and shows is there a moment later."""
    seen = looked_at(f"{shop}/late")
    assert seen.home.heading == "Books"
    assert [link.name for link in seen.links] == ["Emma"]


def test_links_under_a_banner_are_given_up_soon_and_the_banner_is_named(shop: str) -> None:
    """After a few; with the button that may take it away."""
    seen = looked_at(f"{shop}/covered")
    assert seen.links == ()
    assert seen.cover is not None
    assert 'id="consent"' in seen.cover.tag
    assert seen.cover.button == "Accept all"


@pytest.mark.parametrize(("path", "hint"), [("closed", "SITE_AUTHORIZATION"), ("filtered", "bot filter")])
def test_a_site_that_lets_not_everybody_in_says_how_to_come_in(shop: str, path: str, hint: str) -> None:
    """A refusal is not taken for a wrong address."""
    with pytest.raises(TargetUnreachableError) as told:
        looked_at(f"{shop}/{path}")
    assert told.value.hint is not None
    assert hint in told.value.hint
    assert "closed-sites" in told.value.hint


def test_a_closed_site_opens_with_what_the_environment_holds(shop: str) -> None:
    """User and password in base64, as the header has them; what is none is told before anything is asked."""
    assert looked_at(f"{shop}/closed", SITE_AUTHORIZATION=CLOSED).home.heading == "Emma"
    with pytest.raises(UsageError, match="SITE_AUTHORIZATION"):
        looked_at(f"{shop}/closed", SITE_AUTHORIZATION="owner:let-me-in")


def test_a_certificate_that_no_browser_trusts_is_no_wrong_address(tmp_path: Path) -> None:
    """The hint speaks of trust, not of http:// or https://."""
    with serving(_Shop, certificate(tmp_path, days=20)) as place, pytest.raises(TargetUnreachableError) as told:
        looked_at(f"https://{place}")
    assert told.value.hint is not None
    assert "trust its certificate" in told.value.hint
