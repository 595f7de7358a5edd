"""`thresholds.toml`: what is good enough, as budgets, with every fault of the file at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from footfall.config.fields import Faults, Table, in_order, shown
from footfall.config.objectives import read_slo
from footfall.config.scripts import Names, scan
from footfall.config.suite import Suite
from footfall.config.toml import Document, KeyPath, read
from footfall.errors import Fault, did_you_mean
from footfall.gate.budget import EVERY, Budget, Place, read_budgets
from footfall.gate.keys import dotted
from footfall.gate.slo import Slo
from footfall.metrics import CATALOGUE, OLD_NAMES, STEP_METRICS, Metric, Source, custom

FILE = "thresholds.toml"
SLO = "slo"


@dataclass(frozen=True)
class KnownNames:
    """What budgets may name. `steps` and `requests` by journey and profile are only warned about; a custom metric needs its unit."""

    journeys: tuple[str, ...] = ()
    steps: Mapping[str, Names] = field(default_factory=dict)
    profiles: tuple[str, ...] = ()
    requests: Mapping[str, Names] = field(default_factory=dict)
    probes: tuple[str, ...] = ()
    journey_measures: Mapping[str, str] = field(default_factory=dict)
    probe_measures: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def known_names(suite: Suite) -> KnownNames:
    """Return the names in a suite's scripts and in its `footfall.toml`."""
    found = scan(suite.root)
    return KnownNames(
        journeys=tuple(found.journeys),
        steps=found.journeys,
        profiles=tuple(found.profiles),
        requests=found.profiles,
        probes=tuple(suite.probes),
        journey_measures=found.measures,
        probe_measures={probe.name: {name: probe.units.get(name, "") for name in probe.measure} for probe in suite.probes.values()},
    )


@dataclass(frozen=True)
class Thresholds:
    """A file of budgets and objectives that was read.

    `notes` are worth saying once and change nothing (unknown steps, old names).
    """

    budgets: tuple[Budget, ...]
    notes: tuple[Fault, ...] = ()
    slos: tuple[Slo, ...] = ()


def load_thresholds(path: Path, names: KnownNames) -> tuple[Budget, ...]:
    """Read the budgets of a file. Raises ConfigError with every fault of it, each with its line and the nearest right name."""
    return read_thresholds(path, names).budgets


def read_thresholds(path: Path, names: KnownNames) -> Thresholds:
    """Read the budgets of a file and what is worth a note. Raises ConfigError as `load_thresholds` does."""
    document = read(path)
    reader = _Reader(document, names)
    budgets = [budget for place in reader.tables() for budget in reader.budgets(place)]
    slos = tuple(reader.slos())
    reader.faults.raise_any()
    return Thresholds(tuple(sorted(budgets, key=lambda budget: budget.line or 0)), in_order(reader.notes), slos)


@dataclass(frozen=True)
class _Kind:
    """A kind of top-level table: its source, the names that its tables may have, and the table of its parts."""

    source: Source
    noun: str
    names: tuple[str, ...]
    parts: str = ""
    part_noun: str = ""
    known_parts: Mapping[str, Names] = field(default_factory=dict)


@dataclass(frozen=True)
class _Found:
    """A table of metrics in the file."""

    path: KeyPath
    place: Place
    values: Mapping[str, Any]
    kind: _Kind


class _Reader:
    """Reads one document."""

    def __init__(self, document: Document, names: KnownNames) -> None:
        self.faults = Faults(document)
        self.notes: list[Fault] = []
        self._document, self._names = document, names
        self._kinds = {
            "journeys": _Kind(Source.JOURNEY, "journey", names.journeys, "steps", "step", names.steps),
            "load": _Kind(Source.LOAD, "profile", names.profiles, "requests", "request", names.requests),
            "probes": _Kind(Source.PROBE, "probe", names.probes),
        }

    def tables(self) -> Iterator[_Found]:
        """Yield every table of metrics."""
        for name, value in self._document.values.items():
            if name == SLO:
                continue
            if name not in self._kinds:
                self.faults.add((name,), "unknown table", did_you_mean(name, (*self._kinds, SLO)))
                continue
            for subject, table in self._named((name,), value):
                kind = self._kinds[name]
                self._check_subject((name, subject), subject, kind)
                yield _Found((name, subject), Place(kind.source, subject), self._without_parts(table, kind), kind)
                yield from self._parts((name, subject), subject, table, kind)

    def slos(self) -> Iterator[Slo]:
        """Yield every objective."""
        known = {Source.JOURNEY: self._names.journeys, Source.PROBE: self._names.probes}
        for name, table in self._named((SLO,), self._document.values.get(SLO, {})):
            line = self._document.line((SLO, name))
            found = read_slo(name, Table(self.faults, (SLO, name), table), line, known)
            if found is not None:
                yield found

    def _named(self, path: KeyPath, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the tables in a table of named tables."""
        for name, item in (value if isinstance(value, dict) else {}).items():
            if isinstance(item, dict):
                yield name, item
            else:
                self.faults.add((*path, name), f"{shown(item)} is not a table of budgets", f"expected a table [{dotted((*path, name))}]")
        if not isinstance(value, dict):
            self.faults.add(path, f"{shown(value)} is not a table", f'expected tables such as [{dotted(path)}."*"]')

    def _without_parts(self, table: Mapping[str, Any], kind: _Kind) -> Mapping[str, Any]:
        return {name: value for name, value in table.items() if not kind.parts or name != kind.parts}

    def _parts(self, path: KeyPath, subject: str, table: Mapping[str, Any], kind: _Kind) -> Iterator[_Found]:
        if not kind.parts or kind.parts not in table:
            return
        path = (*path, kind.parts)
        for part, values in self._named(path, table[kind.parts]):
            self._check_part((*path, part), subject, part, kind)
            yield _Found((*path, part), Place(kind.source, subject, part), values, kind)

    def _check_subject(self, path: KeyPath, subject: str, kind: _Kind) -> None:
        if subject != EVERY and subject not in kind.names:
            self.faults.add(path, f"no {kind.noun} is called {subject!r}", did_you_mean(subject, kind.names))

    def _check_part(self, path: KeyPath, subject: str, part: str, kind: _Kind) -> None:
        """Note a step or request that no script names; it may be put together at run time, so it is no fault."""
        subjects = list(kind.known_parts.values()) if subject == EVERY else [kind.known_parts.get(subject, Names(open=True))]
        if part == EVERY or not subjects or any(names.allow(part) for names in subjects):
            return
        known = {name for names in subjects for name in names.names}
        whose = f"of {kind.noun} {subject}" if subject != EVERY else f"of any {kind.noun}"
        problem = f"no script {whose} names a {kind.part_noun} {part!r}"
        self.notes.append(self._document.fault(path, problem, did_you_mean(part, known)))

    def budgets(self, found: _Found) -> Iterator[Budget]:
        """Yield the budgets of one table of metrics."""
        metrics = self._metrics(found)
        for name, value in found.values.items():
            path = (*found.path, name)
            metric = metrics.get(self._present_name(path, name, found))
            if metric is None:
                self._unknown_metric(path, name, found, metrics)
                continue
            yield from self._read(path, value, found.place, metric)

    def _metrics(self, found: _Found) -> Mapping[str, Metric]:
        """Return the metrics that a table may name."""
        source = found.place.source
        measures = {Source.JOURNEY: self._names.journey_measures, Source.PROBE: self._probe_measures(found.place.subject)}
        own = measures.get(source, {})
        catalogue = {name: metric for name, metric in CATALOGUE[source].items() if self._has(name, found)}
        return {**{name: custom(name, unit) for name, unit in own.items()}, **catalogue}

    def _probe_measures(self, probe: str) -> Mapping[str, str]:
        """Return the unit of each figure of a probe; of every probe's, where they do not agree, none."""
        every: dict[str, str] = {}
        for measures in self._names.probe_measures.values():
            every |= {name: unit if every.get(name, unit) == unit else "" for name, unit in measures.items()}
        return {**every, **self._names.probe_measures.get(probe, {})}

    def _has(self, name: str, found: _Found) -> bool:
        return found.place.source is not Source.JOURNEY or found.place.part is None or name in STEP_METRICS

    def _present_name(self, path: KeyPath, name: str, found: _Found) -> str:
        """Return the name of today of a metric; an old one is noted, once a file."""
        if found.place.source is not Source.JOURNEY or name not in OLD_NAMES:
            return name
        present = OLD_NAMES[name]
        if present in found.values:
            self.faults.add(path, f"{name} is judged as {present}, and {present} stands here too", f"expected {present} alone")
        elif not any(note.key.endswith(f".{name}") for note in self.notes):
            problem = f"browsers no longer report {name}: it is judged as {present}, which took its place"
            self.notes.append(self._document.fault(path, problem, f"write {present}"))
        return present

    def _unknown_metric(self, path: KeyPath, name: str, found: _Found, metrics: Collection[str]) -> None:
        if found.place.source is Source.JOURNEY and found.place.part is not None and name in CATALOGUE[Source.JOURNEY]:
            self.faults.add(path, f"{name} is a journey's metric, not a step's", f"write it in [{dotted(found.path[:2])}]")
            return
        words = (*metrics, *((found.kind.parts,) if found.kind.parts and found.place.part is None else ()))
        self.faults.add(path, f"no metric of a {found.kind.noun} is called {name!r}", did_you_mean(name, words))

    def _read(self, path: KeyPath, value: Any, place: Place, metric: Metric) -> Iterator[Budget]:
        read, problems = read_budgets(value, place, metric, dotted(path))
        for where, budget in read:
            if budget.warns_too_late:
                late = f"`warn` ({budget.warn}) is no stricter than `fail` ({budget.fail}), so it never warns before that"
                self.notes.append(self._document.fault((*path, *where), late))
        for problem in problems:
            self.faults.add((*path, *problem.path), problem.text, problem.expected)
        for below, budget in read:
            yield replace(budget, file=self._document.file, line=self._document.line((*path, *below)))
