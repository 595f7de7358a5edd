"""What a command prints."""

from __future__ import annotations

import pytest

from footfall.cli.output import counted, visible


@pytest.mark.parametrize(("number", "said"), [(0, "0 steps"), (1, "1 step"), (2, "2 steps")])
def test_one_of_a_thing_is_singular(number: int, said: str) -> None:
    """No "1 steps"."""
    assert counted(number, "step") == said


def test_a_text_from_outside_is_no_command_in_a_github_workflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub's runner obeys what stands in a log: `::` at the beginning of a line, `##[` anywhere."""
    told = "✗ pay failed\n      ::stop-commands::x\n::add-mask::a: b::c ##[error]boo ## [x]\n"
    assert visible(told) == told
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert visible(told) == "✗ pay failed\n      : :stop-commands::x\n: :add-mask::a: b::c # #[error]boo ## [x]\n"
