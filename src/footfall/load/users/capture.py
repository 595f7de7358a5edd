"""What one Locust process sees of its own users, second by second."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from typing import Any

from footfall.load.http.client import LATE
from footfall.load.mistakes import Mistakes, excerpt, kind_of
from footfall.load.names import Names
from footfall.load.tally import Slice, Tally
from footfall.load.users.pulse import Pulse

TOO_MANY_REQUESTS = 429


class Capture:
    """Listens to requests and exceptions while a test runs; memory is bounded by the number of request names."""

    def __init__(self) -> None:
        self._mistakes = Mistakes()
        self._pulse = Pulse()
        self._seconds: dict[int, dict[str, Tally]] = {}
        self._names = Names()
        self._parts: dict[tuple[str, str], str] = {}
        self._next = int(time.time())

    def request(
        self,
        request_type: str,
        name: str,
        response_time: float,
        response_length: int,
        exception: BaseException | str | None = None,
        context: Mapping[str, Any] | None = None,
        **facts: Any,
    ) -> None:
        """Take in what Locust's `request` event tells."""
        part = self._parts.get((request_type, name)) or self._part(request_type, name)
        late = context.get(LATE) if context else None
        if exception is None:
            self._tally(part).count(response_time, failed=False, received=response_length or 0, late_ms=late)
        else:
            self._failure(part, exception, response_time, response_length or 0, late, facts)

    def _part(self, request_type: str, name: str) -> str:
        known = self._names.bounded(name)  # a `LeanUser`'s is bounded already, those of Locust's own users are not
        part = known if known.startswith(request_type + " ") else f"{request_type} {known}"
        if known == name:
            self._parts[request_type, name] = part
        return part

    def _tally(self, part: str) -> Tally:
        second = int(time.time())
        try:
            return self._seconds[second][part]
        except KeyError:
            return self._seconds.setdefault(second, {}).setdefault(part, Tally())

    def _failure(
        self, part: str, error: BaseException | str, latency: float, received: int, late: float | None, facts: dict[str, Any]
    ) -> None:
        own = getattr(error, "own", False)
        if own:
            self.drop()
        status = getattr(facts.get("response"), "status_code", 0) or 0
        limited = status == TOO_MANY_REQUESTS
        tally = self._tally(part)
        tally.limited += limited
        tally.count(None if own else latency, failed=not limited, received=received, late_ms=late)
        url = str(facts.get("url") or "").partition("?")[0]
        self._mistakes.note(part, kind_of(error, status), {"text": excerpt(str(error)), "status": status, "url": url, "at": time.time()})

    def exception(self, user_instance: Any, exception: BaseException, tb: Any) -> None:
        """Take in an exception that a user's code raised: it counts as a failure of that user, never as a request's latency."""
        user = getattr(user_instance, "user", user_instance)
        part = f"{type(user).__name__} (its own code)"
        self._tally(part).count(None, failed=True)
        frames = traceback.extract_tb(tb)
        place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
        text = excerpt(f"{type(exception).__name__}: {exception}")
        self._mistakes.note(part, kind_of(exception, 0), {"text": text, "place": place, "at": time.time()})

    def drop(self) -> None:
        """Count an arrival or request that could not be started."""
        self._pulse.drop()

    def slices(self, users: int, *, final: bool = False) -> list[Slice]:
        """Return the seconds that are over (all of them when `final`), each once; one in which nothing happened too."""
        end = int(time.time()) + final
        first, self._next = self._next, max(self._next, end)
        health = self._pulse.read() if end > first else None
        return [Slice(at, self._seconds.pop(at, {}), users, health if at == end - 1 else None) for at in range(first, end)]

    def take_mistakes(self) -> Mistakes:
        """Return the failures since the last time."""
        taken, self._mistakes = self._mistakes, Mistakes()
        return taken

    def stop(self) -> None:
        """Stop watching."""
        self._pulse.stop()
