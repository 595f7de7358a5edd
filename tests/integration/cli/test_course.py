"""What draws figures is imported while the store is read."""

from __future__ import annotations

import subprocess
import sys

HURRIED = "from footfall.cli.course import _import_meanwhile; _import_meanwhile('footfall.report.frames')"


def test_a_page_that_needs_no_figures_may_be_done_before_they_are_imported() -> None:
    """A process that ends meanwhile ends in silence, and not with a traceback of the import."""
    ended = subprocess.run([sys.executable, "-c", HURRIED], capture_output=True, text=True, check=True, timeout=300)
    assert ended.stderr == ""
