"""`footfall new report`: a page of one's own that can be drawn, or one of footfall's to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from footfall.cli.main import main
from footfall.report.html import html
from footfall.report.templates import TemplateSource
from footfall.starter import starter
from tests.unit.report.views import view


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite without reports of its own."""
    (tmp_path / "footfall.toml").write_text('[targets.shop]\nurl = "https://shop.example"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_report_of_ones_own_can_be_drawn_at_once(suite: Path) -> None:
    """It extends the house's page, and says what broke."""
    assert main(["new", "report", "stand-up"]) == 0
    templates = TemplateSource(suite / "reports", starter() / "reports")
    assert "stand-up" in templates.names()
    page = html(view(), templates, "stand-up").decode()
    assert "<title>Stand up</title>" in page
    assert 'class="lead"' in page


@pytest.mark.parametrize(("name", "file"), [("executive", "executive.html"), ("_style.css", "_style.css"), ("_notice.txt", "_notice.txt")])
def test_one_of_footfalls_is_copied_to_be_changed(suite: Path, name: str, file: str) -> None:
    """As it is shipped; one that is there already is kept."""
    assert main(["new", "report", name]) == 0
    assert (suite / "reports" / file).read_bytes() == (starter() / "reports" / file).read_bytes()
    (suite / "reports" / file).write_text("mine")
    assert main(["new", "report", name]) == 2
    assert (suite / "reports" / file).read_text() == "mine"
    assert main(["new", "report", name, "--force"]) == 0


@pytest.mark.usefixtures("suite")
@pytest.mark.parametrize("name", ["_styles.css", "../index", "Stand up"])
def test_what_is_no_name_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the nearest of footfall's, where there is one."""
    assert main(["new", "report", name]) == 2
    said = capsys.readouterr().err
    assert "is no name for a report" in said
    assert ("did you mean '_style.css'?" in said) == (name == "_styles.css")
