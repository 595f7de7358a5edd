"""The manifests for a crowd inside a cluster fit Kubernetes' own schemas and footfall's own command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from tests.integration.deploy.command_line import parsed

REPOSITORY = Path(__file__).resolve().parents[3]
MANIFESTS: list[dict[str, Any]] = list(yaml.safe_load_all((REPOSITORY / "deploy/kubernetes.yaml").read_text("utf-8")))
NAMED = {f"{manifest['kind']} {manifest['metadata']['name']}": manifest for manifest in MANIFESTS}


def arguments_of(job: str) -> list[str]:
    """The command line of a job's only container."""
    (container,) = NAMED[f"Job {job}"]["spec"]["template"]["spec"]["containers"]
    assert "command" not in container, "the image's own entry point is footfall"
    return list(container["args"])


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("version", ["1.33", kubernetes_validate.latest_version()])
def test_manifests_fit_kubernetes_schemas(name: str, version: str) -> None:
    """Strictly: a word that Kubernetes does not know is a fault."""
    kubernetes_validate.validate(NAMED[name], version, strict=True)


def test_the_command_lines_are_footfalls() -> None:
    """Every option is one that `footfall load` has, the profile is there, and Locust gets what stands behind the dashes."""
    master, to_locust = parsed(arguments_of("footfall-master"))
    worker, _ = parsed(arguments_of("footfall-workers"))
    assert master["profile"] == worker["profile"]
    assert (REPOSITORY / "loadtests" / f"{master['profile']}.py").is_file()
    assert master["target"] == worker["target"]
    assert master["expect_workers"]
    assert to_locust == ["--expect-workers-max-wait", "600"]
    assert worker["join"] == NAMED["Service footfall-master"]["metadata"]["name"]


def test_as_many_workers_as_the_master_waits_for() -> None:
    """Too few, and it would wait in vain; too many, and some would come late."""
    workers = NAMED["Job footfall-workers"]["spec"]
    master, _ = parsed(arguments_of("footfall-master"))
    assert workers["parallelism"] == workers["completions"] == master["workers"]


def test_the_service_finds_the_master() -> None:
    """By its labels, at the port at which Locust's workers look for it."""
    service, job = NAMED["Service footfall-master"]["spec"], NAMED["Job footfall-master"]["spec"]["template"]
    assert service["selector"].items() <= job["metadata"]["labels"].items()
    (port,) = service["ports"]
    (offered,) = job["spec"]["containers"][0]["ports"]
    assert port["targetPort"] == offered["containerPort"] == 5557
