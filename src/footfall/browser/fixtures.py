"""Fixtures around pytest-playwright's own, each of which a suite may override in its turn.

Registered late, so that they come after pytest-playwright's whatever the order of the plugins. Tests that do not ask for
`journey` get what pytest-playwright gives, but for the browser, which is found wherever it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page

from footfall import __version__
from footfall.browser.find import start
from footfall.browser.iteration import WARM_UP, Iteration, Walk
from footfall.browser.journey import Journey
from footfall.browser.state import ITERATION, RUN, SITE, given_url, journey_name

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
def base_url(pytestconfig: pytest.Config) -> Iterator[str | None]:
    """The site to measure: what was given, else the suite's target, opened for this session."""
    site = pytestconfig.stash.get(SITE, None)
    if site is None:  # no journeys here
        yield given_url(pytestconfig)
        return
    with site.opened() as url:
        yield url


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], pytestconfig: pytest.Config) -> dict[str, Any]:
    """pytest-playwright's own; a device's user agent gets footfall's name."""
    own = browser_context_args.get("user_agent")
    return {**browser_context_args, "user_agent": f"{own} {_NAME}"} if own and SITE in pytestconfig.stash else browser_context_args


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


@pytest.fixture
def _footfall_walk(request: pytest.FixtureRequest, _footfall_iteration: int, device: str | None, browser_name: str) -> Iteration:
    run = request.config.stash[RUN]
    labels = {"device": device or "desktop", "browser": browser_name}
    walk = Walk(journey_name(request.node), _footfall_iteration, labels)
    warm_up = request.config.getoption("warm_up")
    film = _footfall_iteration == (WARM_UP if warm_up else 1)
    iteration = Iteration(walk, run.recorder, run.spool, run.secrets, film=film)
    request.node.stash[ITERATION] = iteration
    return iteration


@pytest.fixture
def new_context(new_context: NewContext, request: pytest.FixtureRequest, base_url: str | None) -> NewContext:
    """Make contexts whose pages are measured."""
    if "journey" not in request.fixturenames:
        return new_context
    iteration: Iteration = request.getfixturevalue("_footfall_walk")
    agent: dict[str, str] = request.getfixturevalue("_footfall_user_agent")
    if any("user_agent" in marker.kwargs for marker in request.node.iter_markers("browser_context_args")):
        agent = {}

    def watched(**options: Any) -> BrowserContext:
        with iteration.stopwatch.paused():
            context = new_context(**{**agent, **options})
            iteration.watch.attach(context)
            close = context.close

            def read_and_close(**closing: Any) -> None:
                iteration.let_go(context)
                close(**closing)

            context.close = read_and_close  # type: ignore[method-assign]  # as pytest-playwright does, for what it keeps
            if base_url:
                context.add_cookies([{"name": "footfall_run", "value": request.config.stash[RUN].recorder.run_id, "url": base_url}])
            return context

    return watched


@pytest.fixture
def journey(page: Page, _footfall_walk: Iteration) -> Journey:
    """The journey being walked: `journey.page`, `with journey.step("pay"):`, `journey.measure(...)` and more (docs/journeys.md)."""
    return Journey(page, _footfall_walk, os.environ)
