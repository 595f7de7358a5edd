"""A suite that is gated within seconds: Corner, one journey of one page, one probe."""

from __future__ import annotations

from pathlib import Path

SUITE = """[suite]
name = "Corner"
[targets.corner]
demo = true
[gate]
iterations = 1
[probes.health]
url = "/api/health"
checks = 2
"""
BUDGETS = """[journeys.visit]
success = "rate >= 99%"
[probes.health]
success = "rate >= 99%"
"""
JOURNEY = """from playwright.sync_api import expect


def test_visit(journey):
    page = journey.page
    with journey.step("home"):
        page.goto("/")
        expect(page.get_by_role("link").first).to_be_visible(timeout=30_000)
"""


def work_tree(root: Path) -> None:
    """Write the suite's files."""
    (root / "journeys").mkdir(parents=True)
    (root / "footfall.toml").write_text(SUITE)
    (root / "thresholds.toml").write_text(BUDGETS)
    (root / "journeys/test_visit.py").write_text(JOURNEY)
