"""Event jobs: post a job → vendors quote → book."""

from __future__ import annotations

import sqlite3
import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from footfall.demo import events, market
from footfall.demo.records import Origin
from footfall.demo.refusals import Fields, Refusal, not_found
from footfall.demo.web.http import Json, origin_of, read_json, row_of
from footfall.demo.web.pages import fields_of, form_origin, read_form, render, see, submission
from footfall.demo.web.site import site_of


async def page(request: Request) -> Response:
    """The form."""
    return _page(request, {})


def _page(request: Request, form: dict[str, str], refusal: Refusal | None = None) -> Response:
    key = form.get("submission") or submission()
    return render(request, "events.html", refusal.status if refusal else 200, form=form, refusal=refusal, submission=key)


def _job(fields: Fields, budget: int) -> events.Job:
    job = events.Job(fields.text("title"), fields.integer("guests", 1, 10_000), budget, fields.text("name"), fields.email())
    fields.done()
    return job


async def _keep(request: Request, job: events.Job, origin: Origin) -> tuple[sqlite3.Row, bool]:
    site = site_of(request)
    row, new = await site.database.write(lambda db: events.post(db, job, origin))
    if new:
        site.figures.count("jobs")
        site.figures.step("events", "job")
    return row, new


async def post(request: Request) -> Response:
    """Post a job."""
    form = await read_form(request)
    fields = fields_of(form)
    try:
        job = _job(fields, fields.cents("budget", 10_000_000))
    except Refusal as refusal:
        return _page(request, form, refusal)
    row, _ = await _keep(request, job, form_origin(request, form))
    return see(f"/events/{row['ref']}")


async def job(request: Request) -> Response:
    """A job and its quotes, which its script fetches as they come."""
    return render(request, "job.html", job=row_of(request, "jobs", "job"), submission=submission())


def _wish(request: Request, number: int) -> market.Wish:
    row = row_of(request, "jobs", "job")
    quote = next((quote for quote in events.quotes(row, time.time()) if quote.id == number), None)
    if quote is None:
        raise not_found("quote")
    return market.Wish("event", f"{quote.vendor}: {row['title']}", quote.amount, row["name"], row["email"])


async def book(request: Request) -> Response:
    """Book a quote and go on to the payment."""
    form = await read_form(request)
    fields = fields_of(form)
    number = fields.integer("quote", 1, events.QUOTES)
    fields.done()
    wish, origin = _wish(request, number), form_origin(request, form)
    row, _ = await site_of(request).database.write(lambda db: market.create_purchase(db, wish, origin))
    return see(f"/purchases/{row['ref']}/payment")


async def api_post(request: Request) -> Response:
    """Post a job."""
    fields = Fields(await read_json(request))
    row, new = await _keep(request, _job(fields, fields.integer("budget_cents", 0, 10_000_000)), origin_of(request))
    return Json(events.job_json(row), 201 if new else 200)


async def api_job(request: Request) -> Response:
    """A job and the quotes that have come."""
    said = events.job_json(row_of(request, "jobs", "job"))
    if said["complete"]:
        site_of(request).figures.step("events", "quotes")
    return Json(said)


async def api_book(request: Request) -> Response:
    """Book a quote."""
    fields = Fields(await read_json(request))
    number = fields.integer("quote", 1, events.QUOTES)
    fields.done()
    wish, origin = _wish(request, number), origin_of(request)
    row, new = await site_of(request).database.write(lambda db: market.create_purchase(db, wish, origin))
    return Json(market.purchase_json(row), 201 if new else 200)


ROUTES = [
    Route("/events", page, methods=["GET"]),
    Route("/events", post, methods=["POST"]),
    Route("/events/{ref}", job, methods=["GET"]),
    Route("/events/{ref}", book, methods=["POST"]),
    Route("/api/jobs", api_post, methods=["POST"]),
    Route("/api/jobs/{ref}", api_job),
    Route("/api/jobs/{ref}/bookings", api_book, methods=["POST"]),
]
