"""Data for users: each row in its turn, and a clear word when there are none left."""

from __future__ import annotations

from pathlib import Path

import pytest

from footfall.errors import ScriptError
from footfall.load.feeder import Feeder, FeederEmptyError
from footfall.load.thinking import exponential, lognormal, uniform

PEOPLE = "name, email\nAda,ada@example.org\nBob,bob@example.org\n"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Two people."""
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE, "utf-8-sig")
    return path


def test_rows_come_again(people: Path) -> None:
    """After the last the first, by the columns' names."""
    feeder = Feeder.of_csv(people)
    assert [feeder.next()["name"] for _ in range(5)] == ["Ada", "Bob", "Ada", "Bob", "Ada"]


def test_shuffled_rows_are_each_used_once_a_round(people: Path) -> None:
    """Whatever their order."""
    feeder = Feeder.of_csv(people, shuffled=True)
    assert all({feeder.next()["name"], feeder.next()["name"]} == {"Ada", "Bob"} for _ in range(20))


def test_rows_that_run_out(people: Path) -> None:
    """Everybody who asks after that is told the same."""
    feeder = Feeder.of_csv(people, again=False)
    assert [feeder.next()["email"], feeder.next()["email"]] == ["ada@example.org", "bob@example.org"]
    for _ in range(3):
        with pytest.raises(FeederEmptyError, match=r"people\.csv ran out: all its 2 rows are used"):
            feeder.next()


def test_rows_made_up() -> None:
    """Each number once."""
    feeder = Feeder.of_numbers(lambda number: {"email": f"load-{number}@example.org"})
    assert [feeder.next()["email"] for _ in range(2)] == ["load-0@example.org", "load-1@example.org"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "people.csv cannot be read"),
        ("", "needs a first line"),
        ("name,email\n", "needs a first line"),
        ("name,name\nAda,x\n", "needs a first line"),
        ("name,email\nAda,a@b.c\nBob\n", "people.csv:3: 1 values, and the first line names 2 columns"),
    ],
)
def test_files_that_do_not_fit(tmp_path: Path, text: str | None, said: str) -> None:
    """They are told when the profile is read, with the line."""
    path = tmp_path / "people.csv"
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(ScriptError) as caught:
        Feeder.of_csv(path)
    assert said in caught.value.message


def test_think_times_are_as_stated() -> None:
    """Their middle is what was asked for, and nobody thinks for ever."""
    for law, middle, most in ((exponential(4), 2.77, 40), (lognormal(4, 0.8), 4, 40), (uniform(2, 6), 4, 6)):
        drawn = sorted(law(None) for _ in range(4000))
        assert drawn[2000] == pytest.approx(middle, rel=0.12)
        assert 0 <= drawn[0] <= drawn[-1] <= most
    assert exponential(0)(None) == 0
