"""Where the starter is: the suite that `footfall init` lays out, and the report templates that a suite without its own uses.

The wheel carries it as `footfall/starter`; a source checkout is its own starter, so that git holds one copy.
"""

from __future__ import annotations

from pathlib import Path


def starter() -> Path:
    """Return the folder that holds `journeys`, `loadtests`, `reports`, `footfall.toml` and `thresholds.toml`."""
    package = Path(__file__).resolve().parent
    shipped = package / "starter"
    return shipped if shipped.is_dir() else package.parents[1]
