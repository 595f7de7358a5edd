"""Records have one JSON form, the same for the spool and for export."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.samples import Artifact, Event, HistogramWindow, Record, Run, RunEnd, Sample, from_line, series_of, to_line

MOMENT = datetime(2026, 11, 21, 5, tzinfo=UTC)

_moments = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))
_labels = st.dictionaries(st.text(), st.text(), max_size=3)
_json = st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text(), max_size=3)
_texts = st.text()
_records: st.SearchStrategy[Record] = st.one_of(
    st.builds(Run, _texts, _texts, _moments, versions=_labels, labels=_labels),
    st.builds(
        Sample,
        _texts,
        _moments,
        _texts,
        _texts,
        _texts,
        _texts,
        st.floats(allow_nan=False, allow_infinity=False),
        labels=_labels,
        detail=_json,
    ),
    st.builds(HistogramWindow, _texts, _moments, st.floats(0.1, 60), _texts, _texts, _texts, _texts, _texts, labels=_labels),
    st.builds(Event, _texts, _moments, _texts, _texts, detail=_json),
    st.builds(Artifact, _texts, _moments, _texts, _texts),
    st.builds(RunEnd, _texts, _moments, _texts),
)


@given(_records)
def test_a_record_survives_its_line(record: Record) -> None:
    """Written and read again, a record is the same, whatever its texts hold, and it is one line."""
    line = to_line(record)
    assert "\n" not in line
    assert from_line(line) == record


def test_the_line_is_the_one_of_the_documentation() -> None:
    """The interchange form is fixed: type first, times in UTC with milliseconds."""
    sample = Sample("01J", MOMENT, "journey", "checkout", "pay", "duration", 812.4, 3, labels={"device": "desktop"})
    assert to_line(sample) == (
        '{"type":"sample","run":"01J","at":"2026-11-21T05:00:00.000Z","source":"journey","subject":"checkout","part":"pay",'
        '"metric":"duration","value":812.4,"iteration":3,"labels":{"device":"desktop"},"detail":{}}'
    )


@given(st.text() | st.dictionaries(st.text(), st.integers()).map(json.dumps))
def test_a_broken_line_is_a_value_error(line: str) -> None:
    """Reading is total: a record or ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011  # any ValueError: json has its own words
        from_line(line)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_sample_is_a_finite_number(value: float) -> None:
    """NaN and infinities are refused at capture."""
    with pytest.raises(ValueError, match="must be a finite number"):
        Sample("01J", MOMENT, "journey", "checkout", "pay", "duration", value)


@pytest.mark.parametrize("detail", [{"a": [float("nan")]}, {"a": float("inf")}, {"a": set()}])
def test_what_has_no_json_form_is_refused(detail: dict[str, object]) -> None:
    """Nothing is written as something else; None and mappings of any kind have a form."""
    with pytest.raises(ValueError, match="JSON"):
        to_line(Event("01J", MOMENT, "note", "", detail))
    line = to_line(Event("01J", MOMENT, "note", "", MappingProxyType({"a": None})))
    assert line.endswith('"detail":{"a":null}}')


def test_a_field_of_a_later_version_is_ignored() -> None:
    """An older footfall reads a newer one's records as far as it knows them."""
    line = to_line(RunEnd("01J", MOMENT, "finished"))[:-1] + ',"mood":"good"}'
    assert from_line(line) == RunEnd("01J", MOMENT, "finished")


def test_labels_make_a_series_whatever_their_order() -> None:
    """Two samples with the same labels belong to one series, and its title says where and what."""
    one = Sample("a", MOMENT, "journey", "checkout", "pay", "lcp", 1, labels={"device": "phone", "browser": "chromium"})
    two = Sample("b", MOMENT, "journey", "checkout", "pay", "lcp", 2, labels={"browser": "chromium", "device": "phone"})
    assert series_of(one, "corner") == series_of(two, "corner")
    assert series_of(one, "corner").title == "checkout › pay · lcp (browser=chromium, device=phone)"
