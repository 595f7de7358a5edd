"""What the collector in the pages says, as values."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from footfall.browser.vitals import vitals_of

COOKIE = "footfall-page-"
"""Begins the names of the cookies in which a page that is left without an heir keeps what it knows: `footfall-page-<page id>-<part>`."""

TEXT = 120
"""Characters of a text that the collector keeps."""

VITALS = ("lcp", "inp", "cls", "fcp", "ttfb")


KINDS = {"d": "document", "s": "script", "c": "style", "i": "image", "f": "font", "x": "data", "m": "media"}
OTHER = "other"
"""What the collector calls what was fetched; all else is `OTHER`."""


@dataclass(frozen=True)
class Vital:
    """One web vital of one page, at `at` (ms since the epoch: when the page began to load, or the interaction happened).

    `soft` ones are those of a route of a single-page app.
    """

    name: str
    value: float
    at: float
    detail: Mapping[str, Any]
    soft: bool = False


@dataclass(frozen=True)
class Fetch:
    """One request, begun at `at` (ms since the epoch); `bytes` is None where another site does not let its size be known.

    Of one that `failed`, answered with 400 or above, the `url` is known.
    """

    at: float
    took: float
    bytes: int | None
    kind: str
    third_party: bool = False
    failed: bool = False
    url: str = ""


@dataclass(frozen=True)
class LongTask:
    """A time of over 50 ms in which the page's main thread did one thing: `at` is ms since the epoch, `duration` ms."""

    at: float
    duration: float


@dataclass(frozen=True)
class Failed:
    """A script of the page that failed at `at` (ms since the epoch), and the beginning of what it said."""

    at: float
    text: str


@dataclass(frozen=True)
class PageReport:
    """One document, from `began` until `until` (ms since the epoch); `loaded` ms is 0 while its load event has not ended."""

    id: str
    url: str
    began: float
    until: float
    loaded: float
    vitals: tuple[Vital, ...] = ()
    fetches: tuple[Fetch, ...] = ()
    tasks: tuple[LongTask, ...] = ()
    failed: tuple[Failed, ...] = ()


@lru_cache(maxsize=256)  # a walk's cookies are looked at again and again until all its pages have told
def read_report(text: str) -> PageReport | None:
    """Read what the collector says; None of what is torn or what scripts of the page made something else of."""
    try:
        return report_of(json.loads(text))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None


def report_of(raw: Mapping[str, Any]) -> PageReport:
    """Return what the collector says as values."""
    began = float(raw["origin"])
    vitals = tuple(
        Vital(value["name"], float(value["value"]), began + value["at"], _detail(value, str(raw["url"])), bool(value.get("soft")))
        for value in vitals_of(raw)
    )
    tasks = tuple(LongTask(began + at, float(duration)) for at, duration in raw["tasks"])
    fetches = tuple(_fetch(began, row) for row in str(raw["fetched"]).split(";") if row)
    failed = tuple(Failed(began + at, str(text)) for at, text in raw["failed"])
    return PageReport(str(raw["id"]), str(raw["url"]), began, began + raw["until"], float(raw["load"]), vitals, fetches, tasks, failed)


def _fetch(began: float, row: str) -> Fetch:
    at, took, size, letters, *url = row.split(",")
    kind = KINDS.get(letters[0], OTHER)
    known = int(size) if size else None
    return Fetch(began + float(at), float(took), known, kind, "t" in letters[1:], "f" in letters[1:], unquote("".join(url)))


def _detail(value: Mapping[str, Any], url: str) -> dict[str, Any]:
    return {"url": value.get("url") or url, **{name: said for name, said in value.get("detail", {}).items() if said not in {None, ""}}}


def page_of(cookie: Mapping[str, Any]) -> str:
    """Return the id of the page whose cookie this is, or "" for one of the site's own."""
    name = str(cookie["name"])
    return name.removeprefix(COOKIE).rpartition("-")[0] if name.startswith(COOKIE) else ""


def reports_of(lines: str) -> list[PageReport]:
    """Read what a page tells of itself and of those before it, a line each; what is torn is left out."""
    return [report for report in map(read_report, lines.split("\n")) if report]


def reports_in(cookies: Iterable[Mapping[str, Any]]) -> dict[str, list[PageReport]]:
    """Read what pages that were left kept in a browser context's cookies: by the page that wrote them, without what is torn."""
    parts: dict[str, dict[int, str]] = {}
    for cookie in cookies:
        page = page_of(cookie)
        if page:
            index = str(cookie["name"]).rpartition("-")[2]
            parts.setdefault(page, {})[int(index)] = str(cookie["value"])
    told = {page: reports_of(_joined(chunks)) for page, chunks in parts.items()}
    return {page: reports for page, reports in told.items() if reports}


def _joined(chunks: Mapping[int, str]) -> str:
    """Put the parts together; nothing where one is missing or torn."""
    count = chunks.get(0, "").partition(".")[0]
    if not count.isdigit() or any(index not in chunks for index in range(int(count))):
        return ""
    coded = "".join(chunks[index].partition(".")[2] for index in range(int(count)))
    try:
        return base64.b64decode(coded, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
