"""The status page: what customers may know, and nothing else."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from footfall.config.watch import WatchSpec
from footfall.monitor.incidents import Desk
from footfall.monitor.score import health_score
from footfall.monitor.state import Phase
from footfall.monitor.status import Uptime, status_of, write
from footfall.store import watch
from footfall.store.incidents import Incident
from footfall.store.watch import Seen
from footfall.store.writer import Store
from tests.integration.monitor.conftest import House, plan, subject


def test_customers_read_what_works_and_nothing_of_the_inside(store: Store, tmp_path: Path) -> None:
    """Components by their public names, 90 bars, notices in words for customers; no address, error text or internal name."""
    subjects = [subject("payments-eu-1", component="Payments & <Cards>"), subject("internal-queue")]
    planned = replace(plan([], [], subjects), watch=WatchSpec(status_title="Corner"))
    corner = House(store, tmp_path, planned)
    for day in range(3):
        corner.clock.turn(86_400)
        corner.see(ok=day != 1, key="probe:payments-eu-1")
        if day == 1:
            corner.see(ok=True, key="probe:payments-eu-1", attempt=1)
    corner.fail("probe:payments-eu-1")
    corner.fail("probe:internal-queue")

    def made() -> tuple[str, Any, list[str]]:
        folder = tmp_path / "public"
        write(status_of(store, planned, corner.clock.at), folder, tmp_path, "https://status.example.com")
        feed = ET.fromstring((folder / "feed.xml").read_text())  # noqa: S314  # our own
        items = [item.findtext("guid") or "" for item in feed.iter("item")]
        return (folder / "index.html").read_text(), json.loads((folder / "status.json").read_text()), items

    html, plain, items = made()
    assert "Payments &amp; &lt;Cards&gt;: not working" in html
    assert html.count('<i class="') == 90
    assert "We have noticed trouble" in html
    for inside in ("payments-eu-1", "internal-queue", "status 500", "probe:", r"\bP1\b"):  # an id may hold the letters P1
        assert not re.search(inside, html)
        assert not re.search(inside, json.dumps(plain))
    (component,) = plain["components"]
    assert [day["uptime"] for day in component["days"]][-3:] == [1.0, 0.0, 0.5]
    with store.writing() as connection:
        Desk(connection, planned, corner.clock.at + timedelta(seconds=5)).acknowledge(_of(corner), "ada")
    assert "We know what is wrong" in made()[0]
    corner.recover("probe:payments-eu-1")
    html, _, ended = made()
    assert "Everything is working" in html
    assert "It is over since" in html
    assert (len(items), len(ended), items != ended) == (1, 1, True)
    assert not list((tmp_path / "public").glob("*.new"))


def test_what_is_over_is_read_once_an_hour(store: Store, tmp_path: Path) -> None:
    """90 days are not read again every half minute; the hour that runs is, and what came in late is there an hour later."""
    planned = plan([], [], [subject("shop", component="Shop")])
    corner = House(store, tmp_path, planned)
    uptime = Uptime()

    def days() -> list[float | None]:
        (component,) = status_of(store, planned, corner.clock.at, uptime).components
        return [day.uptime for day in component.days][-3:]

    def kept(days_ago: int, *, ok: bool) -> None:
        with store.writing() as connection:
            at = corner.clock.at - timedelta(days=days_ago)
            watch.add_to_hours(connection, [Seen("x", "probe:shop", "ams", at, ok)])

    kept(2, ok=True)
    kept(0, ok=True)
    assert days() == [1.0, None, 1.0]
    kept(1, ok=False)
    kept(0, ok=False)
    assert days() == [1.0, None, 0.5]
    corner.clock.turn(3600)
    assert days() == [1.0, 0.0, 0.5]
    assert days() == [day.uptime for day in status_of(store, planned, corner.clock.at).components[0].days][-3:]


def test_notices_are_in_the_suites_own_words(store: Store, tmp_path: Path) -> None:
    """`reports/_notice.txt`: its first line is the title, the rest the text."""
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports/_notice.txt").write_text(
        "{{ component }} streikt\n{% if resolved %}Vorbei.{% else %}Wir\nkümmern uns.{% endif %}\n"
    )
    planned = plan([], [], [subject("shop", component="Shop")])
    corner = House(store, tmp_path, planned)
    corner.fail()
    (notice,) = status_of(store, planned, corner.clock.at, root=tmp_path).notices
    assert (notice.title, notice.text) == ("Shop streikt", "Wir kümmern uns.")


def _of(corner: House) -> Incident:
    return next(each for each in corner.incidents() if each.subject == "probe:payments-eu-1")


def test_locations_are_told_under_their_public_names_only(store: Store, tmp_path: Path) -> None:
    """Beside each other, on the page and in its JSON; one that has no public name, often a machine's, is nowhere."""
    planned = replace(plan([], [], [subject("shop", component="Shop")]), watch=WatchSpec(places={"ams": "Amsterdam", "nyc": "New York"}))
    corner = House(store, tmp_path, planned)
    for place, ok in (("ams", True), ("nyc", False), ("host-17.internal", False)):
        corner.see(ok=ok, location=place)
    folder = tmp_path / "public"
    write(status_of(store, planned, corner.clock.at), folder, tmp_path)
    (component,) = json.loads((folder / "status.json").read_text())["components"]
    assert component["locations"] == [{"name": "Amsterdam", "uptime": 1.0}, {"name": "New York", "uptime": 0.0}]
    page = (folder / "index.html").read_text()
    assert "Amsterdam: 100.00 %, New York: 0.00 %" in page
    assert "host-17" not in page
    alone = replace(planned, watch=WatchSpec(places={"ams": "Amsterdam"}))
    assert status_of(store, alone, corner.clock.at).components[0].locations == ()


def test_the_health_score_weighs_what_is_grave() -> None:
    """A P0 that is down costs eight times a P3; what is slow costs half; of nothing measured there is none."""
    planned = plan([], [], [subject("a", severity="P0"), subject("b", severity="P3"), subject("c", severity="P3")])
    up = dict.fromkeys(planned.subjects, Phase.UP)
    assert health_score(planned, {}) is None
    assert health_score(planned, up) == 100
    assert health_score(planned, {**up, "probe:a": Phase.DOWN}) == 20
    assert health_score(planned, {**up, "probe:b": Phase.DOWN}) == 90
    assert health_score(planned, {**up, "slow:probe:a": Phase.DOWN}) == 60
