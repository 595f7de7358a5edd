"""What the collector in the pages says, as values."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

COOKIE = "footfall-page-"
"""Begins the names of the cookies in which a page that is left keeps what it saw: `footfall-page-<page id>-<part>`."""

VITALS = ("lcp", "inp", "cls", "fcp", "ttfb")


@dataclass(frozen=True)
class Vital:
    """One web vital of one page, at `at` (ms since the epoch: when the page began to load, or the interaction happened)."""

    name: str
    value: float
    at: float
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Usage:
    """What a page fetched from `at` (ms since the epoch) on, until its next usage begins; bytes, ms and counts."""

    at: float
    requests: int
    failed: int
    bytes: int
    script: int
    image: int
    image_time: float
    tbt: float


@dataclass(frozen=True)
class PageReport:
    """One document: `loaded` ms is 0 while its load event has not ended; `began` is ms since the epoch."""

    id: str
    url: str
    began: float
    loaded: float
    vitals: tuple[Vital, ...]
    usages: tuple[Usage, ...]


def report_of(raw: Mapping[str, Any]) -> PageReport:
    """Read what the collector's `read()` returns."""
    began = float(raw["origin"])
    vitals = tuple(
        Vital(value["name"], float(value["value"]), began + value["at"], _detail(value, str(raw["url"])))
        for value in raw["values"]
        if value["value"] >= 0
    )
    usages = tuple(
        Usage(began + u["from"], u["requests"], u["failed"], u["bytes"], u["script"], u["image"], float(u["image_time"]), float(u["tbt"]))
        for u in raw["usage"]
    )
    return PageReport(str(raw["id"]), str(raw["url"]), began, float(raw["load"]), vitals, usages)


def _detail(value: Mapping[str, Any], url: str) -> dict[str, Any]:
    return {"url": value.get("url") or url, **{name: said for name, said in value.get("detail", {}).items() if said not in {None, ""}}}


def reports_in(cookies: Iterable[Mapping[str, Any]]) -> Iterator[PageReport]:
    """Read the pages that were left from a browser context's cookies; what is torn is left out."""
    parts: dict[str, dict[int, str]] = {}
    for cookie in cookies:
        name = str(cookie["name"])
        if name.startswith(COOKIE):
            page, _, index = name.removeprefix(COOKIE).rpartition("-")
            parts.setdefault(page, {})[int(index)] = str(cookie["value"])
    for chunks in parts.values():
        raw = _joined(chunks)
        if raw is not None:
            yield report_of(raw)


def _joined(chunks: Mapping[int, str]) -> dict[str, Any] | None:
    count = chunks.get(0, "").partition(".")[0]
    if not count.isdigit() or any(index not in chunks for index in range(int(count))):
        return None
    coded = "".join(chunks[index].partition(".")[2] for index in range(int(count)))
    try:
        raw = json.loads(base64.b64decode(coded, validate=True))
    except (binascii.Error, ValueError):
        return None
    return raw if isinstance(raw, dict) else None
