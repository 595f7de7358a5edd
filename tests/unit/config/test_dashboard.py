"""`[watch.dashboard]`: tokens by name, from the environment alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from footfall.config.dashboard import DashboardSpec, check_tokens
from footfall.config.secrets import secret_values
from footfall.config.suite import Suite, load_suite
from footfall.errors import ConfigError, UsageError


def suite(root: Path, text: str) -> Suite:
    """A suite with such a table."""
    (root / "footfall.toml").write_text(f'[targets.site]\nurl = "https://shop.example.com"\n{text}', "utf-8")
    return load_suite(root)


def test_people_are_named_with_their_tokens(tmp_path: Path) -> None:
    """Operators and viewers, how long a session lasts; their tokens are secrets that every output masks."""
    who = '[watch.dashboard]\noperators = { ada = "env:ADA" }\nviewers = { wall = "env:WALL" }\nsession = "8h"\n'
    found = suite(tmp_path, f'{who}[watch.places]\nams = "Amsterdam"\n')
    assert found.watch.dashboard == DashboardSpec({"ada": "env:ADA"}, {"wall": "env:WALL"}, 8 * 3600.0)
    assert found.watch.places == {"ams": "Amsterdam"}
    assert secret_values(found, {"ADA": "a-token", "WALL": "another"}) == {"a-token", "another"}
    assert suite(tmp_path, "").watch.dashboard == DashboardSpec()


def test_what_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    """A token that stands in the file, a name that is both, a key that nobody knows."""
    text = '[watch.dashboard]\noperators = { ada = "s3cret", bob = "env:BOB" }\nviewers = { bob = "env:BOB" }\nusers = 3\n'
    with pytest.raises(ConfigError) as raised:
        suite(tmp_path, text)
    said = str(raised.value)
    for words in ("'ada' has no token", "'bob' is an operator as well", "unknown key"):
        assert words in said
    assert "s3cret" not in said


@pytest.mark.parametrize(
    ("tokens", "said"), [({"ada": "short"}, "fewer than 16"), ({"ada": "x" * 16, "bob": "x" * 16}, "two names"), ({"ada": "x" * 16}, "")]
)
def test_tokens_are_long_and_each_has_one_owner(tokens: dict[str, str], said: str) -> None:
    """A short one could be guessed; a shared one would make the audit log say nothing."""
    if not said:
        return check_tokens(tokens)
    with pytest.raises(UsageError, match=said):
        check_tokens(tokens)
    return None
