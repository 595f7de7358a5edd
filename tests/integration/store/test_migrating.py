"""A store of an older footfall keeps what it holds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from footfall.store import database, incidents, watch
from footfall.store.changes import stored_changes
from footfall.store.commits import NOTHING
from footfall.store.database import open_store
from footfall.store.watch import Place

T0 = datetime(2026, 11, 21, 5, tzinfo=UTC)
MS = int(T0.timestamp() * 1000)
OLD = (
    "INSERT INTO watch_states VALUES ('probe:health', 'down', '{\"phase\": \"down\"}', :at)",
    "INSERT INTO watch_jobs VALUES ('ams', 'probe:health', :at, '')",
    "INSERT INTO watch_locations VALUES ('ams', :at, :no, :no, 'm', '{}')",
    "INSERT INTO heartbeats VALUES ('backup', :at, :yes, '{}')",
    "INSERT INTO watch_hours VALUES ('probe:health', 'ams', :at, 120, 119, 1.0, 2.0)",
    (
        "INSERT INTO watch_results (id, subject, location, at, ok, blind, excused, attempt, problem, figures, run, judged)"
        " VALUES ('r1', 'probe:health', 'ams', :at, :no, :no, :no, 0, 'x', '{}', '', :no)"
    ),
    (
        "INSERT INTO runs (number, id, target, kind, started, git_commit, git_branch, machine, location, config_digest, versions, labels,"
        " faulted, outcome, verdict) VALUES (1, 'R1', 'shop', 'gate', :at, 'c', '', 'm', '', '', '{}', '{}', :no, 'finished', '')"
    ),
    "INSERT INTO series VALUES (1, 'k', 'shop', 'probe', 'health', '', 'latency', '{}')",
    (
        "INSERT INTO summaries (run, series, started, comparable, kind, unit, count, mean, min, max, p50, p75, p90, p95, p99, total, last)"
        " VALUES (1, 1, :at, '', 'trend', 'ms', 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)"
    ),
    "INSERT INTO changes VALUES (1, 1, :at, 1.0, 2.0, 1e-9, 'p50', 'a', 'b', 5, :at)",
    (
        "INSERT INTO incidents (id, subject, severity, owner, source, title, problem, began, opened, acknowledged_by, resolved_by,"
        " flapping, level, detail) VALUES ('01T', 'probe:health', 'P1', '', 'probe', 'health is down', 'x', :at, :at, '', '', :no, 0, '{}')"
    ),
)


def build(url: str, root: Path) -> None:
    """A store as version 0003 left it."""
    opened = database.Store(database._engine(database._address(root, url), "old"), "old")  # as no footfall opens it any more
    with opened.writing() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(database.__file__).with_name("migrations")))
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        for statement in OLD:
            connection.execute(text(statement), {"at": MS, "no": False, "yes": True})
    opened.close()


def test_a_change_that_was_found_before_there_were_drifts_is_a_step(url: str, tmp_path: Path) -> None:
    """Between two commits, and nothing is known of those between."""
    build(url, tmp_path)
    store = open_store(tmp_path, url)
    (change,) = stored_changes(store)
    assert (change.drift, change.last_commit, change.first_commit, change.commits) == (False, "a", "b", NOTHING)
    store.close()


def test_what_was_watched_before_there_were_targets_is_taken_over(url: str, tmp_path: Path) -> None:
    """States, jobs, locations, heartbeats, hours, results, incidents: by the first watch that starts, and by no other."""
    build(url, tmp_path)
    store = open_store(tmp_path, url)
    with store.writing() as connection:
        watch.adopt(connection, "production")
        watch.adopt(connection, "staging")
    with store.reading() as connection:
        assert watch.load_states(connection, target="production") == {"probe:health": {"phase": "down"}}
        assert watch.last_started(connection, "ams", target="production") == {"probe:health": T0}
        assert watch.places(connection) == [Place("ams", T0, blind=False, judge=False, machine="m", target="production")]
        assert watch.beats(connection, target="production")["backup"].ok
        assert [(hour.target, hour.checks, hour.good) for hour in watch.hours(connection, since=T0)] == [("production", 120, 119)]
        assert [seen.id for _, seen in watch.waiting(connection, target="production")] == ["r1"]
        found = incidents.open_of(connection, "probe:health", target="production")
        assert found is not None
        assert found.number == 1
    store.close()
