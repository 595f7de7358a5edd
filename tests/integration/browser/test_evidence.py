"""Of a failure is kept what helps to understand it: as it was, walked again with a trace, and with every secret masked."""

from __future__ import annotations

import html
import json
import os
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import imageio_ffmpeg
import playwright as playwright_package
import pytest
from playwright.sync_api import Playwright

from footfall.browser.evidence import _DOM
from footfall.browser.find import start
from footfall.browser.secrets import Secrets, hidden
from tests.integration.browser.walks import PAGES, Handler, Walk, Walked
from tests.servers import serving

SECRET = 'correct "horse" <battery>'
MODULES = {
    "test_pay.py": """
        from playwright.sync_api import expect

        def test_pay(journey):
            page = journey.page
            with journey.step("form"):
                page.goto("/form")
                page.get_by_label("Card").fill(journey.secret("CARD"))
                page.evaluate("document.querySelector('output').textContent = card.value")
            with journey.step("pay"):
                expect(page.get_by_role("heading")).to_have_text("Paid", timeout=200)
    """,
    "test_stuck.py": """
        def test_stuck(journey):
            with journey.step("open"):
                journey.page.goto("/hang")
            with journey.step("loop"):
                journey.page.get_by_role("button").click()
                journey.page.title()
    """,
    "test_crash.py": """
        import psutil

        def test_crash(journey):
            with journey.step("home"):
                journey.page.goto("/")
            for process in psutil.Process().children(recursive=True):
                if "chrom" in process.name() and "--type=" not in " ".join(process.cmdline()):
                    process.kill()  # a script that starts it, too
            with journey.step("plain"):
                journey.page.goto("/plain")

        def test_after(journey):
            with journey.step("home"):
                journey.page.goto("/")
    """,
    "test_swallows.py": """
        def test_swallows(journey):
            try:
                with journey.step("home"):
                    raise ValueError
            except ValueError:
                pass

        def test_leaves(journey):
            journey.step("home").__enter__()
    """,
}


FILMED = {
    "test_pay.py": MODULES["test_pay.py"],
    "test_first.py": """
        def test_first(journey):
            with journey.step("home"):
                journey.page.goto("/")
                journey.page.wait_for_timeout(300)
                assert journey.page.title() == "another"
    """,
    "test_once.py": """
        walked = []

        def test_once(journey):
            journey.page.goto("/")
            walked.append(1)
            assert len(walked) > 1
    """,
}


class Recording(Handler):
    """The pages of the truth test and one with a form; remembers which pages were asked for with a traceparent."""

    asked: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self) -> None:  # noqa: N802  # the base class names it so
        """Serve a page."""
        self.asked.append((self.path, self.headers.get("traceparent", "")))
        super().do_GET()


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """Serve the pages; return their address."""
    with serving(Recording) as place:
        yield f"http://{place}"


@pytest.fixture(scope="module")
def failed(walk: Walk, shop: str) -> Walked:
    """Walk what fails, in one session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PAGES, "/form", "<h1>Form</h1><label>Card <input id=card></label><output></output>")
        return walk(MODULES, "--base-url", shop, "--journey-timeout", "15", CARD=SECRET)


def kept(walked: Walked, journey: str) -> Counter[str]:
    """Return how many artifacts of each kind there are of a journey's failure."""
    return Counter(a.kind for a in walked.artifacts if a.subject == journey and "failures/" in a.path)


def test_evidence_of_a_failure(failed: Walked) -> None:
    """A screenshot, the DOM and the requests as they were; a trace and an HTTP archive of the same walk, repeated."""
    assert kept(failed, "pay") == {"screenshot": 1, "dom": 1, "network": 1, "trace": 1, "har": 1}
    files = {artifact.kind: failed.spool / artifact.path for artifact in failed.artifacts if artifact.subject == "pay"}
    dom = files["dom"].read_text(encoding="utf-8")
    assert 'value="***"' in dom
    assert "<script" not in dom
    assert "200" in files["network"].read_text(encoding="utf-8")
    urls = [entry["request"]["url"] for entry in json.loads(files["har"].read_text(encoding="utf-8"))["log"]["entries"]]
    assert any(url.endswith("/form") for url in urls)
    assert [sample.value for sample in failed.samples if (sample.subject, sample.metric) == ("pay", "success")] == [0]


def test_the_repeat_can_be_looked_up(failed: Walked) -> None:
    """The repeat's requests carry a traceparent, which its note names; the walk that was measured sent none."""
    (note,) = [event for event in failed.events if event.detail.get("journey") == "pay" and event.kind == "note"]
    assert "the same iteration failed again" in note.text
    assert [told for path, told in Recording.asked if path == "/form"] == ["", note.detail["traceparent"]]


def test_no_secret_is_in_any_file(failed: Walked) -> None:
    """Neither the record nor the evidence, nor what pytest printed, holds the secret in any form; the film is left out."""
    texts = [failed.output.encode()]
    for path in failed.spool.rglob("*"):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                texts += [archive.read(name) for name in archive.namelist()]
                assert not any(name.startswith("screencast/") for name in archive.namelist())
        elif path.is_file():
            texts.append(path.read_bytes())
    assert any(b"***" in text for text in texts)
    assert not any(b"battery" in text for text in texts)


def test_a_page_that_hangs_gives_what_its_screen_shows(walk: Walk, shop: str) -> None:
    """A page whose own thread never ends is left at the journey's deadline, with its screen; the steps before it are kept."""
    walked = walk({"test_stuck.py": MODULES["test_stuck.py"]}, "--base-url", shop, "--journey-timeout", "10", "--no-repeat")
    (error,) = [event for event in walked.events if event.kind == "error"]
    assert "longer than 10 s" in error.text
    assert error.detail["step"] == "loop"
    assert walked.values("open", "duration") != []
    (picture,) = [artifact for artifact in walked.artifacts if "failures/" in artifact.path]
    assert (picture.kind, picture.part) == ("screenshot", "loop")
    assert (walked.spool / picture.path).read_bytes().startswith(b"\x89PNG")


def test_no_picture_where_a_secret_cannot_be_covered(failed: Walked) -> None:
    """Of a page that hangs the screen is not kept once a secret was asked for: nobody can cover it there."""
    assert kept(failed, "stuck")["screenshot"] == 0


def test_a_picture_covers_secrets_in_frames(playwright: Playwright) -> None:
    """A text or a field that shows one, in the page or in a frame of it; a password field shows dots by itself."""
    browser, _ = start(playwright.chromium, {}, os.environ)
    page = browser.new_page()
    shown = f"<p>{html.escape(SECRET)}</p><input value='{html.escape(SECRET)}'><input type=password value='{html.escape(SECRET)}'>"
    page.set_content(f'{shown}<iframe srcdoc="{html.escape(shown)}"></iframe>', wait_until="load")
    secrets = Secrets()
    secrets.add(SECRET)
    covered = [locator.evaluate("element => [element.tagName, window !== window.top]") for locator in hidden(page, secrets)]
    browser.close()
    assert sorted(covered) == [["INPUT", False], ["INPUT", True], ["P", False], ["P", True]]


COMPONENT = """<h1>Shop</h1><shop-card><b>Bread</b></shop-card><script>
customElements.define('shop-card', class extends HTMLElement {
  constructor() {
    super();
    window.made = (window.made ?? 0) + 1;
    const root = this.attachShadow({ mode: 'open' });
    root.innerHTML = '<p>In the cart: <slot></slot></p><input aria-label="Pieces"><input type="password"><shop-price></shop-price>';
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('p { color: rgb(1, 2, 3) }');
    root.adoptedStyleSheets = [sheet];
    root.append(document.createElement('script'));
  }
});
customElements.define('shop-price', class extends HTMLElement {
  connectedCallback() { this.attachShadow({ mode: 'open' }).innerHTML = '<i>4 EUR</i>'; }
});
</script>"""


def test_a_snapshot_shows_what_components_showed(playwright: Playwright, tmp_path: Path) -> None:
    """Open shadow roots are in the DOM that is kept, one within another too, with styles and what was typed; nothing in it runs."""
    browser, _ = start(playwright.chromium, {}, os.environ)
    page = browser.new_page()
    page.set_content(COMPONENT)
    page.get_by_label("Pieces").fill("12")
    page.locator("[type=password]").fill("hunter2")
    kept = tmp_path / "page.html"
    kept.write_text(page.evaluate(_DOM), "utf-8")
    assert page.evaluate("made") == 1  # to look at a page makes no second component
    page.goto(kept.as_uri())
    paragraph = page.get_by_text("In the cart:")
    assert paragraph.evaluate("element => getComputedStyle(element).color") == "rgb(1, 2, 3)"
    assert paragraph.locator("slot").evaluate("slot => slot.assignedElements()[0].textContent") == "Bread"
    assert page.get_by_label("Pieces").input_value() == "12"
    assert page.get_by_text("4 EUR").count() == 1
    browser.close()
    assert "<script" not in kept.read_text("utf-8")
    assert "hunter2" not in kept.read_text("utf-8")


def test_a_crashed_browser_costs_one_walk(failed: Walked) -> None:
    """The walk that lost its browser fails; the next has a new one."""
    successes = {sample.subject: sample.value for sample in failed.samples if sample.metric == "success"}
    assert (successes["crash"], successes["crash-after"]) == (0, 1)
    assert any("the browser was gone and was started again" in event.text for event in failed.events)


def test_steps_that_an_exception_ended_are_named(failed: Walked) -> None:
    """A step whose exception the script caught is noted; one that was never left is a fault of the script."""
    told = {event.detail.get("journey"): event for event in failed.events}
    assert "step 'home' was ended by an exception that the script caught" in told["swallows"].text
    leaves = told["swallows-leaves"]
    assert (leaves.kind, leaves.detail["exit_code"], leaves.detail["line"]) == ("script_error", 2, 10)
    assert "step 'home' was never left" in leaves.text


@pytest.fixture(scope="module")
def films(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Put an ffmpeg where Playwright looks for its own; return the environment in which it does, with the browser that there is."""
    package = Path(playwright_package.__file__).parent / "driver" / "package" / "browsers.json"
    (revision,) = [each["revision"] for each in json.loads(package.read_text(encoding="utf-8"))["browsers"] if each["name"] == "ffmpeg"]
    folder = tmp_path_factory.mktemp("browsers") / f"ffmpeg-{revision}"
    folder.mkdir()
    (folder / ("ffmpeg-mac" if sys.platform == "darwin" else "ffmpeg-linux")).symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    (folder / "INSTALLATION_COMPLETE").touch()
    own = playwright.chromium.executable_path
    return {"PLAYWRIGHT_BROWSERS_PATH": str(folder.parent), **({"FOOTFALL_BROWSER": own} if Path(own).exists() else {})}


def test_a_failure_is_filmed_where_the_browser_can(walk: Walk, shop: str, films: dict[str, str]) -> None:
    """The repeat's video is kept; none of a repeat that passed, and none once a secret was asked for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PAGES, "/form", "<h1>Form</h1><label>Card <input id=card></label><output></output>")
        walked = walk(FILMED, "--base-url", shop, CARD=SECRET, **films)
    videos = [artifact for artifact in walked.artifacts if artifact.kind == "video"]
    assert [(video.subject, video.iteration) for video in videos] == [("first", 1)], walked.output
    assert (walked.spool / videos[0].path).read_bytes().startswith(b"\x1a\x45\xdf\xa3")  # EBML, which WebM is written in
    assert not any("ffmpeg" in event.text for event in walked.events)


def test_a_video_that_cannot_be_had_fails_no_journey(walk: Walk, shop: str, tmp_path: Path, playwright: Playwright) -> None:
    """Without Playwright's ffmpeg --video says what is missing, with exit code 3: nothing was judged."""
    own = playwright.chromium.executable_path
    browser = {"FOOTFALL_BROWSER": own} if Path(own).exists() else {}
    walked = walk(FILMED, "--base-url", shop, "--video", "on", PLAYWRIGHT_BROWSERS_PATH=str(tmp_path), CARD=SECRET, **browser)
    assert walked.code == 3, walked.output
    assert "playwright install ffmpeg" in walked.output
    assert not [sample for sample in walked.samples if sample.metric == "success"]


def test_a_budget_of_evidence(walk: Walk) -> None:
    """What does not fit is dropped and said; the failure itself is told all the same."""
    suite = '[suite]\nname = "Small"\n[targets.truth]\nurl = "http://localhost:9"\n[journeys]\nevidence = "1KB"\n'
    walked = walk({"test_pay.py": "def test_pay(journey):\n    journey.page.goto('/')\n    assert False\n", "../footfall.toml": suite})
    assert walked.code == 1
    assert "trace" not in kept(walked, "pay")
    assert any("was dropped" in event.text and "1 KB" in event.text for event in walked.events)
    assert sum(path.stat().st_size for path in (walked.spool / "artifacts").rglob("*") if path.is_file()) <= 1000


def test_a_walk_for_its_trace_alone(walk: Walk, shop: str) -> None:
    """It is not counted, and its trace is kept although nothing failed: one of the whole journey, secrets masked."""
    module = """
        def test_fine(journey):
            with journey.step("home"):
                journey.page.goto("/plain?card=" + journey.secret("CARD"))
    """
    walked = walk({"test_fine.py": module}, "--base-url", shop, "--trace-walk", CARD="hunter2hunter2")
    assert walked.code == 0, walked.output
    assert (walked.samples, walked.outcome) == ([], "finished")
    assert {artifact.kind: (artifact.subject, artifact.part) for artifact in walked.artifacts} == {
        "trace of a later walk": ("fine", ""),
        "har of a later walk": ("fine", ""),
    }
    with zipfile.ZipFile(walked.spool / "artifacts/traces/fine-desktop/trace-1.zip") as archive:
        assert not any(b"hunter2hunter2" in archive.read(name) for name in archive.namelist())


def test_what_a_walk_for_its_trace_prints_is_masked(walk: Walk, shop: str) -> None:
    """It may fail as any other, and pytest then quotes the script's own values."""
    module = """
        def test_wrong(journey):
            card = journey.secret("CARD")
            print("paying with", card)
            assert card == "another"
    """
    walked = walk({"test_wrong.py": module}, "--base-url", shop, "--trace-walk", CARD="hunter2hunter2")
    assert walked.code == 1, walked.output
    assert "hunter2hunter2" not in walked.output
    assert "paying with ***" in walked.output
