"""The dashboard's addresses: pages, what changes on them, pictures, log-in, and the buttons of operators."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import TemplateError
from sqlalchemy import Connection
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from footfall.clock import Clock
from footfall.config.secrets import Masker
from footfall.errors import StoreError, UsageError
from footfall.monitor.dashboard.access import Access, Attempts, Person
from footfall.monitor.dashboard.guard import Guarded, form_of, next_of
from footfall.monitor.dashboard.live import LISTENERS, Board, Drawn, events, update
from footfall.monitor.dashboard.now import Observer
from footfall.monitor.dashboard.pages import NotThereError, One, Page, Pages
from footfall.monitor.dashboard.pictures import picture, shots
from footfall.monitor.incidents import Desk
from footfall.monitor.plan import Plan
from footfall.store import incidents
from footfall.store.incidents import Action, Incident
from footfall.store.writer import Store

COOKIE = "footfall_session"
_LONGEST_TEXT = 2000
_NOW_PARTS = ("verdict", "incidents", "checks", "vitals", "business", "pictures", "places")
_ONE_PARTS = ("incident", "timeline")
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="#2457c5"><ellipse cx="8" cy="8.5" rx="3.2" ry="4.7"/>'
    '<ellipse cx="7.4" cy="16.2" rx="2.2" ry="2.4"/><ellipse cx="16.4" cy="12" rx="3.2" ry="4.7"/>'
    '<ellipse cx="15.8" cy="19.7" rx="2.2" ry="2.4"/></svg>'
)
_log = logging.getLogger("footfall.watch")


@dataclass(frozen=True)
class Dashboard:
    """What the dashboard works with.

    `limits` are what `expect.figures` says, by subject and figure; `link` is the address under which others know the dashboard.
    """

    store: Store
    plan: Plan
    clock: Clock
    root: Path
    access: Access
    masker: Masker = field(default_factory=lambda: Masker(()))
    limits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    link: str = ""


def visible(masker: Masker) -> Callable[[str], str]:
    """Return what makes a text fit to be shown: secrets masked, and nothing in it that is hidden or reorders it."""
    return lambda text: "".join(letter if letter.isprintable() else " " for letter in masker.mask(text))


class Rooms:
    """The dashboard's handlers."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._of = dashboard
        self._access, self._attempts = dashboard.access, Attempts(dashboard.clock)
        self._pages = Pages(dashboard.root, dashboard.plan.title, visible(dashboard.masker), dashboard.access.seal)
        self.board = Board(Observer(dashboard.store, dashboard.plan, dashboard.root, dashboard.limits), dashboard.clock)
        self._now = Page("/", _NOW_PARTS, self.board.now)

    def routes(self) -> list[Route]:
        """Return every address of the dashboard."""
        return [
            Route("/", self.now),
            Route("/incidents/{name}", self.incident),
            Route("/incidents/{name}", self.act, methods=["POST"]),
            Route("/events", self.events),
            Route("/now.json", self.asked),
            Route("/pictures/{run}/{number:int}", self.picture),
            Route("/login", self.door),
            Route("/login", self.sign_in, methods=["POST"]),
            Route("/logout", self.sign_out, methods=["POST"]),
            Route("/assets/dashboard.css", lambda _: _asset(self._pages.style, "text/css")),
            Route("/assets/dashboard.js", lambda _: _asset(self._pages.script, "text/javascript")),
            Route("/assets/icon.svg", lambda _: _asset(ICON, "image/svg+xml")),
        ]

    # Looking

    async def now(self, request: Request) -> Response:
        """How it stands."""
        return await self._whole(request, self._now)

    async def incident(self, request: Request) -> Response:
        """One incident; nothing changes by looking at it, wherever the link to it stood."""
        return await self._whole(request, self._one(request.path_params["name"]))

    async def _whole(self, request: Request, page: Page, said: str = "", status: int = 200) -> Response:
        person = self._person(request)
        if person is None:
            return self._to_the_door(request)
        facts = await page.read()
        return HTMLResponse(await asyncio.to_thread(self._pages.whole, page, facts, person, said), status)

    def _one(self, name: str) -> Page:
        def facts() -> One:
            with self._of.store.reading() as connection:
                found = _found(connection, name)
                timeline = tuple(incidents.timeline(connection, found))
            return One(found, timeline, shots(self._of.store, self._of.root, str(found.detail.get("run", ""))))

        return Page(f"/incidents/{name}", _ONE_PARTS, lambda: asyncio.to_thread(facts))

    def _page(self, request: Request) -> Page:
        name = request.query_params.get("incident", "")
        return self._one(name) if name else self._now

    async def events(self, request: Request) -> Response:
        """A page's changes as they come."""
        person = self._person(request)
        if person is None:
            return PlainTextResponse("sign in again\n", 401)
        if self.board.listeners >= LISTENERS:
            return PlainTextResponse("too many listen; ask for now.json\n", 503)
        last = request.headers.get("Last-Event-ID") or request.query_params.get("last", "")
        stream = events(self.board, self._pages, self._page(request), person, last, lambda: self._access.holds(person))
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"})

    async def asked(self, request: Request) -> Response:
        """A page's changes since the digest that it was given last."""
        person = self._person(request)
        if person is None:
            return PlainTextResponse("sign in again\n", 401)
        page, had = self._page(request), Drawn(digest=request.query_params.get("last", ""))
        facts = await page.read()
        found = await asyncio.to_thread(update, self._pages, page, facts, person, had)
        return Response(status_code=204) if found is None else JSONResponse(found)

    async def picture(self, request: Request) -> Response:
        """A screenshot that the store knows."""
        if self._person(request) is None:
            return PlainTextResponse("sign in again\n", 401)
        run, number = request.path_params["run"], request.path_params["number"]
        found = await asyncio.to_thread(picture, self._of.store, self._of.root, run, number)
        if found is None:
            return PlainTextResponse("there is no such picture\n", 404)
        return Response(found[0], media_type=found[1], headers={"Cache-Control": "private, max-age=3600"})

    # Signing in

    def _person(self, request: Request) -> Person | None:
        return self._access.person(request.cookies.get(COOKIE, ""))

    def _to_the_door(self, request: Request) -> Response:
        """A link from another site brings no strict cookie along: the page asks for itself once more, and then it is there."""
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            return HTMLResponse(self._pages.door("", again=next_of(request.url.path)))
        return RedirectResponse(f"/login?next={next_of(request.url.path)}", 303)

    async def door(self, request: Request) -> Response:
        """Ask for a token."""
        following = next_of(request.query_params.get("next", "/"))
        if self._person(request) is not None:
            return RedirectResponse(following, 303)
        return HTMLResponse(self._pages.door(following))

    async def sign_in(self, request: Request) -> Response:
        """Exchange a token for a session."""
        form = await form_of(request)
        if form is None or not self._own(request):
            return PlainTextResponse("this form did not come from here\n", 403)
        address, following = request.client.host if request.client else "", next_of(form.get("next", "/"))
        wait_s = self._attempts.wait_s(address)
        if wait_s > 0:
            said = f"Too many wrong tokens. Try again in {wait_s:.0f} seconds."
            return HTMLResponse(self._pages.door(following, said), 429, {"Retry-After": f"{wait_s:.0f}"})
        found = self._access.sign_in(form.get("token", ""))
        if found is None:
            self._attempts.failed(address)
            _log.warning("somebody at %s tried a wrong token on the dashboard", address)
            return HTMLResponse(self._pages.door(following, "This token is not known."), 403)
        person, cookie = found
        await asyncio.to_thread(self._note, person, "sign in")
        answer = RedirectResponse(following, 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, cookie, max_age=round(self._access.session_s), httponly=True, samesite="strict", secure=secure)
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End a session."""
        person = self._person(request)
        form = await form_of(request)
        if person is None or form is None or not self._meant(request, person, form):
            return PlainTextResponse("this form did not come from here\n", 403)
        self._access.sign_out(person)
        await asyncio.to_thread(self._note, person, "sign out")
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    def _note(self, person: Person, action: str) -> None:
        with self._of.store.writing() as connection:
            incidents.record(connection, Action(self._of.clock.now(), person.name, action, "dashboard", person.role))

    # Acting

    def _own(self, request: Request) -> bool:
        """Whether a form was sent by one of our own pages, as the browser says."""
        origin = request.headers.get("Origin")
        if origin is None:
            return request.headers.get("Sec-Fetch-Site") == "same-origin"
        return urlsplit(origin).netloc in {request.headers.get("Host"), urlsplit(self._of.link).netloc or None}

    def _meant(self, request: Request, person: Person, form: Mapping[str, str]) -> bool:
        return self._own(request) and self._access.sealed(person, form.get("seal", ""))

    async def act(self, request: Request) -> Response:
        """Acknowledge, resolve or note, as `footfall incidents` does, under the operator's name."""
        person, name = self._person(request), request.path_params["name"]
        form = await form_of(request)
        if person is None or form is None or not self._meant(request, person, form):
            return PlainTextResponse("this form did not come from here, or its session is over: go back and reload\n", 403)
        if not person.acts:
            return PlainTextResponse("viewers look, operators act\n", 403)
        text = visible(self._of.masker)(form.get("text", "").strip())[:_LONGEST_TEXT]
        try:
            number = await asyncio.to_thread(self._acted, person, name, form.get("action", ""), text)
        except StoreError:
            raise
        except UsageError as error:
            return await self._whole(request, self._one(name), error.message, 409)
        self.board.changed()
        return RedirectResponse("/" if form.get("back") == "home" else f"/incidents/{number}", 303)

    def _acted(self, person: Person, name: str, action: str, text: str) -> int:
        with self._of.store.writing() as connection:
            desk = Desk(connection, self._of.plan, self._of.clock.now())
            found = _found(connection, name)
            if action == "acknowledge":
                desk.acknowledge(found, person.name, text)
            elif action == "resolve":
                desk.resolve_by_hand(found, person.name, text)
            elif action == "note" and text:
                desk.comment(found, person.name, text)
            else:
                raise UsageError("a note needs a text" if action == "note" else "nothing of that name can be done")
        return found.number


def mount(dashboard: Dashboard) -> tuple[Mount, Board]:
    """Return the dashboard's addresses, and the board that must be closed before the server ends."""
    rooms = Rooms(dashboard)
    app = Starlette(routes=rooms.routes(), exception_handlers={StoreError: _away, NotThereError: _nothing, TemplateError: _template})
    return Mount("/", app=Guarded(app, open_to_all=not dashboard.access.asked)), rooms.board


def _found(connection: Connection, name: str) -> Incident:
    try:
        return incidents.find(connection, name)
    except StoreError:
        raise
    except UsageError as error:
        raise NotThereError(error.message) from error


def _asset(text: str, kind: str) -> Response:
    return Response(text, media_type=kind, headers={"Cache-Control": "public, max-age=3600"})


def _away(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("the store is away; try again\n", 503, {"Retry-After": "5"})


def _nothing(_request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{error}\n", 404)


def _template(_request: Request, error: Exception) -> Response:
    _log.error("a template of the dashboard is wrong: %s", error)
    return PlainTextResponse("a template of the dashboard (reports/_dashboard*.html) is wrong; the watch's log says how\n", 500)
