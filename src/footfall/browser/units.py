"""The units in which a script may measure."""

from __future__ import annotations

import re
import sys

from footfall.errors import ScriptError, did_you_mean
from footfall.metrics import JOURNEY_METRICS

_BASES = frozenset({"ms", "bytes", "ratio", "count", "score", "per_s", "days"})
_FACTORS = {
    "us": ("ms", 0.001),
    "s": ("ms", 1e3),
    "min": ("ms", 60e3),
    "h": ("ms", 3.6e6),
    "B": ("bytes", 1.0),
    "KB": ("bytes", 1e3),
    "MB": ("bytes", 1e6),
    "GB": ("bytes", 1e9),
    "TB": ("bytes", 1e12),
    "KiB": ("bytes", 1024.0),
    "MiB": ("bytes", 1024.0**2),
    "GiB": ("bytes", 1024.0**3),
    "%": ("ratio", 0.01),
    "/s": ("per_s", 1.0),
    "d": ("days", 1.0),
}
_SPELLINGS = {
    "ms": "msec msecs millis millisecond milliseconds",
    "s": "sec secs second seconds",
    "min": "mins minute minutes",
    "h": "hour hours",
    "days": "day",
    "bytes": "byte",
    "KB": "kb",
    "MB": "mb",
    "GB": "gb",
    "TB": "tb",
    "%": "percent pct",
}
_BY_SPELLING = {
    **{unit.lower(): unit for unit in (*sorted(_BASES), *_FACTORS)},
    **{spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings.split()},
}
_LONG = 5
"""Letters from which a word that is one letter off is taken for a slip: below it, too many words are (`wins` is no `mins`)."""
_WORD = re.compile(r"[A-Za-z€$£¥][A-Za-z0-9_€$£¥]*")
_CURRENCY = re.compile(r"[A-Z]{3}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def to_base(name: str, value: float, unit: str) -> tuple[float, str]:
    """Return a script's own measurement in its base unit (`1.5, "s"` is `1500.0, "ms"`); any other word stands for itself (`EUR`).

    Raises ScriptError for a name that footfall measures itself or that is no plain word, for what is no number, and for an unknown unit
    or one that looks like a known one misspelt.
    """
    _check(name, value, unit)
    if unit in _FACTORS:
        base, factor = _FACTORS[unit]
        return value * factor, base
    meant = _meant(unit)
    if unit not in _BASES and meant:
        raise ScriptError(f"unknown unit {unit!r} for {name}", hint=f"write {meant!r}")
    if unit not in _BASES and not _WORD.fullmatch(unit):
        raise ScriptError(f"unknown unit {unit!r} for {name}", hint=did_you_mean(unit, {*_BASES, *_FACTORS, "EUR"}))
    return value, unit


def _check(name: object, value: object, unit: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ScriptError(f"{name!r} is no name for a measurement", hint="use small letters, digits and _, as in cart_value")
    if name in JOURNEY_METRICS:
        raise ScriptError(f"{name} is measured by footfall itself", hint=f"give your own measurement another name, such as my_{name}")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ScriptError(f"{value!r} is no number for {name}", hint="measure a number: float(…) of a text, 1 or 0 of a yes or no")
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        raise ScriptError(f"{name} is too large a number to be kept", hint="measure it in a larger unit")
    if not isinstance(unit, str):
        raise ScriptError(f"{unit!r} is no unit for {name}", hint='a unit is a text: "ms", "KB", "%", "count", "EUR"')


def _meant(unit: str) -> str | None:
    """Return the known unit that a word most likely is: another spelling of it, with other capitals, or one letter off."""
    small = unit.lower()
    if small in _BY_SPELLING or _CURRENCY.fullmatch(unit):
        return _BY_SPELLING.get(small)
    return next((known for word, known in sorted(_BY_SPELLING.items()) if len(word) >= _LONG and _one_letter_off(small, word)), None)


def _one_letter_off(one: str, other: str) -> bool:
    """Whether a letter more, less or else makes one word the other."""
    short, long = sorted((one, other), key=len)
    if len(short) == len(long):
        return sum(a != b for a, b in zip(short, long, strict=True)) == 1
    return len(long) - len(short) == 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
