"""A user's cookies, as RFC 6265 has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.load.http.cookies import CookieJar

HOST = "shop.example.org"


@pytest.mark.parametrize(
    ("line", "host", "path", "secure", "sent"),
    [
        ("sid=1", HOST, "/cart", False, "sid=1"),
        ("sid=a=b; HttpOnly; SameSite=Lax", HOST, "/cart", False, "sid=a=b"),
        ("sid=1", "other.example.org", "/cart", False, ""),  # no Domain: this host alone
        ("sid=1; Domain=example.org", "other.example.org", "/cart", False, "sid=1"),
        ("sid=1; Domain=.example.org", HOST, "/cart", False, "sid=1"),
        ("sid=1; Domain=evil.org", HOST, "/cart", False, ""),  # a site cannot set another's cookies
        ("sid=1; Path=/admin", HOST, "/cart", False, ""),
        ("sid=1; Path=/cart", HOST, "/cart/2?x=/y", False, "sid=1"),
        ("sid=1; Path=/cart", HOST, "/cartoon", False, ""),
        ("sid=1; Secure", HOST, "/cart", False, ""),
        ("sid=1; Secure", HOST, "/cart", True, "sid=1"),
        ("sid=1; Max-Age=0", HOST, "/cart", False, ""),
        ("sid=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", HOST, "/cart", False, "sid=1"),
        ("sid=1; Max-Age=--5", HOST, "/cart", False, "sid=1"),  # what is no number is not there
        ("sid=1; Max-Age=²", HOST, "/cart", False, "sid=1"),
        (f"sid=1; Max-Age={'9' * 5000}", HOST, "/cart", False, "sid=1"),
        ("sid=1; Max-Age=-5", HOST, "/cart", False, ""),
        ("sid=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", HOST, "/cart", False, ""),
        ("sid=1; Expires=not a date", HOST, "/cart", False, "sid=1"),
        ("no-equals-sign", HOST, "/cart", False, ""),
        ("=nameless", HOST, "/cart", False, ""),
    ],
)
def test_what_is_sent_back(line: str, host: str, path: str, secure: bool, sent: str) -> None:
    """A cookie set by the shop's /cart, and a later request."""
    jar = CookieJar()
    jar.keep(line, HOST, "/cart")
    assert jar.header(host, path, secure=secure) == sent


def test_longer_paths_come_first_and_a_name_may_stand_twice() -> None:
    """As the RFC orders them."""
    jar = CookieJar()
    jar.keep("a=1; Path=/", HOST, "/")
    jar.keep("a=2; Path=/cart", HOST, "/")
    assert jar.header(HOST, "/cart", secure=False) == "a=2; a=1"


def test_a_cookie_is_replaced_and_ended() -> None:
    """The last word counts."""
    jar = CookieJar()
    jar.keep("sid=1; Path=/", HOST, "/")
    jar.keep("sid=2; Path=/", HOST, "/")
    assert (jar.value("sid"), len(jar)) == ("2", 1)
    jar.keep("sid=; Path=/; Max-Age=0", HOST, "/")
    assert (jar.value("sid"), len(jar)) == (None, 0)


def test_set_by_hand() -> None:
    """A script may bring a cookie of its own, and forget them all."""
    jar = CookieJar()
    jar.put("consent", "yes", HOST)
    assert jar.header(HOST, "/any", secure=False) == "consent=yes"
    jar.clear()
    assert jar.header(HOST, "/any", secure=False) == ""


@given(st.text(), st.text())
def test_no_line_is_too_strange(line: str, path: str) -> None:
    """Whatever a site sends, the user goes on."""
    jar = CookieJar()
    jar.keep(line, HOST, path)
    jar.header(HOST, path, secure=True)
