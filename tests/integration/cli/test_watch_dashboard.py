"""The dashboard that `footfall watch --serve` puts together from a suite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from footfall.cli.watching import _prepared, _served
from footfall.cli.workplace import Workplace
from footfall.config.suite import load_suite
from footfall.store.writer import open_store

SUITE = """[targets.shop]
url = "https://shop.example.com"
[probes.database]
url = "/api/database"
timeout = "5s"
measure = { connections = "$.connections" }
expect = { figures = { connections = "<= 80" } }
[watch]
url = "https://watch.example.com"
[watch.dashboard]
operators = { ada = "env:ADA_TOKEN" }
"""


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Workplace]:
    """A suite whose dashboard has an operator."""
    (tmp_path / "footfall.toml").write_text(SUITE)
    store = open_store(tmp_path)
    yield Workplace(load_suite(tmp_path), store)
    store.close()


@pytest.mark.parametrize(
    ("token", "said"), [("", "ADA_TOKEN, which is not set"), ("short", "the dashboard's token of ada has fewer than 16")]
)
def test_tokens_are_checked_before_anything_starts(workplace: Workplace, monkeypatch: pytest.MonkeyPatch, token: str, said: str) -> None:
    """Beside all else that is wrong."""
    monkeypatch.setenv("ADA_TOKEN", token)
    _, _, wrong = _prepared(workplace, workplace.suite.target())
    assert any(said in each for each in wrong)


@pytest.mark.parametrize(("key", "value"), [("control", "1.1.1.1"), ("call", "htps://switch.example.com/ping")])
def test_addresses_of_the_environment_are_checked_before_anything_starts(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, key: str, value: str
) -> None:
    """A control that can never answer would excuse every failure. The value may be secret, and is not shown."""
    (workplace.root / "footfall.toml").write_text(SUITE.replace("[watch]\n", f'[watch]\n{key} = "env:ADDRESS"\n'))
    monkeypatch.setenv("ADA_TOKEN", "ada-has-a-long-token")
    monkeypatch.setenv("ADDRESS", value)
    suite = load_suite(workplace.root)
    _, _, wrong = _prepared(Workplace(suite, workplace.store), suite.target())
    assert wrong == [f"watch.{key}: what env:ADDRESS stands for is not a web address"]


def test_the_dashboard_is_the_suites_own(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its people, its limits, its address, its secrets masked; none where it says so."""
    monkeypatch.setenv("ADA_TOKEN", "ada-has-a-long-token")
    plan, _, wrong = _prepared(workplace, workplace.suite.target())
    assert wrong == []
    found = _served(workplace, plan).dashboard
    assert found is not None
    assert found.access.sign_in("ada-has-a-long-token") is not None
    assert found.limits == {"probe:database": {"connections": "<= 80"}}
    assert found.link == "https://watch.example.com"
    assert found.masker.mask("ada-has-a-long-token") == "***"
    (workplace.root / "footfall.toml").write_text(f"{SUITE}enabled = false\n")
    assert _served(Workplace(load_suite(workplace.root), workplace.store), plan).dashboard is None
