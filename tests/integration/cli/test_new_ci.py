"""`footfall new ci`: what a CI reads lies where it looks, names the suite's own target and folder, and overwrites nothing."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml

from footfall.cli.main import main
from footfall.cli.new_deploy import PLACES

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite in a folder of a repository."""
    root = tmp_path / "quality/synthetic"
    root.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (root / "footfall.toml").write_text('[targets.shop]\nurl = "https://shop.example"\n')
    monkeypatch.chdir(root)
    return root


@pytest.mark.usefixtures("suite")
def test_github_finds_its_workflow(tmp_path: Path) -> None:
    """At the top of the repository, with the suite's folder, and its target in the place of `production`."""
    assert main(["new", "ci", "github"]) == 0
    workflow = yaml.safe_load((tmp_path / ".github/workflows/footfall.yml").read_text())
    given = [job["steps"][-1]["with"] for job in workflow["jobs"].values()]
    assert [each["suite"] for each in given] == ["quality/synthetic"] * 2
    assert [each["args"].split()[:4] for each in given] == [["--target", "shop"], ["--target", "preview", "--against", "shop"]]
    assert (tmp_path / "deploy/ci/github/action.yml").is_file()
    assert (tmp_path / "deploy/ci/gate.sh").is_file()


@pytest.mark.usefixtures("suite")
def test_gitlab_includes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pipeline that is there already is kept, and the line that it needs is told; reports are looked for in the suite's folder."""
    (tmp_path / ".gitlab-ci.yml").write_text("stages: [test]\n")
    assert main(["new", "ci", "gitlab"]) == 0
    assert "add to it: include: {local: deploy/ci/gitlab/footfall.gitlab-ci.yml}" in capsys.readouterr().out
    assert (tmp_path / ".gitlab-ci.yml").read_text() == "stages: [test]\n"
    jobs = yaml.safe_load((tmp_path / "deploy/ci/gitlab/footfall.gitlab-ci.yml").read_text())
    assert jobs[".footfall"]["variables"]["FOOTFALL_SUITE"] == "quality/synthetic"
    assert jobs[".footfall"]["artifacts"]["reports"]["junit"] == "quality/synthetic/out/latest/junit.xml"


def test_jenkins_and_files_of_ones_own(suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is there is kept unless --force says otherwise; without a repository around it everything lies in the suite."""
    (tmp_path / "Jenkinsfile").write_text("// mine\n")
    assert main(["new", "ci", "jenkins"]) == 0
    assert "kept     Jenkinsfile, which is there already" in capsys.readouterr().out
    assert main(["new", "ci", "jenkins", "--force"]) == 0
    assert "FOOTFALL_SUITE = 'quality/synthetic'" in (tmp_path / "Jenkinsfile").read_text()
    (tmp_path / ".git").rmdir()
    assert main(["new", "ci", "jenkins"]) == 0
    assert "FOOTFALL_SUITE = '.'" in (suite / "Jenkinsfile").read_text()


@pytest.mark.parametrize("place", ["docker", "kubernetes"])
def test_containers_are_laid_into_the_suite(suite: Path, place: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where their own words look for them: an image is built from the suite's folder; what is there is kept."""
    (suite / "deploy").mkdir()
    (suite / "deploy/Dockerfile").write_text("FROM mine\n")
    assert main(["new", "deploy", place]) == 0
    assert {f"deploy/{path.name}" for path in (suite / "deploy").iterdir()} == set(PLACES[place])
    assert (suite / "deploy/Dockerfile").read_text() == "FROM mine\n"
    assert "kept     deploy/Dockerfile, which is there already" in capsys.readouterr().out


def test_everything_that_is_laid_out_is_in_the_wheel() -> None:
    """The whole of deploy/ is shipped, and all that `new deploy` names is there."""
    shipped = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert shipped["deploy"] == "footfall/starter/deploy"
    assert all((REPOSITORY / name).is_file() for names in PLACES.values() for name in names)


@pytest.mark.usefixtures("suite")
def test_a_system_that_nobody_wrote_a_template_for(capsys: pytest.CaptureFixture[str]) -> None:
    """The nearest name, and exit 2."""
    assert main(["new", "ci", "gitlob"]) == 2
    assert "did you mean 'gitlab'?" in capsys.readouterr().err
    assert main(["new", "deploy", "docked"]) == 2
    assert "did you mean 'docker'?" in capsys.readouterr().err
