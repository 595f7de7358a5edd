"""Journeys and profiles without any footfall command: plain pytest and plain Locust, with their own flags."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.e2e.conftest import PATIENCE_S, REPOSITORY, SuiteCopy, clean_environment

JOURNEYS = REPOSITORY / "journeys"
NO_SCREEN = '''

@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """A window that nobody needs a screen for."""
    return {**browser_type_launch_args, "args": ["--ozone-platform=headless"] if sys.platform == "linux" else []}
'''


def plain(suite: SuiteCopy, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a module of Python in the suite's folder."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=suite.root,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_pytest_walks_a_journey_in_a_window_with_a_trace(suite: SuiteCopy) -> None:
    """`pytest journeys --headed --tracing on` starts the shop, shows the walk, keeps Playwright's trace, and its run is in the history."""
    (suite.root / "conftest.py").write_text(f"import sys\n\nimport pytest\n{NO_SCREEN}", "utf-8")
    ended = plain(suite, "pytest", "journeys/test_booking.py", "--headed", "--tracing", "on")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout
    assert [path.name for path in (suite.root / "test-results").rglob("*.zip")] == ["trace.zip"]
    (run,) = suite.history()
    assert (run["kind"], run["outcome"]) == ("journey", "finished")


def test_locust_runs_a_profile_by_its_own_flags(suite: SuiteCopy) -> None:
    """`locust -f loadtests/ci.py` starts the shop too; Locust's own table is printed, and its run is in the history."""
    ended = plain(suite, "locust", "-f", "loadtests/ci.py", "--headless", "--only-summary", "--run-time", "4s")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Aggregated" in ended.stdout + ended.stderr
    (run,) = suite.history()
    assert (run["kind"], run["outcome"]) == ("load", "finished")


def test_every_journey_of_the_shop_is_walked_on_a_desktop_and_on_a_phone(suite: SuiteCopy) -> None:
    """All eight, each as a test of its own on either device."""
    ended = plain(suite, "pytest", "journeys", "--devices", "desktop,iPhone 15")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "16 passed" in ended.stdout
    series = json.loads(suite.footfall("history", "show", "latest", "--json").out)["series"]
    reached = {(each["subject"], each["labels"]["device"]) for each in series if each["metric"] == "success"}
    names = [path.stem.removeprefix("test_") for path in JOURNEYS.glob("test_*.py")]
    assert reached == {(name, device) for name in names for device in ("desktop", "iPhone 15")}
