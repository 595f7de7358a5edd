"""Puts the collector into every page of a journey and fetches what it saw."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial, wraps
from importlib.resources import files
from typing import Any
from urllib.parse import urljoin

import greenlet
from playwright.sync_api import BrowserContext, ConsoleMessage, Cookie, Error, Frame, Page, Request, Response, WebError

from footfall.browser.assets import minified
from footfall.browser.cached import from_cache
from footfall.browser.pages import PageReport, page_of, reports_in, reports_of

SETTLE_MS = 1500
"""How long the last page may still move before it is read as it is."""
_LEAVING_S = 0.3
_LEFT_MOST = 3
"""How often a page may be left for another while it is asked."""
_SWEEP = 15
"""Pages after which those that were left are read between two steps: they weigh on the next, and a site can have 180 cookies."""
_READ = "limit => window.__footfall__ ? window.__footfall__.read(limit) : null"
_HAND_OVER = "known => window.__footfall__ ? window.__footfall__.handOver(known) : null"
_WORTH_READING = frozenset({"error", "warning"})
"""What of a console is told; a page's own chatter would push it out of the log."""
_REFUSED = "Failed to load resource: the server responded with a status of "
"""How Chromium and WebKit begin what they write to the console of an answer of 400 or above."""
_UNANSWERED = "Failed to load resource: net::"
"""How Chromium begins what it writes there of one that was not answered."""
_LEAVE_AT_ONCE = ("goto", "reload", "go_back", "go_forward")
"""A page's own ways from it that wait for no frame; a click waits for two, in which what has loaded is painted."""
_PAINTED = "() => window.__footfall__ && window.__footfall__.painted()"

Tell = Callable[[str, str, float], None]

_FRAME = """(() => {
if (window !== window.top) return;
const blank = document, measurable = () => /^(https?|file):$/.test(location.protocol);
const { performance, Date, setTimeout, requestAnimationFrame, requestIdleCallback } = window, { stringify, parse } = JSON;
const begin = () => {
COLLECTOR
};
const wait = () => { if (document === blank) setTimeout(wait); else if (measurable()) begin(); };
if (measurable()) begin(); else if (opener) addEventListener('pagehide', wait, { once: true });
})();"""
"""What tells the time is the browser's own, whatever a script puts in its place later (`page.clock` does). A window that a page opens
keeps its global object when the page of its address takes the empty one's place, and Chromium then runs no script in it again: what ran
in the empty one waits for it."""


@cache
def collector() -> str:
    """Return the script that every top-level document runs before its own; frames and empty pages leave it at once."""
    own = files("footfall.browser").joinpath("collector.js").read_text(encoding="utf-8")
    return _FRAME.replace("COLLECTOR", minified(own))


class PageWatch:
    """The pages of one iteration: pop-ups and further contexts included.

    `tell(kind, text, at)` is called for what browsers report by themselves, late: `console_errors`, `console_warnings`, `js_errors`,
    `failed_requests`, `refused` and `unanswered` (the address of what was answered with 400 or above, or not at all), and with `headers`
    for each answer whether a cache gave it: `cache_answers`, `cache_hits`. `at` is when it happened (ms since the epoch) or, where they
    do not say, 0. Headers cost time; see `Iteration`. `aside(ask)` asks a page something that is no part of the journey: off its clock,
    and not for long. Pages that are `stuck` are not asked any more. `began` says whether there ever was a context to watch.
    """

    def __init__(self, tell: Tell, aside: Callable[[Callable[[], object]], object], *, headers: bool = False) -> None:
        self._tell = tell
        self._aside = aside
        self._headers = headers
        self._answered: set[str] = set()
        self.contexts: list[BrowserContext] = []
        self.began = False
        self.stuck: set[Page] = set()
        self._reports: dict[str, PageReport] = {}
        self._opened = self._loads = self._swept = 0
        self._origins: set[str] = set()

    def attach(self, context: BrowserContext) -> None:
        """Watch a context from now on; it must have no pages yet."""
        context.add_init_script(collector())
        context.on("page", self._page_opened)
        context.on("console", self._console)
        context.on("weberror", self._failed_script)
        context.on("requestfailed", self._failed_request)
        if self._headers:
            context.on("response", self._response)
        self.contexts.append(context)
        self.began = True
        clear = context.clear_cookies

        def sweep_and_clear(**which: Any) -> None:
            self._sweep(context)
            clear(**which)

        context.clear_cookies = sweep_and_clear  # type: ignore[method-assign]  # what pages kept in cookies goes with them

    def _page_opened(self, page: Page) -> None:
        self._opened += 1
        page.on("framenavigated", self._navigated)
        page.on("domcontentloaded", self._loaded)
        close = page.close

        def read_and_close(**options: Any) -> None:
            self._read(page)
            close(**options)

        page.close = read_and_close  # type: ignore[method-assign]  # a closed page can no longer be asked
        for name in _LEAVE_AT_ONCE:
            setattr(page, name, self._painted_before(page, getattr(page, name)))

    def _painted_before(self, page: Page, leave: Callable[..., Any]) -> Callable[..., Any]:
        """Let a page that has loaded be painted before it is left."""

        def ask() -> None:
            with suppress(Error):
                page.evaluate(_PAINTED)

        @wraps(leave)
        def paint_and_leave(*where: Any, **options: Any) -> Any:
            by_the_script = greenlet.getcurrent().parent is None  # and not by a listener of its, whose waiting nobody could end
            if by_the_script and page.url.startswith("http") and page not in self.stuck:
                self._aside(ask)
            return leave(*where, **options)

        return paint_and_leave

    def _navigated(self, frame: Frame) -> None:
        if frame.parent_frame is None:
            self._origins.add(urljoin(frame.url, "/"))

    def _loaded(self, page: Page) -> None:
        if page.url.startswith("http"):
            self._loads += 1

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in _WORTH_READING:
            self._tell(f"console_{message.type}s", message.text, message.timestamp)
        if message.type == "error" and message.text.startswith(_REFUSED):
            self._tell("refused", message.location["url"], message.timestamp)
        if message.type == "error" and message.text.startswith(_UNANSWERED):
            self._tell("unanswered", message.location["url"], message.timestamp)

    def _failed_script(self, error: WebError) -> None:
        self._tell("js_errors", error.error.message, 0)

    def _failed_request(self, request: Request) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):  # what a navigation cancels has not failed
            self._tell("failed_requests", f"{request.method} {request.url}: {request.failure}", request.timing["startTime"])

    def _response(self, response: Response) -> None:
        """Look whether a cache answered; only the first time, for later the browser's own cache repeats what it was told then."""
        cached = None if response.url in self._answered else from_cache(response.headers)
        self._answered.add(response.url)
        if cached is not None:
            at = response.request.timing["startTime"]
            self._tell("cache_answers", response.url, at)
            if cached:
                self._tell("cache_hits", response.url, at)

    def step_ended(self) -> None:
        """Read the pages that were left, once they are many; of fewer nobody is asked anything."""
        if self._loads - self._swept >= _SWEEP:
            self._swept = self._loads
            for context in self.contexts:
                self._aside(partial(self._take_over, context))
                self._aside(partial(self._sweep, context))

    def _take_over(self, context: BrowserContext) -> None:
        """Read what pages carry of those before them, and let them put down what was heard."""
        for page in context.pages:
            for _ in range(2):
                self._ask(page, _HAND_OVER, list(self._reports))

    def _sweep(self, context: BrowserContext) -> None:
        """Read the pages that were left, and take their cookies away."""
        with suppress(Error):
            if told := self._gather(context):
                context.add_cookies(
                    [{"name": c["name"], "value": "", "domain": c["domain"], "path": c["path"], "expires": 1} for c in told]
                )

    def release(self, context: BrowserContext) -> None:
        """Read a context's pages and let go of it, before it is closed."""
        if context in self.contexts:
            self.contexts.remove(context)
            with suppress(Error):
                for page in context.pages:
                    self._read(page)
                self._read_cookies(context)

    def read_open(self) -> None:
        """Ask the pages that are open what they saw; waits up to `SETTLE_MS` for one whose figures still move."""
        for context in self.contexts:
            with suppress(Error):
                for page in context.pages:
                    self._read(page)

    def read_left(self) -> None:
        """Gather what the pages that were left had to say."""
        if not self._complete:
            for context in self.contexts:
                with suppress(Error):
                    self._read_cookies(context)

    @property
    def _complete(self) -> bool:
        """Whether there can be no cookies: of one site in one tab each page carried what those before it saw."""
        return not self.silent and self._opened == 1 and len(self._origins) == 1

    def reports(self) -> list[PageReport]:
        """Return what was read so far, in the order in which the pages began to load."""
        return sorted(self._reports.values(), key=lambda report: report.began)

    def _read(self, page: Page) -> None:
        self._ask(page, _READ, SETTLE_MS)

    def _ask(self, page: Page, question: str, argument: object) -> None:
        """Keep what a page tells of itself and of those before it; of one that is left meanwhile, the next one tells."""
        for _ in range(_LEFT_MOST):
            if page.is_closed() or page in self.stuck:
                return
            with suppress(Error):
                told = page.evaluate(question, argument)
                for report in reports_of(told) if isinstance(told, str) else ():
                    self.keep(report)
                return

    def keep(self, report: PageReport) -> None:
        """Keep what a page said last: one that was left and came back, from the browser's cache, spoke more than once."""
        known = self._reports.get(report.id)
        if known is None or known.until <= report.until:
            self._reports[report.id] = report

    @property
    def silent(self) -> int:
        """How many of the pages that were loaded have told nothing."""
        return max(0, self._loads - len(self._reports))

    def _read_cookies(self, context: BrowserContext) -> None:
        """A page of another origin is left in the background, in its own process: give it a moment to say goodbye."""
        deadline = time.monotonic() + _LEAVING_S
        self._gather(context)
        while self.silent and time.monotonic() < deadline:
            time.sleep(0.02)
            self._gather(context)

    def _gather(self, context: BrowserContext) -> list[Cookie]:
        """Keep what the pages that were left have told in whole; return the cookies that it stood in."""
        cookies = context.cookies()
        told = reports_in(cookies)
        for reports in told.values():
            for report in reports:
                self.keep(report)
        return [cookie for cookie in cookies if page_of(cookie) in told]
