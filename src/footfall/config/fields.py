"""Take typed values out of a table of a document; what is wrong is noted, all of it, and read on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from footfall.config.toml import Document, KeyPath
from footfall.errors import ConfigError, Fault, did_you_mean
from footfall.metrics import LONGEST_MS, parse_duration


class Faults:
    """Collects the faults of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.found: list[Fault] = []

    def add(self, path: KeyPath, problem: str, expected: str = "") -> None:
        """Note a fault at a key."""
        self.found.append(self.document.fault(path, problem, expected))

    def raise_any(self) -> None:
        """Raise ConfigError with all faults in the order of their lines, if there are any."""
        if self.found:
            raise ConfigError(in_order(self.found))


def in_order(faults: Collection[Fault]) -> tuple[Fault, ...]:
    """Return faults in the order of their lines, each once."""
    return tuple(sorted(dict.fromkeys(faults), key=lambda fault: (fault.line or 0, fault.key, fault.problem)))


def shown(value: Any) -> str:
    """Write a value for a message, shortened."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def is_web_address(url: str) -> bool:
    """Whether a text has a scheme and a host that a browser could go to."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


class Table:
    """One table being read. Each method takes a key of one type, or its default where it is absent or wrong; `end` finds the rest."""

    def __init__(self, faults: Faults, path: KeyPath, values: Mapping[str, Any]) -> None:
        self.path = path
        self._faults, self._values = faults, values
        self._known: list[str] = []

    def has(self, key: str) -> bool:
        """Whether the file says anything of a key."""
        return key in self._values

    def fault(self, key: str, problem: str, expected: str = "", *, item: str | None = None) -> None:
        """Note a fault at a key of this table, or at an item of what stands there."""
        self._faults.add((*self.path, key) if item is None else (*self.path, key, item), problem, expected)

    def end(self) -> None:
        """Note every key that nobody asked for, with the nearest one that somebody did."""
        for key in self._values:
            if key not in self._known:
                self.fault(key, "unknown key", did_you_mean(key, self._known))

    def _take(self, key: str, wanted: type | tuple[type, ...], expected: str) -> Any:
        self._known.append(key)
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            self.fault(key, f"{shown(value)} will not do", f"expected {expected}")
            return None
        return value

    def text(self, key: str, default: str = "") -> str:
        """Take text."""
        value = self._take(key, str, "text in quotes")
        return default if value is None else str(value)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Take true or false."""
        value = self._take(key, bool, "true or false")
        return default if value is None else bool(value)

    def whole(self, key: str, default: int, *, least: int = 1) -> int:
        """Take a whole number of at least `least`."""
        value = self._take(key, int, f"a whole number of at least {least}")
        if value is None:
            return default
        if value < least:
            self.fault(key, f"{value} is too small", f"expected at least {least}")
        return int(value)

    def seconds(self, key: str, default_s: float) -> float:
        """Take a duration (`30s`, `5m`) in seconds, longer than nothing."""
        text = self._take(key, str, 'a duration in quotes, such as "30s" or "5m"')
        if text is None:
            return default_s
        try:
            duration = parse_duration(text)
        except ValueError:
            self.fault(key, f"{shown(text)} is not a duration", 'expected one such as "500ms", "30s", "5m" or "1h"')
            return default_s
        if not 0 < duration <= LONGEST_MS:
            self.fault(key, f"{shown(text)} is " + ("longer than a hundred years" if duration else "no time at all"))
            return default_s
        return duration / 1000

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Take a list of texts."""
        value = self._take(key, list, 'a list of texts such as ["a", "b"]')
        if value is None:
            return default
        for index, item in enumerate(value):
            if not isinstance(item, str):
                self._faults.add((*self.path, key, index), f"{shown(item)} will not do", "expected text in quotes")
        return tuple(item for item in value if isinstance(item, str))

    def names(self, key: str, known: Collection[str] | None, noun: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Take a list of names, each of which must be known (None: nobody knows) and stand once."""
        found = self.texts(key, default)
        for index, name in enumerate(found if self.has(key) else ()):
            place = (*self.path, key, index)
            if known is not None and name not in known:
                self._faults.add(place, f"no {noun} is called {name!r}", did_you_mean(name, known))
            elif name in found[:index]:
                self._faults.add(place, f"{name!r} stands there twice")
        return found

    def strings(self, key: str) -> Mapping[str, str]:
        """Take a table of texts."""
        value = self._take(key, dict, 'a table of texts such as { name = "value" }')
        found = dict(value or {})
        for name, item in found.items():
            if not isinstance(item, str):
                self._faults.add((*self.path, key, name), f"{shown(item)} will not do", "expected text in quotes")
        return {name: item for name, item in found.items() if isinstance(item, str)}

    def anything(self, key: str) -> Mapping[str, Any]:
        """Take a table of anything."""
        return dict(self._take(key, dict, "a table") or {})

    def raw(self, key: str, wanted: type | tuple[type, ...], expected: str) -> Any:
        """Take a value of one of several types, or None."""
        return self._take(key, wanted, expected)

    def table(self, key: str) -> Table:
        """Take a table; an absent one is empty."""
        value = self._take(key, dict, f"a table [{key}]")
        return Table(self._faults, (*self.path, key), value or {})

    def tables(self, key: str) -> Iterator[tuple[str, Table]]:
        """Take a table of named tables."""
        value = self._take(key, dict, f"tables such as [{key}.name]")
        for name, item in (value or {}).items():
            if isinstance(item, dict):
                yield name, Table(self._faults, (*self.path, key, name), item)
            else:
                self._faults.add((*self.path, key, name), f"{shown(item)} is not a table", f"expected a table [{key}.{name}]")
