"""A comparison of two deployments, told on pages, in the terminal and in a pull request."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from footfall.gate.against import nothing, pairs_of, verdicts
from footfall.gate.compare import compare
from footfall.gate.evidence import Observation
from footfall.gate.looks import Look
from footfall.gate.verdict import Outcome
from footfall.report.beside import beside, left_open
from footfall.report.html import context, html
from footfall.report.markdown import markdown
from footfall.report.templates import TemplateSource
from footfall.report.text import text
from footfall.report.view import ReportView, build_view
from footfall.report.words import headline
from tests.unit.report import views

TEMPLATES = TemplateSource(None, Path(__file__).parents[3] / "reports")


def compared(factors: Mapping[str, float], scatter: float = 0.04, pairs: int = 20, *, capped: bool = False) -> ReportView:
    """Two deployments' steps, each so many times as slow at the newer one, as `footfall gate --against staging` judges them."""
    chance = random.Random(4)

    def seen(target: str, step: str, median: float) -> Observation:
        of = replace(views.series("journey", "checkout", step, "duration", views.DESKTOP), target=target)
        return views.observe(of, [median * chance.lognormvariate(0, scatter) for _ in range(pairs)])

    older = [seen("staging", step, 600.0) for step in factors]
    newer = [seen("corner", step, 600.0 * times) for step, times in factors.items()]
    found = verdicts(compare(pairs_of(older, newer)), "staging", Look(2, 4, capped))
    return build_view(views.RUN, verdicts=found, observations=newer, references=older)


def test_each_figure_stands_with_both_medians_its_change_and_its_bounds() -> None:
    """The worst first; what is surely worse is a card with both deployments' samples too, what is not stands in the table alone."""
    view = compared({"pay": 1.5, "cart": 1.0})
    pay, cart = beside(view)
    assert (pay.place, pay.verdict.outcome, cart.verdict.outcome) == ("checkout › pay", Outcome.FAIL, Outcome.PASS)
    assert pay.change.startswith("+5")
    assert " to +" in pay.bounds
    assert headline(view) == "1 of 2 figures is worse than at staging."
    assert [card.place for card in context(view)["broken"]] == ["checkout › pay"]
    page = html(view, TEMPLATES).decode()
    assert "At staging" in page
    assert "beside those at staging" in page
    assert "thresholds.toml" not in page


def test_the_terminal_and_the_pull_request_show_one_line_a_figure() -> None:
    """No block of four lines for each of forty figures."""
    view = compared({"pay": 1.5, "cart": 1.0, "track": 1.02}, scatter=0.12, pairs=10)
    lines = [line for line in text(view) if "checkout" in line]
    assert [line.strip()[0] for line in lines] == ["✗", "?", "?"]
    assert all(" → " in line for line in lines)
    assert "    Measuring ended as soon as one was surely worse; the open ones were left open." in text(view)
    summary = markdown(view).decode()
    assert "### Beside staging" in summary
    assert "### Broken" not in summary
    assert summary.count("checkout › ") == 3


def test_what_could_not_be_told_says_how_many_pairs_would_do() -> None:
    """It is the headline, and a reason on the first screen."""
    view = compared({"pay": 1.06}, scatter=0.15)
    assert headline(view) == "1 of 1 figure could not be decided beside staging."
    assert left_open(view).startswith("The open ones are too close to call; about ")
    assert [verdict.part for verdict in context(view)["reasons"]] == ["pay"]
    assert not context(view)["unsure"]
    assert left_open(compared({"pay": 1.06}, scatter=0.15, capped=True)).startswith("The time cap came first: the open ones")


@pytest.mark.parametrize(
    ("factors", "said"), [({"pay": 1.0}, "Nothing is worse than at staging."), ({"pay": 0.7}, "Nothing is worse than at staging.")]
)
def test_what_is_no_slower_passes_in_one_sentence(factors: Mapping[str, float], said: str) -> None:
    """Equal and faster alike."""
    assert headline(compared(factors)) == said


def test_a_comparison_of_nothing_is_told() -> None:
    """Too few samples at either: not decided, never a table without rows."""
    view = build_view(views.RUN, verdicts=[nothing("staging", ["checkout"])], exit_code=3)
    assert not beside(view)
    assert "too few samples were seen at both deployments to compare checkout" in " ".join(text(view))
    assert b"too few samples" in html(view, TEMPLATES)
