"""A pytest session with journeys is a run; one without is none of footfall's business."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from footfall.store.spool import begin_run
from tests.integration.browser.walks import Walk, clean_environment, command, new_test_run, read_walked, write_suite

TWO = {
    "test_shop.py": """
        def test_shop(journey):
            with journey.step("home"):
                journey.page.goto("/")

        def test_plain(journey, page):
            assert journey.page is page
            with journey.step("plain"):
                page.goto("/plain")
                assert "footfall/" in page.evaluate("navigator.userAgent")
                assert page.evaluate("document.cookie").startswith("footfall_run=")
    """
}
ENDLESS = {
    "test_endless.py": """
        def test_endless(journey):
            with journey.step("home"):
                journey.page.goto("/")
            with journey.step("wait"):
                journey.page.wait_for_timeout(60_000)
    """
}


def test_iterations_and_the_warm_up(walk: Walk) -> None:
    """Each journey is walked N times and once before; only the N are in the record, the pictures come from the other."""
    walked = walk(TWO, "--iterations", "2", "--tracing", "on", "-v")
    assert walked.code == 0, walked.output
    assert walked.output.count("PASSED") == 6
    assert "test_shop[warmup" in walked.output
    successes = [(sample.subject, sample.iteration, sample.value) for sample in walked.samples if sample.metric == "success"]
    assert successes == [("shop", 1, 1), ("shop", 2, 1), ("shop-plain", 1, 1), ("shop-plain", 2, 1)]
    pictures = {(artifact.iteration, artifact.part) for artifact in walked.artifacts if artifact.kind == "screenshot"}
    assert pictures == {(0, "home"), (0, "plain")}
    assert len([artifact for artifact in walked.artifacts if artifact.kind == "trace"]) == 6


def test_joining_a_parents_run(walk: Walk, tmp_path: Path) -> None:
    """A child session writes into its parent's run and leaves beginning and end to it."""
    with begin_run(tmp_path, new_test_run()) as parent:
        walked = walk(TWO, spool=parent.directory, **parent.environment())
    assert walked.code == 0, walked.output
    assert {sample.run for sample in walked.samples} == {"01KTESTRUN"}
    assert walked.outcome is None
    assert not (walked.folder / ".footfall").exists()


def test_without_journeys_nothing_happens(walk: Walk) -> None:
    """A suite of plain tests leaves no spool, whatever options are set."""
    walked = walk({"test_plain.py": "def test_plain():\n    assert True\n"}, "--iterations", "3")
    assert walked.code == 0
    assert not (walked.folder / ".footfall").exists()


def test_an_unknown_target_says_which_there_are(walk: Walk) -> None:
    """A typo in --target ends the session before anything runs, with the nearest name."""
    walked = walk(TWO, "--base-url", "", "--target", "thruth")
    assert walked.code == 2
    assert "did you mean 'truth'?" in walked.output
    assert "Traceback" not in walked.output


def test_a_target_outranks_what_pytest_ini_says(walk: Walk, site: str) -> None:
    """`base_url` in pytest.ini is the address of those who name no target: whoever names one is not led elsewhere without a word."""
    walked = walk({**TWO, "../pytest.ini": f"[pytest]\nbase_url = {site}\n"}, "--base-url", "", "--target", "truth")
    assert walked.code == 3, walked.output
    assert "http://localhost:9 does not answer" in walked.events[0].text


def test_a_worker_of_xdist_heeds_a_typed_address(walk: Walk) -> None:
    """It sees no command line, and must not walk the target's own address, where nobody answers."""
    walked = walk({"test_home.py": "def test_home(journey):\n    journey.page.goto('/')\n"}, "-n", "1", "--target", "truth")
    assert walked.code == 0, walked.output


NAMED = """
def test_named(journey, base_url):
    with journey.step("home"):
        journey.page.goto("/")
        journey.note(f"walked at {base_url}")
        assert journey.page.title() == base_url
"""


def test_a_password_in_the_targets_address_is_told_nowhere(walk: Walk, site: str) -> None:
    """What footfall.toml takes from the environment is masked in the record, in what is kept of a failure, and in pytest's output."""
    suite = '[targets.truth]\nurl = "env:SHOP_URL"\n'
    url = site.replace("//", "//qa:S3cr3t-pw@")
    walked = walk({"test_named.py": NAMED, "../footfall.toml": suite}, "--base-url", "", SHOP_URL=url)
    assert walked.code == 1, walked.output
    assert "S3cr3t-pw" not in walked.output
    assert any(event.text == f"walked at {url.replace('S3cr3t-pw', '***')}" for event in walked.events)
    kept = b"".join(path.read_bytes() for path in walked.spool.rglob("*") if path.suffix in {".jsonl", ".html", ".txt", ".har"})
    assert b"S3cr3t-pw" not in kept


def test_a_suite_is_found_where_its_journeys_are(tmp_path: Path) -> None:
    """Walked from another folder, a suite is still its own; a folder without one says where it looked."""
    folder = write_suite(tmp_path / "e2e", TWO)
    options = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--target", "truth", "e2e/journeys"]
    done = subprocess.run(options, cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 3, done.stdout
    assert (folder / ".footfall" / "spool").is_dir()
    (folder / "footfall.toml").unlink()
    done = subprocess.run(
        [*options[:-3], "e2e"], cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, "no footfall.toml in" in done.stdout) == (2, True), done.stdout


def test_a_dead_target_cannot_be_judged(walk: Walk) -> None:
    """A target that does not answer ends the session with code 3 after one message."""
    walked = walk(TWO, "--base-url", "")
    assert walked.code == 3
    assert [event.kind for event in walked.events] == ["target_unreachable"]
    assert "http://localhost:9 does not answer" in walked.events[0].text


def test_what_was_measured_is_kept(site: str, tmp_path: Path) -> None:
    """Interrupted in the middle of a step, a session keeps the steps before it and ends the run as aborted."""
    folder = write_suite(tmp_path / "suite", ENDLESS)
    with subprocess.Popen(
        command(folder, site, []), cwd=folder, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline and not _has_measured(folder):
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=180)
    walked = read_walked(folder, process.returncode, output)
    assert walked.code == 2
    assert len(walked.values("home", "duration")) == 1
    assert walked.values("wait", "duration") == walked.values("", "success") == []
    assert walked.outcome == "aborted"


def _has_measured(folder: Path) -> bool:
    return any('"part":"home"' in path.read_text(encoding="utf-8") for path in (folder / ".footfall").rglob("journey-*.jsonl"))


def test_a_parameter_called_journey_is_no_journey(walk: Walk) -> None:
    """A suite may use the word for something else: nothing is begun and nothing is recorded."""
    walked = walk(
        {"test_words.py": "import pytest\n\n@pytest.mark.parametrize('journey', ['far'])\ndef test_words(journey):\n    assert journey\n"}
    )
    assert walked.code == 0, walked.output
    assert not (walked.folder / ".footfall").exists()
