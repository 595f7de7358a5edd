"""The draft of a post-mortem, in Markdown, from the template `_postmortem.md` (the suite's, else the starter's)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from footfall.clock import to_text
from footfall.monitor.content import OPENED, content_of
from footfall.monitor.letter import EMPTY, templates
from footfall.store.incidents import Entry, Incident


def postmortem(incident: Incident, timeline: Sequence[Entry], now: datetime, root: Path) -> str:
    """Return the draft."""
    looked = incident.acknowledged or incident.opened
    values = {
        "incident": incident,
        "content": {**EMPTY, **content_of(incident, OPENED, now)},
        "timeline": timeline,
        "acknowledged": to_text(looked),
        "detect": (incident.opened - incident.began).total_seconds() / 60,
        "react": (looked - incident.opened).total_seconds() / 60,
    }
    return templates(root).get_template("_postmortem.md").render(values).strip() + "\n"
