"""Fixtures around pytest-playwright's own, each of which a suite may override in its turn.

Registered late, so that they come after pytest-playwright's whatever the order of the plugins. Tests that do not ask for
`journey` get what pytest-playwright gives, but for the browser, which is found wherever it is.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Error, Page, Playwright, Route

from footfall import __version__
from footfall.browser.attempts import ATTEMPT, Attempt
from footfall.browser.devices import DESKTOP, check_device, true_version
from footfall.browser.evidence import begin_trace, can_film
from footfall.browser.find import relaunching, start
from footfall.browser.iteration import WARM_UP, Iteration, UnmetError, Walk
from footfall.browser.journey import Journey
from footfall.browser.keeper import Keeper
from footfall.browser.soft import soft_noted
from footfall.browser.state import CAN_FILM, CLEANER, CONDITIONS, ITERATION, RUN, SITE, given_url, journey_name
from footfall.browser.waiting import looking_closely
from footfall.browser.workers import worker_name
from footfall.errors import BrowserMissingError, JourneyError
from footfall.store.spool import UNDER_LOAD_VARIABLE

_NAME = f"footfall/{__version__}"
NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def launch_browser(
    launch_browser: Callable[..., Browser],
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    connect_options: dict[str, Any] | None,
) -> Callable[..., Browser]:
    """Start Playwright's own browser or one that is installed."""
    if connect_options:
        return launch_browser

    def launch(**options: Any) -> Browser:
        return start(browser_type, {**browser_type_launch_args, **options}, os.environ, launch_browser)[0]

    return launch


@pytest.fixture(scope="session")
def browser(browser: Browser, launch_browser: Callable[..., Browser], pytestconfig: pytest.Config) -> Iterator[Browser]:
    """The browser; one that crashed is started again for the next walk."""
    if RUN not in pytestconfig.stash:
        yield browser
        return
    recorder = pytestconfig.stash[RUN].recorder
    with relaunching(browser, launch_browser, lambda: recorder.event("note", "the browser was gone and was started again")):
        yield browser


@pytest.fixture(scope="session")
def device(device: str | None, request: pytest.FixtureRequest) -> str | None:
    """The device: of --devices, or else pytest-playwright's own --device."""
    name = getattr(request, "param", device)
    if name and SITE in request.config.stash:
        playwright: Playwright = request.getfixturevalue("playwright")
        check_device(name, playwright.devices)
    return None if name == DESKTOP else name


@pytest.fixture(scope="session")
def base_url(pytestconfig: pytest.Config) -> Iterator[str | None]:
    """The site to measure: what was given, else the suite's target, opened for this session."""
    site = pytestconfig.stash.get(SITE, None)
    if site is None:  # no journeys here
        yield given_url(pytestconfig)
        return
    with site.opened() as url:
        yield url


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, Any]:
    """pytest-playwright's own; a device's user agent gets the engine's own version and footfall's name."""
    own = browser_context_args.get("user_agent")
    if not own or SITE not in request.config.stash:
        return browser_context_args
    browser: Browser = request.getfixturevalue("browser")
    return {**browser_context_args, "user_agent": f"{true_version(own, browser.version)} {_NAME}"}


@pytest.fixture(scope="session")
def _footfall_user_agent(browser: Browser, browser_name: str, browser_context_args: dict[str, Any]) -> dict[str, str]:
    """The browser's own user agent with footfall's name behind it, so that a site can tell these visits from its customers'."""
    if browser_name != "chromium" or "user_agent" in browser_context_args:
        return {}
    return {"user_agent": f"{browser.new_browser_cdp_session().send('Browser.getVersion')['userAgent']} {_NAME}"}


@pytest.fixture
def _footfall_iteration(request: pytest.FixtureRequest) -> int:
    """Which walk this is: 0 is the warm-up."""
    return int(getattr(request, "param", 1))


_PARAMETERS = frozenset({"_footfall_iteration", "browser_name", "device"})
"""The parameters that footfall and pytest-playwright give a journey; all others are the script's own."""


def _variant(item: pytest.Item) -> str:
    """Return what tells walks of a parametrized test apart in the names of files: `-rome`, or "" for any other test."""
    spec = getattr(item, "callspec", None)
    if spec is None:
        return ""
    own = {name: value for name, value in spec.params.items() if name not in _PARAMETERS}
    words = [str(value) if isinstance(value, str | int | float) else f"{name}{spec.indices[name]}" for name, value in own.items()]
    return "".join(f"-{''.join(letter if letter.isalnum() else '-' for letter in word)[:30]}" for word in words)


def _iteration(item: pytest.Item, number: int, device: str | None, browser_name: str, *, mobile: bool) -> Iteration:
    config = item.config
    run, attempt = config.stash[RUN], item.stash.get(ATTEMPT, Attempt())
    labels = {"device": device or DESKTOP, "browser": browser_name, **config.stash[CONDITIONS].labels}
    if crowd := os.environ.get(UNDER_LOAD_VARIABLE):
        labels["under_load"] = crowd
    if worker_name(config):
        labels["workers"] = str(config.getoption("workers") or "several")
    walk = Walk(journey_name(item), number, labels, attempt.number, attempt.repeat, mobile, _variant(item))
    film = number == (WARM_UP if config.getoption("warm_up") else 1) and not attempt.repeat
    keeper = Keeper(run.spool, run.recorder, config.stash[SITE].evidence_bytes)
    return Iteration(walk, run.recorder, keeper, run.secrets, film=film)


def never_begun(item: pytest.Item) -> Iteration:
    """Return the walk of a journey of which a fixture failed before there was one: it failed as any other."""
    given = getattr(item, "callspec", None)
    named = {"device": item.config.getoption("device"), "browser_name": "chromium", **(given.params if given else {})}
    return _iteration(item, named.get("_footfall_iteration", 1), named["device"], named["browser_name"], mobile=False)


@pytest.fixture
def _footfall_walk(
    request: pytest.FixtureRequest, _footfall_iteration: int, device: str | None, browser_name: str, browser_context_args: dict[str, Any]
) -> Iteration:
    mobile = bool(browser_context_args.get("is_mobile"))
    iteration = _iteration(request.node, _footfall_iteration, device, browser_name, mobile=mobile)
    if iteration.walk.repeat or request.config.getoption("traceparent"):
        iteration.traceparent = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    request.node.stash[ITERATION] = iteration
    return iteration


@pytest.fixture
def _footfall_tag(pytestconfig: pytest.Config) -> str:
    """What marks this process's visits on the site: the run, and which of several workers, so that each can clean up after itself."""
    worker = worker_name(pytestconfig)
    return pytestconfig.stash[RUN].recorder.run_id + (f"-{worker}" if worker else "")


@pytest.fixture
def new_context(new_context: NewContext, request: pytest.FixtureRequest, base_url: str | None) -> NewContext:
    """Make contexts whose pages are measured."""
    if "journey" not in request.fixturenames:
        return new_context
    iteration: Iteration = request.getfixturevalue("_footfall_walk")
    agent: dict[str, str] = request.getfixturevalue("_footfall_user_agent")
    tag: str = request.getfixturevalue("_footfall_tag")
    if any("user_agent" in marker.kwargs for marker in request.node.iter_markers("browser_context_args")):
        agent = {}

    def watched(**options: Any) -> BrowserContext:
        with iteration.stopwatch.paused():
            context = new_context(**{**agent, **_film(request, iteration), **options})
            iteration.watch.attach(context)
            request.config.stash[CONDITIONS].apply(context)
            _let_go_when_closed(context, iteration)
            if base_url:
                context.add_cookies([{"name": "footfall_run", "value": tag, "url": base_url}])
                if iteration.traceparent:
                    _send_traceparent(context, base_url, iteration.traceparent)
            if iteration.walk.repeat:
                begin_trace(iteration, context)
            return context

    return watched


def _film(request: pytest.FixtureRequest, iteration: Iteration) -> dict[str, Any]:
    """What a context of a repeat needs to be filmed, where the browser can; said once where it cannot."""
    config = request.config
    if config.getoption("video") != "off" and not _can_film(request):
        raise BrowserMissingError("--video needs Playwright's ffmpeg, which is missing", hint="type `playwright install ffmpeg`")
    if not iteration.walk.repeat or config.getoption("trace_walk") or iteration.secrets.values or config.getoption("video") != "off":
        return {}
    known = CAN_FILM in config.stash
    if not _can_film(request):
        if not known:
            iteration.event("note", "no videos of failures: Playwright's ffmpeg is missing (`playwright install ffmpeg`)")
        return {}
    iteration.film_folder = iteration.film_folder or Path(tempfile.mkdtemp(prefix="footfall-film-"))
    return {"record_video_dir": iteration.film_folder}


def _can_film(request: pytest.FixtureRequest) -> bool:
    stash = request.config.stash
    if CAN_FILM not in stash:
        stash[CAN_FILM] = can_film(request.getfixturevalue("browser"))
    return stash[CAN_FILM]


def _let_go_when_closed(context: BrowserContext, iteration: Iteration) -> None:
    """Read a context's pages before it is closed; closing one whose browser crashed is no failure of its own."""
    close = context.close

    def read_and_close(**closing: Any) -> None:
        iteration.let_go(context)
        browser = context.browser
        if browser is not None and not browser.is_connected():
            with suppress(Error):
                close(**closing)
        else:
            close(**closing)

    context.close = read_and_close  # type: ignore[method-assign]  # as pytest-playwright does, for what it keeps


def _send_traceparent(context: BrowserContext, site: str, traceparent: str) -> None:
    """Let the requests to the site itself, and to nobody else, carry the header by which its backend can be asked."""

    def send(route: Route) -> None:
        route.continue_(headers={**route.request.headers, "traceparent": traceparent})

    context.route(f"{site.rstrip('/')}/**", send)


@pytest.fixture
def journey(
    page: Page, _footfall_walk: Iteration, _footfall_tag: str, base_url: str | None, request: pytest.FixtureRequest
) -> Iterator[Journey]:
    """The journey being walked: `journey.page`, `with journey.step("pay"):`, `journey.measure(...)` and more (docs/journeys.md)."""
    cleaner = request.config.stash[CLEANER]
    traced = _footfall_walk.walk.repeat or request.config.getoption("tracing") != "off"  # in a trace each part would stand for itself
    with soft_noted(_footfall_walk.note_unmet), nullcontext() if traced else looking_closely(page):
        yield Journey(page, _footfall_walk, os.environ, cleaner, tag=_footfall_tag, url=base_url)
    failed = [cleaned for cleaned in cleaner.clean(_footfall_walk.notebook.cleanups, base_url) if cleaned.problem]
    if failed:
        told = "; ".join(f"{cleaned.task.call}: {cleaned.problem}" for cleaned in failed)
        raise JourneyError(
            f"what the journey left could not be cleaned up: {told}", hint="it stays in the ledger: `footfall cleanup` tries again"
        )
    if late := _footfall_walk.notebook.take_unmet():  # of a fixture that looks once more behind the walk
        raise UnmetError(late)
