"""`footfall docs` and `footfall schema`, and the page that an error's last line names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from footfall.cli.main import main


def test_an_error_ends_with_the_page_that_explains_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong, how to mend it, and where to read on; `footfall docs` prints just that."""
    (tmp_path / "footfall.toml").write_text('[targets.a]\nurl = "https://a.example"\n[gate]\niteration = 3\n')
    monkeypatch.chdir(tmp_path)
    assert main(["budgets", "check"]) == 2
    last = capsys.readouterr().err.splitlines()[-1].strip()
    assert last == "more: footfall docs configuration#gate"
    assert main(last.removeprefix("more: footfall ").split()) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("## [gate]\n")
    assert "`iterations`" in shown
    assert "[probes.NAME]" not in shown
    assert "<!--" not in shown


def test_pages_are_listed_and_found(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a name all pages are listed; a name that is nearly right is told the right one."""
    assert main(["docs"]) == 0
    listed = capsys.readouterr().out
    assert "how-to/secrets" in listed
    assert "Keep secrets secret" in listed
    assert main(["docs", "how-to/secret"]) == 2
    assert "did you mean 'how-to/secrets'?" in capsys.readouterr().err
    assert main(["docs", "docs/budgets.md", "--path"]) == 0
    assert Path(capsys.readouterr().out.strip()).is_file()


def test_schemas_are_printed_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On stdout one of them; with --write both go where the first line of each starter file points."""
    monkeypatch.chdir(tmp_path)
    assert main(["schema", "footfall"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "footfall.toml"
    assert main(["schema", "footfal"]) == 2
    assert "did you mean 'footfall'?" in capsys.readouterr().err
    assert main(["init", "--demo", "--no-run"]) == 0
    (tmp_path / ".footfall/thresholds.schema.json").unlink()
    assert main(["schema", "--write"]) == 0
    for name in ("footfall", "thresholds"):
        first = (tmp_path / f"{name}.toml").read_text().splitlines()[0]
        pointed = tmp_path / first.removeprefix("#:schema ")
        assert json.loads(pointed.read_text())["title"] == f"{name}.toml"


def test_a_fresh_clone_gets_its_schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git ignores `.footfall/`: the first command that opens the store writes what the first line of each file points to."""
    (tmp_path / "footfall.toml").write_text('[targets.a]\nurl = "https://a.example"\n')
    monkeypatch.chdir(tmp_path)
    assert main(["history", "list"]) == 0
    assert {path.name for path in (tmp_path / ".footfall").glob("*.schema.json")} == {"footfall.schema.json", "thresholds.schema.json"}
