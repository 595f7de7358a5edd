"""Data for users: rows of a CSV file, or rows made up one by one. All users of one process draw from the same feeder."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from footfall.errors import ScriptError

Row = Mapping[str, str]


class FeederEmptyError(Exception):
    """A feeder that was told to give each row once has given them all; in a run it counts as a failure of the user who asked."""


class Feeder:
    """Gives one row after the other: `feeder.next()["email"]`. Each process of a run has all rows and gives each of them itself."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows

    def next(self) -> Row:
        """Return the next row. Raises FeederEmptyError."""
        return next(self._rows)

    @classmethod
    def of_csv(cls, path: Path, *, again: bool = True, shuffled: bool = False) -> Self:
        """Read a CSV file whose first line names the columns; after the last row begin `again`, or have run out.

        Raises ScriptError, with the line, for a file that is not there or does not fit its first line.
        """
        return cls(_Rows(_read(path), path.name, again=again, shuffled=shuffled))

    @classmethod
    def of_numbers(cls, make: Callable[[int], Row]) -> Self:
        """Make rows up: `make` is given 0, 1, 2 and so on, in each process of a distributed run anew."""
        return cls(_made(make))


def _made(make: Callable[[int], Row]) -> Iterator[Row]:
    number = 0
    while True:
        yield make(number)
        number += 1


class _Rows:
    """A file's rows, one after the other; not a generator, which would be over after its first exception."""

    def __init__(self, rows: Sequence[Row], name: str, *, again: bool, shuffled: bool) -> None:
        self._rows, self._name, self._again, self._shuffled = rows, name, again, shuffled
        self._left: Iterator[Row] = iter(self._ordered())

    def _ordered(self) -> Sequence[Row]:
        return random.sample(self._rows, len(self._rows)) if self._shuffled else self._rows

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Row:
        row = next(self._left, None)
        if row is None and not self._again:
            raise FeederEmptyError(f"{self._name} ran out: all its {len(self._rows)} rows are used; add rows, or let it begin `again`")
        if row is None:
            self._left = iter(self._ordered())
            row = next(self._left)
        return row


def _read(path: Path) -> list[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            names = [name.strip() for name in next(lines, [])]
            rows = [(lines.line_num, line) for line in lines if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ScriptError(f"{path.name} cannot be read: {error}", hint=f"expected a CSV file at {path}") from error
    if not rows or not all(names) or len(set(names)) < len(names):
        raise ScriptError(f"{path.name} needs a first line with the columns' names, each once, and a row below it")
    for number, line in rows:
        if len(line) != len(names):
            raise ScriptError(f"{path.name}:{number}: {len(line)} values, and the first line names {len(names)} columns")
    return [dict(zip(names, line, strict=True)) for _, line in rows]
