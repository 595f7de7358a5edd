"""A location's results on their way to the store: written to a file first, so that neither its death nor the store's loses one."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import threading
from collections.abc import Iterator
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from footfall.clock import from_text, to_text
from footfall.errors import UsageError
from footfall.store import watch
from footfall.store.spool import explained
from footfall.store.watch import Seen
from footfall.store.writer import Store

LARGEST = 50_000_000
"""Bytes that are kept while the store is away: days of a few probes, hours of a thousand."""
_BATCH = 2_000
_log = logging.getLogger("footfall.watch")


class Inbox:
    """Appends results to `.footfall/watch/<location>@<target>.jsonl` and hands them to the store.

    `add` and `deliver` may be of different threads.

    Raises StoreError when the folder cannot be written, UsageError when a living watch of that location and target uses it. A disk that
    is full costs the results that it refuses, which are counted as `dropped`, and nothing else.
    """

    def __init__(self, root: Path, location: str, target: str = "") -> None:
        folder = root / ".footfall" / "watch"
        name = f"{file_name(location)}{'@' if target else ''}{file_name(target)}"
        self._path, self._leaving = folder / f"{name}.jsonl", folder / f"{name}.leaving.jsonl"
        self._mutex = threading.Lock()
        self._file: FileIO | None = None
        self.dropped = 0
        with explained(self._path):
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                os.close(self._lock)
                raise UsageError(f"a watch from {location} runs here already", hint="end it, or name another --location") from error
            self._opened()

    def _opened(self) -> FileIO:
        """The file, opened where it is not; a line that a crash or a full disk left half-written is cut off."""
        if self._file is None:
            file = self._path.open("ab", buffering=0)
            whole = self._path.read_bytes().rfind(b"\n") + 1
            if file.tell() > whole:
                file.truncate(whole)
            self._file = file
        return self._file

    def add(self, seen: Seen) -> None:
        """Keep a result; when too much waits, or the disk refuses, it is counted as dropped."""
        line = json.dumps(_plain(seen)).encode("utf-8", "backslashreplace") + b"\n"
        with self._mutex:
            try:
                kept = self._append(self._opened(), line)
            except OSError:
                kept = False
            self.dropped += not kept

    @staticmethod
    def _append(file: FileIO, line: bytes) -> bool:
        """Write a line whole or not at all: half of one would spoil the next."""
        before = os.fstat(file.fileno()).st_size
        if before + len(line) > LARGEST:
            return False
        try:
            if file.write(line) == len(line):
                return True
        except OSError:
            pass
        file.truncate(before)
        return False

    def deliver(self, store: Store) -> int:
        """Move what waits into the store, where a second delivery is none; return how many results. Raises StoreError: nothing is lost."""
        with self._mutex, explained(self._path):
            if not self._leaving.exists():
                if not (self._path.is_file() and self._path.stat().st_size):
                    return 0
                self._let_go()
                self._path.replace(self._leaving)
        count = sum(self._hand_over(store, batch) for batch in _batches(self._leaving))
        with explained(self._leaving):
            self._leaving.unlink()
        return count

    def _hand_over(self, store: Store, batch: list[Seen]) -> int:
        """Put results into the store. One that the database will never take is left out, so that it does not keep the others."""
        try:
            with store.writing() as connection:
                watch.add_results(connection, batch)
        except SQLAlchemyError as error:
            if len(batch) == 1:
                _log.warning("a result of %s cannot be kept: %s", batch[0].subject, error)
                self.dropped += 1
                return 0
            middle = len(batch) // 2
            return self._hand_over(store, batch[:middle]) + self._hand_over(store, batch[middle:])
        return len(batch)

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def close(self) -> None:
        """Let go of the file; what waits stays for the next start."""
        with self._mutex:
            self._let_go()
            os.close(self._lock)


def file_name(text: str) -> str:
    """Return text as a part of a file's name."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in text)


def _plain(seen: Seen) -> dict[str, Any]:
    return {**vars(seen), "at": to_text(seen.at), "round_at": to_text(seen.round_at) if seen.round_at else None}


def _batches(path: Path) -> Iterator[list[Seen]]:
    batch: list[Seen] = []
    with explained(path, "read"), path.open("rb") as file:
        for line in file:
            seen = _read(line)
            if seen is not None:
                batch.append(seen)
            if len(batch) >= _BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def _read(line: bytes) -> Seen | None:
    """Read a line; one that was torn by a crash, or is of another footfall, is none."""
    try:
        plain = json.loads(line)
        moments: dict[str, datetime | None] = {name: from_text(plain[name]) if plain[name] else None for name in ("at", "round_at")}
        return Seen(**{**plain, **moments})
    except (ValueError, TypeError, KeyError):
        return None
