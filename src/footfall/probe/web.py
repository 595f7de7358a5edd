"""Probes of what a page brings with it: its security headers, the weight of its assets, whether a CDN had it ready."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

from footfall.config.kinds import GRADES
from footfall.config.suite import ProbeSpec
from footfall.probe.body import AS_BROWSERS, LARGEST_BODY, read
from footfall.probe.client import client_of
from footfall.probe.found import Found

_YEAR_S = 31_536_000
_MOST_ASSETS = 200
_AT_ONCE = 6
_HIT = re.compile(r"\bhit\b", re.IGNORECASE)
_CACHE_HEADERS = (
    "x-cache",
    "cf-cache-status",
    "x-vercel-cache",
    "x-cache-status",
    "cdn-cache",
    "x-proxy-cache",
    "cache-status",
    "x-served-by",
)


async def security_headers(spec: ProbeSpec, base_url: str, headers: Mapping[str, str]) -> Found:
    """Hold a page's headers against OWASP's list; the grade is A+ when nothing is missing, and a step lower for each 15 points."""
    async with client_of(spec, base_url, headers) as client, client.stream("GET", urljoin(base_url + "/", spec.url)) as response:
        seen, secure = response.headers, response.url.scheme == "https"
    wrong = weaknesses(seen, secure=secure)
    score = max(0, 100 - sum(wrong.values()))
    grade = grade_of(score)
    figures = {"header_score": float(score), "missing_headers": float(len(wrong))}
    wanted = str(spec.options.get("expect.grade", ""))
    absent = [name for name in spec.options.get("expect.present", ()) if name not in seen]
    if absent:
        return Found(figures, f"the headers {', '.join(absent)} are missing")
    if wanted and GRADES.index(grade) > GRADES.index(wanted):
        return Found(figures, f"the grade is {grade}, expected {wanted}: {'; '.join(wrong)}")
    return Found(figures)


def grade_of(score: int) -> str:
    """Return the grade of a score from 0 to 100."""
    return next((grade for grade, least in zip(GRADES, (100, 85, 70, 55, 40, 25), strict=False) if score >= least), GRADES[-1])


def weaknesses(headers: Mapping[str, str], *, secure: bool) -> dict[str, int]:
    """Return what is weak, with the points that it costs (OWASP Secure Headers Project: the recommended headers, weighted by their use)."""
    policy = headers.get("content-security-policy", "")
    transport = re.search(r"max-age=\"?(\d+)", headers.get("strict-transport-security", ""))
    framed = "frame-ancestors" in policy or headers.get("x-frame-options", "").upper() in {"DENY", "SAMEORIGIN"}
    script = (
        re.search(r"(?:script-src|default-src)[^;]*'unsafe-(?:inline|eval)'", policy) and "'nonce-" not in policy and "'sha" not in policy
    )
    referrer = headers.get("referrer-policy", "").lower()
    rules = [
        ("no Content-Security-Policy", 25, not policy),
        ("Content-Security-Policy lets any inline script run", 15, bool(script)),
        ("no Strict-Transport-Security", 20, secure and transport is None),
        ("Strict-Transport-Security lasts less than a year", 10, secure and transport is not None and int(transport[1]) < _YEAR_S),
        ("no protection against framing", 15, not framed),
        ("no X-Content-Type-Options: nosniff", 15, headers.get("x-content-type-options", "").lower() != "nosniff"),
        ("no Referrer-Policy, or an unsafe one", 10, referrer in {"", "unsafe-url"}),
        ("no Permissions-Policy", 5, "permissions-policy" not in headers),
        ("Server or X-Powered-By tells a version", 5, bool(re.search(r"\d", headers.get("server", "") + headers.get("x-powered-by", "")))),
    ]
    return {name: points for name, points, wrong in rules if wrong}


class _Assets(HTMLParser):
    """Collects what a page loads: scripts, style sheets, pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "script" and values.get("src"):
            self.found[values["src"]] = "script"
        elif tag == "img" and values.get("src"):
            self.found[values["src"]] = "image"
        elif tag == "link" and "stylesheet" in values.get("rel", "").lower() and values.get("href"):
            self.found[values["href"]] = "style"


async def assets(spec: ProbeSpec, base_url: str, headers: Mapping[str, str]) -> Found:
    """Fetch a page and what its HTML names, and weigh them as sent: `page_bytes`, those of each kind, and `total_bytes`."""
    async with client_of(spec, base_url, headers) as client:
        page = urljoin(base_url + "/", spec.url)
        async with client.stream("GET", page) as answer:
            body = await read(answer, 10 * LARGEST_BODY)
            size, status = answer.num_bytes_downloaded, answer.status_code
        if status >= 400:
            return Found({}, f"the page answers {status}")
        parser = _Assets()
        parser.feed(body.decode("utf-8", "replace"))
        wanted = [(urljoin(page, address), kind) for address, kind in parser.found.items() if not address.startswith("data:")][
            :_MOST_ASSETS
        ]
        limit = asyncio.Semaphore(_AT_ONCE)
        weighed = await asyncio.gather(*(_weigh(client, url, limit) for url, _ in wanted))
    figures = {"page_bytes": float(size), "assets": float(len(wanted))}
    for kind in ("script", "style", "image"):
        figures[f"{kind}_bytes"] = float(sum(each[0] for each, (_, what) in zip(weighed, wanted, strict=True) if what == kind))
    figures["total_bytes"] = size + sum(each[0] for each in weighed)
    broken = [urlsplit(url).path for (_, answered), (url, _) in zip(weighed, wanted, strict=True) if answered >= 400]
    return Found(figures, f"{_some(broken)} cannot be had" if broken else "")


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")


async def _weigh(client: httpx.AsyncClient, url: str, limit: asyncio.Semaphore) -> tuple[int, int]:
    """Return the bytes that come over the line, as a browser would get them, and the status."""
    async with limit, client.stream("GET", url, headers=AS_BROWSERS) as response:
        async for _ in response.aiter_raw():
            if response.num_bytes_downloaded > 50 * LARGEST_BODY:
                break
        return response.num_bytes_downloaded, response.status_code


async def cdn(spec: ProbeSpec, base_url: str, headers: Mapping[str, str]) -> Found:
    """Ask for something and see whether the CDN had it ready: `cache_hit` is 1 or 0, by the headers that the CDNs in use send."""
    async with (
        client_of(spec, base_url, headers) as client,
        client.stream("GET", urljoin(base_url + "/", spec.url), headers=AS_BROWSERS) as response,
    ):
        seen, status = response.headers, response.status_code
    if status >= 400:
        return Found({}, f"status {status}")
    said = {name: seen[name] for name in _CACHE_HEADERS if name in seen}
    hit = any(_HIT.search(value) for value in said.values()) or (not said and _age_s(seen) > 0)
    figures = {"cache_hit": float(hit), "age_s": _age_s(seen)}
    wanted = spec.options.get("expect.hit")
    shown = ", ".join(f"{name}: {value}" for name, value in said.items()) or "no header of a cache"
    return Found(
        figures, f"it came {'not ' if wanted else ''}from the cache ({shown})" if wanted is not None and bool(wanted) != hit else ""
    )


def _age_s(headers: httpx.Headers) -> float:
    """Return how old a cache says that its answer is; 0 for what is no number of seconds."""
    text = headers.get("age", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0.0
