"""The ledger of clean-ups: what a journey will leave is written down, and on the disk, before it is made.

`.footfall/ledger/<run>-<process>.jsonl`, append-only: a line plans a clean-up, a later one says that it is done or why it failed.
Its process holds a lock on the file while it lives, however it dies; a file that can be locked was abandoned, and what is
pending in it is done by whoever starts next.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ulid import ULID

from footfall.clock import to_text
from footfall.store.spool import explained


@dataclass(frozen=True)
class Task:
    """One clean-up: a registered function and its JSON arguments. `url`, without a password, is set only where a session was given one."""

    id: str
    at: str
    run: str
    target: str
    url: str
    journey: str
    function: str
    arguments: Mapping[str, Any]

    @classmethod
    def new(cls, run: str, target: str, url: str, journey: str, function: str, arguments: Mapping[str, Any]) -> Task:
        """Return a task that is planned now."""
        return cls(str(ULID()), to_text(datetime.now(UTC)), run, target, url, journey, function, dict(arguments))

    @property
    def call(self) -> str:
        """The clean-up in words: `cancel_booking(id=42)`."""
        return f"{self.function}({', '.join(f'{name}={value!r}' for name, value in self.arguments.items())})"


def ledgers_of(root: Path) -> Path:
    """Return where the ledgers of the suite at `root` are."""
    return root / ".footfall" / "ledger"


class Ledger:
    """The ledger of this process; its file is made with the first plan. Raises StoreError when the disk does not let it write."""

    def __init__(self, root: Path, run: str) -> None:
        self._path = ledgers_of(root) / f"{run}-{os.getpid()}.jsonl"
        self._file = -1
        self._open: set[str] = set()

    def plan(self, task: Task) -> None:
        """Write a task down; it is on the disk when this returns."""
        with explained(self._path):
            if self._file < 0:
                self._file = _create(self._path, _plan_line(task))
            else:
                _append(self._file, _plan_line(task))
        self._open.add(task.id)

    def mark(self, task: Task, problem: str) -> None:
        """Write down how a task ended: done where `problem` is empty."""
        with explained(self._path):
            _append(self._file, _end_line(task, problem))
        if not problem:
            self._open.discard(task.id)

    def close(self) -> None:
        """Let go of the file, and remove it when nothing is left to do; closing twice is fine."""
        if self._file >= 0:
            if not self._open:
                self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1


class AbandonedLedger:
    """A ledger whose process is gone, held by this one. Leaving the block lets go of it, and removes it when all is done."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._file = descriptor
        self._pending = {task.id: task for task in _pending(path)}

    def pending(self) -> list[Task]:
        """Return what is left to do, in the order of its planning."""
        return list(self._pending.values())

    def mark(self, task: Task, problem: str) -> None:
        """Write down how a task ended."""
        _append(self._file, _end_line(task, problem))
        if not problem:
            self._pending.pop(task.id, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._pending:
            self.path.unlink(missing_ok=True)
        os.close(self._file)


def abandoned_ledgers(root: Path) -> Iterator[AbandonedLedger]:
    """Yield the ledgers that no living process holds, oldest first, each locked against others who start at the same time."""
    for path in sorted(ledgers_of(root).glob("[!.]*.jsonl")):
        with suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                mine = os.path.samestat(path.stat(), os.fstat(descriptor))
            except (BlockingIOError, FileNotFoundError):
                mine = False
            if mine:
                yield AbandonedLedger(path, descriptor)
            else:
                os.close(descriptor)


def _create(path: Path, line: bytes) -> int:
    """Make the file whole, held and on the disk before it has its name: nobody sees it without its holder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}")
    descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    _append(descriptor, line)
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    return descriptor


def _append(descriptor: int, line: bytes) -> None:
    os.write(descriptor, line)
    os.fsync(descriptor)


def _plan_line(task: Task) -> bytes:
    return _line({"type": "plan", **asdict(task)})


def _end_line(task: Task, problem: str) -> bytes:
    said = {"type": "failed", "problem": problem} if problem else {"type": "done"}
    return _line({**said, "id": task.id, "at": to_text(datetime.now(UTC))})


def _line(plain: Mapping[str, Any]) -> bytes:
    # The newline in front ends a line that a crash tore apart.
    return b"\n" + json.dumps(plain, separators=(",", ":")).encode() + b"\n"


def _pending(path: Path) -> list[Task]:
    """Read what is planned and not done; torn lines are left out."""
    open_tasks: dict[str, Task] = {}
    for line in path.read_bytes().splitlines():
        with suppress(ValueError, TypeError, KeyError):
            plain = json.loads(line)
            kind = plain.pop("type")
            if kind == "plan":
                task = Task(**plain)
                open_tasks[task.id] = task
            elif kind == "done":
                open_tasks.pop(plain["id"], None)
    return list(open_tasks.values())
