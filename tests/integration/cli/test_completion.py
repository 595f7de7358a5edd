"""What a shell is told when somebody presses Tab: commands, options, and the names of the suite that stands around."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from footfall.cli.main import main
from tests.e2e.conftest import clean_environment

FOOTFALL = Path(sys.executable).with_name("footfall")
Complete = Callable[..., str]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A suite with names of every kind."""
    root = tmp_path_factory.mktemp("suite")
    (root / "footfall.toml").write_text(
        '[suite]\ndefault_target = "staging"\n[targets.staging]\nurl = "https://s.example"\n[targets.production]\nurl = "https://p.example"\n'
        '[probes.health]\nurl = "/health"\n'
    )
    for name in ("journeys/test_booking.py", "journeys/test_checkout.py", "loadtests/peak.py", "loadtests/smoke.py"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("")
    return root


@pytest.fixture
def complete(suite: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complete:
    """Asks as the shell's own script does, in the suite's folder; returns what it would offer."""
    monkeypatch.chdir(suite)
    monkeypatch.setattr(sys, "argv", ["footfall"])
    monkeypatch.delenv("FOOTFALL_STORE", raising=False)

    def asked(line: str, shell: str = "bash") -> str:
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", line)
        monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
        monkeypatch.setenv("_FOOTFALL_COMPLETE", f"complete_{shell}")
        with pytest.raises(SystemExit):
            main()
        said = capsys.readouterr()
        assert not said.err
        return said.out

    return asked


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("footfall ga", ["gate"]),
        ("footfall history ba", ["baseline"]),
        ("footfall gate --iter", ["--iterations"]),
        ("footfall gate --target ", ["staging", "production"]),
        ("footfall gate --target staging --against p", ["production"]),
        ("footfall journey ", ["booking", "checkout"]),
        ("footfall load p", ["peak"]),
        ("footfall probe ", ["health"]),
        ("footfall doctor br", ["browser"]),
        ("footfall new ci g", ["github", "gitlab"]),
        ("footfall gate --run ", ["latest"]),
    ],
)
def test_names_are_offered(complete: Complete, line: str, offered: list[str]) -> None:
    """Of commands, options, and what the suite holds."""
    assert complete(line).split() == offered


def test_without_a_suite_nothing_is_offered_and_nothing_said(complete: Complete, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Completing is not the place for an error."""
    monkeypatch.chdir(tmp_path)
    assert complete("footfall journey ").split() == []


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_told_in_their_own_words(complete: Complete, shell: str) -> None:
    """The same names, as zsh and fish want them."""
    assert "production" in complete("footfall gate --target pro", shell)


def test_bash_completes_after_its_own_script(suite: Path, tmp_path: Path) -> None:
    """What `footfall --show-completion` prints is loaded, and finds a name."""
    script = (
        'eval "$(footfall --show-completion)"; COMP_WORDS=(footfall gate --target pro); COMP_CWORD=3;'
        ' _footfall_completion footfall; printf "%s" "${COMPREPLY[*]}"'
    )
    environment = {**clean_environment(), "PATH": f"{FOOTFALL.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(["bash", "-c", script], cwd=suite, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.stdout == "production", done.stderr
