"""The user that load profiles are made of."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import ClassVar

from locust import User
from locust.env import Environment
from locust.exception import RescheduleTask, StopTest
from locust.user.task import LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

from footfall.load.http.answer import AbandonedError
from footfall.load.http.client import LeanClient
from footfall.load.users.context import context_of


class TaskAbandonedError(AbandonedError, RescheduleTask):
    """A task that cannot go on from a failed answer; Locust goes on to the next one after a think time."""


class LeanUser(User):
    """A user with a fast HTTP client: `self.client.get("/api/orders/O1", name="/api/orders/{ref}")`.

    Thinks between tasks for a time drawn from an exponential distribution, `think_s` on average; `self.think()` does so inside one.
    """

    abstract: bool = True
    think_s: ClassVar[float] = 1.0
    timeout_s: ClassVar[float] = 30.0
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        if self.host is None:
            raise StopTest("there is no site to send to: say --host URL, or run where footfall.toml names a target")
        context = context_of(environment)
        self.client = LeanClient(
            self.host,
            environment.events.request.fire,
            headers={**context.headers, **self.headers},
            timeout_s=self.timeout_s,
            tls=context.tls,
            abandoned=TaskAbandonedError,
        )

    def wait_time(self) -> float:
        """Return seconds to think: exponentially distributed, and never more than ten times the average."""
        return min(random.expovariate(1 / self.think_s), 10 * self.think_s) if self.think_s > 0 else 0.0

    def think(self) -> None:
        """Think, as between two tasks; a user who is to leave leaves here."""
        self.wait()  # type: ignore[no-untyped-call]  # Locust is annotated in part

    def stop(self, force: bool = False) -> bool:
        """End the user: at once while it thinks, else (unless `force`) after its task; True when it was at once.

        Locust kills a thinking user a moment later, when it may have sent its next request, which would be lost.
        """
        if self._state == LOCUST_STATE_WAITING:
            self._state = LOCUST_STATE_STOPPING
            self._group.killone(self._greenlet)
            return True
        return bool(super().stop(force=force))
