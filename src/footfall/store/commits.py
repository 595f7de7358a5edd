"""Which commits lie between two runs, as far as the repository around the suite knows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from footfall.store.provenance import git

MOST = 20
"""Commits that are listed by name; the others are counted."""
_LONGEST = 200
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True)
class Between:
    """The commits after one up to another, newest first: (short name, first line of its message), and how many `more` there are.

    The lines are as somebody wrote them: whoever shows them cleans them.
    """

    listed: tuple[tuple[str, str], ...] = ()
    more: int = 0


NOTHING = Between()
"""No commits are known."""


def commits_between(root: Path, last: str, first: str) -> Between:
    """Return what was committed after `last` up to `first`, which is among them; nothing unless the repository knows all of it.

    It does not without git, in a shallow clone, of another repository's commits, or where `first` does not come after `last`.
    """
    if last == first or not (_COMMIT.fullmatch(last) and _COMMIT.fullmatch(first)):  # an imported run may name anything as its commit
        return NOTHING
    span = f"{last}..{first}"
    if git(root, "rev-parse", "--is-shallow-repository") != "false" or git(root, "merge-base", last, first) != git(
        root, "rev-parse", "--verify", "--quiet", f"{last}^{{commit}}"
    ):
        return NOTHING
    count = git(root, "rev-list", "--count", span, "--")
    told = git(
        root, "log", "-z", "--no-patch", "--no-color", "--no-show-signature", "--encoding=UTF-8", f"--max-count={MOST}",
        f"--format=%h %<({_LONGEST},trunc)%s", span, "--",
    )  # fmt: skip
    listed = tuple((name, line.strip()[:_LONGEST]) for name, _, line in (each.strip().partition(" ") for each in told.split("\0")) if name)
    return Between(listed, int(count) - len(listed)) if count.isdecimal() and listed else NOTHING
