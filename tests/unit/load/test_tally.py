"""Seconds merge exactly, however many processes saw them, and become records that the store can read."""

from __future__ import annotations

import json
from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.load.tally import LATE_S, Book, Health, Second, Slice, Tally, Writing
from footfall.samples import HistogramWindow, Sample, from_line, to_line
from footfall.stats import Histogram

AT = 1_800_000_000
Seen = list[tuple[str, float, bool]]
requests = st.lists(st.tuples(st.sampled_from(["GET /a", "POST /b"]), st.floats(0, 60_000), st.booleans()), max_size=40)


def tallied(seen: Seen) -> dict[str, Tally]:
    """Count requests by name."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for part, latency, failed in seen:
        tallies[part].count(latency, failed=failed, received=10)
    return dict(tallies)


def figures(tally: Tally) -> tuple[object, ...]:
    """Return all that a tally holds, its histogram bucket by bucket."""
    values, counts = tally.latency.buckets()
    return tally.total, tally.failed, tally.received, values.tolist(), counts.tolist()


@settings(deadline=None)  # the first call imports numpy
@given(st.lists(requests, min_size=1, max_size=4))
def test_workers_merge_as_if_one_process_had_seen_it_all(shares: list[Seen]) -> None:
    """Percentiles are never averaged: the merged histogram is the one that a single process would have filled."""
    book = Book()
    for number, seen in enumerate(shares):
        told = Slice(AT, tallied(seen), 5, Health(0.1))
        book.add(str(number), Slice.from_wire(json.loads(json.dumps(told.to_wire()))))
    (second,) = book.close(AT + 1, [str(number) for number in range(len(shares))])
    alone = tallied([request for seen in shares for request in seen])
    assert {part: figures(tally) for part, tally in second.tallies.items()} == {part: figures(tally) for part, tally in alone.items()}
    assert second.users == 5 * len(shares)


def test_a_second_waits_for_every_worker() -> None:
    """A second is written once all have told it, and only then."""
    book = Book()
    book.add("0", Slice(AT, {}, 1, None))
    assert book.close(AT + 2, ["0", "1"]) == []
    book.add("1", Slice(AT, {}, 1, None))
    assert [second.users for second in book.close(AT + 2, ["0", "1"])] == [2]


def test_a_silent_worker_is_not_waited_for_for_ever() -> None:
    """After ten seconds a second is written without it; what it tells after that opens the second again."""
    book = Book()
    book.add("0", Slice(AT, {}, 1, None))
    assert len(book.close(AT + LATE_S, ["0", "1"])) == 1
    assert not book.add("1", Slice(AT, {}, 1, None))
    assert len(book.close(AT + LATE_S + 1, ["0", "1"])) == 1


def test_a_lost_worker_holds_nothing_up() -> None:
    """Only those that are there are waited for."""
    book = Book()
    book.add("0", Slice(AT, {}, 1, None))
    assert len(book.close(AT + 2, ["0"])) == 1


def test_the_records_of_a_second() -> None:
    """One second: per name and in total the latencies, the failures out of how many, the throughput; users; the generator itself."""
    health = Health(0.25, Histogram(), 1)
    health.lag.record(2)
    book = Book()
    book.add("", Slice(AT, tallied([("GET /a", 5, False), ("GET /a", 7, True), ("POST /b", 9, False)]), 3, health))
    (second,) = book.close(AT + 1, [""])
    records = [from_line(to_line(record)) for record in Writing("R", "ci").records(second, {"phase": "ramp"})]
    samples = {(r.part, r.metric): (r.value, r.detail.get("of")) for r in records if isinstance(r, Sample)}
    windows = {(r.part, r.metric): Histogram.decode(r.hdr).count for r in records if isinstance(r, HistogramWindow)}
    assert samples["", "errors"] == (1, 3)
    assert samples["GET /a", "errors"] == (1, 2)
    assert samples["POST /b", "throughput"] == (1, None)
    assert samples["", "users"] == (3, None)
    assert samples["", "generator_cpu"] == (0.25, None)
    assert samples["", "dropped"] == (1, None)
    assert windows == {("", "latency"): 3, ("GET /a", "latency"): 2, ("POST /b", "latency"): 1, ("", "generator_lag"): 1}
    assert {json.loads(to_line(record))["labels"]["phase"] for record in records} == {"ramp"}


def test_how_many_users_were_asked_for_stands_beside_how_many_there_were() -> None:
    """Where it is known: an open profile asks for arrivals."""
    for aim, told in ((5, [5]), (None, [])):
        records = list(Writing("R", "ci").records(Second(AT, users=3), {}, aim))
        assert [r.value for r in records if isinstance(r, Sample) and r.metric == "users_aim"] == told


def test_a_name_that_pauses_has_a_throughput_of_nothing() -> None:
    """A stall is seen as zero, not left out."""
    writing, book = Writing("R", "ci"), Book()
    book.add("", Slice(AT, tallied([("GET /a", 5, False)]), 1, None))
    book.add("", Slice(AT + 1, {}, 1, None))
    first, second = book.close(AT + 2, [""])
    list(writing.records(first, {}))
    paused = [(r.part, r.value) for r in writing.records(second, {}) if isinstance(r, Sample) and r.metric == "throughput"]
    assert paused == [("", 0), ("GET /a", 0)]


def test_a_request_that_was_never_sent_has_no_latency() -> None:
    """It failed, and it is no fast answer."""
    tally = Tally()
    tally.count(None, failed=True)
    assert (tally.total, tally.failed, tally.latency.count) == (1, 1, 0)


def test_each_worker_tells_of_its_own_health() -> None:
    """A saturated worker is not averaged away by idle ones."""
    book = Book()
    book.add("0", Slice(AT, {}, 1, Health(0.9)))
    book.add("1", Slice(AT, {}, 1, Health(0.1)))
    (second,) = book.close(AT + 1, ["0", "1"])
    records = Writing("R", "ci").records(second, {})
    cpu = {r.labels["worker"]: r.value for r in records if isinstance(r, Sample) and r.metric == "generator_cpu"}
    assert cpu == {"0": 0.9, "1": 0.1}


def test_response_times_and_refusals_travel() -> None:
    """An open profile's response times, and what the site's rate limiting turned away, merge like the rest."""
    master = Tally()
    for late in (5.0, None):
        told = Tally()
        told.count(10.0, failed=False, late_ms=late)
        told.limited += 1
        master.add(Tally.from_wire(json.loads(json.dumps(told.to_wire()))))
    assert (master.total, master.limited, master.latency.count) == (2, 2, 2)
    assert master.response is not None
    assert (master.response.count, round(master.response.maximum)) == (1, 15)
    second = Second(0, {"GET /a": master})
    records = list(Writing("R", "ci").records(second, {}))
    assert {r.metric for r in records if isinstance(r, HistogramWindow)} == {"latency", "response"}
    assert [(r.value, r.detail["of"]) for r in records if isinstance(r, Sample) and r.metric == "limited"] == [(2, 2), (2, 2)]
