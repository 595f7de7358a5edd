"""What goes wrong in a journey is told in one line with its place, kept as evidence, and costs nothing else."""

from __future__ import annotations

import pytest

from footfall.samples import Event
from footfall.store.spool import begin_run
from tests.integration.browser.walks import Walk, Walked, new_test_run

BROKEN = {
    "test_expects.py": """
        from playwright.sync_api import expect

        def test_expects(journey):
            with journey.step("home"):
                journey.page.goto("/")
            with journey.step("pay"):
                with journey.step("confirm"):
                    expect(journey.page.get_by_role("heading")).to_have_text("Paid", timeout=200)
    """,
    "test_checks.py": """
        def test_checks(journey):
            journey.page.goto("/broken")
            assert journey.secret("SHOP_PASSWORD")
            journey.note("signed in with correct horse battery")
            journey.check(False, "the cart is empty")
            journey.check(1 == 1, "unused")
            journey.check(None, "correct horse battery is no reference")
    """,
    "test_hangs.py": """
        def test_hangs(journey):
            with journey.step("start"):
                journey.page.goto("/hang")
            with journey.step("loop"):
                try:
                    journey.page.get_by_role("link", name="never").click()
                except Exception:
                    pass
    """,
    "test_twice.py": """
        def test_twice(journey):
            with journey.step("home"):
                journey.page.goto("/")
            with journey.step("home"):
                pass
    """,
    "test_unit.py": """
        def test_unit(journey):
            journey.page.goto("/")
            journey.measure("wait", 3, unit="seconds")
    """,
    "test_forgotten.py": """
        def test_forgotten(journey):
            journey.page.goto("/")
            journey.step("pay")
    """,
    "test_expected.py": """
        import pytest

        @pytest.mark.xfail(strict=True, reason="shop#12")
        def test_expected(journey):
            journey.page.goto("/")
    """,
    "test_unset.py": """
        def test_unset(journey):
            journey.secret("NO_SUCH_SECRET")

        def test_nameless(journey):
            journey.secret(None)
    """,
    "test_named.py": """
        import warnings

        def test_named(journey):
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                warnings.warn("signed in with " + journey.secret("SHOP_PASSWORD"))
            with journey.step("sign in with " + journey.secret("SHOP_PASSWORD")):
                pass
    """,
    "test_unitless.py": """
        def test_unitless(journey):
            journey.measure("wait", 3)
    """,
    "test_number.py": """
        def test_number(journey):
            journey.measure("wait", "3", unit="s")
    """,
    "test_misspelt.py": """
        def test_misspelt(journey):
            journey.stepp("home")
    """,
    "test_again.py": """
        def test_again(journey):
            step = journey.step("home")
            with step:
                pass
            with step:
                pass
    """,
    "test_places.py": """
        def test_places(journey):
            with journey.step("first"):
                journey.page.goto("/")
                journey.check(False, "no greeting")
            with journey.step("second"):
                journey.page.goto("/plain")

        def test_breaks(journey):
            with journey.step("first"):
                journey.page.goto("/")
                journey.check(False, "no greeting")
            assert journey.page.title() == "another"
    """,
    "test_soft.py": """
        from playwright.sync_api import expect

        def test_soft(journey):
            with journey.step("first"):
                journey.page.goto("/")
                expect.soft(journey.page.get_by_role("heading"), "the sign").to_have_text("Paid", timeout=200)
                expect.soft(journey.page.get_by_role("heading")).to_have_text("Home")
            with journey.step("second"):
                journey.page.goto("/plain")
                expect.soft(journey.page).to_have_title("another", timeout=200)
    """,
    "test_afterwards.py": """
        import pytest

        @pytest.fixture
        def receipt(journey):
            yield
            journey.check(False, "no receipt")

        def test_afterwards(journey, receipt):
            journey.page.goto("/")
    """,
    "test_cities.py": """
        import pytest

        @pytest.mark.parametrize("city", ["rome", "oslo"])
        def test_cities(journey, city):
            journey.page.goto("/")
            assert journey.page.title() == city
    """,
    "test_setup.py": """
        import pytest

        @pytest.fixture
        def order():
            raise RuntimeError("no order could be placed")

        def test_setup(journey, order):
            pass

        def test_early(order, journey):
            pass
    """,
    "test_late.py": """
        import time

        import pytest

        @pytest.fixture
        def signed_in(journey):
            with journey.step("sign in"):
                journey.page.goto("/")
                time.sleep(300)

        @pytest.fixture
        def report(journey):
            yield
            time.sleep(300)

        def test_before(journey, signed_in):
            pass

        def test_behind(journey, report):
            journey.cleanup("forget", word="late")
            with journey.step("home"):
                journey.page.goto("/")
    """,
    "conftest.py": """
        from footfall.browser.cleanup import cleanup

        @cleanup
        def forget(site, word):
            with open("forgotten.txt", "a") as file:
                file.write(word)
    """,
    "test_sound.py": """
        def test_sound(journey):
            with journey.step("home"):
                journey.page.goto("/")
    """,
}


@pytest.fixture(scope="module")
def broken(walk: Walk) -> Walked:
    """Walk all the broken journeys and a sound one, with traces of what fails."""
    return walk(BROKEN, "--tracing", "retain-on-failure", "--journey-timeout", "15", SHOP_PASSWORD="correct horse battery")


def told(walked: Walked, journey: str) -> Event:
    """Return the one event that tells of a journey's failure."""
    (event,) = [event for event in walked.events if event.detail.get("journey") == journey and event.kind != "note"]
    return event


def test_a_failure_names_its_place(broken: Walked) -> None:
    """One line says what was seen; file, line, innermost step and iteration say where."""
    event = told(broken, "expects")
    assert event.kind == "error"
    assert "\n" not in event.text
    assert "Locator expected to have text 'Paid'" in event.text
    assert event.detail["file"] == "journeys/test_expects.py"
    assert event.detail["line"] == 9
    assert (event.detail["step"], event.detail["iteration"], event.detail["exit_code"]) == ("pay/confirm", 1, 1)


def test_a_failure_counts_and_its_steps_are_kept(broken: Walked) -> None:
    """Success is 0; the step before is kept; the step that failed and the journey as a whole have no duration."""
    figures = {(sample.part, sample.metric): sample.value for sample in broken.samples if sample.subject == "expects"}
    assert figures["", "success"] == 0
    assert ("home", "duration") in figures
    assert ("home", "cls") in figures
    assert not {("pay", "duration"), ("pay/confirm", "duration"), ("", "duration")} & set(figures)


def test_a_failure_leaves_evidence(broken: Walked) -> None:
    """A screenshot, the DOM and the trace that was asked for lie in the run's spool."""
    kept = {artifact.kind: artifact for artifact in broken.artifacts if artifact.subject == "expects" and "steps/" not in artifact.path}
    assert {"screenshot", "dom", "trace"} <= set(kept)
    assert (broken.spool / kept["screenshot"].path).read_bytes().startswith(b"\x89PNG")
    assert "<h1>Home</h1>" in (broken.spool / kept["dom"].path).read_text(encoding="utf-8")
    assert (broken.spool / kept["trace"].path).read_bytes().startswith(b"PK")
    assert kept["screenshot"].part == "pay/confirm"


def test_soft_checks_fail_at_the_end_together(broken: Walked) -> None:
    """The journey goes on after a check that failed, and then fails with all of them, each with its line."""
    event = told(broken, "checks")
    assert "the cart is empty (test_checks.py:6)" in event.text
    assert "is no reference (test_checks.py:8)" in event.text
    assert "unused" not in event.text
    assert "raise UnmetError" not in broken.output, "pytest shows what failed, not where footfall noticed"


def test_a_soft_check_names_its_own_place(broken: Walked) -> None:
    """The first that failed says where, though the walk went on; a walk that breaks off tells of them too."""
    event = told(broken, "places")
    assert (event.detail["file"], event.detail["line"], event.detail["step"]) == ("journeys/test_places.py", 5, "first")
    assert told(broken, "places-breaks").text.endswith("; failed before: no greeting (test_places.py:12)")


def test_playwrights_soft_assertions_name_their_place_too(broken: Walked) -> None:
    """What fails in `expect.soft` stands with its line, the first with its step, and the walk has gone on."""
    event = told(broken, "soft")
    assert (event.detail["file"], event.detail["line"], event.detail["step"]) == ("journeys/test_soft.py", 7, "first")
    first, second = event.text.split("; ")
    assert first.startswith("the sign")
    assert first.endswith("(test_soft.py:7)")
    assert "Page title expected to be 'another'" in second
    assert second.endswith("(test_soft.py:11)")
    assert {("first", "duration"), ("second", "duration")} <= {(s.part, s.metric) for s in broken.samples if s.subject == "soft"}


def test_a_soft_check_behind_the_walk_is_told(broken: Walked) -> None:
    """What a fixture finds wrong when the walk is over fails it, with its line."""
    event = told(broken, "afterwards")
    assert event.text == "no receipt (test_afterwards.py:7)"
    assert (event.detail["file"], event.detail["line"], event.detail["exit_code"]) == ("journeys/test_afterwards.py", 7, 1)


def test_walks_of_a_parametrized_journey_keep_their_own_evidence(broken: Walked) -> None:
    """Two that failed in the same iteration left two pictures."""
    pictures = {artifact.path for artifact in broken.artifacts if artifact.subject == "cities" and artifact.kind == "screenshot"}
    assert {path.rpartition("/")[0].rpartition("/")[2] for path in pictures if "failures/" in path} == {
        "cities-desktop-1-rome", "cities-desktop-1-oslo",
    }  # fmt: skip


def test_secrets_are_masked(broken: Walked) -> None:
    """A secret that a journey asked for is in no record and no text file of the run."""
    files = [path for path in broken.spool.rglob("*") if path.suffix in {".jsonl", ".html", ".log"}]
    assert any("***" in path.read_text(encoding="utf-8") for path in files)
    assert not any("correct horse" in path.read_text(encoding="utf-8") for path in files)
    assert "correct horse" not in broken.output


def test_what_the_browser_said_is_kept(broken: Walked) -> None:
    """Console errors, warnings and uncaught exceptions of the page are in a log beside the screenshot."""
    (log,) = [artifact for artifact in broken.artifacts if artifact.kind == "console"]
    text = (broken.spool / log.path).read_text(encoding="utf-8")
    assert "console error: oh no" in text
    assert "console warning: outdated" in text
    assert "bad script" in text
    assert "chatter" not in text


def test_a_hung_journey_is_ended(broken: Walked) -> None:
    """A journey is ended at its deadline, though it swallows exceptions; what it had measured is kept, with a screenshot."""
    event = told(broken, "hangs")
    assert "longer than 15 s" in event.text
    assert event.detail["step"] == "loop"
    assert [sample.part for sample in broken.samples if sample.subject == "hangs" and sample.metric == "duration"] == ["start"]
    assert any(artifact.kind == "screenshot" and artifact.subject == "hangs" and artifact.part == "loop" for artifact in broken.artifacts)


def test_a_fixture_that_hangs_before_the_journey_is_ended(broken: Walked) -> None:
    """It fails the journey at its deadline, and the page that it was at is kept."""
    event = told(broken, "late")
    assert "the fixture 'signed_in' took longer than 15 s before the journey" in event.text
    assert (event.detail["file"], event.detail["line"], event.detail["exit_code"]) == ("journeys/test_late.py", 10, 1)
    assert event.detail["step"] == "sign in"
    assert {artifact.kind for artifact in broken.artifacts if artifact.subject == "late"} >= {"screenshot", "dom"}
    assert [sample.value for sample in broken.samples if (sample.subject, sample.metric) == ("late", "success")] == [0]


def test_a_fixture_that_hangs_behind_the_journey_is_ended(broken: Walked) -> None:
    """The walk that it follows counts; the hang is told; what is to be done after it, clean-ups among it, is done."""
    event = told(broken, "late-behind")
    assert "the fixture 'report' took longer than" in event.text
    assert "after the journey" in event.text
    assert ("late-behind", "home", "duration") in {(sample.subject, sample.part, sample.metric) for sample in broken.samples}
    assert (broken.folder / "forgotten.txt").read_text(encoding="utf-8") == "late"


@pytest.mark.parametrize(
    ("journey", "said", "line"),
    [
        ("twice", "step 'home' is used twice", 5),
        ("unit", "unknown unit 'seconds'", 4),
        ("forgotten", "step 'pay' was never entered", 4),
        ("unset", "the secret NO_SUCH_SECRET is not set", 3),
        ("unset-nameless", "None is no name of a secret", 6),
        ("named", "a step's name holds a secret", 8),
        ("unitless", "measure missing 1 required positional argument: 'unit'", 3),
        ("number", "'3' is no number for wait", 3),
        ("misspelt", "a journey has no 'stepp'", 3),
        ("again", "a step was entered twice", 6),
    ],
)
def test_misuse_is_a_fault_of_the_script(broken: Walked, journey: str, said: str, line: int) -> None:
    """A wrong use of the API says so, with its line and how to mend it, and is exit code 2."""
    event = told(broken, journey)
    assert event.kind == "script_error"
    assert said in event.text
    assert event.detail["hint"]
    assert event.detail["exit_code"] == 2
    assert event.detail["line"] == line


def test_a_pass_that_nobody_expected_says_so(broken: Walked) -> None:
    """A journey marked to fail, strictly, fails when it passes; the record says why, and where."""
    event = told(broken, "expected")
    assert event.text == "it passed, where it is marked to fail: [XPASS(strict)] shop#12"
    assert event.detail["line"] in {4, 5}  # the mark's or the function's


def test_a_failing_fixture_is_a_failed_journey(broken: Walked) -> None:
    """What a journey needs and cannot get fails it."""
    assert "no order could be placed" in told(broken, "setup").text
    assert [sample.value for sample in broken.samples if sample.subject == "setup"] == [0]


def test_a_fixture_that_fails_before_the_journeys_own_fails_it_too(broken: Walked) -> None:
    """Though nothing was walked, it counts, on its device: three of five that passed are not 100 %."""
    (sample,) = [sample for sample in broken.samples if sample.subject == "setup-early"]
    assert (sample.metric, sample.value, sample.iteration) == ("success", 0, 1)
    assert sample.labels == {"device": "desktop", "browser": "chromium"}
    assert "no order could be placed" in told(broken, "setup-early").text


def test_the_others_go_on(broken: Walked) -> None:
    """A sound journey is measured whatever the others do; the run ends, as failed, with the code of the worst."""
    assert [sample.value for sample in broken.samples if (sample.subject, sample.metric) == ("sound", "success")] == [1]
    assert broken.outcome == "failed"
    assert broken.code == 2


def test_an_import_error_joins_the_parents_run(walk: Walk, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A module that cannot be imported is told to the run of the parent process, with its line, and nothing is walked."""
    with begin_run(tmp_path_factory.mktemp("parent"), new_test_run()) as parent:
        walked = walk(
            {"test_bad.py": "import os\nimport no_such_module\n", "test_syntax.py": "def test_syntax(journey):\n    with\n"},
            spool=parent.directory,
            **parent.environment(),
        )
    assert walked.code == 2
    assert {(event.kind, event.detail["file"], event.detail["line"]) for event in walked.events} == {
        ("script_error", "journeys/test_bad.py", 2),
        ("script_error", "journeys/test_syntax.py", 2),
    }
    assert any("No module named 'no_such_module'" in event.text for event in walked.events)
    assert walked.outcome is None
    assert not (walked.folder / ".footfall").exists()


def test_no_browser_says_what_to_type(walk: Walk) -> None:
    """A browser that cannot be had ends the session with code 3 and a message without a traceback."""
    walked = walk({"test_sound.py": BROKEN["test_sound.py"]}, FOOTFALL_BROWSER="/nowhere/chromium")
    assert walked.code == 3
    assert [event.kind for event in walked.events] == ["browser_missing"]
    assert "FOOTFALL_BROWSER" in walked.events[0].text
    assert "Traceback" not in walked.output
    assert walked.values("", "success") == []
