"""Texts from outside: what reaches a renderer cannot reorder, hide, drive a terminal or break a parser."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.report.clean import LONGEST, clean, cleaned, safe_link, safe_path

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("plain › text", "plain › text"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\x1b[31mred\x1b[0m and \x9b1mbold", "red and bold"),
        ("\x1b]8;;https://evil.example\x07link\x1b]8;;\x07", "link"),
        ("\x1bPdevice\x1b\\control", "control"),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("nul\x00 and bell\x07", "nul and bell"),
        ("lone \ud800 surrogate, \uffff non-character", "lone \ufffd surrogate, \ufffd non-character"),
    ],
)
def test_what_is_invisible_or_drives_a_terminal_goes(raw: str, kept: str) -> None:
    """Escape sequences, control and direction characters vanish; readable text stays."""
    assert clean(raw) == kept


@given(ANYTHING)
def test_clean_text_is_visible_encodable_and_stays_as_it_is(text: str) -> None:
    """Whatever comes in, what comes out is encodable text without control characters, and cleaning it again changes nothing."""
    once = clean(text)
    once.encode()
    assert all(unicodedata.category(character) not in {"Cc", "Cs"} for character in once)
    assert clean(once) == once


def test_a_text_of_ten_megabytes_is_cut_and_says_so() -> None:
    """A text without bound becomes a bounded one that tells how long it was."""
    cut = clean("x" * 10_000_000)
    assert len(cut) < LONGEST + 50
    assert cut.endswith("… (10,000,000 characters in all)")


@dataclass(frozen=True)
class _Nested:
    text: str
    inner: tuple[dict[str, str], ...]
    numbers: tuple[float, ...]


def test_plain_data_is_cleaned_to_its_depth() -> None:
    """Every text in dataclasses, tuples and mappings is cleaned, numbers are left alone."""
    assert cleaned(_Nested("a\x00", ({"k\x00": "v\x1b[1m"},), (1.0, 2.0))) == _Nested("a", ({"k": "v"},), (1.0, 2.0))


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("artifacts/a.png", "artifacts/a.png"),
        ("artifacts/a b#c?.png", "artifacts/a%20b%23c%3F.png"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("artifacts/\ud800.png", "artifacts/%3F.png"),
        ("../../etc/passwd", ""),
        ("/etc/passwd", ""),
        ("..\\windows", ""),
        ("", ""),
    ],
)
def test_links_to_files_stay_below_the_report(path: str, link: str) -> None:
    """A path becomes a relative link, or none if it would lead elsewhere or run as a script."""
    assert safe_path(path) == link


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://runbooks.example/pay", "https://runbooks.example/pay"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//evil.example", ""),
        ("http://[broken", ""),
        ("docs/runbook.md#pay", ""),
    ],
)
def test_only_web_addresses_are_linked(address: str, link: str) -> None:
    """A runbook is linked only where it is a web address."""
    assert safe_link(address) == link
