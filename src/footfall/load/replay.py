"""Recorded visits, to be asked again: read from a HAR file (what a browser saw) or a web server's access log. Pure but for the file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from footfall.errors import ScriptError
from footfall.load.har import form_of

# Common and combined log format, as Apache's and nginx's manuals give it.
_LOG_LINE = re.compile(r'^\S+ \S+ .*?\[(?P<at>[^\]]+)\] "(?P<method>[A-Z]+) (?P<path>\S+)[^"]*" (?P<status>\d{3})')
_LOG_TIME = "%d/%b/%Y:%H:%M:%S %z"
_NUMBERED = re.compile(r"(?<=/)[^/]*\d[^/]*(?=/|$)")
_BODILESS = frozenset({"GET", "HEAD"})
_FAILED = 400
_LATIN_1 = 255
# What a browser's connection or the generator itself decides anew.
_OWN_HEADERS = frozenset({"host", "connection", "content-length", "accept-encoding", "cookie", "user-agent", "traceparent", "te"})


@dataclass(frozen=True)
class Visit:
    """One recorded request: `at_s` seconds after the first one; `name` groups paths that differ in numbers only."""

    at_s: float
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def name(self) -> str:
        """The path without its query, with segments that hold a digit as `{n}`."""
        return _NUMBERED.sub("{n}", self.path.partition("?")[0])


def read_recording(path: Path, *, where: str = "recording") -> tuple[tuple[Visit, ...], int]:
    """Read a `.har` file or an access log, in order of time, and say how many requests were left out. Raises ScriptError with `where`.

    Of a HAR only the requests to the site of its first one are taken; of an access log, which holds no bodies, only GET and HEAD. What
    failed then (400 and above, or without an answer) is left out: it would be counted as this run's failure.
    """
    try:
        text = path.read_text("utf-8-sig", "replace")
    except OSError as error:
        raise ScriptError(f"{where}: {path.name} cannot be read: {error.strerror}", hint=f"expected a file at {path}") from error
    try:
        found = list(_of_har(text) if path.suffix == ".har" else _of_log(text))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ScriptError(f"{where}: {path.name} is not a HAR file: {type(error).__name__}: {error}") from error
    seen = [each for each in found if each is not None]
    if not seen:
        hint = 'an access log has lines like: 127.0.0.1 - - [21/Nov/2026:05:00:00 +0000] "GET /shop HTTP/1.1" 200 512'
        raise ScriptError(f"{where}: {path.name} holds no request that can be asked again", hint=hint)
    first = min(at for at, *_ in seen)
    visits = [Visit((at - first).total_seconds(), method, asked, headers, body) for at, method, asked, headers, body in seen]
    return tuple(sorted(visits, key=lambda visit: visit.at_s)), len(found) - len(seen)


Seen = tuple[datetime, str, str, Mapping[str, str], bytes]


def _of_har(text: str) -> Iterable[Seen | None]:
    """Yield the requests to the first one's site, None for one that cannot be asked again."""
    entries = json.loads(text)["log"]["entries"]
    site = urlsplit(entries[0]["request"]["url"]).netloc if entries else ""
    for entry in entries:
        request = entry["request"]
        url = urlsplit(request["url"])
        if url.netloc != site or url.scheme not in {"http", "https"}:
            continue
        posted = request.get("postData") or {}
        if not 0 < int((entry.get("response") or {}).get("status", 200)) < _FAILED or _is_lost(posted):
            yield None
            continue
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        yield datetime.fromisoformat(entry["startedDateTime"]), request["method"], path, _headers(request), _body(posted)


def _is_lost(posted: Mapping[str, Any]) -> bool:
    """Whether a form with files was sent, whose text the browser did not keep."""
    return not posted.get("text") and str(posted.get("mimeType")).startswith("multipart/")


def _body(posted: Mapping[str, Any]) -> bytes:
    return (str(posted.get("text") or "") or urlencode(form_of(posted))).encode()


def _headers(request: Mapping[str, Any]) -> dict[str, str]:
    pairs = ((str(header["name"]), str(header["value"])) for header in request.get("headers", ()))
    return {
        name: value
        for name, value in pairs
        if name.lower() not in _OWN_HEADERS and not name.startswith(":") and is_sendable(value) and name.isascii()
    }


def is_sendable(value: str) -> bool:
    """Whether HTTP can carry a header's value: Latin-1, and no line break."""
    return value.isprintable() and max(map(ord, value), default=0) <= _LATIN_1


def _of_log(text: str) -> Iterable[Seen | None]:
    """Yield what its lines say, None for a request that cannot be asked again."""
    for line in text.splitlines():
        match = _LOG_LINE.match(line)
        if match is None:
            continue
        if match["method"] not in _BODILESS or not match["path"].startswith("/") or int(match["status"]) >= _FAILED:
            yield None
            continue
        try:
            at = datetime.strptime(match["at"], _LOG_TIME)  # noqa: DTZ007  # the format has the offset
        except ValueError:
            continue
        yield at, match["method"], match["path"], {}, b""
