"""What texts in the TOML files look like, as regular expressions for their JSON Schemas (tested against the parsers)."""

from __future__ import annotations

import re

from footfall.gate.expression import COMPARATORS
from footfall.metrics import LEGAL_STATISTICS, Kind, suffixes

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_BAR = "|"


def _quantity(unit: str) -> str:
    endings = sorted(suffixes(unit), key=len, reverse=True)
    return rf"{_NUMBER}\s*(?:{_BAR.join(map(re.escape, endings))})"


DURATION = rf"^\s*{_quantity('ms')}\s*$"
SIZE = rf"^\s*{_quantity('bytes')}\s*$"
SHARE = rf"^\s*{_quantity('ratio')}\s*$"
TIME_OF_DAY = r"^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
FIGURE_LIMIT = r"^\s*(?:<=|>=|==|<|>)\s*-?[0-9]+(?:\.[0-9]+)?\s*%?\s*$"
GOOD = rf"^\s*[A-Za-z_][A-Za-z0-9_]*\s*<=\s*{_quantity('ms')}\s*$"


def expression(kind: Kind, unit: str | None) -> str:
    """Return what a budget's expression on a metric looks like; a unit of None is one that only the script knows."""
    words = "|".join("p[0-9]{1,2}(?:\\.[0-9]{1,3})?" if name == "percentile" else name for name in sorted(LEGAL_STATISTICS[kind]))
    any_unit = rf"{_NUMBER}\s*[A-Za-z%/]*"
    # A count has no unit, and an allowance beside a baseline may be a percentage of it, whatever the metric is in.
    of_metric = any_unit if unit is None else rf"(?:{_quantity(unit)}|{_NUMBER})"
    limit = rf"(?:baseline(?:\s*[+-]\s*(?:{of_metric}|{_NUMBER}\s*%))?|{of_metric})"
    return rf"^\s*(?:{words})\s*(?:{_BAR.join(COMPARATORS)})\s*{limit}(?:\s+or\s+{limit})?(?:\s+over\s+{_quantity('ms')})?\s*$"
