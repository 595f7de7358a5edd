"""A user's cookies, as RFC 6265 has them, kept small: thousands of users each have a jar of their own."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

_MAX_AGE = re.compile(r"-?[0-9]+")


@dataclass(frozen=True)
class _Cookie:
    value: str
    domain: str
    host_only: bool
    path: str
    secure: bool
    expires: float | None


class CookieJar:
    """Cookies by name, domain and path; unreadable ones are ignored, as a browser ignores them."""

    __slots__ = ("_cookies",)

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str, str], _Cookie] = {}

    def __len__(self) -> int:
        return len(self._cookies)

    def keep(self, line: str, host: str, path: str) -> None:
        """Take in the value of a `Set-Cookie` that `host` sent for `path`."""
        pair, *attributes = line.split(";")
        name, equals, value = pair.partition("=")
        name = name.strip()
        if not equals or not name:
            return
        given = {key.strip().lower(): text.strip() for key, _, text in (part.partition("=") for part in attributes)}
        domain = given.get("domain", "").lstrip(".").lower()
        if domain and not _belongs(host, domain):
            return
        stated = given.get("path", "")
        scope = stated if stated.startswith("/") else path.partition("?")[0].rpartition("/")[0] or "/"
        cookie = _Cookie(value.strip(), domain or host, not domain, scope, "secure" in given, _expiry(given))
        key = (name, cookie.domain, scope)
        if cookie.expires is not None and cookie.expires <= time.time():
            self._cookies.pop(key, None)
        else:
            self._cookies[key] = cookie

    def header(self, host: str, path: str, *, secure: bool) -> str:
        """Return what to send as `Cookie` to `host` for `path`; empty when there is nothing. Longer paths come first."""
        now = time.time()
        path = path.partition("?")[0]
        fitting = [
            (-len(cookie.path), f"{name}={cookie.value}")
            for (name, _, _), cookie in self._cookies.items()
            if (cookie.domain == host or (not cookie.host_only and _belongs(host, cookie.domain)))
            and _covers(cookie.path, path)
            and (secure or not cookie.secure)
            and (cookie.expires is None or cookie.expires > now)
        ]
        fitting.sort(key=lambda pair: pair[0])
        return "; ".join(text for _, text in fitting)

    def value(self, name: str) -> str | None:
        """Return the value of the cookie `name`, whatever its domain and path, or None."""
        return next((cookie.value for (known, _, _), cookie in self._cookies.items() if known == name), None)

    def put(self, name: str, value: str, host: str) -> None:
        """Set a cookie for all of `host`."""
        self._cookies[name, host, "/"] = _Cookie(value, host, True, "/", False, None)

    def clear(self) -> None:
        """Forget all."""
        self._cookies.clear()


def _belongs(host: str, domain: str) -> bool:
    return host == domain or host.endswith("." + domain)


def _covers(scope: str, path: str) -> bool:
    return scope in {"/", path} or path.startswith(scope if scope.endswith("/") else scope + "/")


def _expiry(given: dict[str, str]) -> float | None:
    """Return when a cookie ends as seconds since 1970, or None for the end of the session; Max-Age wins over Expires."""
    if _MAX_AGE.fullmatch(given.get("max-age", "")):
        return time.time() + float(given["max-age"])  # of a number beyond all bounds infinity, where `int` would raise
    try:
        return parsedate_to_datetime(given["expires"]).timestamp() if "expires" in given else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
