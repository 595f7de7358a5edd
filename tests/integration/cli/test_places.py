"""What the watch's locations saw, from the store into what commands tell."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ulid import ULID

from footfall.samples import Run, RunEnd, Sample
from footfall.store import watch
from footfall.store.spool import begin_run
from footfall.store.watch import Seen
from footfall.store.writer import take_in
from tests.integration.cli.conftest import LABELS, Said, Stored

Footfall = Callable[..., Said]
NOW = datetime.now(UTC)


def checks(stored: Stored, location: str, took_ms: float, *, failed: int = 0, target: str = "shop") -> None:
    """Ten checks of a probe and of a journey from a location, some of the probe's failed, spread over ten hours."""
    seen = []
    for number in range(10):
        at = NOW - timedelta(hours=number + 2)
        ok = number >= failed
        seen.append(Seen(str(ULID()), "probe:health", location, at, ok, latency_ms=took_ms if ok else 9999.0, target=target))
        seen.append(Seen(str(ULID()), "journey:checkout", location, at, ok=True, latency_ms=10 * took_ms, target=target))
    with stored.store.writing() as connection:
        watch.add_to_hours(connection, seen)


def walk(stored: Stored, location: str, lcp_ms: float, *, faulted: bool = False) -> None:
    """Store a walk of the watch from a location; its first step is quicker."""
    started = NOW - timedelta(hours=3)
    labels = {"fault": "slow-payment"} if faulted else {}
    run = Run(str(ULID()), "shop", started, kind="watch", location=location, labels=labels)
    with begin_run(stored.root, run) as begun:
        for part, value in (("home", lcp_ms / 2), ("pay", lcp_ms)):
            begun.recorder.write(Sample(run.id, started, "journey", "checkout", part, "lcp", value, 1, labels=LABELS))
        begun.recorder.write(RunEnd(run.id, started + timedelta(seconds=5), "finished"))
    take_in(stored.store, begun.directory)


def test_commands_tell_what_each_location_saw(stored: Stored, footfall: Footfall) -> None:
    """Counts, means and vitals of the last days, of this target alone; drills are left out."""
    checks(stored, "ams", 20.0)
    checks(stored, "nyc", 80.0, failed=3)
    checks(stored, "sfo", 80.0, target="elsewhere")
    for location, lcp_ms in (("ams", 900.0), ("nyc", 2600.0)):
        walk(stored, location, lcp_ms)
        walk(stored, location, 99_000.0, faulted=True)
    stored.run(timedelta(hours=1))
    told = json.loads(footfall("history", "show", "R000", "--json").out)["locations"]
    found = {(each["subject"], each["location"]): each for each in told}
    assert set(found) == {(subject, location) for subject in ("health", "checkout") for location in ("ams", "nyc")}
    far = found["health", "nyc"]
    assert (far["checks"], far["good"], far["mean_ms"], far["longest_ms"], far["vitals"]) == (10, 7, 80.0, 9999.0, {})
    assert found["checkout", "nyc"]["vitals"] == {"lcp": 2600.0}
    words = footfall("history", "show", "R000").out
    assert "last 7 days" in words
    assert "70.00 %" in words
    assert footfall("report", "weekly").code == 0
    for name in ("index.html", "weekly.html", "summary.md", "verdicts.json"):
        assert "nyc" in (stored.root / "out/latest" / name).read_text()


def test_one_location_is_no_comparison(stored: Stored, footfall: Footfall) -> None:
    """Then nothing is told beside the run itself, but where a walk was made."""
    checks(stored, "ams", 20.0)
    walk(stored, "ams", 900.0)
    assert json.loads(footfall("history", "show", "--json").out)["locations"] == []
    said = footfall("history", "show").out
    assert "watch of shop from ams" in said
    assert "last 7 days" not in said
