"""What a process wrote before it died is there afterwards, and nobody touches a spool that is still being written."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from footfall.errors import StoreError
from footfall.samples import Event, Run, RunEnd, Sample
from footfall.store.spool import (
    OpenRun,
    Recorder,
    SampleFields,
    abandoned,
    begin_run,
    claim,
    discard,
    join_run,
    read_spool,
    spools_of,
    tail,
)

AT = datetime(2026, 11, 21, 5, tzinfo=UTC)
RUN = Run("01RUN", "corner", AT)


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[OpenRun]:
    """A run that is being measured."""
    with begin_run(tmp_path, RUN) as run:
        yield run


def lcp(value: float) -> Sample:
    """Make a sample of the run."""
    return Sample(RUN.id, AT, "journey", "checkout", "pay", "lcp", value)


def test_what_is_written_is_on_disk_at_once(begun: OpenRun) -> None:
    """Nothing waits in a buffer that a kill would take along."""
    begun.recorder.write(lcp(1))
    assert list(read_spool(begun.directory)) == [RUN, lcp(1)]


def test_what_is_recorded_together_is_written_at_once(begun: OpenRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples of one moment are one write, in their order; one that cannot be is a note among them."""
    place: SampleFields = {"source": "journey", "subject": "checkout", "part": "pay", "metric": "lcp", "value": 1.0, "at": AT}
    written: list[bytes] = []
    real = os.write

    def write(descriptor: int, data: bytes) -> int:
        written.append(data)
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    begun.recorder.samples([place, {**place, "value": -1.0}, {**place, "value": 2.0, "detail": {"text": "\x00"}}])
    _, first, note, last = read_spool(begun.directory)
    assert len(written) == 1
    assert (first, last) == (lcp(1), replace(lcp(2), detail={"text": "\ufffd"}))
    assert isinstance(note, Event)
    assert note.text == "lcp of checkout › pay is negative (-1.0): not recorded"


def test_each_writer_has_a_file_of_its_own(begun: OpenRun) -> None:
    """A child's records stand beside its parent's and are read with them."""
    with Recorder(begun.directory, "journey-7") as child:
        child.write(lcp(1))
    assert sorted(path.name for path in begun.directory.glob("*.jsonl")) == ["journey-7.jsonl", "run.jsonl"]
    assert set(map(type, read_spool(begun.directory))) == {Run, Sample}


def test_a_child_joins_the_run_that_its_environment_names(begun: OpenRun) -> None:
    """The parent's environment is enough; without it, or with a spool that is gone, there is nothing to join."""
    assert join_run(begun.environment()) == (RUN.id, begun.directory)
    assert join_run({}) is None
    assert join_run({"FOOTFALL_RUN": RUN.id, "FOOTFALL_SPOOL": str(begun.directory / "gone")}) is None


def test_a_living_run_is_not_abandoned(tmp_path: Path) -> None:
    """A spool is free when its owner has ended it and every child has let go."""
    with begin_run(tmp_path, RUN) as run:
        child = Recorder(run.directory, "journey-7")
        assert abandoned(tmp_path) == []
        run.end("finished")
        assert abandoned(tmp_path) == []
        child.close()
        assert abandoned(tmp_path) == [run.directory]


def test_leaving_a_run_without_an_end_lets_go_of_it(tmp_path: Path) -> None:
    """An exception in its owner leaves a spool that the next start can take in."""
    with pytest.raises(KeyboardInterrupt), begin_run(tmp_path, RUN):
        raise KeyboardInterrupt
    (directory,) = abandoned(tmp_path)
    assert not [record for record in read_spool(directory) if isinstance(record, RunEnd)]


def test_only_one_taker_gets_a_spool(tmp_path: Path) -> None:
    """Whoever holds it shuts the other out; a spool that is gone is nobody's."""
    with begin_run(tmp_path, RUN) as run:
        run.end("finished")
    with claim(run.directory) as first, claim(run.directory) as second:
        assert (first, second) == (True, False)
        discard(run.directory)
    with claim(run.directory) as third:
        assert third is False


def test_a_crash_while_a_spool_is_removed_leaves_nothing_to_take_in(tmp_path: Path) -> None:
    """A half-removed spool is swept up, never read."""
    gone = spools_of(tmp_path) / ".gone-01RUN"
    gone.mkdir(parents=True)
    (gone / "journey-7.jsonl").write_text("")
    assert abandoned(tmp_path) == []
    assert not gone.exists()


def test_a_value_that_cannot_be_is_a_note_and_not_the_end_of_the_run(begun: OpenRun) -> None:
    """NaN, infinities and negative times are told, and the run goes on."""
    for value in (float("nan"), float("inf"), -1.0):
        begun.recorder.sample(source="journey", subject="checkout", part="pay", metric="lcp", value=value)
    begun.recorder.sample(source="journey", subject="checkout", part="pay", metric="profit", value=-1.0)
    records = list(read_spool(begun.directory))
    assert [record.value for record in records if isinstance(record, Sample)] == [-1.0]
    notes = [record for record in records if isinstance(record, Event)]
    assert [note.kind for note in notes] == ["note"] * 3
    assert notes[0].text == "lcp of checkout › pay is not a finite number (nan): not recorded"


def test_a_programming_error_is_refused_loudly(begun: OpenRun) -> None:
    """A record of another run, one without a JSON form, and a write after the end raise ValueError."""
    with pytest.raises(ValueError, match="another run"):
        begun.recorder.write(RunEnd("01OTHER", AT, "finished"))
    with pytest.raises(ValueError, match="no JSON form"):
        begun.recorder.write(Event(RUN.id, AT, "note", "", {"path": Path()}))
    begun.end("finished")
    with pytest.raises(ValueError, match="closed"):
        begun.recorder.write(lcp(1))


def test_hostile_text_passes_through_the_spool(begun: OpenRun) -> None:
    """Newlines, quotes and astral characters come back as they were; what no database takes comes back as U+FFFD."""
    begun.recorder.write(Event(RUN.id, AT, "note", 'a\n"b"\u2028\x85😀\\ud800', {}))
    begun.recorder.write(Event(RUN.id, AT, "note", "\ud800\x00", {}))
    texts = [record.text for record in read_spool(begun.directory) if isinstance(record, Event)]
    assert texts == ['a\n"b"\u2028\x85😀\\ud800', "\ufffd\ufffd"]


def test_a_writer_goes_on_after_the_half_line_of_another(begun: OpenRun) -> None:
    """A process that gets the name of a killed one starts on a fresh line."""
    path = begun.directory / "journey-7.jsonl"
    path.write_text('{"type":"sam')
    with Recorder(begun.directory, "journey-7") as recorder:
        recorder.write(lcp(1))
    torn, sample = [record for record in read_spool(begun.directory) if not isinstance(record, Run)]
    assert isinstance(torn, Event)
    assert sample == lcp(1)


def test_threads_never_mix_their_lines(begun: OpenRun) -> None:
    """Two hundred records from four threads are two hundred whole lines."""

    def write(number: int) -> None:
        for value in range(50):
            begun.recorder.write(lcp(number * 1000 + value))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    values = sorted(record.value for record in read_spool(begun.directory) if isinstance(record, Sample))
    assert values == sorted(number * 1000 + value for number in range(4) for value in range(50))


def test_progress_sees_each_line_once_and_only_when_it_is_whole(begun: OpenRun) -> None:
    """A follower gives what is new since it last looked, from every file, also from one that appears later."""
    follower = tail(begun.directory)
    assert follower.poll() == [RUN]
    assert follower.poll() == []
    late = begun.directory / "journey-7.jsonl"
    late.write_bytes(b'{"type":"run_end","run":"01RUN",')
    assert follower.poll() == []
    with late.open("ab") as file:
        file.write(b'"at":"2026-11-21T05:00:00.000Z","outcome":"finished"}\n')
    assert follower.poll() == [RunEnd(RUN.id, AT, "finished")]


def test_a_follower_of_a_spool_that_was_taken_in_sees_nothing(tmp_path: Path) -> None:
    """Progress may outlive the spool by a moment."""
    with begin_run(tmp_path, RUN) as run:
        follower = tail(run.directory)
    discard(run.directory)
    assert follower.poll() == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The message names the path, and the hint says what to do."""
    (tmp_path / ".footfall").write_text("in the way")
    with pytest.raises(StoreError, match=r"01RUN cannot be written: Not a directory") as caught, begin_run(tmp_path, RUN):
        pass
    assert "writable" in str(caught.value.hint)


def test_a_full_disk_is_told_and_the_next_line_is_whole(begun: OpenRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that failed half-way costs its own line only."""
    path = begun.recorder.path
    real = os.write

    def full(descriptor: int, data: bytes) -> int:
        monkeypatch.setattr(os, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        return real(descriptor, data[:10])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StoreError, match="No space left on device"):
        begun.recorder.write(lcp(1))
    monkeypatch.setattr(os, "write", real)
    begun.recorder.write(lcp(2))
    assert path.read_bytes().count(b"\n") == 3
    assert [record for record in read_spool(begun.directory) if isinstance(record, Sample)] == [lcp(2)]
