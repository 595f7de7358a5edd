"""A table that reads nothing and learns what its reader would accept: the source of the JSON Schemas and of the reference.

The readers of `footfall.toml` and of objectives take their keys out of a `Table`. Handed a `Listening` in its place, they ask for
every key that they know; what they ask for, how, and with which default is the schema. So parser and schema cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from footfall.config.fields import Faults, Table
from footfall.config.meanings import meaning
from footfall.config.patterns import DURATION
from footfall.config.toml import Document, KeyPath
from footfall.gate.keys import dotted

NAMED = "NAME"
"""Stands for the name of a table that is free: `[targets.NAME]`."""
_TYPES: Mapping[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


class Listening(Table):
    """Learns the keys of one table. `pretend` are the texts that it hands out by dotted key, for readers that branch on them."""

    def __init__(self, path: KeyPath = (), pretend: Mapping[str, str] | None = None) -> None:
        super().__init__(Faults(Document("", {}, {})), path, {})
        self._pretend = pretend or {}
        self._keys: dict[str, dict[str, Any]] = {}
        self._tables: dict[str, Listening] = {}
        self._named: dict[str, Listening] = {}

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the table."""
        own = {key: self._described(key, shape) for key, shape in self._keys.items()}
        inner = {key: self._described(key, table.schema()) for key, table in self._tables.items()}
        named = {
            key: self._described(key, {"type": "object", "additionalProperties": table.schema()}) for key, table in self._named.items()
        }
        return {"type": "object", "properties": {**own, **inner, **named}, "additionalProperties": False}

    def _described(self, key: str, shape: dict[str, Any]) -> dict[str, Any]:
        text = meaning(dotted((*self.path, key)))
        return {**({"description": text} if text else {}), **shape}

    def _note(self, key: str, shape: Mapping[str, Any], default: Any = None) -> None:
        known = default not in (None, "", NAMED, 0, ()) or default is False
        self._keys[key] = {**shape, **({"default": list(default) if isinstance(default, tuple) else default} if known else {})}

    def has(self, key: str) -> bool:
        """Everything is there, so that nothing is passed over."""
        del key
        return True

    def fault(self, key: str, problem: str, expected: str = "", *, item: str | None = None) -> None:
        """Nothing that was handed out is a fault."""

    def end(self) -> None:
        """Every table is closed."""

    def text(self, key: str, default: str = "") -> str:
        """Note text."""
        self._note(key, {"type": "string"}, default)
        return self._pretend.get(dotted((*self.path, key)), default)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Note true or false."""
        self._note(key, {"type": "boolean"}, default)
        return default

    def whole(self, key: str, default: int, *, least: int = 1) -> int:
        """Note a whole number."""
        self._note(key, {"type": "integer", "minimum": least}, default)
        return default

    def seconds(self, key: str, default_s: float) -> float:
        """Note a duration."""
        self._note(key, {"type": "string", "pattern": DURATION}, _duration(default_s))
        return default_s

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Note a list of texts."""
        self._note(key, {"type": "array", "items": {"type": "string"}}, default)
        return default

    def names(self, key: str, known: Collection[str] | None, noun: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Note a list of names: of fixed ones, or of what the suite calls its own."""
        del noun
        fixed = known and NAMED not in known
        items = {"type": "string", **({"enum": list(known or ())} if fixed else {})}
        self._note(key, {"type": "array", "items": items, "uniqueItems": True}, () if NAMED in default else default)
        return default

    def strings(self, key: str) -> Mapping[str, str]:
        """Note a table of texts."""
        self._note(key, {"type": "object", "additionalProperties": {"type": "string"}})
        return {}

    def anything(self, key: str) -> Mapping[str, Any]:
        """Note a table of anything."""
        self._note(key, {"type": "object"})
        return {}

    def raw(self, key: str, wanted: type | tuple[type, ...], expected: str) -> Any:
        """Note a value of one of several types."""
        del expected
        types = wanted if isinstance(wanted, tuple) else (wanted,)
        if datetime in types:
            self._note(key, {"type": "string", "format": "date-time"})
        else:
            found = [_TYPES[each] for each in types]
            self._note(key, {"type": found[0] if len(found) == 1 else found})

    def table(self, key: str) -> Table:
        """Listen to a table."""
        return self._tables.setdefault(key, Listening((*self.path, key), self._pretend))

    def tables(self, key: str) -> Iterator[tuple[str, Table]]:
        """Listen to one of a table of named tables."""
        yield NAMED, self._named.setdefault(key, Listening((*self.path, key, NAMED), self._pretend))


def _duration(seconds: float) -> str:
    """Write a default as one would in the file: `5m`; nothing for no time at all."""
    units = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))
    return next((f"{seconds / size:g}{unit}" for size, unit in units if seconds >= size and seconds % size == 0), "")
