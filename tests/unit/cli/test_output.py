"""What a command prints."""

from __future__ import annotations

import pytest

from footfall.cli.output import counted


@pytest.mark.parametrize(("number", "said"), [(0, "0 steps"), (1, "1 step"), (2, "2 steps")])
def test_one_of_a_thing_is_singular(number: int, said: str) -> None:
    """No "1 steps"."""
    assert counted(number, "step") == said
