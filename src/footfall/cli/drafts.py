"""The text of a first suite for somebody's own site: what `footfall init` writes. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from footfall.browser.draft import quoted, unused
from footfall.browser.firstvisit import AUTHORIZATION

if TYPE_CHECKING:
    from footfall.browser.firstvisit import Cover, Seen, Visit

JOURNEY = "visit"
PROFILE = "visitors"
HEALTH_PATHS = ("/api/health", "/health", "/healthz", "/up", "/status")
_ROOM = 2.0
"""How many times as long as it took when it was drafted a step may take: two machines differ by that much, a fault by more."""
_LEAST_MS = 500.0
_NEAR = 1.5
"""A vital that comes this near to its limit in a first measurement breaks it by chance on a slower day."""
_DEPENDS = 'depends_on = ["home"]           # when the site is down, that is what people are told\n'
_AUTHORIZED = f'headers = {{ Authorization = "env:{AUTHORIZATION}" }}'
_AUTHORIZED_SOMEHOW = '# headers = { Authorization = "env:SITE_TOKEN" }'
_USERS = 20
BANDS = {"lcp": (2500.0, 4000.0), "cls": (0.1, 0.25), "ttfb": (800.0, 1800.0)}
"""Google's bands of the vitals that have budgets: where "good" ends and where "poor" begins; ms, and a score."""
LATENCY = (500.0, 2000.0)
"""The bands of a load's latency (ms), which are ours."""


@dataclass(frozen=True)
class Took:
    """How long a step took: its p75 in ms, and what that may truly be after so few walks."""

    p75_ms: float
    most_ms: float


@dataclass(frozen=True)
class Checks:
    """What a first look proposes to probe: the path that says whether the site is well, and its security headers' grade; or nothing.

    `refused` says what came back where the first page does not open for a client that is no browser.
    """

    health: str = ""
    grade: str = ""
    refused: str = ""


def suite_text(name: str, visited: Visit, checks: Checks, allow_load: int, *, closed: bool = False) -> str:
    """Return footfall.toml; a site that is `closed` asks for a user."""
    loaded = bool(allow_load) and not checks.refused
    return f"""#:schema ./.footfall/footfall.schema.json
# What runs, where and when. `footfall doctor` checks it; `footfall docs configuration` explains every key.

[suite]
name = {quoted(name)}
default_target = "site"

[targets.site]
url = {quoted(visited.origin)}
{_AUTHORIZED if closed else _AUTHORIZED_SOMEHOW}      # sent by load users and probes; journeys: `footfall docs how-to/closed-sites`
{"" if allow_load else "# "}allow_load = {allow_load or _USERS}                  # the most users that a load test may send there

[gate]                          # what `footfall gate` measures
iterations = 5                  # and one uncounted warm-up each
{"" if loaded else "# "}profile = "{PROFILE}"            # needs allow_load above
# figures = ["sales"]           # a probe of what your business counts, for the reports: `footfall docs how-to/own-reports`
time_cap = "5m"

{_probes(visited, checks)}"""


def _probes(visited: Visit, checks: Checks) -> str:
    path = visited.home.path
    depending = _headers(path, checks.grade) + _certificate(visited.origin, checks.refused)
    return _home(path, checks.refused) + _health(checks.health) + depending


def _home(path: str, refused: str) -> str:
    probe = f'[probes.home]\nurl = {quoted(path)}\nevery = "1m"\nchecks = 5\nexpect = {{ status = 200 }}\n'
    if not refused:
        return probe
    why = f"# It did not open for what is no browser, as probes and load users are not: {quoted(refused[:40])}. Let them in first.\n"
    return why + "".join(f"# {line}\n" for line in probe.splitlines())


def _health(path: str) -> str:
    return f'\n[probes.health]\nurl = {quoted(path)}\nevery = "30s"\nchecks = 5\nexpect = {{ status = 200 }}\n' if path else ""


def _headers(path: str, grade: str) -> str:
    if not grade:
        return ""
    expect = f'expect = {{ grade = "{grade}" }}          # what they were worth when this was drafted\n'
    return f'\n[probes.headers]\nkind = "headers"\nurl = {quoted(path)}\nevery = "1h"\n{_DEPENDS}{expect}'


def _certificate(origin: str, refused: str) -> str:
    if not origin.startswith("https://"):
        return ""
    return f'\n[probes.certificate]\nkind = "tls"\nevery = "6h"\n{"" if refused else _DEPENDS}expect = {{ days = 14 }}\n'


def budgets_text(*, loaded: bool) -> str:
    """Return thresholds.toml with what holds for every site."""
    load = f"""
[load.{PROFILE}]
{_latency(LATENCY[1])}
errors = "rate <= 1%"
"""
    return f"""#:schema ./.footfall/thresholds.schema.json
# What is good enough. One line a budget; `footfall budgets check` validates this file without running anything,
# `footfall budgets explain` says each in words. Web Vitals limits are Google's bands.

[journeys."*"]
success = "rate >= 99%"
{_vitals()}

[probes."*"]
success = "rate >= 99%"
{load if loaded else ""}"""


def _latency(limit_ms: float) -> str:
    return f'latency = {{ warn = "p95 <= {_nice(LATENCY[0])}", fail = "p95 <= {_nice(limit_ms)}" }}'


def _vitals() -> str:
    return "\n".join(_vital(name, _limit(name, poor)) for name, (_, poor) in BANDS.items())


def _vital(name: str, limit: str) -> str:
    return f'{name} = {{ warn = "p75 <= {_limit(name, BANDS[name][0])}", fail = "p75 <= {limit}" }}'


def raised(budgets: str, worst: Mapping[str, float]) -> str:
    """Return drafted budgets whose vitals the site holds today, from the worst p75 of each (ms, or a score).

    A vital beyond Google's limit, or near it, may be twice what it is; the others keep Google's.
    """
    for name, value in worst.items():
        poor = BANDS[name][1]
        if value > poor / _NEAR:
            line = f"{_vital(name, _limit(name, _ROOM * value))}    # was {_limit(name, value)} when drafted; lower it"
            budgets = budgets.replace(_vital(name, _limit(name, poor)), line)
    return budgets


def raised_for_load(budgets: str, p95_ms: float) -> str:
    """Return drafted budgets whose load the site bears today, as `raised` does for its vitals."""
    if p95_ms <= LATENCY[1] / _NEAR:
        return budgets
    return budgets.replace(_latency(LATENCY[1]), f"{_latency(_ROOM * p95_ms)}    # was {_nice(p95_ms)} when drafted; lower it")


def _limit(name: str, value: float) -> str:
    return f"{value:.2g}" if name == "cls" else _nice(value)


def step_budgets(measured: Mapping[str, Took]) -> str:
    """Return budgets for the journey's steps.

    A step may be twice as slow as it may truly have been: twice the p75 of five walks alone would leave a site whose steps vary
    undecided, or broken, on its next gates.
    """
    lines = ["\n# From what was measured when this was drafted, with room to be twice as slow. Say what your customers bear instead."]
    for step, took in measured.items():
        limit = _nice(max(_LEAST_MS, _ROOM * took.most_ms))
        told = f"took {took.p75_ms:.0f} ms, after so few walks perhaps {took.most_ms:.0f}"
        lines.append(f'[journeys.{JOURNEY}.steps.{_key(step)}]\nduration = "p75 <= {limit}"    # {told}\n')
    return "\n".join(lines)


def _nice(value_ms: float) -> str:
    """Return a duration rounded up to two digits."""
    step = 10.0 ** (math.floor(math.log10(value_ms)) - 1)
    rounded = math.ceil(value_ms / step) * step
    return f"{rounded / 1000:g}s" if rounded >= 1000 else f"{rounded:g}ms"


def journey_text(visited: Visit) -> str:
    """Return a journey that looks at the first page and follows the links that were found."""
    steps = [("home", f"page.goto({quoted(visited.home.path)})", visited.home)]
    names = {"home"}
    for link in visited.links:
        name = unused(map(_step_name, (link.name, link.page.heading or link.page.title, link.page.path)), names)
        which = ".first" if link.first else ""
        steps.append((name, f'page.get_by_role("link", name={quoted(link.name)}, exact=True){which}.click()', link.page))
    body = "".join(f"    with journey.step({quoted(name)}):\n        {act}\n        {_check(seen)}\n" for name, act, seen in steps)
    return f'''"""A visitor looks around.

Drafted by `footfall init` from what stood on the site. Make it do what your customers come for: `footfall new journey NAME` records a walk.
"""

from __future__ import annotations

import re

from playwright.sync_api import expect

from footfall.browser.journey import Journey


def test_{JOURNEY}(journey: Journey) -> None:
    """Each page shows its own heading or title."""
    page = journey.page
{body}{_covered(visited.cover)}{_asked(visited.forms)}'''.replace("import re\n\n", "" if "re.escape" not in body else "import re\n\n")


def _check(seen: Seen) -> str:
    """Return a check of what the customer sees."""
    if seen.heading:
        return f'expect(page.get_by_role("heading", name={quoted(seen.heading)}, level=1)).to_be_visible()'
    if seen.title:
        return f"expect(page).to_have_title({quoted(seen.title)})"
    return f"expect(page).to_have_url(re.compile(re.escape({quoted(seen.path)})))"


def _covered(cover: Cover | None) -> str:
    """Return comments that say how to get at links that something lies over."""
    if cover is None:
        return ""
    button = f'page.get_by_role("button", name={quoted(cover.button or "Accept")}, exact=True).click()'
    known = "" if cover.button else " (put its button's name in)"
    return f"""    # Something lay over the links, so none was followed: {quoted(cover.tag[:60])}. If it asks for consent{known}:
    # with journey.step("consent"):
    #     {button}
"""


def conftest_text() -> str:
    """Return journeys/conftest.py of a site that asks for a user."""
    return f'''"""What every walk begins with."""

from __future__ import annotations

import base64
import os
from typing import Any

import pytest


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], base_url: str) -> dict[str, Any]:
    """Tell this site, and no other, user and password when it asks for them."""
    encoded = os.environ["{AUTHORIZATION}"].removeprefix("Basic ")
    user, _, password = base64.b64decode(encoded).decode().partition(":")
    return {{**browser_context_args, "http_credentials": {{"username": user, "password": password, "origin": base_url}}}}
'''


def _asked(forms: Sequence[Sequence[str]]) -> str:
    """Return comments that name the forms, each a journey that is worth writing."""
    lines = [f"    # The first page has a form that asks for: {', '.join(map(quoted, form))}" for form in forms]
    return "".join(line[:140] + "\n" for line in lines)


def profile_text(visited: Visit, allow_load: int = 0) -> str:
    """Return a load profile whose users open the same pages: no more of them than the site may get."""
    users = min(_USERS, allow_load or _USERS)
    pages = [visited.home, *(link.page for link in visited.links)]
    asks = "\n        self.think()\n".join(f"        self.client.get({quoted(page.path)})" for page in pages)
    return f'''"""Visitors who look around, as `footfall init` drafted them."""

from __future__ import annotations

from locust import task

from footfall.load.stages import hold, ramp
from footfall.load.users import LeanUser, StagedShape


class Visitor(LeanUser):
    """Opens a page, reads it, opens the next."""

    think_s = 3.0

    @task
    def look_around(self) -> None:
        """Walk from page to page."""
{asks}


class Visitors(StagedShape):
    """{users} users for half a minute."""

    stages = (ramp(to={users}, over="5s"), hold("30s"))
'''


def _step_name(text: str) -> str:
    return re.sub(r"[^\w]+", " ", text).strip().lower() or "page"


def _key(step: str) -> str:
    """Write a step's name as a key of TOML."""
    return step if re.fullmatch(r"[A-Za-z0-9_-]+", step) else quoted(step)
