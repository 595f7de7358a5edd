"""Playwright's `expect.soft` in a journey: what fails is told with its step and its line, which Playwright itself does not keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import expect

from footfall.browser.failure import one_line

Note = Callable[[str], None]


class _Soft:
    """The assertions about one thing, each of which goes to `note` when it fails, where Playwright's own would raise."""

    def __init__(self, assertions: object, note: Note) -> None:
        self._assertions = assertions
        self._note = note

    def __getattr__(self, name: str) -> Callable[..., None]:
        assertion = getattr(self._assertions, name)

        def noted(*expected: Any, **options: Any) -> None:
            try:
                assertion(*expected, **options)
            except AssertionError as error:
                self._note(one_line(error))

        return noted


@contextmanager
def soft_noted(note: Note) -> Iterator[None]:
    """Let `expect.soft(…)` tell `note` of what fails, from the line of the script that asked, while the block lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(expect, "soft", lambda *asked, **options: _Soft(expect(*asked, **options), note))
        yield
