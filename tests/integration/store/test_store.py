"""The contract of a store: the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from footfall.errors import StoreError, UsageError
from footfall.metrics import Kind
from footfall.samples import Artifact, Event, HistogramWindow, Run, RunEnd, Sample, Series, to_line
from footfall.stats import Figures, Histogram
from footfall.store import reader
from footfall.store import watch_schema as _the_monitors_tables  # noqa: F401  # they join the metadata
from footfall.store.interchange import export, import_lines
from footfall.store.prune import prune
from footfall.store.schema import HEAD, VERSION_TABLE, metadata
from footfall.store.spool import Recorder, begin_run, spools_of
from footfall.store.writer import Store, open_store, set_verdict, store_spool, take_in, take_in_abandoned

BEGAN = datetime(2026, 11, 21, 5, tzinfo=UTC)
RUN = Run("01RUN", "corner", BEGAN, machine="Linux, 2 CPU; a", commit="3f2a91c", labels={"iterations": "3"}, versions={"chromium": "156.0"})
LCP = Series("corner", "journey", "checkout", "pay", "lcp", (("device", "desktop"),))


def measured(root: Path, run: Run, *values: float, outcome: str | None = "finished") -> Path:
    """Spool a run with LCPs of one step and return its directory; it is left open-ended where `outcome` is None."""
    with begin_run(root, run) as begun:
        for number, value in enumerate(values):
            at = run.started + timedelta(seconds=number)
            begun.recorder.write(Sample(run.id, at, *LCP_FIELDS, value, iteration=number + 1, labels=LCP.label_map))
        if outcome is not None:
            begun.recorder.write(RunEnd(run.id, run.started + timedelta(minutes=1), outcome))
    return begun.directory


LCP_FIELDS = ("journey", "checkout", "pay", "lcp")


def stored(store: Store, root: Path, *means: float, run: Run = RUN, verdict: str = "pass") -> None:
    """Store one finished run of a single LCP after another, a minute apart."""
    for number, mean in enumerate(means):
        begun = replace(run, id=f"{run.id}{number:03}", started=run.started + timedelta(minutes=number))
        take_in(store, measured(root, begun, mean))
        set_verdict(store, begun.id, verdict, 0)


def means(figures: Sequence[Figures]) -> list[float]:
    """Return the means of figures."""
    return [each.mean for each in figures]


def test_a_run_is_taken_in_whole(store: Store, tmp_path: Path) -> None:
    """Its row, figures and values are those of its spool, which is gone afterwards."""
    directory = measured(tmp_path, RUN, 900.0, 800.0, 1000.0)
    assert take_in(store, directory) == RUN.id
    assert not directory.exists()
    row = reader.run(store, RUN.id)
    assert (row.run, row.outcome, row.verdict, row.exit_code) == (RUN, "finished", "", None)
    assert row.ended == BEGAN + timedelta(minutes=1)
    (seen,) = reader.evidence(store, RUN.id)
    assert (seen.series, seen.kind, seen.unit) == (LCP, Kind.TREND, "ms")
    assert (seen.values, seen.figures) == ((900.0, 800.0, 1000.0), Figures.of_values([900.0, 800.0, 1000.0]))


def test_taking_in_twice_is_taking_in_once(store: Store, tmp_path: Path) -> None:
    """A crash between the commit and the removal changes nothing but the work done; the verdict stays."""
    directory = measured(tmp_path, RUN, 900.0)
    store_spool(store, directory)
    set_verdict(store, RUN.id, "warn", 0)
    take_in(store, directory)
    assert take_in(store, directory) == RUN.id
    assert [row.id for row in reader.runs(store)] == [RUN.id]
    assert reader.run(store).verdict == "warn"
    assert [seen.values for seen in reader.evidence(store, RUN.id)] == [(900.0,)]


def test_a_run_that_nobody_ended_is_interrupted(store: Store, tmp_path: Path) -> None:
    """The next start takes it in with all that it saw, and dates its end by the last of it."""
    measured(tmp_path, RUN, 900.0, 800.0, outcome=None)
    assert take_in_abandoned(store, tmp_path) == [RUN.id]
    row = reader.run(store)
    assert (row.outcome, row.ended) == ("interrupted", BEGAN + timedelta(seconds=1))
    assert len(reader.samples(store, RUN.id)) == 2


def test_a_living_run_is_left_alone(store: Store, tmp_path: Path) -> None:
    """A start beside it takes in nothing; taking it in by name says what to wait for."""
    with begin_run(tmp_path, RUN) as begun:
        assert take_in_abandoned(store, tmp_path) == []
        with pytest.raises(StoreError, match="still being written"):
            take_in(store, begun.directory, wait_s=0)
        assert begun.directory.is_dir()
    with pytest.raises(UsageError, match="no run is stored yet"):
        reader.run(store)


def test_children_of_a_lost_owner_are_kept_too(store: Store, tmp_path: Path) -> None:
    """A spool without a run record keeps its samples, under a target that nobody named."""
    directory = spools_of(tmp_path) / RUN.id
    directory.mkdir(parents=True)
    with Recorder(directory, "journey-7") as recorder:
        recorder.write(Sample(RUN.id, BEGAN, *LCP_FIELDS, 900.0))
    assert take_in_abandoned(store, tmp_path) == [RUN.id]
    row = reader.run(store)
    assert (row.run.target, row.run.kind, row.run.started, row.outcome) == ("unknown", "unknown", BEGAN, "interrupted")


def test_an_empty_spool_is_nothing(store: Store, tmp_path: Path) -> None:
    """A process that died before its first line leaves no run."""
    (spools_of(tmp_path) / RUN.id).mkdir(parents=True)
    take_in_abandoned(store, tmp_path)
    assert reader.runs(store) == []
    assert list(spools_of(tmp_path).iterdir()) == []


def test_the_files_of_a_run_outlive_its_spool(store: Store, tmp_path: Path) -> None:
    """Screenshots and traces move to where results are kept."""
    directory = measured(tmp_path, RUN, 900.0)
    (directory / "artifacts").mkdir()
    (directory / "artifacts" / "pay.png").write_bytes(b"png")
    kept = tmp_path / "out" / RUN.id / "artifacts"
    take_in(store, directory)
    assert [path.name for path in kept.iterdir()] == ["pay.png"]


def test_files_that_are_there_already_are_joined(store: Store, tmp_path: Path) -> None:
    """A move that was interrupted is done to its end."""
    directory = measured(tmp_path, RUN, 900.0)
    kept = tmp_path / "out" / RUN.id / "artifacts"
    for place, name in ((directory / "artifacts", "pay.png"), (kept, "log.txt")):
        place.mkdir(parents=True)
        (place / name).write_text("")
    take_in(store, directory)
    assert sorted(path.name for path in kept.iterdir()) == ["log.txt", "pay.png"]


def test_results_that_cannot_be_written_are_named_and_nothing_is_lost(store: Store, tmp_path: Path) -> None:
    """The spool stays until its files have a place."""
    directory = measured(tmp_path, RUN, 900.0)
    (directory / "artifacts").mkdir()
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(StoreError, match="artifacts cannot be written"):
        take_in(store, directory)
    assert directory.is_dir()
    (tmp_path / "out").unlink()
    assert take_in(store, directory) == RUN.id


def test_a_verdict_event_of_another_shape_is_an_event(store: Store, tmp_path: Path) -> None:
    """Only what an export writes is taken for the run's verdict."""
    with begin_run(tmp_path, RUN) as begun:
        for code in ((1,), "1", 256, -1):
            begun.recorder.event("verdict", "pass", exit_code=code)
        begun.end("finished")
    take_in(store, begun.directory)
    assert (len(reader.events(store, RUN.id)), reader.run(store).verdict) == (4, "")


def test_an_import_that_is_no_text_says_so(store: Store, tmp_path: Path) -> None:
    """A picture, say."""
    path = tmp_path / "import.jsonl"
    path.write_bytes(b"\x89PNG\xff\n")
    with path.open(encoding="utf-8") as file, pytest.raises(StoreError, match="the import cannot be read"):
        import_lines(store, file)


def test_text_that_a_database_refuses_does_not_lose_the_run(store: Store, tmp_path: Path) -> None:
    """NUL and lone surrogates are replaced in names, labels and details."""
    hostile = "a\x00b\ud800c"
    with begin_run(tmp_path, replace(RUN, target=hostile, labels={hostile: hostile})) as begun:
        begun.recorder.write(
            Sample(RUN.id, BEGAN, "journey", hostile, hostile, hostile, 1.0, labels={"x": hostile}, detail={"y": [hostile]})
        )
        begun.recorder.write(Event(RUN.id, BEGAN, "note", hostile, {hostile: hostile}))
        begun.end("finished")
    take_in(store, begun.directory)
    clean = "a\ufffdb\ufffdc"
    (sample,) = reader.samples(store, RUN.id)
    assert (sample.subject, sample.labels, sample.detail) == (clean, {"x": clean}, {"y": [clean]})
    assert reader.run(store).run.target == clean


def test_long_and_odd_names_are_kept(store: Store, tmp_path: Path) -> None:
    """A name may be longer than a database's index allows, and `%` and quotes mean nothing special."""
    name = "".join(chr(0x4E00 + number) for number in range(5000)) + "%s:'\";--"
    with begin_run(tmp_path, RUN) as begun:
        begun.recorder.sample(source="load", subject=name, part="GET /%", metric="throughput", value=1.0)
        begun.end("finished")
    take_in(store, begun.directory)
    assert [seen.series.subject for seen in reader.evidence(store, RUN.id)] == [name]


def test_histograms_keep_their_windows_and_are_summed_up_as_one(store: Store, tmp_path: Path) -> None:
    """Figures are of all requests; the windows stand in the order of time; one that does not decode is an error event."""
    with begin_run(tmp_path, RUN) as begun:
        for second, values in ((1, (30.0, 40.0)), (0, (10.0, 20.0))):
            histogram = Histogram()
            for value in values:
                histogram.record(value)
            at = BEGAN + timedelta(seconds=second)
            begun.recorder.write(HistogramWindow(RUN.id, at, 1, "load", "ci", "POST /api/orders", "latency", histogram.encode()))
        begun.recorder.write(HistogramWindow(RUN.id, BEGAN, 1, "load", "ci", "", "latency", "rubbish"))
        begun.end("finished")
    take_in(store, begun.directory)
    (seen,) = reader.evidence(store, RUN.id)
    assert (seen.figures.count, round(seen.figures.p50), round(seen.figures.max)) == (4, 20, 40)
    assert [(window.at, window.seconds, window.histogram.count) for window in seen.windows] == [
        (BEGAN, 1.0, 2),
        (BEGAN + timedelta(seconds=1), 1.0, 2),
    ]
    (event,) = reader.events(store, RUN.id)
    assert event.kind == "error"
    assert "not an HDR histogram" in event.text


def test_a_rate_over_requests_is_failed_of_all(store: Store, tmp_path: Path) -> None:
    """One sample a second, weighed by its requests; an idle second says nothing."""
    with begin_run(tmp_path, RUN) as begun:
        for failed, of in ((1, 100), (0, 0), (4, 10)):
            begun.recorder.sample(source="load", subject="ci", part="", metric="errors", value=failed, detail={"of": of})
        begun.end("finished")
    take_in(store, begun.directory)
    (seen,) = reader.evidence(store, RUN.id)
    assert (seen.kind, seen.unit, seen.figures.count, seen.figures.mean) == (Kind.RATE, "ratio", 110, 5 / 110)
    assert seen.values == (0.01, 0.4)


def test_a_scripts_own_metric_has_its_own_unit(store: Store, tmp_path: Path) -> None:
    """`journey.measure("cart_value", 39.9, unit="EUR")` is a trend in EUR."""
    with begin_run(tmp_path, RUN) as begun:
        begun.recorder.sample(source="journey", subject="checkout", part="", metric="cart_value", value=39.9, unit="EUR")
        begun.end("finished")
    take_in(store, begun.directory)
    (seen,) = reader.evidence(store, RUN.id)
    assert (seen.kind, seen.unit) == (Kind.TREND, "EUR")


def test_events_and_artifacts_come_back_in_time(store: Store, tmp_path: Path) -> None:
    """Whatever was written first."""
    late, early = Event(RUN.id, BEGAN + timedelta(seconds=9), "abort", "late", {"a": 1}), Event(RUN.id, BEGAN, "note", "early")
    picture = Artifact(RUN.id, BEGAN, "screenshot", "artifacts/pay.png", "checkout", "pay", 3)
    with begin_run(tmp_path, RUN) as begun:
        for record in (late, picture, early):
            begun.recorder.write(record)
        begun.end("finished")
    take_in(store, begun.directory)
    assert reader.events(store, "latest") == [early, late]
    assert reader.artifacts(store, "latest") == [picture]


def test_runs_are_listed_newest_first(store: Store, tmp_path: Path) -> None:
    """All of them, a few, or those of one target or kind."""
    stored(store, tmp_path, 1, 2, 3)
    stored(store, tmp_path, 4, run=replace(RUN, id="02RUN", target="staging", kind="load", started=BEGAN + timedelta(hours=1)))
    assert [row.id for row in reader.runs(store)] == ["02RUN000", "01RUN002", "01RUN001", "01RUN000"]
    assert [row.id for row in reader.runs(store, limit=1)] == ["02RUN000"]
    assert [row.id for row in reader.runs(store, target="corner", limit=2)] == ["01RUN002", "01RUN001"]
    assert [row.id for row in reader.runs(store, kind="load", limit=None)] == ["02RUN000"]


def test_a_run_is_found_by_the_beginning_of_its_id(store: Store, tmp_path: Path) -> None:
    """In either case, or as the latest; too short a beginning and a slip get the nearest ids."""
    stored(store, tmp_path, 1, 2)
    assert reader.run(store, "01run001").id == reader.run(store, "latest").id == reader.run(store, "01RUN001").id
    with pytest.raises(UsageError, match="several runs") as several:
        reader.run(store, "01RUN")
    assert "01RUN001, 01RUN000" in str(several.value.hint)
    with pytest.raises(UsageError, match="no run is called '01RUM001'") as slip:
        reader.run(store, "01RUM001")
    assert "did you mean 01RUN001?" in str(slip.value.hint)
    for name in ("%", "01RUN00_", ""):
        with pytest.raises(UsageError):
            reader.run(store, name)


def test_a_verdict_is_kept_with_the_run(store: Store, tmp_path: Path) -> None:
    """And a run that nobody stored has none."""
    take_in(store, measured(tmp_path, RUN, 900.0))
    set_verdict(store, RUN.id, "fail", 1)
    assert (reader.run(store).verdict, reader.run(store).exit_code) == ("fail", 1)
    with pytest.raises(StoreError, match="holds no run 02RUN"):
        set_verdict(store, "02RUN", "pass", 0)


def test_history_is_the_last_comparable_runs_oldest_first(store: Store, tmp_path: Path) -> None:
    """The run itself and later ones are no history of it."""
    stored(store, tmp_path, 1, 2, 3, 4, 5)
    assert {series: means(past) for series, past in reader.history(store, "01RUN003", last=2).items()} == {LCP: [2, 3]}
    assert reader.history(store, "01RUN000") == {LCP: ()}


@pytest.mark.parametrize(
    ("odd", "verdict", "outcome"),
    [
        (replace(RUN, target="staging"), "pass", "finished"),
        (replace(RUN, machine="Linux, 64 CPU; b"), "pass", "finished"),
        (replace(RUN, labels={"iterations": "50"}), "pass", "finished"),
        (replace(RUN, versions={"chromium": "99.0"}), "pass", "finished"),
        (replace(RUN, labels={"iterations": "3", "fault": "slow-payment"}), "pass", "finished"),
        (RUN, "fail", "finished"),
        (RUN, "pass", "failed"),
        (RUN, "pass", "aborted"),
        (RUN, "pass", None),
    ],
)
def test_unlike_runs_are_no_history(store: Store, tmp_path: Path, odd: Run, verdict: str, outcome: str | None) -> None:
    """Another target, machine, setting or browser, a fault, a failure or an interruption keeps a run out of the baseline."""
    stored(store, tmp_path, 100)
    take_in(store, measured(tmp_path, replace(odd, id="ODD", started=BEGAN + timedelta(minutes=5)), 999.0, outcome=outcome))
    set_verdict(store, "ODD", verdict, 0)
    take_in(store, measured(tmp_path, replace(RUN, id="NOW", started=BEGAN + timedelta(minutes=9)), 100.0))
    assert means(reader.history(store, "NOW")[LCP]) == [100]


def test_a_trend_is_the_last_runs_up_to_this_one(store: Store, tmp_path: Path) -> None:
    """Each point says which run and commit it is, and how it was judged."""
    stored(store, tmp_path, 1, 2, 3, 4)
    points = reader.trend(store, "01RUN002", last=2)[LCP]
    assert [(point.run_id, point.figures.mean, point.commit, point.verdict, point.outcome) for point in points] == [
        ("01RUN001", 2, "3f2a91c", "pass", "finished"),
        ("01RUN002", 3, "3f2a91c", "pass", "finished"),
    ]


def test_an_export_imports_into_another_store(store: Store, tmp_path: Path) -> None:
    """Verdicts and interruptions come along; importing again changes nothing."""
    stored(store, tmp_path, 1, 2, verdict="warn")
    take_in(store, measured(tmp_path, replace(RUN, id="03RUN", started=BEGAN + timedelta(hours=1)), 9.0, outcome=None))
    lines = list(export(store))
    assert sum('"run_end"' in line for line in lines) == 2
    other = open_store(tmp_path / "other")
    try:
        assert import_lines(other, reversed(lines)).taken == ("03RUN", "01RUN001", "01RUN000")
        assert import_lines(other, lines).known == ("01RUN000", "01RUN001", "03RUN")
        assert list(export(other)) == lines
        assert [(row.verdict, row.outcome) for row in reader.runs(other)] == [
            ("", "interrupted"),
            ("warn", "finished"),
            ("warn", "finished"),
        ]
    finally:
        other.close()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("name,value", "line 2 is no record"),
        ('{"type":"sample","run":"01RUN"}', "line 2 is no record: not a whole sample"),
        (
            '{"type":"run","id":"../01RUN","target":"x","started":"2026-11-21T05:00:00Z"}',
            "line 2 is no record: '../01RUN' is not the id of a run",
        ),
        ('{"type":"event","run":"02RUN","at":"2026-11-21T05:00:00Z","kind":"note","text":""}', "no line of type run begins 02RUN"),
    ],
)
def test_a_wrong_import_stores_nothing(store: Store, line: str, said: str) -> None:
    """The message names the line."""
    with pytest.raises(StoreError, match=said):
        import_lines(store, [to_line(RUN), line])
    assert reader.runs(store) == []


def test_an_import_keeps_what_a_later_footfall_wrote(store: Store) -> None:
    """As an error event that holds it whole."""
    import_lines(store, [to_line(RUN), '{"type":"heatmap","run":"01RUN","at":"2026-11-21T05:00:00.000Z","cells":[1]}'])
    (event,) = reader.events(store, RUN.id)
    assert event.detail["record"]["cells"] == [1]


def test_pruning_forgets_the_old_and_keeps_the_newest(store: Store, tmp_path: Path) -> None:
    """By age, by number, or by both: then the newest stay however old they are."""
    stored(store, tmp_path, *range(6))
    assert prune(store) == ()
    assert prune(store, before=BEGAN + timedelta(minutes=2)) == ("01RUN000", "01RUN001")
    assert prune(store, before=BEGAN + timedelta(days=1), keep=3) == ("01RUN002",)
    assert prune(store, keep=1, target="staging") == ()
    assert prune(store, keep=1, target="corner") == ("01RUN003", "01RUN004")
    assert [row.id for row in reader.runs(store)] == ["01RUN005"]
    with store.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM samples")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM summaries")).scalar() == 1


def test_a_store_opens_again_with_all_that_it_held(store: Store, url: str, tmp_path: Path) -> None:
    """And needs no migration then."""
    take_in(store, measured(tmp_path, RUN, 900.0))
    again = open_store(tmp_path, url)
    assert reader.run(again).id == RUN.id
    again.close()


def test_the_migrations_build_the_tables_that_the_code_expects(store: Store) -> None:
    """Column by column and index by index."""
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_heads() == (HEAD,)


def test_a_store_of_a_newer_footfall_is_refused(store: Store, url: str, tmp_path: Path) -> None:
    """It is neither read wrongly nor changed."""
    with store.writing() as connection:
        connection.execute(text("UPDATE footfall_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="written by a newer footfall: its schema is 9999") as caught:
        open_store(tmp_path, url)
    assert "upgrade footfall" in str(caught.value.hint)


def test_a_write_that_fails_leaves_no_trace(store: Store, tmp_path: Path) -> None:
    """All of a run or nothing: the spool stays for the next start."""
    directory = measured(tmp_path, RUN, 900.0)
    with store.writing() as connection:
        connection.execute(text("DROP TABLE artifacts"))
        connection.execute(text("ALTER TABLE samples RENAME TO elsewhere"))
    with pytest.raises(Exception, match="samples"):
        take_in(store, directory)
    assert directory.is_dir()
    assert reader.runs(store) == []
