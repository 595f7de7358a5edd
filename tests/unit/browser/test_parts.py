"""The small parts: the stopwatch, the deadline, the choice of a site and of a browser, the assets."""

from __future__ import annotations

import importlib
import sys
import time
from importlib.resources import files
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Error

from footfall.browser import find
from footfall.browser.assets import minified, web_vitals
from footfall.browser.deadline import DeadlinePassedError, deadline
from footfall.browser.site import Site
from footfall.browser.stopwatch import Stopwatch
from footfall.browser.waiting import looking_closely, parts
from footfall.browser.watch import collector
from footfall.errors import UsageError

SUITE = '[suite]\nname = "Shop"\ndefault_target = "live"\n[targets.live]\nurl = "https://shop.example"\n[targets.test]\ndemo = true\n'


def test_the_stopwatch_leaves_out_what_measuring_takes() -> None:
    """Time inside `paused`, nested too, does not count; time outside does."""
    stopwatch = Stopwatch()
    began_outside, began = time.perf_counter(), stopwatch.read()
    with stopwatch.paused(), stopwatch.paused():
        time.sleep(0.05)
    time.sleep(0.01)
    read = stopwatch.read() - began
    whole = (time.perf_counter() - began_outside) * 1e3
    assert 10 <= read <= whole - 49


def test_a_deadline_ends_what_takes_too_long() -> None:
    """The block is left, though it catches every Exception; the alarm is gone afterwards."""

    def careless() -> None:
        try:
            time.sleep(10)
        except Exception:  # noqa: BLE001  # what careless scripts do
            time.sleep(10)

    with pytest.raises(DeadlinePassedError, match="too long"), deadline(0.05, "too long"):
        careless()
    time.sleep(0.1)


def test_a_deadline_lets_a_module_that_is_loading_become_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is raised in the middle of an import can leave a module half loaded for every later walk."""
    (tmp_path / "slow_to_load.py").write_text("import time\ntime.sleep(2)\nwhole = True\n")
    monkeypatch.syspath_prepend(tmp_path)

    def load_and_go_on() -> None:
        importlib.import_module("slow_to_load")
        time.sleep(10)

    with pytest.raises(DeadlinePassedError, match="too long"), deadline(1, "too long"):
        load_and_go_on()
    assert sys.modules["slow_to_load"].whole


def test_an_earlier_alarm_of_somebody_else_stays() -> None:
    """Within a shorter deadline a longer one changes nothing."""
    with pytest.raises(DeadlinePassedError, match="outer"), deadline(0.05, "outer"), deadline(5, "inner"):
        time.sleep(10)


PARENT = {"FOOTFALL_TARGET": "test", "FOOTFALL_TARGET_URL": "http://x"}
LOCAL = "http://localhost:8300"


def suite_at(folder: Path) -> Path:
    """Lay out a suite; return the folder of its journeys."""
    (folder / "footfall.toml").write_text(SUITE, encoding="utf-8")
    (folder / "journeys").mkdir()
    return folder / "journeys"


@pytest.mark.parametrize(
    ("environment", "target", "typed", "default", "chosen"),
    [
        ({}, None, None, None, ("live", None)),
        ({}, "test", None, None, ("test", None)),
        ({}, None, LOCAL, None, ("localhost:8300", LOCAL)),
        ({}, None, "http://qa:S3cret@localhost:8300", None, ("localhost:8300", "http://qa:S3cret@localhost:8300")),
        ({}, "test", LOCAL, None, ("test", LOCAL)),
        (PARENT, None, None, None, ("test", "http://x")),
        (PARENT, "live", None, None, ("live", None)),
        (PARENT, None, LOCAL, None, ("localhost:8300", LOCAL)),
        ({}, None, None, LOCAL, ("localhost:8300", LOCAL)),
        ({}, "test", None, LOCAL, ("test", None)),
        (PARENT, None, None, LOCAL, ("test", "http://x")),
        (PARENT, "live", None, LOCAL, ("live", None)),
    ],
)
def test_the_site_that_is_measured(
    tmp_path: Path, environment: dict[str, str], target: str | None, typed: str | None, default: str | None, chosen: tuple[str, str | None]
) -> None:
    """A typed --base-url wins, then --target, then the parent's target, then pytest.ini's base_url, then the suite's default."""
    site = Site.choose([suite_at(tmp_path)], environment, target, typed, default)
    assert (site.target, site.url, site.root) == (*chosen, tmp_path)


def test_a_target_needs_a_suite(tmp_path: Path) -> None:
    """Without footfall.toml there are no names, and nobody names a site but --base-url or pytest.ini."""
    with pytest.raises(UsageError, match="needs a footfall"):
        Site.choose([tmp_path], {}, "live", None)
    with pytest.raises(UsageError, match=r"no footfall\.toml in .* or any folder above it"):
        Site.choose([tmp_path], {}, None, None)
    assert Site.choose([tmp_path], {}, None, LOCAL).url == Site.choose([tmp_path], {}, None, None, LOCAL).url == LOCAL


def test_a_misspelt_target_is_refused_whatever_the_address(tmp_path: Path) -> None:
    """A run must not be recorded under a name that no target has."""
    journeys = suite_at(tmp_path)
    with pytest.raises(UsageError, match="names no target 'lvie'"):
        Site.choose([journeys], {}, "lvie", LOCAL)


@pytest.mark.parametrize("typed", ["http://[", "htp://shop.example", "shop", "ada:pw@shop.example", "http://ada:pw@shop.example:99999"])
def test_what_is_no_address_is_refused(tmp_path: Path, typed: str) -> None:
    """A slip in --base-url, or in pytest.ini, is told as such before any browser starts, without the password in it."""
    journeys = suite_at(tmp_path)
    with pytest.raises(UsageError, match="is no address of a site") as told:
        Site.choose([journeys], {}, None, typed)
    assert "pw" not in str(told.value)
    with pytest.raises(UsageError, match="is no address of a site"):
        Site.choose([journeys], {}, None, None, typed)


def test_the_suite_is_found_from_another_folder(tmp_path: Path) -> None:
    """`pytest e2e/journeys` measures the suite in e2e; the folder where it was typed comes first."""
    (tmp_path / "e2e").mkdir()
    journeys = suite_at(tmp_path / "e2e")
    assert Site.choose([tmp_path, journeys], {}, None, None).root == tmp_path / "e2e"


@pytest.mark.parametrize("url", ["https://shop.example", "https://SHOP.example:443/", "https://qa:pw@shop.example/home"])
def test_production_is_known_by_its_host(tmp_path: Path, url: str) -> None:
    """Also where the address comes from the environment; a variable that is not set hides no other target."""
    live = '[targets.live]\nurl = "env:LIVE_URL"\nproduction = true\n'
    (tmp_path / "footfall.toml").write_text(
        f'[suite]\ndefault_target = "live"\n[targets.old]\nurl = "env:OLD_URL"\n{live}', encoding="utf-8"
    )
    environment = {"LIVE_URL": "https://shop.example"}
    assert Site.choose([tmp_path], environment, None, url).production
    assert Site.choose([tmp_path], environment, "live", None).production
    assert not Site.choose([tmp_path], environment, None, "https://preview.example").production


def test_installed_browsers_are_found_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Executables of Chromium's family are found, Chrome first."""
    for name in ("chromium", "google-chrome"):
        (tmp_path / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = [path for path in find.installed() if path.parent == tmp_path]
    assert [path.name for path in found] == ["google-chrome", "chromium"]


def test_a_browser_without_windows_comes_first_where_none_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Playwright's own does; one that is to be seen, and the recorder's, is a whole browser."""
    for name in ("chromium", "chromium-headless-shell"):
        (tmp_path / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    taken: list[str] = []

    def launch(**options: Any) -> Any:
        if "executable_path" not in options:
            raise Error("Executable doesn't exist at /nowhere")
        taken.append(Path(options["executable_path"]).name)

    kind: Any = SimpleNamespace(name="chromium")
    for options in ({}, {"headless": True}, {"headless": False}):
        find.start(kind, options, {}, launch)
    find.start(kind, {}, {"PWDEBUG": "1"}, launch)
    assert taken == ["chromium-headless-shell", "chromium-headless-shell", "chromium", "chromium"]


def test_the_collector_stays_out_of_the_way() -> None:
    """It leaves frames alone, and pages do not run web-vitals: what it says is reckoned behind the walk (test_vitals.py)."""
    assert collector().startswith("(() => {\nif (window !== window.top) return;")
    assert collector().rstrip().endswith("})();")
    assert web_vitals() not in collector()


def test_the_collector_is_minified_unless_it_was_changed_since() -> None:
    """Each page gets it anew. Whoever works on it sees what he wrote, before it is installed again as well."""
    own = files("footfall.browser").joinpath("collector.js").read_text(encoding="utf-8")
    assert len(minified(own)) < len(own) / 2
    assert minified(own) in collector()
    assert minified(own + " ") == own + " "


@given(st.floats(min_value=0.5, max_value=3_600_000))
def test_a_time_out_is_waited_for_in_parts_in_which_playwright_looks_closely(timeout: float) -> None:
    """Together they last as long as it does, but for what is rounded up; without one there is no end of them."""
    found = list(parts(timeout))
    assert all(0 < part < 2500 for part in found)
    assert timeout <= sum(found) < timeout + len(found)
    assert len(found) <= timeout / 2400 + 1
    assert [*islice(parts(0), 3)] == [2400, 2400, 2400]


def test_a_playwright_that_waits_in_another_way_is_left_alone() -> None:
    """A newer one than we know must not break every journey."""

    class Half:
        def _expect(self, *asked: object) -> None: ...

    before = vars(Half)["_expect"]
    half = SimpleNamespace(_impl_obj=Half())
    with looking_closely(SimpleNamespace(main_frame=half, locator=lambda _: half)):
        assert vars(Half)["_expect"] is before
