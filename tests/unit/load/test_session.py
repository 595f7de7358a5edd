"""Which of a suite's targets a Locust process loads: its ceiling holds and its headers are sent, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from footfall.errors import UsageError
from footfall.load.session import find_session

SUITE = """
[suite]
default_target = "corner"
[targets.corner]
demo = true
[targets.prod]
url = "env:PROD"
allow_load = 5
[targets.prod.headers]
X-Key = "env:KEY"
[targets.other]
url = "https://other.example"
[targets.unset]
url = "env:NOT_SET"
"""
PROD = "['prod'] {'X-Key': 'secret'} prod"


@pytest.mark.parametrize(
    ("host", "own", "found"),
    [
        ("https://prod.example", [], PROD),
        ("https://PROD.example:443/shop", [], PROD),
        ("http://prod.example", [], "['prod'] {} prod"),
        ("https://prod.example:8443", [], "[] {} prod.example:8443"),
        ("", ["https://prod.example/"], PROD),
        ("", ["https://prod.example", "https://other.example"], "['other', 'prod'] {} other"),
        ("", ["https://elsewhere.example"], "[] {} elsewhere.example"),
        ("https://elsewhere.example", ["https://prod.example"], "[] {} elsewhere.example"),
        ("", [], "['corner'] {} corner"),
    ],
)  # fmt: skip
def test_a_site_is_known_however_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, own: list[str], found: str
) -> None:
    """By scheme, case, port and path nobody walks round a ceiling, nor by a class's own host; secrets go to no other site, or in clear."""
    (tmp_path / "footfall.toml").write_text(SUITE, "utf-8")
    monkeypatch.chdir(tmp_path)
    session = find_session({"PROD": "https://prod.example", "KEY": "secret"}, host, own)
    assert f"{[target.name for target in session.targets]} {dict(session.headers)} {session.name}" == found


@pytest.mark.parametrize("typed", ["http://[", "htp://prod.example", "prod.example"])
def test_what_is_no_address_is_refused(typed: str) -> None:
    """A slip in Locust's --host is told as such, before anything is sent."""
    with pytest.raises(UsageError, match="is no address of a site"):
        find_session({}, typed)
