"""Users that cannot be made: an exception of a class's own `__init__` ends Locust's spawning, and nobody says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from locust.exception import StopTest
from locust.runners import Runner

from footfall.errors import ScriptError
from footfall.load.users.refusal import script_error
from footfall.load.users.shape import place


def watch_making(runner: Runner, tell: Callable[[ScriptError], None]) -> None:
    """Tell of a user class whose instances this process cannot make: its name, file and line, and the reason."""
    spawn = runner.spawn_users

    def spawn_users(counts: dict[str, int], wait: bool = False) -> list[Any]:
        made: list[Any] = []
        for name, count in counts.items():
            try:
                made += spawn({name: count}, wait)
            except StopTest:
                raise
            except Exception as error:
                told = script_error(error, about=place(runner.user_classes_by_name[name]))
                tell(ScriptError(f"{told.message} (a {name} cannot be made)", hint=told.hint))
                raise
        return made

    setattr(runner, "spawn_users", spawn_users)  # noqa: B010  # one runner's own
