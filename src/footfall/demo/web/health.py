"""Is Corner well? The health endpoints."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from footfall.demo.web.http import Json
from footfall.demo.web.site import site_of


async def health(request: Request) -> Response:
    """Whether the shop can do business."""
    site, started = site_of(request), time.perf_counter()
    site.database.one("SELECT 1")
    down = bool(site.faults.value("payment-down")) and not site.faults.value("health-lies")
    body = {
        "status": "down" if down else "ok",
        "latency_ms": round((time.perf_counter() - started) * 1000, 3),
        "uptime_s": round(site.figures.uptime(), 1),
    }
    return Json(body, 503 if down else 200)


ROUTES = [Route("/api/health", health)]
