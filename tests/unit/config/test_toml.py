"""Every key of a TOML file is found on its line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from footfall.config.toml import KeyPath, read, read_text
from footfall.errors import ConfigError

SAMPLE = '''# a comment with [brackets] and "quotes
title = "a # b"
a.b . "c d" = 1

[journeys."*"]     # every one
success = "rate >= 99%"
lcp = { warn = "p75 <= 2.5s", fail = "p75 <= 4s" }
text = """
[not.a.table]
key = 1
"""
raw = \'\'\'
it's [x]\'\'\'
[load."a.b"]
errors = [
    { fail = "rate <= 1%" },   # first
    "rate <= 2%", [1, [2,
    3]],
]
\'odd key\' = 1979-05-27T07:32:00Z
"tab\\tkey" = -0.5e3
[[things]]
name = "x"
[things.part]
q = true
[[things]]
name = "y"
[[things.deep]]
z = 0x1F
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("a", "b", "c d"), 3),
        (("journeys", "*"), 5),
        (("journeys", "*", "lcp"), 7),
        (("journeys", "*", "lcp", "fail"), 7),
        (("journeys", "*", "raw"), 12),
        (("load", "a.b"), 14),
        (("load", "a.b", "errors"), 15),
        (("load", "a.b", "errors", 0, "fail"), 16),
        (("load", "a.b", "errors", 1), 17),
        (("load", "a.b", "errors", 2, 1, 1), 18),
        (("load", "a.b", "odd key"), 20),
        (("load", "a.b", "tab\tkey"), 21),
        (("things", 0, "name"), 23),
        (("things", 0, "part", "q"), 25),
        (("things", 1, "name"), 27),
        (("things", 1, "deep", 0, "z"), 29),
    ],
)
def test_finds_the_line_of_every_kind_of_key(path: KeyPath, line: int) -> None:
    """Tables, dotted, quoted and inline keys, list items and arrays of tables all have their line."""
    document = read_text(SAMPLE, "x.toml")
    assert document.lines[path] == line


def _paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from _paths(item, (*path, key))


def test_every_value_has_a_line_of_its_own() -> None:
    """The walk and tomllib agree on which keys there are, those of implied tables too."""
    document = read_text(SAMPLE, "x.toml")
    assert set(document.lines) == set(_paths(document.values))
    assert (document.lines[("journeys",)], document.lines[("load",)]) == (5, 14)


_scalars = st.one_of(
    st.integers(-(2**40), 2**40),
    st.booleans(),
    st.text(st.characters(blacklist_categories=("Cs", "Cc"))),
    st.sampled_from(["[a]", "x = 1", "#", '"', "'", "}", "]", ","]),
    st.dates(dt.date(1970, 1, 1)),
)
_values = st.recursive(
    _scalars, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text("ab .*#=[]'", min_size=1), inner, max_size=3))
)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[ # list\n" + ",\n".join(_toml(item) for item in value) + "\n]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(key)} = {_toml(item)}" for key, item in value.items()) + " }"
    return str(value)


@given(st.dictionaries(st.text("ab .*#=[]'", min_size=1), _values, max_size=4))
def test_agrees_with_tomllib_on_any_document(values: dict[str, Any]) -> None:
    """Whatever is written is found: every path of the values, on a line that holds its key."""
    text = "".join(f"{_toml(key)} = {_toml(item)}\n" for key, item in values.items())
    document = read_text(text, "x.toml")
    assert document.values == values
    assert set(document.lines) == set(_paths(values))
    for path, line in document.lines.items():
        if isinstance(path[-1], str):
            assert _toml(path[-1]) in text.split("\n")[line - 1]


@given(st.text())
@example("a = " + "[" * 5000 + "]" * 5000)
@example("a = " + "9" * 5000)
@example("a = 1979-13-45")
@example("[a]\n[a]\n")
def test_raises_its_own_error_only(text: str) -> None:
    """Any text is either read or refused with a ConfigError that names the file."""
    shown = "x.toml"
    try:
        read_text(text, "x.toml")
    except ConfigError as error:
        shown = str(error)
    assert shown.startswith("x.toml")


def test_a_syntax_error_is_one_fault_with_its_line() -> None:
    """The message quotes the line."""
    with pytest.raises(ConfigError) as caught:
        read_text('[suite]\nname = "x"\ndefault_target corner\n', "footfall.toml")
    (fault,) = caught.value.faults
    assert (fault.line, fault.expected) == (3, "the line is: default_target corner")


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "x.toml: cannot be read: No such file or directory"), (b"a = '\xff'", "x.toml: byte 6 is not UTF-8 (save the file as UTF-8)")],
)
def test_an_unreadable_file_is_one_fault(tmp_path: Path, content: bytes | None, message: str) -> None:
    """A missing file and one in another encoding are said plainly."""
    path = tmp_path / "x.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read(path)
    assert str(caught.value) == message


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    """Editors on Windows write both."""
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\nb = 2\r\n")
    document = read(path)
    assert (dict(document.values), document.lines[("b",)]) == ({"a": 1, "b": 2}, 2)
