"""What is kept of a run is masked and within its budget; what slows a browser down is checked and labelled."""

from __future__ import annotations

import html
import inspect
import json
import zipfile
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import BrowserContext, Error, Page

from footfall.browser.cleanup import Cleaner
from footfall.browser.devices import check_device, listed, true_version
from footfall.browser.evidence import har_of, keep_trace
from footfall.browser.iteration import Iteration, Walk
from footfall.browser.journey import Journey
from footfall.browser.keeper import Keeper
from footfall.browser.network import Conditions
from footfall.browser.secrets import Secrets
from footfall.browser.site import Site
from footfall.browser.workers import side_by_side
from footfall.config.networks import NETWORKS
from footfall.config.schema import footfall_schema
from footfall.config.secrets import recorded_secrets
from footfall.config.suite import load_suite
from footfall.errors import ScriptError, UsageError
from footfall.samples import Artifact, Event, Sample
from footfall.store.spool import OpenRun, begin_run, read_spool
from tests.integration.browser.walks import new_test_run

SECRET = 'a<b "c" & d'


def test_a_budget_of_bytes_is_kept_and_said(tmp_path: Path) -> None:
    """A file beyond the budget is gone, a note says which and how to keep more; a later small one still fits."""
    with begin_run(tmp_path, new_test_run()) as run:
        keeper = Keeper(run.directory, run.recorder, 100)
        keeper.write("dom", "a.html", "a" * 80, ("shop", "pay", 1))
        keeper.write("trace", "b.zip", "b" * 30, ("shop", "pay", 1))
        keeper.write("console", "c.log", "c" * 20, ("shop", "pay", 1))
        records = list(read_spool(run.directory))
    assert [record.kind for record in records if isinstance(record, Artifact)] == ["dom", "console"]
    (note,) = [record.text for record in records if isinstance(record, Event)]
    assert "the trace of shop, iteration 1, was dropped (30 B)" in note
    assert "`evidence` in [journeys]" in note


def new_walk(run: OpenRun, secrets: Secrets) -> Iteration:
    """A walk through a shop, without a browser."""
    return Iteration(Walk("shop", 1, {"device": "desktop"}), run.recorder, Keeper(run.directory, run.recorder, 1e6), secrets, film=False)


def test_a_measurement_that_cannot_be_is_noted_with_its_line(tmp_path: Path) -> None:
    """A script that divides nothing by nothing learns where; its other numbers are there."""
    with begin_run(tmp_path, new_test_run()) as run:
        iteration = new_walk(run, Secrets())
        journey = Journey(cast("Page", None), iteration, {}, cast("Cleaner", None), tag="", url=None)
        with journey.step("pay"):
            journey.measure("speed", float("nan"), unit="ms")
            journey.measure("cart_value", 39.9, unit="EUR")
        records = list(read_spool(run.directory))
    (note,) = [record.text for record in records if isinstance(record, Event)]
    line = inspect.getsourcelines(test_a_measurement_that_cannot_be_is_noted_with_its_line)[1] + 6
    assert note == f"speed is not a finite number (nan): not recorded (test_keeping.py:{line})"
    assert {(record.part, record.metric) for record in records if isinstance(record, Sample)} == {
        ("pay", "cart_value"),
        ("pay", "duration"),
    }


def test_a_file_that_another_worker_removes_meanwhile_weighs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers share a run's folder: what is gone between two looks at it is no reason to fail."""
    with begin_run(tmp_path, new_test_run()) as run:
        keeper = Keeper(run.directory, run.recorder, 100)
        monkeypatch.setattr(Path, "rglob", lambda folder, _: iter([folder / "gone.png", folder]))
        keeper.write("dom", "a.html", "a" * 80, ("shop", "pay", 1))
        assert any(isinstance(record, Artifact) for record in read_spool(run.directory))


def test_a_walk_of_which_no_page_was_seen_says_so(tmp_path: Path) -> None:
    """A suite that makes its own contexts gets no vitals: it must not look as if there were none to get."""
    with begin_run(tmp_path, new_test_run()) as run:
        iteration = new_walk(run, Secrets())
        iteration.conclude(passed=True)
        notes = [record.text for record in read_spool(run.directory) if isinstance(record, Event)]
    assert len(notes) == 1
    assert notes[0].startswith("no page of this walk was watched")


def test_a_secret_that_cannot_be_masked_is_refused(tmp_path: Path) -> None:
    """Three characters stand in any text; the journey is told so, where it would have shown them without a word."""
    secrets, environment = Secrets(), {"PIN": "123", "CODE": "1234"}
    site = Site(tmp_path, None, "shop", "http://127.0.0.1:9")
    with begin_run(tmp_path, new_test_run()) as run:
        iteration = new_walk(run, secrets)
        journey = Journey(cast("Page", None), iteration, environment, Cleaner(site, "01RUN", environment), tag="", url=None)
        with pytest.raises(ScriptError, match="the secret PIN has fewer than 4 characters and cannot be masked") as raised:
            journey.secret("PIN")
        assert "plain data" in str(raised.value.hint)
        assert journey.secret("CODE") == "1234"
    assert secrets.mask("1234, 123") == "***, 123"


def test_the_last_that_pages_told_is_kept(tmp_path: Path) -> None:
    """A page that complains from its start on does not push out what stood in its console when the walk failed; all of it is counted."""
    with begin_run(tmp_path, new_test_run()) as run:
        iteration = new_walk(run, Secrets())
        for number in range(150):
            iteration._page_tells("console_errors", f"complaint {number}\nand its stack", 0)
    told = list(iteration.notebook.told)
    assert (len(told), told[-1]) == (100, "console error: complaint 149")
    assert iteration.notebook.counts["", "console_errors"] == 150


def test_a_trace_is_masked_in_each_of_its_files(tmp_path: Path) -> None:
    """Texts, JSON, HTML and bytes that are no text are masked, the film of the screen is left out, all else stays."""
    trace = tmp_path / "trace.zip"
    files = {
        "trace.trace": json.dumps({"value": SECRET, "inner": json.dumps({"value": SECRET})}).encode(),
        "resources/page.html": b"<input value='a&lt;b &quot;c&quot; &amp; d'>",
        "resources/form.dat": b"password=a%3Cb+%22c%22+%26+d",
        "resources/font.woff": bytes(range(256)) + SECRET.encode() + bytes(range(255, 0, -1)),
        "screencast/page@1-2.jpeg": b"a picture of it",
        "resources/page@1-2.jpeg": b"a picture of it",
    }
    with zipfile.ZipFile(trace, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    secrets = Secrets()
    secrets.add(SECRET)
    secrets.mask_archive(trace)
    with zipfile.ZipFile(trace) as archive:
        left = {name: archive.read(name) for name in archive.namelist()}
    assert set(left) == {name for name in files if "page@" not in name}
    assert all(b"***" in content for content in left.values())
    assert not any(form in b"".join(left.values()) for form in (b"a<b", b"a&lt;b", b"a%3Cb"))
    assert left["resources/font.woff"] == bytes(range(256)) + b"***" + bytes(range(255, 0, -1))


ODD = """p'a"s&s</ü"""


@pytest.mark.parametrize(
    "written",
    [
        ODD,
        "p'a&quot;s&amp;s</ü",  # Chromium's attributes
        "p&#39;a&#34;s&amp;s&lt;/ü",  # Jinja, Go
        "p&#039;a&quot;s&amp;s&lt;/&uuml;",  # PHP
        "p&#x27;a&#x22;s&#x26;s&#x3C;&#x2F;&#xFC;",
        "p&amp;#39;a&amp;quot;s&amp;amp;s&amp;lt;/ü",  # a page in an attribute
        r"p\u0027a\"s\u0026s\u003c/\u00fc",  # Go's JSON
        r"p'a\"s&s<\/\u00fc",  # PHP's
        r"p'a\\\"s&s<\\/\\u00FC",  # JSON in JSON
        json.dumps(html.escape(ODD)),
    ],
)
def test_a_secret_is_masked_however_a_page_escapes_it(written: str) -> None:
    """Browsers, templates and serialisers write the same signs in many ways."""
    secrets = Secrets()
    secrets.add(ODD)
    assert secrets.mask(f"<p title=x>{written}</p>").replace('"', "") == "<p title=x>***</p>"


def test_what_the_suite_names_is_masked_and_covers_nothing(tmp_path: Path) -> None:
    """A password in a target's address is masked wherever it stands, its host nowhere; pictures and films stay, for no page shows it."""
    target = '[targets.staging]\nurl = "env:STAGING"\nheaders = { Authorization = "Bearer env:TOKEN" }\n'
    (tmp_path / "footfall.toml").write_text(target, encoding="utf-8")
    environment = {"STAGING": "https://qa:S3cr%24t@staging.example", "TOKEN": "t0ken-of-staging"}
    secrets = Secrets()
    secrets.know(recorded_secrets(load_suite(tmp_path), environment))
    assert secrets.mask("at https://qa:S3cr%24t@staging.example, S3cr$t") == "at https://qa:***@staging.example, ***"
    assert secrets.mask("https://staging.example/ took t0ken-of-staging") == "https://staging.example/ took ***"
    assert not secrets.values
    trace = tmp_path / "trace.zip"
    with zipfile.ZipFile(trace, "w") as archive:
        archive.writestr("trace.network", "Bearer t0ken-of-staging")
        archive.writestr("resources/page@1-2.jpeg", b"a picture")
    secrets.mask_archive(trace)
    with zipfile.ZipFile(trace) as archive:
        assert [archive.read(name) for name in archive.namelist()] == [b"Bearer ***", b"a picture"]


def test_a_traces_requests_become_an_archive(tmp_path: Path) -> None:
    """The HAR holds the trace's requests as they are."""
    entry = {"request": {"method": "GET", "url": "https://shop.example/"}}
    with zipfile.ZipFile(tmp_path / "trace.zip", "w") as archive:
        archive.writestr("trace.network", json.dumps({"type": "resource-snapshot", "snapshot": entry}) + "\n\n")
    har = json.loads(har_of(tmp_path / "trace.zip"))
    assert (har["log"]["version"], har["log"]["entries"]) == ("1.2", [entry])


class Context:
    """A browser's context whose tracing ends in a file, or in an error."""

    def __init__(self, error: Exception | None) -> None:
        self.tracing, self._error = self, error

    def stop(self, path: Path) -> None:
        """Write a trace without requests."""
        if self._error:
            raise self._error
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("trace.network", "")


@pytest.mark.parametrize(("error", "kept"), [(None, True), (Error("the browser is gone"), False)])
def test_whether_a_trace_was_kept_is_known(tmp_path: Path, error: Exception | None, kept: bool) -> None:
    """The record must not suggest one that is not there."""
    with begin_run(tmp_path, new_test_run()) as run:
        iteration = new_walk(run, Secrets())
        iteration.watch.contexts.append(cast("BrowserContext", Context(error)))
        assert keep_trace(iteration) is kept
        kinds = [record.kind for record in read_spool(run.directory) if isinstance(record, Artifact)]
    assert kinds == (["trace", "har"] if kept else [])


def test_conditions_are_labels() -> None:
    """A slowed-down browser's figures are told apart from others; an unhindered one's need no label."""
    assert Conditions.of("slow-4g", 4).labels == {"network": "slow-4g", "cpu": "4x"}
    assert Conditions.of(None, None).labels == Conditions.of(None, 1).labels == {}
    assert all(network.down > 0 and network.up > 0 for network in NETWORKS.values())
    known = footfall_schema()["properties"]["gate"]["properties"]["network"]["enum"]
    assert set(NETWORKS) == set(known), "footfall.toml knows the same"


@pytest.mark.parametrize(("network", "cpu", "hint"), [("slow4g", None, "did you mean 'slow-4g'?"), (None, 0.5, "from 1 to 100")])
def test_conditions_that_nobody_knows(network: str | None, cpu: float | None, hint: str) -> None:
    """An unknown network names the nearest one."""
    with pytest.raises(UsageError) as raised:
        Conditions.of(network, cpu)
    assert hint in str(raised.value.hint)


def test_devices_of_a_list() -> None:
    """Commas part names, quotes are a shell's, a name counts once; an unknown one names the nearest."""
    assert listed('desktop, "iPhone 15",iPhone 15') == ("desktop", "iPhone 15")
    check_device("desktop", ())
    with pytest.raises(UsageError, match="no device is called 'iPhone 51'") as raised:
        check_device("iPhone 51", ("iPhone 15", "Pixel 7"))
    assert "iPhone 15" in str(raised.value.hint)
    with pytest.raises(UsageError, match="names no device"):
        listed(" , ")


def test_a_devices_browser_is_the_engine_that_runs() -> None:
    """A device of Chrome's says the engine's own version; one of another browser's is left as it is."""
    assert (
        true_version("Mozilla/5.0 Chrome/159.0.8154.6 Mobile Safari/537.36", "156.0.1") == "Mozilla/5.0 Chrome/156.0.1 Mobile Safari/537.36"
    )
    assert true_version("Mozilla/5.0 Version/27.2 Safari/604.1", "156.0.1") == "Mozilla/5.0 Version/27.2 Safari/604.1"


@pytest.mark.parametrize(("workers", "factor"), [(2, "1.06 times as long with 2"), (4, "1.14 times as long with 3"), (9, "1.93 times")])
def test_workers_are_warned_of(workers: int, factor: str) -> None:
    """The warning has the figure that was measured with so many, or with the next fewer."""
    assert factor in side_by_side(workers, 2)
    assert f"workers={workers}" in side_by_side(workers, 2)
