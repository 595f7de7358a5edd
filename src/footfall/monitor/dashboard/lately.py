"""The newest results of each subject and location: what is new is read from the store, what is known is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from footfall.store import recent, watch
from footfall.store.watch import Seen

KEPT = 40
"""Results of one subject at one location: what a sparkline shows."""
_FIRST = 4 * KEPT
_AGAIN = 200
"""How far a look goes back behind the last one: on PostgreSQL a result may become visible after one with a higher number."""


class Lately:
    """Keeps the newest scheduled results, oldest first."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._results: dict[str, dict[str, list[Seen]]] = defaultdict(dict)

    def read(self, connection: Connection, subjects: Iterable[str], target: str | None = None) -> None:
        """Read what has come since the last look; at the first, the newest of each subject."""
        if self._number is None:
            newest = recent.newest_number(connection)
            for subject in subjects:
                self._take(watch.last_results(connection, subject, _FIRST, target=target))
            self._number = newest
            return
        found = recent.results_after(connection, max(0, self._number - _AGAIN), target=target)
        self._take(seen for _, seen in found)
        self._number = max([self._number, *(number for number, _ in found)])

    def _take(self, results: Iterable[Seen]) -> None:
        for seen in results:
            known = self._results[seen.subject].setdefault(seen.location, [])
            if seen.attempt or any(each.id == seen.id for each in known):
                continue
            known.append(seen)
            if len(known) > 1 and known[-2].at > seen.at:
                known.sort(key=lambda each: each.at)
            del known[:-KEPT]

    def of(self, subject: str) -> Mapping[str, list[Seen]]:
        """Return a subject's newest results by location, in the order of their names."""
        return dict(sorted(self._results.get(subject, {}).items()))
