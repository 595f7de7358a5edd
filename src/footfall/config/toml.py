"""Read a TOML file with the line of every key, so that a fault can name where it stands.

`tomllib` reads the values; a walk over the same text, which by then is known to be valid TOML, finds the lines.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from footfall.errors import ConfigError, Fault
from footfall.gate.keys import dotted

KeyPath = tuple[str | int, ...]
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_WHERE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True)
class Document:
    """A TOML file that was read: `file` as it is shown, `values` as `tomllib` gives them, `lines` by path (list positions from 0)."""

    file: str
    values: Mapping[str, Any]
    lines: Mapping[KeyPath, int]
    text: str = ""

    def line(self, path: KeyPath) -> int | None:
        """Return the line on which a key stands, or that of the nearest table around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def fault(self, path: KeyPath, problem: str, expected: str = "") -> Fault:
        """Return a fault at a key."""
        return Fault(self.file, self.line(path), dotted(path), problem, expected)


def read(path: Path, shown: str | None = None) -> Document:
    """Read a file; `shown` is its name in messages. Raises ConfigError when it is missing, unreadable or not TOML."""
    file = shown or path.name
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError([Fault(file, None, "", f"byte {error.start + 1} is not UTF-8", "save the file as UTF-8")]) from error
    except OSError as error:
        hint = "`footfall init` lays out a suite" if isinstance(error, FileNotFoundError) else None
        raise ConfigError([Fault(file, None, "", f"cannot be read: {error.strerror or error}")], hint=hint) from error
    return read_text(text, file)


def read_text(text: str, file: str) -> Document:
    """Read the text of a file. Raises ConfigError, with the line, when it is not TOML."""
    text = text.replace("\r\n", "\n")
    try:
        return Document(file, tomllib.loads(text), _lines(text), text)
    except RecursionError as error:
        raise ConfigError([Fault(file, None, "", "nested too deeply to be read")]) from error
    except ValueError as error:
        raise ConfigError([_syntax_fault(str(error), text, file)]) from error


def _lines(text: str) -> dict[KeyPath, int]:
    """Return the line on which each key stands first; a table may be named by the header of one within it."""
    lines: dict[KeyPath, int] = {}
    for path, line in _Walk(text).entries():
        lines.setdefault(path, line)
    return lines


def _syntax_fault(message: str, text: str, file: str) -> Fault:
    where = _WHERE.search(message)
    if where is None:
        return Fault(file, None, "", f"not TOML: {message}")
    line = int(where[1]) if where[1] else text.rstrip("\n").count("\n") + 1
    problem = message[: where.start()]
    return Fault(file, line, "", f"not TOML: {problem[:1].lower()}{problem[1:]}", _quoted_line(text, line))


def _quoted_line(text: str, line: int) -> str:
    lines = text.split("\n")
    found = lines[line - 1].strip() if line <= len(lines) else ""
    return f"the line is: {found[:80]}" if found else ""


class _Walk:
    """Walks over valid TOML and yields (path, line) of every table, key and list item."""

    _BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
    _SPACE = re.compile(r"[ \t]*")
    _STRING = re.compile(
        r'"""(?:[^\\]|\\.)*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:[^"\\]|\\.)*"|' r"'[^']*'",
        re.DOTALL,
    )
    _SCALAR = re.compile(r"[^,\]}#\n]*")

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._counted_to = 0
        self._line = 1
        self._lists: dict[KeyPath, int] = {}

    def entries(self) -> Iterator[tuple[KeyPath, int]]:
        table: KeyPath = ()
        self._skip(self._BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = yield from self._header()
            else:
                yield from self._pair(table)
            self._skip(self._BLANK)

    def _here(self) -> int:
        """Return the line of the present position; positions only ever grow."""
        self._line += self._text.count("\n", self._counted_to, self._at)
        self._counted_to = self._at
        return self._line

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        found = match[0] if match else ""
        self._at += len(found)
        return found

    def _take(self, character: str) -> bool:
        if self._text.startswith(character, self._at):
            self._at += len(character)
            return True
        return False

    def _header(self) -> Generator[tuple[KeyPath, int], None, KeyPath]:
        """Yield what a table's header opens and return the path of the keys below it."""
        line = self._here()
        self._take("[")
        many = self._take("[")
        path: KeyPath = ()
        *outer, last = self._key()
        for name in outer:
            path = (*path, name)
            yield path, line
            path = self._in_its_list(path)
        path = (*path, last)
        yield path, line
        self._skip(self._SPACE)
        self._at += 2 if many else 1
        if many:
            self._lists[path] = self._lists.get(path, -1) + 1
            path = self._in_its_list(path)
            yield path, line
        return path

    def _in_its_list(self, path: KeyPath) -> KeyPath:
        """Return the path of the last item, if a list of tables stands there."""
        return (*path, self._lists[path]) if path in self._lists else path

    def _key(self) -> tuple[str, ...]:
        names = []
        while True:
            self._skip(self._SPACE)
            quoted = self._skip(self._STRING)
            names.append(_unquoted(quoted) if quoted else self._skip(_BARE))
            self._skip(self._SPACE)
            if not self._take("."):
                return tuple(names)

    def _pair(self, table: KeyPath) -> Iterator[tuple[KeyPath, int]]:
        line = self._here()
        path = table
        for name in self._key():
            path = (*path, name)
            yield path, line
        self._take("=")
        self._skip(self._SPACE)
        yield from self._value(path)

    def _value(self, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
        if self._take("["):
            yield from self._items(path)
        elif self._take("{"):
            yield from self._inline(path)
        elif not self._skip(self._STRING):
            self._skip(self._SCALAR)

    def _items(self, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
        index = 0
        self._skip(self._BLANK)
        while not self._take("]"):
            yield (*path, index), self._here()
            yield from self._value((*path, index))
            index += 1
            self._skip(self._BLANK)
            self._take(",")
            self._skip(self._BLANK)

    def _inline(self, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
        self._skip(self._BLANK)
        while not self._take("}"):
            yield from self._pair(path)
            self._skip(self._BLANK)
            self._take(",")
            self._skip(self._BLANK)


def _unquoted(text: str) -> str:
    """Return what a quoted key says; tomllib knows the escapes."""
    if text[0] == "'":
        return text[1:-1]
    return str(next(iter(tomllib.loads(f"{text} = 0"))))
