"""The nouns that flow through everything: run, sample, histogram, event, artifact, and the series they belong to.

Each has one JSON form (design: "The data"), used alike for the spool and for export: one object a line, `"type"` first.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import orjson

from footfall.clock import from_text, to_text

Labels = Mapping[str, str]
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """One execution of anything. `kind` names the command (`gate`, `journey`, `load`, `probe`, `watch`)."""

    id: str
    target: str
    started: datetime
    kind: str = "gate"
    commit: str = ""
    branch: str = ""
    machine: str = ""
    location: str = ""
    config_digest: str = ""
    versions: Labels = field(default_factory=dict)
    labels: Labels = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """One number that a run saw, in the metric's base unit. `unit` is set only for a script's own metric.

    Raises ValueError for NaN and infinities: they are refused at capture.
    """

    run: str
    at: datetime
    source: str
    subject: str
    part: str
    metric: str
    value: float
    iteration: int = 0
    unit: str = ""
    labels: Labels = field(default_factory=dict)
    detail: Json = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"{self.metric} of {self.subject} is {self.value}: a sample must be a finite number")


@dataclass(frozen=True)
class HistogramWindow:
    """Many numbers of one kind within `window_s` seconds from `at`; `hdr` is what `stats.Histogram.encode` writes."""

    run: str
    at: datetime
    window_s: float
    source: str
    subject: str
    part: str
    metric: str
    hdr: str
    labels: Labels = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """Something that happened in a run: `kind` is note, error, script_error, abort, worker_lost, deployment or another word."""

    run: str
    at: datetime
    kind: str
    text: str
    detail: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Artifact:
    """A file that a run left: `kind` is screenshot, trace, video, log or dom; `path` is relative to the run's spool."""

    run: str
    at: datetime
    kind: str
    path: str
    subject: str = ""
    part: str = ""
    iteration: int = 0


@dataclass(frozen=True)
class RunEnd:
    """How a run ended: finished, failed (a journey or script did) or aborted; the store adds `interrupted` where it is absent."""

    run: str
    at: datetime
    outcome: str


Record = Run | Sample | HistogramWindow | Event | Artifact | RunEnd

_TYPES: Mapping[str, type[Record]] = {
    "run": Run,
    "sample": Sample,
    "histogram": HistogramWindow,
    "event": Event,
    "artifact": Artifact,
    "run_end": RunEnd,
}
_NAMES = {cls: name for name, cls in _TYPES.items()}
_MOMENTS = ("at", "started")
_OPTIONAL = {name: [field.name for field in fields(cls) if field.default == ""] for name, cls in _TYPES.items()}
_ONLY_JSON = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def to_line(record: Record) -> str:
    """Write a record as one line of JSON, without the newline; optional texts that are empty are left out.

    Raises ValueError for what has no JSON form, NaN and infinities among it.
    """
    return _line(_NAMES[type(record)], vars(record)).decode()


def sample_line(sample: Mapping[str, Any]) -> bytes:
    """Write what would be a `Sample`, as `to_line` does: to make one first takes longer than all else. Raises what that raises."""
    return _line("sample", sample)


def _line(kind: str, record: Mapping[str, Any]) -> bytes:
    plain: dict[str, Any] = {"type": kind, **record}
    for name in _OPTIONAL[kind]:
        if plain.get(name) == "":
            del plain[name]
    for name in _MOMENTS:
        if name in plain:
            plain[name] = to_text(plain[name])
    try:
        line = orjson.dumps(plain, default=_as_dict, option=_ONLY_JSON)
    except TypeError:  # a lone surrogate, or a whole number of more than 64 bits
        line = b""
    if line and b"null" not in line:  # so orjson writes None, and NaN too, which has no JSON form
        return line
    try:
        # A lone surrogate has no UTF-8 form; as an escape it is the same JSON text.
        return _encode(plain).encode("utf-8", "backslashreplace")
    except TypeError as error:
        raise ValueError(f"{plain} has no JSON form: {error}") from error


def _as_dict(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_encode = json.JSONEncoder(default=_as_dict, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def from_line(line: str) -> Record:
    """Read what `to_line` writes; unknown fields are ignored (a later footfall may add some).

    Raises ValueError for anything that is not a whole record.
    """
    plain = json.loads(line)
    if not isinstance(plain, dict) or plain.get("type") not in _TYPES:
        raise ValueError("not a record: no known type")
    cls = _TYPES[plain["type"]]
    known = {name: plain[name] for name in cls.__dataclass_fields__ if name in plain}
    for name in _MOMENTS:
        if name in known:
            known[name] = from_text(known[name])
    try:
        return cls(**known)
    except TypeError as error:
        raise ValueError(f"not a whole {plain['type']}: {error}") from error


@dataclass(frozen=True, order=True)
class Series:
    """What may be compared with itself over time; `labels` are few, low-cardinality, and sorted by name."""

    target: str
    source: str
    subject: str
    part: str
    metric: str
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def label_map(self) -> dict[str, str]:
        """The labels as a mapping."""
        return dict(self.labels)

    @property
    def title(self) -> str:
        """The series in words: `checkout › pay · lcp (device=desktop)`."""
        place = f"{self.subject} › {self.part}" if self.part else self.subject
        labels = ", ".join(f"{name}={value}" for name, value in self.labels)
        return f"{place} · {self.metric}" + (f" ({labels})" if labels else "")


def series_of(record: Sample | HistogramWindow, target: str) -> Series:
    """Return the series that a record of a run against `target` belongs to."""
    return Series(target, record.source, record.subject, record.part, record.metric, tuple(sorted(record.labels.items())))


def walk_name(journey: str, labels: Labels) -> str:
    """Return what the files of a journey's walks on one device, alone or under load, are called: their own name, or its beginning."""
    crowd = "under-load" if "under_load" in labels else ""
    words = "-".join(filter(None, (labels.get("device", ""), crowd))).lower()
    return f"{journey}-{''.join(letter if letter.isalnum() else '-' for letter in words)}"
