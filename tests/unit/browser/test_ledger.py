"""What a journey will leave is on the disk before it is made, and is found again whatever happened in between."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest

from footfall.browser.cleanup import Cleaner, cleanup, planned
from footfall.browser.ledger import Ledger, Task, abandoned_ledgers, ledgers_of
from footfall.browser.secrets import Secrets
from footfall.browser.site import Site
from footfall.config.suite import load_suite
from footfall.errors import ScriptError

SITE = "http://127.0.0.1:9"


@cleanup
def forget_booking(site: httpx.Client, id: int) -> None:  # noqa: A002  # the argument's name in the examples
    """Fail: nothing listens there."""
    site.delete(f"/bookings/{id}")


@cleanup
def name_the_site(site: httpx.Client) -> None:
    """Fail as a client's error does, which quotes the whole address."""
    raise RuntimeError(f"no answer from {site.base_url}")


def task(number: int) -> Task:
    """Return a clean-up of one booking."""
    return Task.new("01RUN", "staging", "", "booking", "forget_booking", {"id": number})


def left(root: Path) -> list[int]:
    """Return which bookings are still to be forgotten, and let go of the ledgers."""
    found = []
    for ledger in abandoned_ledgers(root):
        with ledger:
            found += [task.arguments["id"] for task in ledger.pending()]
    return found


def crash(ledger: Ledger) -> None:
    """Let go of a ledger's file as the system does when its process dies."""
    os.close(ledger._file)


def test_what_is_pending_survives_a_crash(tmp_path: Path) -> None:
    """What was planned and not done is found by the next process; what was done is not done again."""
    ledger = Ledger(tmp_path, "01RUN")
    first, second = task(1), task(2)
    ledger.plan(first)
    ledger.plan(second)
    ledger.mark(first, "")
    ledger.mark(second, "the site was down")
    crash(ledger)
    assert left(tmp_path) == [2]
    assert left(tmp_path) == [2]


def test_a_living_process_keeps_its_ledger(tmp_path: Path) -> None:
    """Nobody else does what its own process will do; a ledger with nothing to do is gone."""
    ledger = Ledger(tmp_path, "01RUN")
    planned_task = task(1)
    ledger.plan(planned_task)
    assert left(tmp_path) == []
    ledger.mark(planned_task, "")
    ledger.close()
    assert list(ledgers_of(tmp_path).iterdir()) == []


@pytest.mark.parametrize("lost", [1, 20, 60])
def test_a_torn_line_hides_no_other(tmp_path: Path, lost: int) -> None:
    """A line that was cut off by a crash is left out, and what is written after it is read."""
    ledger = Ledger(tmp_path, "01RUN")
    ledger.plan(task(1))
    ledger.plan(task(2))
    (path,) = ledgers_of(tmp_path).glob("*.jsonl")
    os.truncate(path, path.stat().st_size - lost)
    ledger.plan(task(3))
    crash(ledger)
    assert [number for number in left(tmp_path) if number != 2] == [1, 3]


def test_what_fails_stays_and_what_nobody_knows_is_said(tmp_path: Path) -> None:
    """A clean-up that fails, or whose function is gone, is kept for the next start with its reason."""
    ledger = Ledger(tmp_path, "01RUN")
    ledger.plan(Task.new("01RUN", "127.0.0.1:9", SITE, "booking", "forget_booking", {"id": 1}))
    ledger.plan(Task.new("01RUN", "127.0.0.1:9", SITE, "booking", "no_longer_there", {"id": 2}))
    crash(ledger)
    done = Cleaner(Site(tmp_path, None, "127.0.0.1:9", SITE), "01LATER", {}).replay()
    assert [(cleaned.task.function, cleaned.unknown) for cleaned in done] == [("no_longer_there", True), ("forget_booking", False)]
    assert "ConnectError" in done[1].problem
    assert left(tmp_path) == [1, 2]


def test_no_secret_of_the_suite_is_in_what_a_failed_clean_up_leaves(tmp_path: Path) -> None:
    """An address that `footfall.toml` takes from the environment may hold a password: neither the ledger nor what is told has it."""
    (tmp_path / "footfall.toml").write_text('[targets.staging]\nurl = "env:SHOP_URL"\n', "utf-8")
    url = "http://ada:s3cr3t-pw@127.0.0.1:9"
    cleaner = Cleaner(Site(tmp_path, load_suite(tmp_path), "staging", url), "01RUN", {"SHOP_URL": url})
    (failed,) = cleaner.clean([cleaner.plan("booking", "name_the_site", {}, url)], url)
    assert failed.problem.startswith("RuntimeError: no answer from ***")
    (ledger,) = ledgers_of(tmp_path).glob("*.jsonl")
    assert "s3cr3t-pw" not in ledger.read_text("utf-8")


def test_a_clean_up_is_done_where_it_was_planned(tmp_path: Path) -> None:
    """What was left on a preview is not removed from staging, whose bookings have the same numbers; there it is done when asked."""
    (tmp_path / "footfall.toml").write_text('[targets.staging]\nurl = "http://localhost:9"\n', "utf-8")
    suite = load_suite(tmp_path)
    preview = Site(tmp_path, suite, "staging", "http://ada:s3cr3t-pw@127.0.0.1:9")
    cleaner = Cleaner(preview, "01RUN", {})
    assert cleaner.plan("booking", "name_the_site", {}, preview.url).url == "http://127.0.0.1:9"
    crash(cleaner._ledger)
    (refused,) = Cleaner(Site(tmp_path, suite, "staging", None), "01LATER", {}).replay()
    assert refused.problem.startswith("it was left at http://127.0.0.1:9, which is not where staging is now")
    (done,) = Cleaner(preview, "01LATER", {}).replay()
    assert done.problem == "RuntimeError: no answer from http://***@127.0.0.1:9"


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("forget_bookings", {"id": 1}, "no clean-up is called 'forget_bookings'"),
        ("forget_booking", {"ref": 1}, "missing a required argument"),
        ("forget_booking", {"id": object()}, "not JSON serializable"),
        ("forget_booking", {"id": float("nan")}, "not JSON compliant"),
        ("forget_booking", {"id": "correct horse"}, "would write a secret"),
    ],
)
def test_a_clean_up_that_could_not_be_replayed_is_refused(name: str, arguments: dict[str, object], said: str) -> None:
    """What nobody registered, what does not fit, what is no JSON and what holds a secret is refused when it is planned."""
    secrets = Secrets()
    secrets.add("correct horse")
    with pytest.raises(ScriptError, match=said) as raised:
        planned(name, arguments, secrets)
    assert raised.value.hint


def test_two_clean_ups_of_one_name_are_refused() -> None:
    """A name means one function; the same function may be imported again."""
    assert cleanup(forget_booking) is forget_booking

    def other(site: httpx.Client) -> None:
        del site

    other.__name__ = "forget_booking"
    with pytest.raises(ScriptError, match="two clean-ups called forget_booking"):
        cleanup(other)
