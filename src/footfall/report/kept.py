"""Which of the files that a run left a card links to, and in which order: those that explain a failure best come first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from footfall.report.clean import safe_path
from footfall.samples import Artifact, Series, walk_name

MOST_LINKS = 16
_KINDS = ("trace", "har", "video", "screenshot", "dom", "network", "console")
"""What a failure is looked up in, most telling first; any other kind follows."""


@dataclass(frozen=True)
class Link:
    """A file that the run left: its kind with the iteration it is of, and a link relative to the report."""

    kind: str
    href: str


def links(artifacts: Iterable[Artifact], series: Series | None) -> tuple[Link, ...]:
    """Return the links to files, the first of each kind before the second of any.

    Of a series, those of its own device and crowd alone, where there are any: another device failed for reasons of its own.
    """
    found = [artifact for artifact in artifacts if not _is_frame(artifact)]
    return tuple(_link(artifact) for artifact in list(_told_best_first(own_of(found, series)))[:MOST_LINKS])


def own_of(artifacts: Sequence[Artifact], series: Series | None) -> Sequence[Artifact]:
    """Return what was kept of a series' own device and crowd, or all where nothing tells whose it is."""
    return [artifact for artifact in artifacts if series and _is_of(artifact, series)] or artifacts


def _told_best_first(artifacts: Iterable[Artifact]) -> Iterator[Artifact]:
    """Many iterations may have failed: the pictures of all of them must not push out the DOM and the console of the first."""
    seen: Counter[str] = Counter()
    ranked = []
    for artifact in artifacts:
        kind = artifact.kind.partition(" ")[0]  # "trace of a later walk"
        ranked.append((seen[kind], _KINDS.index(kind) if kind in _KINDS else len(_KINDS), artifact))
        seen[kind] += 1
    yield from (artifact for _, _, artifact in sorted(ranked, key=lambda each: each[:2]))


def _is_of(artifact: Artifact, series: Series) -> bool:
    """Whether a file's path names the walks of a series: `failures/checkout-desktop-1/page-1.png`, `traces/checkout-desktop/…`."""
    name = re.escape(walk_name(series.subject, series.label_map))
    return re.search(rf"/{name}(/|-\d)", artifact.path) is not None


def _link(artifact: Artifact) -> Link:
    of = f" of iteration {artifact.iteration}" if artifact.iteration else ""
    return Link(f"{artifact.kind}{of}", safe_path(artifact.path))


def _is_frame(artifact: Artifact) -> bool:
    """A filmstrip's picture stands with its journey; a list of a dozen of them would hide the trace."""
    return artifact.kind == "screenshot" and PurePosixPath(artifact.path).parent.name == "steps"
