"""What the command line adds to a journey: devices, slow networks, retries, workers; and what it refuses."""

from __future__ import annotations

import pytest

from footfall.samples import Sample
from tests.integration.browser.walks import Walk, Walked

SHOP = {
    "test_shop.py": """
        FETCH = "async () => { const began = performance.now(); await fetch('/image.svg'); return performance.now() - began }"

        def test_shop(journey):
            with journey.step("home"):
                journey.page.goto("/")
                fetched = journey.page.evaluate(FETCH)
                journey.measure("fetched", fetched, unit="ms")
                journey.note(journey.page.evaluate("`${screen.width} ${navigator.userAgent}`"))
    """
}
SHAKY = {
    "test_shaky.py": """
        from pathlib import Path

        def test_shaky(journey):
            with journey.step("home"):
                journey.page.goto("/")
            been = Path("been")
            if not been.exists():
                been.touch()
                raise AssertionError("the first time it never works")

        def test_wrong(journey):
            journey.step("home")
    """
}


def labels_of(sample: Sample) -> dict[str, str]:
    """Return a sample's labels but for the browser, which is always the same here."""
    return {name: value for name, value in sample.labels.items() if name != "browser"}


def test_a_matrix_of_devices_on_a_slow_network(walk: Walk) -> None:
    """Each device is a test of its own with its own window, and figures of a slowed-down browser are labelled."""
    walked = walk(SHOP, "--devices", 'desktop,"iPhone 15",Pixel 7', "--network", "slow-4g", "--cpu-throttle", "2", "-v")
    assert walked.code == 0, walked.output
    assert "test_shop[iPhone 15-chromium] PASSED" in walked.output
    successes = [labels_of(sample) for sample in walked.samples if sample.metric == "success"]
    assert successes == [{"device": device, "network": "slow-4g", "cpu": "2x"} for device in ("desktop", "iPhone 15", "Pixel 7")]
    notes = [event.text for event in walked.events]
    assert [note.split()[0] for note in notes] == ["1280", "393", "412"]
    desktop, pixel = (note.partition("Chrome/")[2].split(".")[0] for note in (notes[0], notes[2]))
    assert desktop == pixel, "a device's browser claims to be of another version than it is"
    assert all(value >= 562 for value in walked.values("home", "fetched")), "the network's delay is missing"


def test_a_pass_on_retry_is_flaky(walk: Walk) -> None:
    """What passes only the second time is told as flaky, with the reason of the first; a wrong script is not tried again."""
    walked = walk(SHAKY, "--retries", "2", "-v", "--junitxml", "junit.xml")
    assert walked.code == 2
    assert '<property name="flaky" value="passed on attempt 2"' in (walked.folder / "junit.xml").read_text(encoding="utf-8")
    assert "test_shaky[chromium] RETRIED" in walked.output
    assert "test_shaky[chromium] FLAKY" in walked.output
    assert "1 failed" in walked.output
    figures = [(s.subject, s.metric, s.value) for s in walked.samples if s.metric in {"success", "flaky"}]
    assert figures == [("shaky", "success", 1), ("shaky", "flaky", 1), ("shaky-wrong", "success", 0), ("shaky-wrong", "flaky", 0)]
    told = {event.kind: event.text for event in walked.events}
    assert told["retry"] == "the first time it never works"
    assert told["flaky"] == "passed only on attempt 2 of 3; before: the first time it never works"
    assert [event.kind for event in walked.events] == ["retry", "flaky", "script_error"]


def test_workers_share_a_run(walk: Walk) -> None:
    """Iterations side by side are one run, labelled and warned of; what a worker finds out is in the session's exit code."""
    walked = walk({**SHOP, "test_wrong.py": 'def test_wrong(journey):\n    journey.step("x")\n'}, "--iterations", "2", "--workers", "2")
    assert walked.code == 2, walked.output
    assert "2 walks side by side" in walked.output
    successes = sorted((s.subject, s.iteration, s.value) for s in walked.samples if s.metric == "success")
    assert successes == [("shop", 1, 1), ("shop", 2, 1), ("wrong", 1, 0), ("wrong", 2, 0)]
    assert {sample.labels["workers"] for sample in walked.samples} == {"2"}
    assert len({sample.run for sample in walked.samples}) == 1
    assert len(list(walked.spool.glob("journey-*.jsonl"))) == 3
    assert walked.outcome == "failed"
    assert any("are not compared with those of a session without" in event.text for event in walked.events)


def test_a_dead_target_ends_a_session_of_workers(walk: Walk) -> None:
    """The session that starts the workers opens the target, and says that it is down: code 3, no traceback."""
    walked = walk(SHOP, "--base-url", "", "--workers", "2")
    assert walked.code == 3, walked.output
    assert [event.kind for event in walked.events if event.kind != "note"] == ["target_unreachable"]
    assert "Traceback" not in walked.output


def test_a_marker_is_checked_before_anything_runs(walk: Walk) -> None:
    """A misspelt fact names the test and the nearest fact that there is; nothing is begun."""
    walked = walk({"test_shop.py": "import pytest\n\n@pytest.mark.journey(evry='5m')\ndef test_shop(journey):\n    pass\n"})
    assert walked.code == 2, walked.output
    assert "journeys/test_shop.py::test_shop[chromium]: @pytest.mark.journey knows no 'evry'\n" in walked.output
    assert "did you mean 'every'?" in walked.output
    assert not (walked.folder / ".footfall").exists()


@pytest.mark.parametrize("side_by_side", ["--workers", "-n"])
def test_what_workers_refuse_is_said_once(walk: Walk, side_by_side: str) -> None:
    """The session that started them ends with their words and their code, and not at a loss without them."""
    module = "import pytest\n\n@pytest.mark.journey(evry='5m')\ndef test_shop(journey):\n    pass\n"
    walked = walk({"test_shop.py": module}, side_by_side, "2")
    assert walked.code == 2, walked.output
    assert walked.output.count("@pytest.mark.journey knows no 'evry'") == 1
    assert "INTERNALERROR" not in walked.output


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--device", "iPhone 51"], 2, "no device is called 'iPhone 51'"),
        (["--devices", "desktop,Pixle 7"], 2, "did you mean 'Pixel 7'?"),
        (["--network", "slow4g"], 2, "did you mean 'slow-4g'?"),
        (["--journey-timeout", "-5"], 4, "--journey-timeout needs a number of seconds above 0"),
    ],
)
def test_options_that_nobody_can_meet(walk: Walk, arguments: list[str], code: int, said: str) -> None:
    """An unknown device or network names the nearest one; no traceback."""
    walked = walk(SHOP, *arguments)
    assert walked.code == code, walked.output
    assert said in walked.output
    assert "Traceback" not in walked.output


PRODUCTION = '[suite]\nname = "Live"\n[targets.live]\nurl = "{site}"\nproduction = true\n'
CUSTOMERS = {
    "conftest.py": "from footfall.browser.cleanup import cleanup\n\n@cleanup\ndef forget(site):\n    site.get('/')\n",
    "test_safe.py": "import pytest\n\n@pytest.mark.journey(safe_in_production=True)\ndef test_safe(journey):\n    journey.page.goto('/')\n",
    "test_cleans.py": "def test_cleans(journey):\n    journey.cleanup('forget')\n    journey.page.goto('/')\n",
    "test_writes.py": "def test_writes(journey):\n    journey.page.goto('/')\n",
}


def produced(walk: Walk, site: str, modules: dict[str, str], *arguments: str) -> Walked:
    """Walk where real customers are served."""
    return walk({**modules, "../footfall.toml": PRODUCTION.format(site=site)}, *arguments)


def test_production_is_for_journeys_that_are_safe_or_clean_up(walk: Walk, site: str) -> None:
    """A journey that is neither is refused, also by the target's address; marked ones and those that clean up run."""
    for arguments in (["--base-url", ""], []):
        refused = produced(walk, site, CUSTOMERS, *arguments)
        assert refused.code == 2, refused.output
        assert "test_writes[chromium] is neither marked safe nor cleans up, and target" in refused.output
    walked = produced(walk, site, {name: text for name, text in CUSTOMERS.items() if name != "test_writes.py"}, "--base-url", "")
    assert walked.code == 0, walked.output
    assert sorted(sample.subject for sample in walked.samples if sample.metric == "success") == ["cleans", "safe"]
