"""What a journey's script gets from the `journey` fixture."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from playwright.sync_api import Page

from footfall.browser.cleanup import Cleaner, planned
from footfall.browser.iteration import Iteration
from footfall.browser.units import to_base
from footfall.config.secrets import SHORTEST
from footfall.errors import ScriptError, nearest


class Journey:
    """A journey being walked: `page` is pytest-playwright's own page, watched like every other page and pop-up of its context.

    `tag` is what the site gets to see in the cookie `footfall_run`: it marks what this walk leaves there.
    """

    def __init__(
        self, page: Page, iteration: Iteration, environment: Mapping[str, str], cleaner: Cleaner, *, tag: str, url: str | None
    ) -> None:
        self.page = page
        self.tag = tag
        self._url = url
        self._iteration = iteration
        self._cleaner = cleaner
        self._environment = environment

    def step(self, name: str) -> AbstractContextManager[None]:
        """Measure the block as a step: its duration, and the web vitals of what is loaded and clicked in it.

        Steps may nest (`pay/confirm`). Raises ScriptError for a name that is empty, has a `/`, or was used before.
        """
        __tracebackhide__ = True
        self._iteration.declare(name)
        return self._iteration.step(name)

    def measure(self, name: str, value: float, unit: str) -> None:
        """Record a number of your own in the step that is open: `journey.measure("cart_value", 39.9, unit="EUR")`.

        Times, sizes and shares (`s`, `KB`, `%`) are kept in their base unit; what is no finite number is noted instead. Raises
        ScriptError for an unknown unit.
        """
        __tracebackhide__ = True
        number, base = to_base(name, value, unit)
        self._iteration.measured(name, number, base)

    def check(self, condition: object, text: str) -> bool:
        """Note that something is not as it should be and go on; the journey fails at its end with all such texts."""
        if not condition:
            self._iteration.note_unmet(str(text))
        return bool(condition)

    def cleanup(self, name: str, /, **arguments: Any) -> None:
        """Plan a clean-up before the step that needs it: `journey.cleanup("cancel_booking", id=42)`.

        It is done when the walk is over, however it ends; it is on the disk when this returns, and what a crash leaves undone is done
        at the next start. Raises ScriptError for a name that nobody registered, and for arguments that do not fit or are no JSON.
        """
        __tracebackhide__ = True
        planned(name, arguments, self._iteration.secrets)
        with self._iteration.stopwatch.paused():
            self._iteration.notebook.cleanups.append(self._cleaner.plan(self._iteration.walk.journey, name, arguments, self._url))

    def note(self, text: str) -> None:
        """Add a sentence to the run's record."""
        if self._iteration.walk.counted:
            self._iteration.event("note", str(text))

    def secret(self, name: str) -> str:
        """Return the environment variable `name`; its value is masked wherever footfall writes.

        Raises ScriptError when it is not set, and when it is too short to be masked.
        """
        __tracebackhide__ = True
        if not isinstance(name, str) or not name:
            raise ScriptError(f"{name!r} is no name of a secret", hint="name an environment variable, and set it: `SHOP_PASSWORD=… pytest`")
        value = self._environment.get(name, "")
        if not value:
            near = nearest(name, self._environment)
            raise ScriptError(
                f"the secret {name} is not set", hint=f"did you mean {near}?" if near else f"set the environment variable {name}"
            )
        if len(value) < SHORTEST:
            raise ScriptError(
                f"the secret {name} has fewer than {SHORTEST} characters and cannot be masked: that would tear ordinary text apart",
                hint="use a longer one; or, if it is not secret, put it into the script as plain data",
            )
        self._iteration.secrets.add(value)
        return value
