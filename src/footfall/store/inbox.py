"""A location's results on their way to the store: written to a file first, so that neither its death nor the store's loses one."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from footfall.clock import from_text, to_text
from footfall.errors import UsageError
from footfall.store import watch
from footfall.store.spool import explained
from footfall.store.watch import Seen
from footfall.store.writer import Store

LARGEST = 50_000_000
"""Bytes that are kept while the store is away: days of a few probes, hours of a thousand."""
_BATCH = 2_000


class Inbox:
    """Appends results to `.footfall/watch/<location>.jsonl` and hands them to the store. `add` and `deliver` may be of different threads.

    Raises StoreError when the folder cannot be written, UsageError when a living watch of that location uses it.
    """

    def __init__(self, root: Path, location: str) -> None:
        folder = root / ".footfall" / "watch"
        name = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in location)
        self._path, self._leaving = folder / f"{name}.jsonl", folder / f"{name}.leaving.jsonl"
        self._mutex = threading.Lock()
        self.dropped = 0
        with explained(self._path):
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                os.close(self._lock)
                raise UsageError(f"a watch from {location} runs here already", hint="end it, or name another --location") from error
            torn = self._path.exists() and self._path.read_bytes()[-1:] not in (b"", b"\n")
            self._file = self._path.open("ab", buffering=0)
            self._file.write(b"\n" * torn)  # a line that a crash left half-written must not spoil the next one

    def add(self, seen: Seen) -> None:
        """Keep a result; when too much waits, or the disk refuses, it is counted as dropped."""
        line = json.dumps(_plain(seen)).encode("utf-8", "backslashreplace") + b"\n"
        with self._mutex:
            if self._file.tell() + len(line) > LARGEST:
                self.dropped += 1
                return
            try:
                self._file.write(line)
            except OSError:
                self.dropped += 1

    def deliver(self, store: Store) -> int:
        """Move what waits into the store, where a second delivery is none; return how many results. Raises StoreError: nothing is lost."""
        with self._mutex, explained(self._path):
            if not self._leaving.exists():
                if not self._file.tell():
                    return 0
                self._file.close()
                self._path.replace(self._leaving)
                self._file = self._path.open("ab", buffering=0)
        count = 0
        for batch in _batches(self._leaving):
            with store.writing() as connection:
                watch.add_results(connection, batch)
            count += len(batch)
        with explained(self._leaving):
            self._leaving.unlink()
        return count

    def close(self) -> None:
        """Let go of the file; what waits stays for the next start."""
        with self._mutex:
            self._file.close()
            os.close(self._lock)


def _plain(seen: Seen) -> dict[str, Any]:
    plain = asdict(seen)
    return {**plain, "at": to_text(seen.at), "round_at": to_text(seen.round_at) if seen.round_at else None}


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
