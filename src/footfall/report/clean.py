"""Make text from outside harmless before any renderer sees it: pages, files and terminals all show what a site said.

What is taken out can hide or reorder text (bidirectional and zero-width marks), drive a terminal (escape sequences,
control characters) or break a parser (NULs, lone surrogates, Unicode non-characters, which XML 1.0 forbids in part).
Escaping markup stays each renderer's own duty, for it differs from form to form.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from enum import Enum
from pathlib import PurePosixPath
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlsplit

LONGEST = 2000
"""Characters of one text that a report keeps."""

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI, in its 7-bit and 8-bit forms
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, SOS, PM, APC with their text
    r"|\x1b[ -/]*[0-~]?"  # all other sequences
)
_SPACES = re.compile(r"[\t\n\r\v\f\x85\u2028\u2029]+")
_HIDDEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)
_BROKEN = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(n | 0xFFFE)}{chr(n | 0xFFFF)}" for n in range(0x10000, 0x110000, 0x10000))
    + "]"
)

T = TypeVar("T")


def clean(text: str, limit: int = LONGEST) -> str:
    """Return `text` as one line of visible characters, cut to `limit` with a note of how long it was."""
    seen = text[: 4 * limit]
    seen = _ESCAPES.sub("", seen)
    seen = _HIDDEN.sub("", _SPACES.sub(" ", seen))
    seen = _BROKEN.sub("\ufffd", seen).strip()
    if len(text) <= limit:
        return seen
    return f"{seen[:limit]}… ({len(text):,} characters in all)"


def cleaned(value: T) -> T:
    """Return a copy of plain data (dataclasses, tuples, mappings, texts, numbers) in which every text is clean."""
    return cast("T", _cleaned(value))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Enum):
        return clean(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fresh = {field.name: _cleaned(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **fresh)
    if isinstance(value, (tuple, list)):
        plain = bool(value) and isinstance(value[0], float)  # samples by the thousand hold no text
        return value if plain else tuple(_cleaned(item) for item in value)
    if isinstance(value, Mapping):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    return value


def safe_path(path: str) -> str:
    """Return `path` as a relative link that stays below the report's folder, percent-encoded; empty if it would not."""
    pure = PurePosixPath(path)
    return quote(f"./{pure}" if ":" in path else str(pure), safe="/.-_~", errors="replace") if stays_below(path) else ""


def stays_below(path: str) -> bool:
    """Whether `path`, taken from a folder, cannot lead out of it."""
    pure = PurePosixPath(path)
    return bool(path) and not pure.is_absolute() and ".." not in pure.parts and "\\" not in path


def safe_link(address: str) -> str:
    """Return `address` if it is an http or https one, which may be linked from a report; else empty."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in {"http", "https"} and parts.netloc and " " not in address else ""
