"""Is Corner well, and how is business? The health endpoints and the metrics."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Any

import psutil
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from footfall.demo import market, pictures, places
from footfall.demo.figures import FUNNELS, REVENUE_TARGET_CENTS
from footfall.demo.refusals import Refusal
from footfall.demo.web import api, shop
from footfall.demo.web.http import Json
from footfall.demo.web.site import Site, site_of

Check = Callable[[Site], Awaitable[dict[str, Any]]]
# The metrics that may fall; the others count from the start.
_GAUGES = {
    *("uptime_s", "error_ratio", "mean_ms", "revenue_today_cents", "revenue_target_cents", "revenue_target_ratio"),
    *("payment_success", "resident_bytes", "requests_1m", "failed_logins_1m", "rate_limit_hits_1m"),
}
_process = psutil.Process()
_LEAST_FREE = 50_000_000  # bytes of disk
_SHORT = 0.1  # seconds that the short answer gives a database that has failed
_MOST_WAIT = 60.0  # seconds for which a letter may wait


async def _database(site: Site) -> dict[str, Any]:
    database = site.database
    waiting = database.busy
    await database.check()  # waits for a lock as a real write would
    pages, free = (database.all(f"PRAGMA {name}")[0][0] for name in ("page_count", "freelist_count"))
    return {
        "query_mean_ms": round(database.query_seconds / max(1, database.queries) * 1000, 4),
        "query_p95_ms": round(_p95(database.times) * 1000, 4),
        "query_success_ratio": round(1 - database.failed / max(1, database.queries), 6),
        "slow_queries": database.slow,
        "pool_used": waiting,
        "pool_size": database.POOL,
        "pool_use": round(min(1.0, waiting / database.POOL), 4),
        "cache_hit_ratio": round(_cache_hit_ratio(), 4),
        "dead_ratio": round(free / max(1, pages), 4),
        "size_bytes": pages * 4096,
    }


def _p95(times: Collection[float]) -> float:
    """Nearest rank; 0 of nothing."""
    ordered = sorted(times)
    return ordered[int(0.95 * (len(ordered) - 1))] if ordered else 0.0


async def _storage(site: Site) -> dict[str, Any]:
    await asyncio.to_thread(_write_and_read, site.folder)
    disk, memory = shutil.disk_usage(site.folder), psutil.virtual_memory()
    return {
        "status": "ok" if disk.free > _LEAST_FREE else "down",
        "disk_free_bytes": disk.free,
        "disk_use": round(disk.used / disk.total, 4),
        "memory_use": round(memory.percent / 100, 4),
        "resident_bytes": _process.memory_info().rss,
        "cpu_percent": _process.cpu_percent(),
    }


def _cache_hit_ratio() -> float:
    """The share of what is kept ready (lists, searches, pictures) that was there when it was asked for; 1 when nobody asked yet."""
    kept = [cached.cache_info() for cached in (api.ready_slots, api.ready_products, shop.cards, market.search)]
    hits = sum(info.hits for info in kept) + pictures.asked[True]
    asked = hits + sum(info.misses for info in kept) + pictures.asked[False]
    return hits / asked if asked else 1.0


def _write_and_read(folder: Path) -> None:
    """What an upload does, in small. Raises OSError."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(1024))
        file.seek(0)
        file.read()


async def _payments(site: Site) -> dict[str, Any]:
    if late := site.faults.value("slow-payment"):
        await asyncio.sleep(late)
    figures = site.figures
    return {
        "status": "down" if site.faults.value("payment-down") else "ok",
        "success_ratio": round(figures.payment_success(), 4),
        "webhooks_delivered": figures.counts["webhooks.delivered"],
        "webhooks_failed": figures.counts["webhooks.failed"],
    }


async def _email(site: Site) -> dict[str, Any]:
    queued, oldest = site.post.queued()
    return {
        "status": "ok" if site.post.working and oldest < _MOST_WAIT else "down",
        "sent": site.figures.counts["emails.sent"],
        "failed": site.figures.counts["emails.failed"],
        "queued": queued,
        "oldest_s": round(oldest, 1),
    }


async def _maps(site: Site) -> dict[str, Any]:
    counts = site.figures.counts
    lost = [place.name for place in places.PLACES if place not in places.look_up(place.name)]
    return {
        "status": "down" if lost else "ok",
        "places": len(places.PLACES),
        "lookups": counts["places.found"] + counts["places.missed"],
        "missed": counts["places.missed"],
    }


CHECKS: dict[str, Check] = {"database": _database, "storage": _storage, "payments": _payments, "email": _email, "maps": _maps}
# The names under which the platforms in the field know these services.
ALIASES = {"stripe": "payments", "mapbox": "maps", "supabase": "database"}


async def _run(site: Site, check: Check) -> dict[str, Any]:
    """A check's answer with how long it took; an honest one, unless the fault is on that makes it lie."""
    if site.faults.value("health-lies"):
        return {"status": "ok", "latency_ms": 0.1}
    started = time.perf_counter()
    try:
        found = await check(site)
    except (Refusal, OSError, sqlite3.Error) as error:
        found = {"status": "down", "error": str(error)}
    return {"status": found.pop("status", "ok"), "latency_ms": round((time.perf_counter() - started) * 1000, 3), **found}


async def _writes(site: Site) -> bool:
    """Whether the shop can write: what the last write showed, and after a failure what a new one shows at once."""
    if site.database.failing:
        with contextlib.suppress(Refusal, TimeoutError):
            async with asyncio.timeout(_SHORT):
                await site.database.check()
    return not site.database.failing


async def health(request: Request) -> Response:
    """Whether the shop can do business, in short: it asks no part that may be slow."""
    site = site_of(request)
    started = time.perf_counter()
    site.database.one("SELECT 1")
    well = {"database": await _writes(site), "payments": not site.faults.value("payment-down")}
    if site.faults.value("health-lies"):
        well = dict.fromkeys(well, True)
    body = {
        "status": "ok" if all(well.values()) else "down",
        "latency_ms": round((time.perf_counter() - started) * 1000, 3),
        "uptime_s": round(site.figures.uptime(), 1),
        "checks": {name: "ok" if fine else "down" for name, fine in well.items()},
    }
    return Json(body, 200 if all(well.values()) else 503)


async def part(request: Request) -> Response:
    """One part's health."""
    name = request.path_params["part"]
    check = CHECKS.get(ALIASES.get(name, name))
    if check is None:
        return Json({"error": {"code": "not_found", "message": f"There is no part of that name; there are {', '.join(CHECKS)}."}}, 404)
    found = await _run(site_of(request), check)
    return Json(found, 200 if found["status"] == "ok" else 503)


def _metrics(site: Site) -> dict[str, Any]:
    figures, counts, today = site.figures, site.figures.counts, site.taken_today()
    requests = sum(figures.statuses.values())
    errors = sum(number for status, number in figures.statuses.items() if status >= 500)
    return {
        "uptime_s": round(figures.uptime(), 1),
        "requests": requests,
        "errors": errors,
        "error_ratio": round(errors / max(1, requests), 6),
        "mean_ms": round(figures.busy_seconds / max(1, requests) * 1000, 3),
        "bookings": counts["bookings"],
        "orders": counts["orders"],
        "jobs": counts["jobs"],
        "forms": counts["forms"],
        "forms_done": counts["forms.done"],
        "forms_failed": counts["forms.failed"],
        "registrations": counts["registrations"],
        "revenue_cents": counts["revenue_cents"],
        "revenue": counts["revenue_cents"] / 100,
        "revenue_target_cents": REVENUE_TARGET_CENTS,
        "revenue_today_cents": today,
        "revenue_target_ratio": round(today / REVENUE_TARGET_CENTS, 4),
        "payments_accepted": counts["payments.accepted"],
        "payments_failed": counts["payments.failed"],
        "payment_success": round(figures.payment_success(), 4),
        "failed_logins": counts["failed_logins"],
        "rate_limit_hits": counts["rate_limit_hits"],
        **{f"{name}_1m": figures.lately.total(name) for name in ("requests", "failed_logins", "rate_limit_hits")},
        "webhooks_delivered": counts["webhooks.delivered"],
        "webhooks_failed": counts["webhooks.failed"],
        "webhooks_refused": counts["webhooks.refused"],
        "resident_bytes": _process.memory_info().rss,
    }


async def metrics(request: Request) -> Response:
    """Business and technical figures since the start, and the day's revenue against its target."""
    site = site_of(request)
    return Json(_metrics(site) | {"funnels": {name: site.figures.funnel(name) for name in FUNNELS}})


async def prometheus(request: Request) -> Response:
    """The same for Prometheus."""
    site = site_of(request)
    lines = []
    for name, value in _metrics(site).items():
        lines += [f"# TYPE corner_{name} {'gauge' if name in _GAUGES else 'counter'}", f"corner_{name} {value}"]
    lines.append("# TYPE corner_http_responses counter")
    lines += [f'corner_http_responses{{status="{status}"}} {number}' for status, number in sorted(site.figures.statuses.items())]
    for name, kind, figure in (("funnel", "counter", "count"), ("funnel_conversion", "gauge", "conversion")):
        lines.append(f"# TYPE corner_{name} {kind}")
        for funnel in FUNNELS:
            steps = site.figures.funnel(funnel).items()
            lines += [f'corner_{name}{{funnel="{funnel}",step="{step}"}} {found[figure]:g}' for step, found in steps]
    return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4; charset=utf-8")


ROUTES = [
    Route("/api/health", health),
    Route("/api/health/{part}", part),
    Route("/api/metrics", metrics),
    Route("/metrics", prometheus),
]
