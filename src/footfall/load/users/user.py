"""The user that load profiles are made of."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, ClassVar

from locust import User, task
from locust.env import Environment
from locust.exception import RescheduleTask, StopTest, StopUser
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

from footfall.load.http.answer import AbandonedError, Options
from footfall.load.http.client import LeanClient
from footfall.load.replay import Visit
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
            bounds=context.bounds,
        )
        self._arrivals = context.arrivals
        self._arrived = False
        self.visit: Any = None
        """In a replay: what was asked once (a `Visit`)."""
        if self._arrivals is not None:
            self._own_tasks, own_pause = self.tasks, self.wait_time
            self.tasks = [type(self).serve]
            # Between two arrivals a user does not think: it is there for the next one.
            setattr(self, "wait_time", lambda: own_pause() if self._arrived else 0.0)  # noqa: B010  # a class's method, one user's own

    def serve(self) -> None:
        """In an open profile: wait for an arrival and do one task for it."""
        if self._state == LOCUST_STATE_STOPPING:
            raise StopUser
        self._state, self._arrived = LOCUST_STATE_WAITING, False
        self.client.late_ms, self.visit = self._arrivals.take()  # type: ignore[union-attr]
        if self._state == LOCUST_STATE_STOPPING:
            raise StopUser
        self._state, self._arrived = LOCUST_STATE_RUNNING, True
        try:
            random.choice(self._own_tasks)(self)  # type: ignore[operator]  # noqa: S311  # no secret
        finally:
            self._arrived = False

    def wait_time(self) -> float:
        """Return seconds to think, drawn from the exponential distribution and never more than ten times the average.

        Override it for another distribution, or set Locust's own: `wait_time = between(1, 5)`.
        """
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


class ReplayUser(LeanUser):
    """Asks what was asked once; for a `ReplayShape`."""

    abstract: bool = True

    @task
    def replay(self) -> None:
        """Send one recorded request; an answer below 400 will do."""
        visit: Visit = self.visit
        options: Options = {"name": visit.name, "headers": visit.headers, "status": range(200, 400), "redirects": False}
        if visit.body:
            options["content"] = visit.body
        self.client.request(visit.method, visit.path, **options)
