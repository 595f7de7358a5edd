"""Failures are grouped by kind, counted all, and told by their first examples."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from footfall.load.mistakes import EXAMPLES, Mistakes, kind_of


def test_the_first_examples_are_kept_and_all_are_counted() -> None:
    """A thousand failures alike are one row and three examples."""
    mistakes = Mistakes()
    kept = [mistakes.note("GET /a", "status 500", {"text": str(number)}) for number in range(1000)]
    assert kept.count(True) == EXAMPLES
    assert mistakes.rows() == [{"part": "GET /a", "error": "status 500", "count": 1000}]


def test_workers_add_up() -> None:
    """The master counts what all workers saw, and tells each example once, up to the same few."""
    master = Mistakes()
    fresh = []
    for worker in range(3):
        told = Mistakes()
        for number in range(2):
            told.note("GET /a", "timeout", {"text": f"{worker}-{number}"})
        fresh += master.add(Mistakes.from_wire(json.loads(json.dumps(told.to_wire()))))
    assert master.rows()[0]["count"] == 6
    assert [example["text"] for _, _, example in fresh] == ["0-0", "0-1", "1-0"]


def test_memory_is_bounded() -> None:
    """A site that makes up a new error for every request does not fill the generator's memory."""
    mistakes = Mistakes()
    for number in range(1000):
        mistakes.note("GET /a", f"kind {number}", {})
    rows = mistakes.rows()
    assert len(rows) == 101
    assert rows[0] == {"part": "", "error": "other", "count": 900}


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (SimpleNamespace(kind="wrong body"), 200, "wrong body"),  # our own client's word
        (ValueError("x"), 503, "status 503"),  # any client's answer with an error's status
        (ConnectionError("to 10.0.0.1:8080 refused\nat 0x7f"), 0, "ConnectionError: to #.#.#.#:# refused"),  # numbers differ, kinds do not
        ("catch_response said so", 200, "catch_response said so"),  # Locust's users may give plain text
        (KeyError(), 0, "KeyError"),
    ],
)
def test_kinds(error: BaseException | str, status: int, kind: str) -> None:
    """What a failure is called, whichever client met it."""
    assert kind_of(error, status) == kind
