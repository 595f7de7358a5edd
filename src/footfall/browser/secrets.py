"""Secrets that journeys ask for: masked wherever footfall writes text, and covered in its pictures."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from html.entities import codepoint2name
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Locator, Page

from footfall.config.secrets import MASK, SHORTEST, Masker, texts_of

_SHORT = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
"""How JSON writes what has no sign of its own."""
_FIELDS = "input, textarea"
_FILLED = """(fields, secrets) => fields.flatMap((field, index) =>
    field.type !== 'password' && secrets.some((secret) => field.value.includes(secret)) ? [index] : [])"""
_FILM = ("screencast/", "resources/page@")
"""Where a trace has its pictures of the screen, by version of Playwright."""


class Secrets:
    """The secrets that were asked for so far (`values`), and those that the suite names (`know`), which pictures do not show."""

    def __init__(self) -> None:
        self.values: set[str] = set()
        self._known: frozenset[str] = frozenset()
        self._masker = Masker(())
        self._escaped: re.Pattern[str] | None = None

    def add(self, value: str) -> None:
        """Mask `value` from now on, also as it looks in HTML and in JSON within JSON."""
        if value not in self.values:
            self.values.add(value)
            self._prepare()

    def know(self, values: frozenset[str]) -> None:
        """Mask what the suite names, too."""
        self._known = values
        self._prepare()

    def _prepare(self) -> None:
        every = self.values | self._known
        self._masker = Masker(every)
        texts = {text for secret in every for text in texts_of(secret)}
        odd = [text for text in texts if len(text) >= SHORTEST and not (text.isascii() and text.isalnum())]
        self._escaped = re.compile("|".join(map(_however_escaped, sorted(odd, key=len, reverse=True)))) if odd else None

    def mask(self, text: str) -> str:
        """Return `text` with every secret replaced."""
        return self._masker.mask(self._escaped.sub(MASK, text) if self._escaped else text)

    def mask_all(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Return a JSON object with every secret in it replaced."""
        return {name: self._masked(value) for name, value in plain.items()}

    def _masked(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, Mapping):
            return self.mask_all(value)
        return [self._masked(item) for item in value] if isinstance(value, list) else value

    def mask_archive(self, path: Path) -> None:
        """Mask a trace in its place; the film of the screen, which cannot be masked, goes where a secret was asked for."""
        if not (self.values or self._known):
            return
        fresh = path.with_name(f".{path.name}")
        try:
            with zipfile.ZipFile(path) as before, zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as after:
                for entry in before.infolist():
                    if not (self.values and entry.filename.startswith(_FILM)):
                        text = before.read(entry).decode("utf-8", "surrogateescape")  # gives bytes that are no text back as they were
                        after.writestr(entry.filename, self.mask(text).encode("utf-8", "surrogateescape"))
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)


def _however_escaped(text: str) -> str:
    """Return the pattern of a text whose characters may be escaped as in HTML and JSON, one in the other too."""
    return "".join(letter if letter.isascii() and letter.isalnum() else f"(?:{_escapes(letter)})" for letter in text)


def _escapes(letter: str) -> str:
    code, name = ord(letter), codepoint2name.get(ord(letter), "apos")
    named = f"|{name}" if code in codepoint2name or letter == "'" else ""
    in_html = rf"&(?:amp;)*(?:#0*{code}|#[xX]0*(?i:{code:x}){named});"
    units = letter.encode("utf-16-be", "surrogatepass")
    in_json = "".join(rf"\\+u(?i:{units[at : at + 2].hex()})" for at in range(0, len(units), 2))
    return rf"\\*{re.escape(letter)}|{in_html}|{in_json}" + (rf"|\\+{_SHORT[letter]}" if letter in _SHORT else "")


def hidden(page: Page, secrets: Secrets) -> list[Locator]:
    """Return what a screenshot must cover: fields and texts that show a secret (a password field shows dots)."""
    if not secrets.values:
        return []
    covered: list[Locator] = []
    for frame in page.frames:
        covered += [frame.get_by_text(value) for value in secrets.values if value.strip()]
        with suppress(Error):
            fields = frame.locator(_FIELDS)
            covered += [fields.nth(index) for index in fields.evaluate_all(_FILLED, sorted(secrets.values))]
    return covered
