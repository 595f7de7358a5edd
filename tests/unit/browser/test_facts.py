"""What a journey's marker may say."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any

import pytest

from footfall.browser.facts import Facts, plans_cleanup, read_facts
from footfall.errors import UsageError


def test_facts_of_the_nearest_marker() -> None:
    """A function's own marker wins over its module's, fact by fact; no marker says nothing."""
    own, modules = pytest.mark.journey(every="5m").mark, pytest.mark.journey(every="1h", owner="payments", safe_in_production=True).mark
    assert read_facts("shop", [own, modules]) == Facts(safe_in_production=True, every_s=300, owner="payments")
    assert read_facts("shop", []) == Facts()


@pytest.mark.parametrize(
    ("marker", "problem", "hint"),
    [
        (pytest.mark.journey(evry="5m"), "knows no 'evry'", "did you mean 'every'?"),
        (pytest.mark.journey(every="5 parsecs"), "every='5 parsecs' will not do", "a duration in quotes"),
        (pytest.mark.journey(every=5), "every=5 will not do", "a duration in quotes"),
        (pytest.mark.journey(every="0s"), "every='0s' will not do", "a duration in quotes"),
        (pytest.mark.journey(owner=" "), "owner=' ' will not do", "text in quotes"),
        (pytest.mark.journey(safe_in_production="yes"), "safe_in_production='yes' will not do", "True or False"),
        (pytest.mark.journey(True), "takes no True", 'such as owner="payments"'),
    ],
)
def test_what_a_marker_may_not_say(marker: pytest.MarkDecorator, problem: str, hint: str) -> None:
    """The error names the journey, what is wrong and what would do."""
    with pytest.raises(UsageError) as raised:
        read_facts("journeys/test_shop.py::test_shop", [marker.mark])
    assert raised.value.message == f"journeys/test_shop.py::test_shop: @pytest.mark.journey {problem}"
    assert hint in str(raised.value.hint)


def cancels(journey: Any) -> None:
    """Plan a clean-up."""
    journey.cleanup("cancel", id=42)


def tidies(journey: Any) -> None:
    """Remove a folder, which is nothing of the site's."""
    with tempfile.TemporaryDirectory() as folder:
        journey.page.goto(folder)
    tempfile.TemporaryDirectory().cleanup()


@pytest.mark.parametrize(("test", "plans"), [(cancels, True), (tidies, False)])
def test_a_planned_clean_up_names_what_it_does(request: pytest.FixtureRequest, test: Callable[..., None], plans: bool) -> None:
    """Anything else that is called cleanup does not make a journey safe for production."""
    item = pytest.Function.from_parent(request.node.parent, name="test_shop", callobj=test)
    assert plans_cleanup(item) is plans
