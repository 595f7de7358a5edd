"""Secrets that journeys ask for: masked wherever footfall writes text, and covered in its pictures."""

from __future__ import annotations

import html
import json
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Locator, Page

from footfall.config.secrets import Masker

_FIELDS = "input, textarea"
_FILLED = """(fields, secrets) => fields.flatMap((field, index) =>
    field.type !== 'password' && secrets.some((secret) => field.value.includes(secret)) ? [index] : [])"""
_FILM = ("screencast/", "resources/page@")
"""Where a trace has its pictures of the screen, by version of Playwright."""


class Secrets:
    """The secrets that were asked for so far."""

    def __init__(self) -> None:
        self.values: set[str] = set()
        self._masker = Masker(())

    def add(self, value: str) -> None:
        """Mask `value` from now on, also as it looks in HTML and in JSON within JSON."""
        self.values.add(value)
        forms = (form for secret in self.values for form in (secret, html.escape(secret), html.escape(secret, quote=False)))
        self._masker = Masker([each for form in forms for each in (form, json.dumps(form)[1:-1])])

    def mask(self, text: str) -> str:
        """Return `text` with every secret replaced."""
        return self._masker.mask(text)

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
        """Mask a trace in its place: every file in it, and without the film of the screen, which cannot be masked."""
        if not self.values:
            return
        fresh = path.with_name(f".{path.name}")
        try:
            with zipfile.ZipFile(path) as before, zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as after:
                for entry in before.infolist():
                    if not entry.filename.startswith(_FILM):
                        text = before.read(entry).decode("utf-8", "surrogateescape")  # gives bytes that are no text back as they were
                        after.writestr(entry.filename, self.mask(text).encode("utf-8", "surrogateescape"))
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)


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
