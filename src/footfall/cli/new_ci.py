"""`footfall new ci`: lay out what a continuous integration needs to run the gate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from footfall.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from footfall.config.suite import Suite

_INCLUDE = "include: {local: deploy/ci/gitlab/footfall.gitlab-ci.yml}\n"
_FILES = {
    "github": {
        "deploy/ci/github/action.yml": "deploy/ci/github/action.yml",
        "deploy/ci/github/comment.py": "deploy/ci/github/comment.py",
        "deploy/ci/github/workflow.yml": ".github/workflows/footfall.yml",
    },
    "gitlab": {"deploy/ci/gitlab/footfall.gitlab-ci.yml": "deploy/ci/gitlab/footfall.gitlab-ci.yml"},
    "jenkins": {"deploy/ci/jenkins/Jenkinsfile": "Jenkinsfile"},
    "shell": {},
}
"""By system: the starter's files, and where each goes. All have the shell script beside them, which does the work."""
_SCRIPT = "deploy/ci/gate.sh"
_OWN = (".yml", "Jenkinsfile")


def ci(
    system: Annotated[str, typer.Argument(help="`github`, `gitlab`, `jenkins`, or `shell` for any other.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
) -> int:
    """Lay out a CI job that runs the gate, keeps history and report, and holds previews against production.

    Files go to the top of the repository around the suite. One that is there already is kept.
    """
    from footfall.cli.output import say  # noqa: PLC0415
    from footfall.cli.workplace import open_suite  # noqa: PLC0415
    from footfall.starter import starter  # noqa: PLC0415

    if system not in _FILES:
        raise UsageError(f"there is nothing for {system!r}", hint=did_you_mean(system, _FILES))
    suite = open_suite()
    top = _top(suite.root)
    for source, goal in {_SCRIPT: _SCRIPT, **_FILES[system]}.items():
        text = (starter() / source).read_text("utf-8")
        say(written(top / goal, goal, _fitted(text, suite, top) if goal.endswith(_OWN) else text, force=force))
    if system == "gitlab":
        say(written(top / ".gitlab-ci.yml", ".gitlab-ci.yml", _INCLUDE, force=False, otherwise=f"; add to it: {_INCLUDE.strip()}"))
    if system != "shell" and "preview" not in suite.targets:
        say('  to hold previews against production, add to footfall.toml: [targets.preview] with url = "env:PREVIEW_URL"')
    return 0


def _top(root: Path) -> Path:
    """Return the work tree around a suite, or the suite's own folder where there is none."""
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)


def _fitted(text: str, suite: Suite, top: Path) -> str:
    """Put the suite's default target and its folder in."""
    place = suite.root.relative_to(top).as_posix()
    changes = {
        "--target production": f"--target {suite.default_target}",
        "--against production": f"--against {suite.default_target}",
        "defaultValue: 'production'": f"defaultValue: '{suite.default_target}'",
    }
    if place != ".":
        changes |= {
            "suite: .\n": f"suite: {place}\n",
            "FOOTFALL_SUITE: .\n": f"FOOTFALL_SUITE: {place}\n",
            "FOOTFALL_SUITE = '.'": f"FOOTFALL_SUITE = '{place}'",
            "out/latest": f"{place}/out/latest",
        }
    for before, after in changes.items():
        text = text.replace(before, after)
    return text


def written(path: Path, name: str, text: str, *, force: bool, otherwise: str = "") -> str:
    """Write a file unless it is there; say what was done. Raises UsageError when it cannot be written."""
    if path.exists() and not force:
        return (
            f"  kept     {name}, which is there already{otherwise}" if path.read_text("utf-8", "replace") != text else f"  kept     {name}"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    return f"  written  {name}"
