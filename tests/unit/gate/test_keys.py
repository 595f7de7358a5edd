"""Keys as TOML spells them."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from footfall.gate.keys import bare, dotted


def test_writes_paths_as_toml_does() -> None:
    """What needs quotes gets them, and list items count from one."""
    assert dotted(("load", "peak", "requests", "POST /api", "latency", 1, "fail")) == 'load.peak.requests."POST /api".latency[2].fail'
    assert dotted(("journeys", "*", "lcp")) == 'journeys."*".lcp'


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_any_printable_name_can_be_pasted_into_a_file(name: str) -> None:
    """TOML reads the same name back."""
    assert tomllib.loads(f"{bare(name)} = 1") == {name: 1}
