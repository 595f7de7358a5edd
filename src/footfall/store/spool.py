"""The spool: where a run's processes write what they see, line by line, before anything is stored.

`.footfall/spool/<run id>/` holds one file of JSON lines per writer, and a lock file. Every writer holds a shared flock on that file,
so a spool that can be locked exclusively has no living writer, however its writers died; the system drops their locks.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Required, Self, TypedDict, Unpack

from footfall.clock import Clock, SystemClock
from footfall.errors import StoreError
from footfall.samples import Event, Record, Run, RunEnd, sample_line, to_line
from footfall.store.lines import FileReader, clean_json, impossible, read_lines

RUN_VARIABLE = "FOOTFALL_RUN"
SPOOL_VARIABLE = "FOOTFALL_SPOOL"
UNDER_LOAD_VARIABLE = "FOOTFALL_UNDER_LOAD"
"""Names the profile that loads the site meanwhile; all that is seen carries it as the label `under_load`."""

_GONE = ".gone-"
_LOCK = ".lock"
_NEW = ".new-"
_NEW_KEPT_S = 3600.0


def spools_of(root: Path) -> Path:
    """Return where the spools of the suite at `root` are."""
    return root / ".footfall" / "spool"


class SampleFields(TypedDict, total=False):
    """What `Recorder.sample` takes: a `Sample` without its run, and with `at` defaulting to now."""

    source: Required[str]
    subject: Required[str]
    part: Required[str]
    metric: Required[str]
    value: Required[float]
    at: datetime
    iteration: int
    unit: str
    labels: Mapping[str, str]
    detail: Mapping[str, Any]


class Recorder:
    """Appends records to `<directory>/<name>.jsonl`: one line each, in one write, so a killed process loses at most its last.

    `samples` makes one write of many, for a write takes up to a tenth of a millisecond on a busy machine: a process that is killed
    meanwhile loses them all.
    Safe for threads and greenlets, and for processes forked while it is open. It keeps the spool alive until it is closed.
    Raises StoreError when the directory or the disk does not let it write.
    """

    def __init__(self, directory: Path, name: str, clock: Clock | None = None) -> None:
        self.run_id = directory.name
        self.path = directory / f"{name}.jsonl"
        self._clock = clock or SystemClock()
        self._mutex = threading.Lock()
        with explained(self.path):
            self._hold = hold(directory)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self._torn = _ends_torn(self._file)
        self._open = True

    def write(self, record: Record) -> None:
        """Append a record. Raises ValueError for one that has no JSON form or belongs to another run, StoreError for a full disk."""
        if self.run_id != (record.id if isinstance(record, Run) else record.run):
            raise ValueError(f"a record of another run does not belong into the spool of {self.run_id}")
        self._append(_line(record))

    def _append(self, lines: bytes) -> None:
        with self._mutex, explained(self.path):
            if not self._open:
                raise ValueError(f"{self.path} is closed")
            data = b"\n" + lines if self._torn else lines
            self._torn = True
            while data:
                data = data[os.write(self._file, data) :]
            self._torn = False

    def sample(self, **fields: Unpack[SampleFields]) -> None:
        """Record a sample of this run; a value that cannot be (not finite, below 0) becomes a note instead."""
        self.samples([fields])

    def samples(self, many: Iterable[SampleFields]) -> None:
        """Record samples of one moment, each as `sample` does, in one write. Raises what it raises."""
        now = self._clock.now()
        self._append(b"".join([self._sampled(fields, now) for fields in many]))

    def _sampled(self, fields: SampleFields, now: datetime) -> bytes:
        source, metric, value, detail = fields["source"], fields["metric"], fields["value"], fields.get("detail", {})
        problem = impossible(source, metric, value, detail)
        if not problem:
            return sample_line({"run": self.run_id, "at": now, **fields, "detail": clean_json(detail)}) + b"\n"
        place = " › ".join(filter(None, (fields["subject"], fields["part"])))
        return _line(Event(self.run_id, now, "note", f"{metric} of {place} {problem} ({value}): not recorded", {"source": source}))

    def event(self, kind: str, text: str, **detail: Any) -> None:
        """Record something that happened in this run, now."""
        self._append(_line(Event(self.run_id, self._clock.now(), kind, text, clean_json(detail))))

    def close(self) -> None:
        """Let go of the file and the spool; closing twice is fine."""
        with self._mutex:
            if self._open:
                self._open = False
                os.close(self._file)
                os.close(self._hold)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class OpenRun:
    """A run that is being measured; its owner ends it."""

    def __init__(self, run: Run, directory: Path, recorder: Recorder) -> None:
        self.run = run
        self.directory = directory
        self.recorder = recorder

    def end(self, outcome: str) -> None:
        """Write how the run ended (finished, failed, aborted) and let go of the spool, which can be taken in from then on."""
        self.recorder.write(RunEnd(self.run.id, datetime.now(UTC), outcome))
        self.recorder.close()

    def environment(self) -> dict[str, str]:
        """Return what a child process needs in its environment to join the run."""
        return {RUN_VARIABLE: self.run.id, SPOOL_VARIABLE: str(self.directory)}


@contextmanager
def begin_run(root: Path, run: Run) -> Iterator[OpenRun]:
    """Create the run's spool below the suite at `root`, hold it, and write the run's own record.

    Leaving without `end` lets go of it too; its run then counts as interrupted. Raises StoreError.
    """
    directory = spools_of(root) / run.id
    fresh = directory.with_name(_NEW + run.id)
    with explained(directory):
        fresh.mkdir(parents=True)
        # Held before it has its name: nobody ever sees it without a living writer.
        held = hold(fresh)
        try:
            fresh.rename(directory)
            recorder = Recorder(directory, "run")
        finally:
            os.close(held)
    with recorder:
        recorder.write(run)
        yield OpenRun(run, directory, recorder)


def join_run(environment: Mapping[str, str]) -> tuple[str, Path] | None:
    """Return the id and spool of the run that a parent process began, or None when there is none to join."""
    run, directory = environment.get(RUN_VARIABLE), environment.get(SPOOL_VARIABLE)
    return (run, Path(directory)) if run and directory and Path(directory).is_dir() else None


def hold(directory: Path) -> int:
    """Take a writer's (shared) lock on a spool; closing the returned descriptor lets go of it."""
    descriptor = _open_lock(directory)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _open_lock(directory: Path) -> int:
    # A file, open for writing: network file systems lock nothing less.
    return os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)


@contextmanager
def claim(directory: Path, wait_s: float = 0.0) -> Iterator[bool]:
    """Lock a spool against its writers and other takers; False when it is gone, or still held after `wait_s` seconds.

    Raises StoreError when it may not be touched.
    """
    try:
        with explained(directory):
            descriptor = _open_lock(directory)
    except StoreError:
        if directory.exists():
            raise
        yield False
        return
    try:
        # Another taker may have renamed the directory between our opening and our locking it.
        yield _locked(descriptor, wait_s) and _is_still(directory, descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, wait_s: float) -> bool:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        else:
            return True


def _is_still(directory: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat((directory / _LOCK).stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def discard(directory: Path) -> None:
    """Remove a spool that was taken in: renamed first, so that a crash half-way never leaves a part that looks like a whole."""
    gone = directory.with_name(_GONE + directory.name)
    with explained(directory):
        shutil.rmtree(gone, ignore_errors=True)
        directory.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def abandoned(root: Path) -> list[Path]:
    """Return the spools of the suite at `root` that no living process writes, oldest run first, and sweep up what crashes left."""
    _sweep(spools_of(root))
    return [directory for directory in _spools(spools_of(root)) if _is_free(directory)]


def _spools(place: Path) -> list[Path]:
    with suppress(FileNotFoundError):
        return sorted(child for child in place.iterdir() if child.is_dir() and not child.name.startswith("."))
    return []


def _is_free(directory: Path) -> bool:
    with claim(directory) as claimed:
        return claimed


def _sweep(place: Path) -> None:
    if not place.is_dir():
        return
    for child in place.iterdir():
        with suppress(FileNotFoundError):
            stale = child.name.startswith(_NEW) and time.time() - child.stat().st_mtime > _NEW_KEPT_S
            if stale or child.name.startswith(_GONE):
                shutil.rmtree(child, ignore_errors=True)


def read_spool(directory: Path) -> Iterator[Record]:
    """Yield a spool's records, file by file in the order of their names.

    A half-written last line is skipped; any other line that is not a record of this run becomes an event of kind `error`.
    """
    for path in sorted(directory.glob("*.jsonl")):
        with explained(path, "read"), path.open("rb") as file:
            yield from read_lines(file, _reader(path))


def _reader(path: Path) -> FileReader:
    began = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return FileReader(path.name, path.parent.name, began)


class Tail:
    """Follows a spool as it is written, for progress; nothing that it holds keeps the spool alive."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._read: dict[Path, tuple[int, FileReader]] = {}

    def poll(self) -> list[Record]:
        """Return the whole lines written since the last call, as records."""
        return [record for path in sorted(self._directory.glob("*.jsonl")) for record in self._poll_file(path)]

    def _poll_file(self, path: Path) -> Iterator[Record]:
        with suppress(FileNotFoundError), path.open("rb") as file:
            offset, reader = self._read.get(path) or (0, _reader(path))
            file.seek(offset)
            whole = file.read().split(b"\n")[:-1]
            self._read[path] = offset + sum(len(line) + 1 for line in whole), reader
            yield from filter(None, map(reader.read, whole))


def tail(directory: Path) -> Tail:
    """Return a follower of a spool, from its beginning."""
    return Tail(directory)


@contextmanager
def explained(path: Path, verb: str = "written") -> Iterator[None]:
    """Turn what the file system refuses at `path` into a StoreError."""
    try:
        yield
    except OSError as error:
        hint = "footfall keeps what it measures in .footfall and out beside footfall.toml: they must be writable, with room on the disk"
        raise StoreError(f"{path} cannot be {verb}: {error.strerror or error}", hint=hint) from error


def _line(record: Record) -> bytes:
    return to_line(record).encode() + b"\n"


def _ends_torn(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
