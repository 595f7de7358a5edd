"""Whatever stands in a line, reading it gives a record, nothing, or an error that can be kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.samples import Event, Sample, to_line
from footfall.store.lines import MOST_FAULTS, BadLineError, FileReader, clean_text, read_lines, read_record

AT = datetime(2026, 11, 21, 5, tzinfo=UTC)
GOOD = Sample("R", AT, "journey", "checkout", "pay", "lcp", 812.4, iteration=3, labels={"device": "desktop"})


def read(*lines: bytes) -> list[object]:
    """Read lines as those of a file of run R."""
    return list(read_lines(lines, FileReader("a.jsonl", "R", AT)))


def changed(**fields: object) -> str:
    """Write the good sample with some fields replaced."""
    return json.dumps({**json.loads(to_line(GOOD)), **fields})


def test_a_whole_line_is_read_as_written() -> None:
    """What `to_line` writes comes back equal."""
    assert read_record(to_line(GOOD)) == GOOD


@pytest.mark.parametrize(
    "line",
    [
        "",
        "no JSON",
        "[]",
        '"text"',
        "[" * 100_000,
        '{"type":"sample"}',
        changed(value="12"),
        changed(value=True),
        changed(value=10**400),
        changed(value=float("nan")),
        changed(value=1e300),
        changed(value=-1),
        changed(metric="success", value=7),
        changed(source="load", metric="errors", value=3, detail={"of": 2}),
        changed(labels=["device"]),
        changed(labels={"device": 1}),
        changed(detail="text"),
        changed(subject=None),
        changed(iteration=2**40),
        changed(iteration=1.5),
        changed(at="yesterday"),
        changed(at="2026-11-21T05:00:00"),
        changed(at="0001-01-01T00:00:00+14:00"),
        '{"type":"artifact","run":"R","at":"2026-11-21T05:00:00Z","kind":"log","path":"../../secrets"}',
        '{"type":"artifact","run":"R","at":"2026-11-21T05:00:00Z","kind":"log","path":"/etc/passwd"}',
        '{"type":"artifact","run":"R","at":"2026-11-21T05:00:00Z","kind":"log","path":"javascript:alert(1)"}',
    ],
)
def test_a_line_that_cannot_be_kept_says_why(line: str) -> None:
    """Wrong shapes, wrong types, impossible numbers and paths that lead elsewhere are refused, each with words."""
    with pytest.raises(BadLineError, match=r"\w"):
        read_record(line)


def test_a_certificate_may_have_ended_days_ago() -> None:
    """The one catalogue metric below zero is kept, and so is a script's own."""
    for metric in ("certificate_days", "profit"):
        line = changed(source="probe", metric=metric, value=-3)
        assert read_record(line) == Sample("R", AT, "probe", "checkout", "pay", metric, -3, 3, labels={"device": "desktop"})


def test_a_rate_counts_what_it_says_there_was() -> None:
    """Three of five is a rate; more than all would be judged as more than 100 %."""
    record = read_record(changed(source="load", metric="errors", value=3, detail={"of": 5}))
    assert isinstance(record, Sample)
    assert record.value == 3


def test_text_that_a_database_refuses_is_replaced() -> None:
    """NUL and lone surrogates become U+FFFD, in names and deep inside a detail; a real astral character stays."""
    record = read_record(changed(subject="a\x00b", detail={"x": ["\ud800", {"\udfff": float("inf")}], "ok": "😀"}))
    assert isinstance(record, Sample)
    assert record.subject == "a\ufffdb"
    assert record.detail == {"x": ["\ufffd", {"\ufffd": "inf"}], "ok": "😀"}


@given(st.text(alphabet=st.characters()))
def test_cleaned_text_fits_every_database(text: str) -> None:
    """Cleaned text encodes as UTF-8, holds no NUL, and cleaning again changes nothing."""
    cleaned = clean_text(text)
    assert b"\x00" not in cleaned.encode()
    assert clean_text(cleaned) == cleaned


def test_a_bad_line_in_the_middle_is_an_error_event_with_its_place() -> None:
    """The run goes on, and the event says which line of which file was lost and why."""
    line = to_line(GOOD).encode() + b"\n"
    first, event, last = read(line, b"rubbish\n", line)
    assert (first, last) == (GOOD, GOOD)
    assert isinstance(event, Event)
    assert (event.kind, event.at, event.detail) == ("error", AT, {"file": "a.jsonl", "line": 2, "text": "rubbish\n"})


def test_a_half_written_last_line_is_skipped() -> None:
    """That is what a killed process leaves; a whole record that only lacks its newline is kept."""
    line = to_line(GOOD).encode()
    assert read(line + b"\n", line[:-5]) == [GOOD]
    assert read(line) == [GOOD]


def test_a_type_of_a_later_version_is_kept_whole_as_an_event() -> None:
    """Nothing of it is lost: the record is the event's detail, dated by its own moment."""
    later = {"type": "heatmap", "run": "R", "at": "2026-11-21T06:00:00.000Z", "cells": [1, 2]}
    (event,) = read(json.dumps(later).encode() + b"\n")
    assert isinstance(event, Event)
    assert event.at == datetime(2026, 11, 21, 6, tzinfo=UTC)
    assert "'heatmap'" in event.text
    assert event.detail["record"] == later


def test_unknown_fields_of_a_later_version_are_ignored() -> None:
    """A known type with more fields than today's is read."""
    assert read_record(changed(weather="fine")) == GOOD


def test_a_record_of_another_run_is_not_mixed_in() -> None:
    """It becomes an error event; figures of two runs never meet."""
    (event,) = read(to_line(GOOD).replace('"R"', '"Q"').encode() + b"\n")
    assert isinstance(event, Event)
    assert "run 'Q'" in event.text


def test_a_file_of_rubbish_does_not_flood_the_run() -> None:
    """After a hundred faults the rest are counted in one event."""
    events = read(*[b"\xff\x00\n"] * 1000)
    assert len(events) == MOST_FAULTS + 1
    assert isinstance(events[-1], Event)
    assert events[-1].text == "a.jsonl: 900 more lines are not records"


@given(st.lists(st.binary(max_size=60)))
def test_no_bytes_whatever_raise(lines: list[bytes]) -> None:
    """Reading arbitrary bytes ends with records, never with an exception."""
    assert all(isinstance(record, Event) for record in read(*(line.replace(b"\n", b"") + b"\n" for line in lines)))
