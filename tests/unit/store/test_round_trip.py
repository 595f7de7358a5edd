"""Whatever a run holds comes out of the spool, the store, an export and an import as it went in."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ulid import ULID

from footfall.samples import Artifact, Event, HistogramWindow, Record, Run, RunEnd, Sample
from footfall.stats import Histogram
from footfall.store import reader
from footfall.store.interchange import export, import_lines
from footfall.store.lines import read_record
from footfall.store.spool import Recorder, begin_run, read_spool, spools_of
from footfall.store.writer import Store, open_store, store_spool, take_in

BEGAN = datetime(2026, 11, 21, 5, tzinfo=UTC)
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
NAME = TEXT.filter(bool)
WORDS = st.dictionaries(NAME, TEXT, max_size=2)
NUMBER = st.floats(0, 1e100)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
DETAIL = st.dictionaries(TEXT, JSON, max_size=2)
AT = st.integers(0, 3_600_000).map(lambda late: BEGAN + timedelta(milliseconds=late))
SOURCE = st.sampled_from(["journey", "load", "probe", "weather"])
METRIC = st.sampled_from(["duration", "success", "errors", "latency", "cart_value"])
STEP = st.integers(0, 2**31 - 1)


def a_window(values: list[float]) -> str:
    """Encode a histogram of values."""
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    return histogram.encode()


def possible(sample: Sample) -> Sample:
    """Make a sample one that is kept: a rate of at most all."""
    return replace(sample, value=min(sample.value, 1.0)) if sample.metric in {"success", "errors"} else sample


HDR = st.lists(st.floats(0, 60_000), max_size=3).map(a_window)
RECORDS = st.lists(
    st.builds(Sample, st.just(""), AT, SOURCE, NAME, TEXT, METRIC, NUMBER, STEP, st.just("") | st.just("EUR"), WORDS, DETAIL).map(possible)
    | st.builds(HistogramWindow, st.just(""), AT, st.just(1.0), SOURCE, NAME, TEXT, METRIC, HDR, WORDS)
    | st.builds(Event, st.just(""), AT, st.sampled_from(["note", "error", "deployment"]), TEXT, DETAIL)
    | st.builds(Artifact, st.just(""), AT, NAME, st.just("artifacts/a b.png"), TEXT, TEXT, STEP),
    max_size=8,
)
RUNS = st.builds(
    Run, st.just(""), NAME, AT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, WORDS, WORDS,
)  # fmt: skip


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Store]]:
    """Two empty stores."""
    both = [open_store(tmp_path_factory.mktemp(name)) for name in ("one", "two")]
    yield both[0], both[1]
    for store in both:
        store.close()


def of_run(run: Run, records: list[Record]) -> list[Record]:
    """Make records those of a run."""
    return [replace(record, run=run.id) for record in records if not isinstance(record, Run)]


def in_time(records: list[Record]) -> list[Record]:
    """Order what is stored by kind and time, as an export does."""
    order = [Run, Sample, HistogramWindow, Event, Artifact, RunEnd]
    return sorted(records, key=lambda record: (order.index(type(record)), getattr(record, "at", BEGAN)))


@settings(deadline=None, max_examples=30)
@given(run=RUNS, records=RECORDS, outcome=st.sampled_from(["finished", "failed", "aborted"]))
def test_every_record_survives_spool_store_export_and_import(
    stores: tuple[Store, Store], run: Run, records: list[Record], outcome: str
) -> None:
    """The lines of an export are the records that were written, and importing and exporting them changes nothing."""
    first, second = stores
    run = replace(run, id=str(ULID()))
    written = of_run(run, records)
    with tempfile.TemporaryDirectory() as place:
        with begin_run(Path(place), run) as begun:
            for record in written:
                begun.recorder.write(record)
            begun.end(outcome)
        (end,) = [record for record in read_spool(begun.directory) if isinstance(record, RunEnd)]
        take_in(first, begun.directory)
        assert not begun.directory.exists()
    lines = list(export(first, [run.id]))
    assert [read_record(line) for line in lines] == in_time([run, *written, end])
    assert import_lines(second, lines).taken == (run.id,)
    assert list(export(second, [run.id])) == lines
    assert reader.run(first, run.id).outcome == reader.run(second, run.id).outcome == outcome


@settings(deadline=None, max_examples=20)
@given(records=RECORDS, seed=st.randoms(use_true_random=False))
def test_it_does_not_matter_which_file_a_record_stands_in(stores: tuple[Store, Store], records: list[Record], seed: random.Random) -> None:
    """Records dealt out to any files in any order give the same figures, samples and events."""
    store, _ = stores
    run = Run(str(ULID()), "corner", BEGAN)
    written: list[Record] = of_run(run, records)
    for number, record in enumerate(written):  # one moment each: the order of one millisecond is the order of the file
        written[number] = replace(record, at=BEGAN + timedelta(milliseconds=number))  # type: ignore[arg-type]
    everything: list[Record] = [run, *written, RunEnd(run.id, BEGAN, "finished")]
    told = []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as place:
            deal(spools_of(Path(place)) / run.id, everything, seed)
            store_spool(store, spools_of(Path(place)) / run.id)
        figures = [(seen.series, seen.figures, seen.values) for seen in reader.evidence(store, run.id)]
        told.append((figures, list(export(store, [run.id]))))
        seed.shuffle(everything)
    assert told[0] == told[1]


def deal(directory: Path, records: list[Record], seed: random.Random) -> None:
    """Write each record to one of three files."""
    directory.mkdir(parents=True)
    files = [Recorder(directory, name) for name in ("run", "journey-7", "load-9")]
    for record in records:
        seed.choice(files).write(record)
    for file in files:
        file.close()


def test_figures_are_the_same_after_an_import(stores: tuple[Store, Store], tmp_path: Path) -> None:
    """Summaries are made again from what was exported, verdict and all."""
    first, second = stores
    run = Run(str(ULID()), "corner", BEGAN)
    with begin_run(tmp_path, run) as begun:
        for number in range(20):
            begun.recorder.sample(source="journey", subject="checkout", part="pay", metric="lcp", value=900.0 + number, iteration=number)
            begun.recorder.sample(source="load", subject="ci", part="", metric="errors", value=number % 3, detail={"of": 50})
        begun.recorder.write(HistogramWindow(run.id, BEGAN, 1, "load", "ci", "", "latency", a_window([10.0, 20.0, 30.0])))
        begun.end("finished")
    take_in(first, begun.directory)
    import_lines(second, export(first, [run.id]))
    one, two = (reader.evidence(store, run.id) for store in stores)
    assert [seen.figures for seen in one] == [seen.figures for seen in two]
    assert len(one) == 3
