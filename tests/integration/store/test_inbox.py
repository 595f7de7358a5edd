"""A location's results on their way to the store, and which of several watches judges; on both databases."""

from __future__ import annotations

import math
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from footfall.errors import StoreError, UsageError
from footfall.store import watch
from footfall.store.election import Election
from footfall.store.inbox import Inbox
from footfall.store.watch import Seen
from footfall.store.writer import Store, open_store

T0 = datetime(2026, 11, 21, 5, tzinfo=UTC)


def seen(number: int) -> Seen:
    """A result."""
    return Seen(f"r{number}", "probe:health", "ams", T0 + timedelta(seconds=number), ok=True, figures={"evidence": ["a"]}, round_at=T0)


def known(store: Store) -> list[Seen]:
    """What the store has."""
    with store.reading() as connection:
        return watch.last_results(connection, "probe:health")


def test_results_reach_the_store_once_whoever_dies(store: Store, tmp_path: Path) -> None:
    """A watch that died before, or half-way through, leaves a file that the next one delivers; a torn line is left out."""
    first = Inbox(tmp_path, "ams")
    first.add(seen(1))
    first.close()
    path = tmp_path / ".footfall/watch/ams.jsonl"
    path.replace(path.with_name("ams.leaving.jsonl"))  # it died after moving the file aside, and perhaps after storing it
    with store.writing() as connection:
        watch.add_results(connection, [seen(1)])
    path.write_bytes(b'{"id": "torn"')
    second = Inbox(tmp_path, "ams")
    second.add(seen(2))
    assert second.deliver(store) == 1
    assert second.deliver(store) == 1
    assert second.deliver(store) == 0
    assert known(store) == [seen(1), seen(2)]
    second.close()


def test_while_the_store_is_away_results_wait(tmp_path: Path) -> None:
    """Nothing is lost, and what is measured meanwhile comes later."""
    store, inbox = open_store(tmp_path), Inbox(tmp_path, "ams")
    database = tmp_path / ".footfall/history.db"
    inbox.add(seen(1))
    store.close()
    hidden = database.rename(database.with_name("hidden"))
    database.mkdir()
    with pytest.raises(StoreError):
        inbox.deliver(store)
    inbox.add(seen(2))
    store.close()
    database.rmdir()
    hidden.rename(database)
    assert inbox.deliver(store) == 1
    assert inbox.deliver(store) == 1
    assert known(store) == [seen(1), seen(2)]
    inbox.close()
    store.close()


def test_one_location_has_one_watch_on_a_machine(tmp_path: Path) -> None:
    """A second one is told so at once."""
    inbox = Inbox(tmp_path, "ams")
    with pytest.raises(UsageError, match="a watch from ams runs here already"):
        Inbox(tmp_path, "ams")
    Inbox(tmp_path, "fra").close()
    inbox.close()


def test_one_judges_and_another_takes_over_when_it_dies(store: Store, url: str, tmp_path: Path) -> None:
    """By `kill -9`, at once: the lock is the system's or the server's."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            won = Election(open_store(tmp_path, url), tmp_path).won()
            os.write(writer, b"1" if won else b"0")
            signal.pause()
        finally:
            os._exit(1)
    assert os.read(reader, 1) == b"1"
    other = Election(store, tmp_path)
    assert not other.won()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while not other.won():  # the server needs a moment to notice
        pass
    assert other.won()
    third = Election(store, tmp_path)
    assert not third.won()
    other.resign()
    while not third.won():
        pass
    third.resign()
    os.close(reader)
    os.close(writer)


@contextmanager
def full_disk(path: Path, more: int) -> Iterator[None]:
    """A disk on which a file may grow by so many bytes only."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_costs_what_it_refuses_and_nothing_else(tmp_path: Path) -> None:
    """No line is left half-written, and what is measured afterwards is kept and delivered."""
    inbox = Inbox(tmp_path, "ams")
    inbox.add(seen(1))
    with full_disk(tmp_path / ".footfall/watch/ams.jsonl", 20):
        inbox.add(seen(2))
        inbox.add(seen(3))
    inbox.add(seen(4))
    assert inbox.dropped == 2
    opened = open_store(tmp_path)
    assert inbox.deliver(opened) == 2
    (tmp_path / ".footfall/watch/ams.jsonl").mkdir()  # there is no room for a new file either
    inbox.add(seen(5))
    assert (inbox.deliver(opened), inbox.dropped) == (0, 3)
    (tmp_path / ".footfall/watch/ams.jsonl").rmdir()
    inbox.add(seen(6))
    assert inbox.deliver(opened) == 1
    assert known(opened) == [seen(1), seen(4), seen(6)]
    inbox.close()
    opened.close()


def test_what_the_database_will_never_take_keeps_no_other(store: Store, tmp_path: Path) -> None:
    """A figure that is no number: PostgreSQL's JSON has none such."""
    inbox = Inbox(tmp_path, "ams")
    for number in range(1, 6):
        inbox.add(seen(number) if number != 3 else replace(seen(3), figures={"ratio": math.nan}))
    inbox.deliver(store)
    assert [result for result in known(store) if result.id != "r3"] == [seen(number) for number in (1, 2, 4, 5)]
    assert inbox.deliver(store) == 0
    inbox.close()


def test_targets_have_judges_of_their_own(store: Store, tmp_path: Path) -> None:
    """Who judges staging does not keep anybody from judging production; a location may watch both."""
    production, staging, again = (Election(store, tmp_path, name) for name in ("production", "staging", "staging"))
    assert production.won()
    assert staging.won()
    assert not again.won()
    for election in (production, staging, again):
        election.resign()
    for inbox in [Inbox(tmp_path, "ams", name) for name in ("production", "staging")]:
        inbox.close()
