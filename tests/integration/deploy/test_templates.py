"""What stands in deploy/ is what the systems that read it accept: schemas, linters, and footfall's own command line."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from tests.integration.deploy.command_line import parsed

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
ACTION, WORKFLOW = DEPLOY / "ci/github/action.yml", DEPLOY / "ci/github/workflow.yml"
GITLAB, JENKINS = DEPLOY / "ci/gitlab/footfall.gitlab-ci.yml", DEPLOY / "ci/jenkins/Jenkinsfile"
COMPOSE = DEPLOY / "compose.yaml"
WATCH: list[dict[str, Any]] = list(yaml.safe_load_all((DEPLOY / "watch.yaml").read_text("utf-8")))
TOOLS = Path(sys.executable).parent


def read(path: Path) -> Any:
    """Return a YAML file; the base loader, which leaves `on` and versions alone."""
    return yaml.load(path.read_text("utf-8"), yaml.BaseLoader)  # noqa: S506  # it makes texts only


def tool(name: str, *arguments: str, text: str = "") -> str:
    """Run a linter that came with the development packages; return what it says, which is nothing where all is well."""
    found = shutil.which(name, path=str(TOOLS))
    assert found is not None, f"{name} is missing: pip install -e '.[dev]'"
    done = subprocess.run([found, *arguments], input=text, capture_output=True, text=True, timeout=300, check=False)
    return (done.stdout + done.stderr).strip() if done.returncode else ""


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("vendor.github-actions", ACTION),
        ("vendor.github-workflows", WORKFLOW),
        ("custom.github-workflows-require-timeout", WORKFLOW),
        ("vendor.gitlab-ci", GITLAB),
        ("vendor.compose-spec", COMPOSE),
    ],
)
def test_files_fit_their_published_schemas(schema: str, path: Path) -> None:
    """A key that the system does not know, or a value that it would refuse, is a fault."""
    assert tool("check-jsonschema", "--builtin-schema", schema, str(path)) == ""


def scripts() -> Iterator[tuple[str, str, str]]:
    """Yield every piece of shell in deploy/ci: where it stands, its shell, its text."""
    yield "gate.sh", "sh", (DEPLOY / "ci/gate.sh").read_text("utf-8")
    for number, step in enumerate(read(ACTION)["runs"]["steps"]):
        if "run" in step:
            yield f"action.yml step {number}", step["shell"], step["run"]
    for name, job in read(GITLAB).items():
        if "script" in job:
            yield f"gitlab {name}", "sh", "\n".join(job["script"])
    for number, text in enumerate(re.findall(r"sh '''(.*?)'''", JENKINS.read_text("utf-8"), re.DOTALL)):
        yield f"Jenkinsfile sh {number}", "sh", text


@pytest.mark.parametrize(("where", "shell", "text"), list(scripts()), ids=lambda value: value if "\n" not in value else "")
def test_shell_is_sound(where: str, shell: str, text: str) -> None:
    """Not even the least of shellcheck's warnings."""
    assert tool("shellcheck", f"--shell={shell}", "--severity=style", "-", text=text) == "", where


def test_no_template_puts_a_foreign_text_into_a_script() -> None:
    """`${{ }}` inside `run` would let whoever names a branch run what they like: values come by the environment."""
    assert not [step for step in read(ACTION)["runs"]["steps"] if "${{" in step.get("run", "")]


def test_the_workflow_gives_the_action_what_it_takes() -> None:
    """Every `with` is an input, every expression in the action names an input or a step that there is, and options are footfall's own."""
    action, workflow = read(ACTION), read(WORKFLOW)
    used = [step["with"] for job in workflow["jobs"].values() for step in job["steps"] if step["uses"] == "./deploy/ci/github"]
    assert len(used) == 2
    for given in used:
        assert given.keys() <= action["inputs"].keys()
        parsed(["gate", *given["args"].split()])
    text = ACTION.read_text("utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == action["inputs"].keys()
    steps = {step["id"] for step in action["runs"]["steps"] if "id" in step}
    assert set(re.findall(r"steps\.(\w+)\.", text)) == steps
    written = set(re.findall(r"([\w-]+)=%s", (DEPLOY / "ci/gate.sh").read_text("utf-8")))
    assert set(re.findall(r"steps\.gate\.outputs\.([\w-]+)", text)) == written


def test_one_event_ends_no_other_job() -> None:
    """GitHub counts a workflow's group before a job's condition, so each job has its own; no push is measured before it is deployed."""
    workflow = read(WORKFLOW)
    assert "concurrency" not in workflow
    assert "push" not in workflow["on"]
    groups = {name: job["concurrency"]["group"] for name, job in workflow["jobs"].items()}
    assert groups == {"production": "footfall-production", "preview": "footfall-preview-${{ github.event.deployment.id }}"}


def test_a_merge_request_without_a_preview_is_green() -> None:
    """GitLab makes a pipeline before the preview has an address; without one the job says so and measures nothing."""
    [script] = read(GITLAB)["footfall:preview"]["script"]
    done = subprocess.run(["sh", "-c", script], env={}, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0
    assert "PREVIEW_URL is not set" in done.stdout


def test_command_lines_are_footfalls_own() -> None:
    """In GitLab's jobs, the pipeline of Jenkins, compose and Kubernetes alike."""
    for name in ("footfall:production", "footfall:preview"):
        assert parsed(["gate", *read(GITLAB)[name]["variables"]["GATE_ARGS"].split()])[0]["target"]
    options = re.findall(r"(--[a-z-]+) ", re.findall(r"sh '''(.*?)'''", JENKINS.read_text("utf-8"), re.DOTALL)[0])
    assert parsed(["gate", *(word for option in options for word in (option, "30m"))])[0]["against"]
    services = read(COMPOSE)["services"]
    assert parsed(services["watch"]["command"])[0]["serve"] == "0.0.0.0:9464"
    assert services["gate"]["entrypoint"][-1] == "gate"
    for place in WATCH[1:]:
        (container,) = place["spec"]["template"]["spec"]["containers"]
        said, _ = parsed(container["args"])
        assert said["location"] == place["metadata"]["labels"]["app.kubernetes.io/instance"]
        assert said["serve"].endswith(f":{container['ports'][0]['containerPort']}")


@pytest.mark.parametrize("version", ["1.29", kubernetes_validate.latest_version()])
@pytest.mark.parametrize("manifest", WATCH, ids=lambda manifest: manifest["metadata"]["name"])
def test_the_watch_fits_kubernetes_schemas(manifest: dict[str, Any], version: str) -> None:
    """Strictly: a word that Kubernetes does not know is a fault."""
    kubernetes_validate.validate(manifest, version, strict=True)


def test_the_watch_stands_in_two_places_and_may_do_no_more_than_it_must() -> None:
    """Each selects its own pod; no root, nothing to write but what is mounted, secrets by reference, time to end in order."""
    service, *places = WATCH
    assert len({place["metadata"]["name"] for place in places}) == len(places) == 2
    for place in places:
        labels = place["spec"]["template"]["metadata"]["labels"]
        assert place["spec"]["selector"]["matchLabels"] == labels
        assert service["spec"]["selector"].items() <= labels.items()
        pod = place["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["terminationGracePeriodSeconds"] >= 90
        (container,) = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["envFrom"] == [{"secretRef": {"name": "footfall"}}]
        claimed = {claim["metadata"]["name"] for claim in place["spec"]["volumeClaimTemplates"]}
        assert {mount["name"] for mount in container["volumeMounts"]} == claimed | {volume["name"] for volume in pod["volumes"]}


def test_the_image_is_built_soundly() -> None:
    """Not one of hadolint's rules is broken; what compose builds is the file's last stage, and the user of both is the manifests' one."""
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    assert tool("hadolint", str(DEPLOY / "Dockerfile")) == ""
    assert re.findall(r"^FROM \S+ AS (\w+)$", text, re.MULTILINE) == ["load", "watch"]
    assert "target" not in read(COMPOSE)["x-footfall"]["build"]
    assert text.rstrip().endswith('USER 10001\nENTRYPOINT ["tini", "--", "footfall"]')
    assert all(place["spec"]["template"]["spec"]["securityContext"]["runAsUser"] == 10001 for place in WATCH[1:])
