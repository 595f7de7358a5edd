"""Request names, kept few: a name per search term or order would cost memory and a row a second each."""

from __future__ import annotations

OTHER = "(other)"
"""What further requests are counted as."""
MOST_NAMES = 500


class Names:
    """Lets the first five hundred names pass; later ones are `OTHER`."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def bounded(self, name: str) -> str:
        """Return the name to count a request under."""
        if name in self._known:
            return name
        if len(self._known) >= MOST_NAMES:
            return OTHER
        self._known.add(name)
        return name
