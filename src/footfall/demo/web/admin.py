"""Admin: analytics, users, orders, commissions; and the removal of test data."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from footfall.demo import catalogue, cleanup
from footfall.demo.figures import FUNNELS
from footfall.demo.records import ORDER_STATES
from footfall.demo.refusals import Refusal
from footfall.demo.web.http import Json, need_role
from footfall.demo.web.pages import render, see, signed_in
from footfall.demo.web.site import Site, site_of

COMMISSION = 0.08
Table = tuple[tuple[str, ...], list[tuple[object, ...]]]


def _analytics(site: Site) -> Table:
    rows: list[tuple[object, ...]] = []
    for name in FUNNELS:
        before = 0.0  # a share of nobody is none: the first step has none, nor has what follows a step that nobody took
        for step, figures in site.figures.funnel(name).items():
            share = f"{figures['conversion']:.0%}" if before else "–"
            rows.append((name.capitalize(), step, f"{figures['count']:g}", share))
            before = figures["count"]
    return ("Funnel", "Step", "Reached", "Of the step before"), rows


def _users(site: Site) -> Table:
    rows = site.database.all("SELECT name, email, role FROM users ORDER BY id DESC LIMIT 100")
    return ("Name", "Email", "Role"), [tuple(row) for row in rows]


def _orders(site: Site) -> Table:
    rows = site.database.all("SELECT ref, status, city, amount FROM orders ORDER BY id DESC LIMIT 100")
    return ("Order", "State", "City", "Amount"), [
        (row["ref"], ORDER_STATES[row["status"]], row["city"], catalogue.euros(row["amount"])) for row in rows
    ]


def _commissions(site: Site) -> Table:
    rows = site.database.all(
        "SELECT users.name, COUNT(*) AS orders, SUM(amount) AS amount FROM orders JOIN users ON users.id = supplier"
        " WHERE supplier IS NOT NULL AND status = 'delivered' GROUP BY supplier ORDER BY 3 DESC LIMIT 100"
    )
    return ("Supplier", "Delivered", "Turnover", "Commission"), [
        (row["name"], row["orders"], catalogue.euros(row["amount"]), catalogue.euros(round(row["amount"] * COMMISSION))) for row in rows
    ]


_VIEWS: dict[str, Callable[[Site], Table]] = {"analytics": _analytics, "users": _users, "orders": _orders, "commissions": _commissions}


def _view(request: Request) -> str:
    name: str = request.path_params.get("view", "analytics")
    if name not in _VIEWS:
        raise Refusal(404, "not_found", "There is no such view.")
    return name


async def page(request: Request) -> Response:
    """One of the views, for an admin who is signed in."""
    user, name = signed_in(request), _view(request)
    if user is None:
        return see(f"/login?next={request.url.path}")
    if user.role != "admin":
        raise Refusal(403, "not_allowed", "Only an admin may see this.")
    columns, rows = _VIEWS[name](site_of(request))
    return render(request, "admin.html", view=name, views=list(_VIEWS), columns=columns, rows=rows)


async def api(request: Request) -> Response:
    """One of the views, as JSON."""
    need_role(request, "admin")
    columns, rows = _VIEWS[_view(request)](site_of(request))
    return Json({"rows": [dict(zip(columns, row, strict=True)) for row in rows]})


async def forget(request: Request) -> Response:
    """Remove everything that a footfall run has made."""
    site, run = site_of(request), request.path_params["run"]
    removed: dict[str, int] = {}
    for table, key in cleanup.TABLES:
        count, found = 0, cleanup.BITE
        while found == cleanup.BITE:
            rows = await site.database.write(_bite(table, key, run))
            found = len(rows)
            count += found
            if table == "forms":
                for row in rows:
                    site.desk.forget(row["ref"])
        removed[table] = count
    return Json({"removed": removed, "total": sum(removed.values())})


def _bite(table: str, key: str, run: str) -> Callable[[sqlite3.Connection], list[sqlite3.Row]]:
    return lambda db: cleanup.remove(db, table, key, run)


ROUTES = [
    Route("/admin", page),
    Route("/admin/{view}", page),
    Route("/api/admin/{view}", api),
    Route("/api/test-data/{run}", forget, methods=["DELETE"]),
]
