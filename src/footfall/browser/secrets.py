"""Secrets that journeys ask for: masked wherever footfall writes text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from footfall.config.secrets import Masker


class Secrets:
    """The secrets that were asked for so far."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._masker = Masker(())

    def add(self, value: str) -> None:
        """Mask `value` from now on."""
        self._values.add(value)
        self._masker = Masker(self._values)

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
