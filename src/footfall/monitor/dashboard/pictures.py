"""The screenshots of walks: which there are, and the file of one of them, which is served only if the store knows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from footfall.errors import StoreError, UsageError
from footfall.samples import Artifact
from footfall.store import reader
from footfall.store.writer import Store

LARGEST = 20_000_000
_RUN = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}", re.ASCII)
_TYPES = {b"\x89PN": "image/png", b"\xff\xd8\xff": "image/jpeg"}


@dataclass(frozen=True)
class Shot:
    """A screenshot: of which step, and its address; that is empty where the file is not on this machine but on that of `place`."""

    part: str
    address: str
    place: str = ""


def shots(store: Store, root: Path, run: str) -> tuple[Shot, ...]:
    """Return a run's screenshots in the order in which they were taken. Raises StoreError."""
    taken = [(number, each) for number, each in enumerate(_artifacts(store, run)) if each.kind == "screenshot"]
    place = reader.run(store, run).run.location if taken else ""
    return tuple(
        Shot(each.part, f"/pictures/{run}/{number}") if _file(root, run, each) else Shot(each.part, "", place) for number, each in taken
    )


def picture(store: Store, root: Path, run: str, number: int) -> tuple[bytes, str] | None:
    """Return a screenshot's bytes and media type; None for whatever is no screenshot of a stored run. Raises StoreError."""
    artifacts = _artifacts(store, run)
    if number >= len(artifacts) or artifacts[number].kind != "screenshot":
        return None
    file = _file(root, run, artifacts[number])
    if file is None or file.stat().st_size > LARGEST:
        return None
    content = file.read_bytes()
    kind = _TYPES.get(content[:3])
    return (content, kind) if kind else None


def _artifacts(store: Store, run: str) -> list[Artifact]:
    """A run's artifacts; an id that cannot be one is not even looked for."""
    if not _RUN.fullmatch(run):
        return []
    try:
        return reader.artifacts(store, run)
    except StoreError:
        raise
    except UsageError:
        return []


def _file(root: Path, run: str, artifact: Artifact) -> Path | None:
    """Return an artifact's file, if it truly lies in its run's folder, whatever the store says and wherever links lead."""
    folder = root / "out" / run
    try:
        file = (folder / artifact.path).resolve(strict=True)
        kept = (folder / "artifacts").resolve(strict=True)
    except (OSError, ValueError):
        return None
    return file if file.is_file() and file.is_relative_to(kept) else None
