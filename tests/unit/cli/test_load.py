"""What `footfall load` says before it begins."""

from __future__ import annotations

from typing import Any, cast

import pytest

from footfall.cli.load import _announce
from footfall.load.launcher import LoadOptions


@pytest.mark.parametrize(("target", "ending"), [("", "--join <this machine>`"), ("prod", "--join <this machine> --target prod`")])
def test_the_line_that_starts_a_worker_is_whole(target: str, ending: str) -> None:
    """A worker takes its headers from its own target: where that is not the default one, the line names it."""

    class Shown:
        said = ""

        def say(self, text: str) -> None:
            self.said = text

    shown = Shown()
    _announce(cast(Any, shown), "ci", LoadOptions(workers=2), target)
    assert shown.said.endswith(ending)
