"""Lines of JSON as they come: whole, torn, garbled, or written by a later footfall. Nothing in here raises for what it reads."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from footfall.clock import from_text
from footfall.metrics import CATALOGUE, Kind, Metric, custom
from footfall.samples import Artifact, Event, HistogramWindow, Record, Run, RunEnd, Sample, from_line

MOST_FAULTS = 100
"""How many bad lines of one file are kept as events; the rest are counted."""

_SHOWN = 300
_LARGEST = 1e100
_KNOWN_TYPES = frozenset({"run", "sample", "histogram", "event", "artifact", "run_end"})
_SUSPECT = re.compile(r"\\u|NaN|Infinity")  # the only ways in which JSON text can hold what a database refuses
_METRICS: Mapping[str, Mapping[str, Metric]] = {str(source): metrics for source, metrics in CATALOGUE.items()}
_MOST_ITERATIONS = 2**31 - 1
_EXPECTED = (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError)
_MAY_BE_NEGATIVE = frozenset({"certificate_days"})


class BadLineError(ValueError):
    """A line that is not a record footfall can keep; the text says why."""


def metric_of(source: str, name: str, unit: str) -> Metric:
    """Return the catalogue's metric, or a script's own in its `unit`."""
    return _METRICS.get(source, {}).get(name) or custom(name, unit or "count")


def impossible(source: str, metric: str, value: float, detail: Mapping[str, Any] | None = None) -> str:
    """Say why a value cannot be a measurement, or return an empty text.

    Only a script's own metric and an ended certificate go below 0; a rate counts at most as many as its `detail` says there were.
    """
    if not math.isfinite(value):
        return "is not a finite number"
    if abs(value) > _LARGEST:
        return "is too large to be added up"
    known = _METRICS.get(source, {}).get(metric)
    if known is not None and known.kind is Kind.RATE and value > _whole(detail or {}):
        return "is more than all"
    return "is negative" if value < 0 and known is not None and metric not in _MAY_BE_NEGATIVE else ""


def _whole(detail: Mapping[str, Any]) -> float:
    of = detail.get("of", 1)
    return float(of) if _is_number(of) else 1.0


def clean_text(text: str) -> str:
    """Replace what a database refuses, NUL and lone surrogates, by U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "�").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def clean_json(value: Any) -> Any:
    """Clean every text in a JSON value, and turn numbers that JSON does not know (NaN, infinities) into text."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, (dict, Mapping)):  # an abstract type is slow to ask for
        return {clean_text(str(name)): clean_json(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean_json(item) for item in value]
    return value


def clean(record: Record) -> Record:
    """Return the record with every text cleaned."""
    changes = {
        field.name: clean_json(value) for field in fields(record) if isinstance(value := getattr(record, field.name), (str, Mapping))
    }
    return replace(record, **changes)


def read_record(line: str) -> Record:
    """Read one line and check what the types alone do not (whether a histogram decodes is seen when it is used). Raises BadLineError."""
    try:
        record = from_line(line)
        if _SUSPECT.search(line):
            record = clean(record)
        _check(record)
    except BadLineError:
        raise
    except _EXPECTED as error:
        raise BadLineError(str(error) or type(error).__name__) from error
    return record


def _check(record: Record) -> None:
    for name, fits in _CHECKS[type(record)]:
        if not fits(getattr(record, name)):
            raise BadLineError(f"{name} is {str(getattr(record, name))[:_SHOWN]!r}")
    if isinstance(record, Sample) and (problem := impossible(record.source, record.metric, record.value, record.detail)):
        raise BadLineError(f"{record.metric} of {record.subject} is {record.value}, which {problem}")
    if isinstance(record, Artifact) and _escapes(record.path):
        raise BadLineError(f"the artifact's path {record.path!r} leads out of its run")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_ITERATIONS


_FITS: Mapping[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "float": _is_number,
    "int": _is_count,
    "Labels": lambda value: isinstance(value, dict) and all(isinstance(item, str) for item in value.values()),
    "Json": lambda value: isinstance(value, dict),
    "datetime": lambda value: isinstance(value, datetime),
}
_CHECKS = {
    cls: tuple((field.name, _FITS[str(field.type)]) for field in fields(cls))
    for cls in (Run, Sample, HistogramWindow, Event, Artifact, RunEnd)
}


def _escapes(path: str) -> bool:
    return not path or path.startswith("/") or ".." in path.split("/") or not {":", "\\"}.isdisjoint(path)


def moment_of(record: Record) -> datetime:
    """Return when a record was made."""
    return record.started if isinstance(record, Run) else record.at


def run_of(record: Record) -> str:
    """Return the id of the run that a record belongs to."""
    return record.id if isinstance(record, Run) else record.run


class FileReader:
    """Turns one file's lines into records of the run `run`; what cannot be kept as itself becomes an event of kind `error`.

    `before` dates an error that stands ahead of the first readable record.
    """

    def __init__(self, file: str, run: str, before: datetime) -> None:
        self._file = file
        self._run = run
        self._last = before
        self._number = 0
        self.faults = 0

    def read(self, data: bytes, *, whole: bool = True) -> Record | None:
        """Read one line; return None for an empty one, one fault too many, or (unless `whole`) a half-written one."""
        self._number += 1
        if not data.strip():
            return None
        try:
            record = self._own(read_record(data.decode("utf-8", "replace")))
        except BadLineError as error:
            return self._fault(data, str(error)) if whole else None
        self._last = moment_of(record)
        return record

    def _own(self, record: Record) -> Record:
        if run_of(record) != self._run:
            raise BadLineError(f"it belongs to run {run_of(record)!r}")
        return record

    def _fault(self, data: bytes, problem: str) -> Event | None:
        self.faults += 1
        if self.faults > MOST_FAULTS:
            return None
        line = data.decode("utf-8", "replace")
        place = f"{self._file}:{self._number}"
        detail = {"file": self._file, "line": self._number}
        later = of_later_type(line)
        if later is not None:
            text = f"{place}: a record of an unknown type, {later['type']!r}"
            return Event(self._run, _moment(later) or self._last, "error", text, {**detail, "record": later})
        text = clean_text(f"{place}: not a record: {problem}")
        return Event(self._run, self._last, "error", text, {**detail, "text": clean_text(line)[:_SHOWN]})

    def closing(self) -> Iterator[Event]:
        """Say how many more faults there were than were kept."""
        if self.faults > MOST_FAULTS:
            text = f"{self._file}: {self.faults - MOST_FAULTS} more lines are not records"
            yield Event(self._run, self._last, "error", text, {"file": self._file})


def of_later_type(line: str) -> dict[str, Any] | None:
    """Return a line's JSON object, cleaned, when its type is a word that this footfall does not know; else None."""
    try:
        plain = clean_json(json.loads(line))
    except _EXPECTED:
        return None
    kind = plain.get("type") if isinstance(plain, dict) else None
    return plain if isinstance(kind, str) and kind not in _KNOWN_TYPES else None


def _moment(record: Mapping[str, Any]) -> datetime | None:
    try:
        return from_text(record["at"])
    except (KeyError, *_EXPECTED):
        return None


def read_lines(data: Iterable[bytes], reader: FileReader) -> Iterator[Record]:
    """Read lines that keep their newline; one without it, if it is no whole record, is what a killed writer left and is skipped."""
    for line in data:
        record = reader.read(line, whole=line.endswith(b"\n"))
        if record is not None:
            yield record
    yield from reader.closing()
