"""A suite with a month of history, and the command in this process: quick, and with every part real."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest

from footfall.cli.main import main
from footfall.samples import Run, RunEnd, Sample
from footfall.store.spool import begin_run
from footfall.store.writer import Store, open_store, set_verdict, take_in

SUITE = '[suite]\nname = "Bakery"\n\n[targets.shop]\nurl = "http://shop.example"\n'
BUDGETS = """[journeys.checkout]
success = "rate >= 99%"

[journeys.checkout.steps.pay]
duration = { warn = "p75 <= 1s", fail = "p75 <= 10s", severity = "P0", owner = "payments" }

[slo.checkout]
journey = "checkout"
objective = "90%"
"""
JOURNEY = '"""Buy bread."""\n\n\ndef test_checkout(journey):\n    with journey.step("pay"):\n        pass\n'
LABELS = {"browser": "chromium", "device": "desktop"}


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass
class Stored:
    """A suite's folder and its store."""

    root: Path
    store: Store
    ids: list[str] = field(default_factory=list)

    def run(
        self,
        age: timedelta,
        pay_ms: float = 600.0,
        success: float = 1.0,
        *,
        branch: str = "main",
        count: int = 5,
        iterations: str = "5",
        labels: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """Store a gate of `count` walks that began so long ago; return its id."""
        chance = random.Random(len(self.ids))
        started = datetime.now(UTC) - age
        run = Run(
            f"R{len(self.ids):03}",
            "shop",
            started,
            kind="gate",
            commit=f"{len(self.ids):07x}",
            branch=branch,
            labels={"iterations": iterations, **labels},
        )
        with begin_run(self.root, run) as begun:
            for n in range(count):
                of = ("journey", "checkout")
                seen = {
                    ("", "success"): success,
                    ("", "duration"): 2 * pay_ms,
                    ("pay", "duration"): pay_ms * chance.lognormvariate(0, 0.05),
                }
                for (part, metric), value in seen.items():
                    begun.recorder.write(Sample(run.id, started, *of, part, metric, value, n + 1, labels=LABELS))
            begun.recorder.write(RunEnd(run.id, started + timedelta(minutes=1), "finished"))
        self.ids.append(take_in(self.store, begun.directory))
        set_verdict(self.store, run.id, "pass" if success else "fail", 0 if success else 1)
        return run.id


def _laid_out(root: Path) -> Path:
    """Write the suite's files."""
    (root / "footfall.toml").write_text(SUITE)
    (root / "thresholds.toml").write_text(BUDGETS)
    (root / "journeys").mkdir()
    (root / "journeys/test_checkout.py").write_text(JOURNEY)
    return root


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The suite is the working folder, and no CI is around."""
    monkeypatch.chdir(_laid_out(tmp_path))
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "FOOTFALL_STORE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def stored(workshop: Path) -> Iterator[Stored]:
    """An empty history."""
    store = open_store(workshop)
    yield Stored(workshop, store)
    store.close()


@pytest.fixture(scope="session")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run a day for thirty days; payment takes 1 % longer every day."""
    root = _laid_out(tmp_path_factory.mktemp("old"))
    store = open_store(root)
    made = Stored(root, store)
    for day in range(30, 0, -1):
        made.run(timedelta(days=day), 600.0 * 1.01 ** (30 - day))
    store.close()
    return root


@pytest.fixture
def month(workshop: Path, old: Path) -> Iterator[Stored]:
    """The same, to be changed."""
    shutil.copytree(old / ".footfall", workshop / ".footfall")
    store = open_store(workshop)
    yield Stored(workshop, store, [f"R{n:03}" for n in range(30)])
    store.close()


@pytest.fixture
def footfall(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """The command, as the shell would call it."""

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        code = main(arguments)
        return Said(code, *capsys.readouterr())

    return run
