"""A sparkline as SVG, without any style of its own: a strict policy would refuse that."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

WIDE, HIGH = 120, 24
_EDGE = 2


def spark(values: Sequence[float | None], failed: Sequence[bool] = (), label: str = "") -> Markup:
    """Draw values oldest first, on a scale that has 0 in it; None is a gap. Where `failed` says so, a bar stands over the whole height.

    One value alone is no line, and draws nothing.
    """
    if len(values) < 2:
        return Markup("")
    step = WIDE / (len(values) - 1)
    seen = [0.0, *(value for value in values if value is not None)]
    bars = "".join(f'<rect class="miss" x="{n * step - 1:.1f}" y="0" width="2" height="{HIGH}"/>' for n, bad in enumerate(failed) if bad)
    drawn = Markup(f'<path class="line" d="{_path(values, step, min(seen), max(seen))}"/>')  # noqa: S704  # numbers of our own
    told = escape(label)
    return Markup(  # noqa: S704  # the label is escaped
        f'<svg class="spark" width="{WIDE}" height="{HIGH}" viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{told}">{bars}{drawn}</svg>'
    )


def _path(values: Sequence[float | None], step: float, low: float, top: float) -> str:
    pieces, fresh = [], True
    for n, value in enumerate(values):
        if value is None:
            fresh = True
            continue
        y = HIGH - _EDGE - (HIGH - 2 * _EDGE) * (value - low) / ((top - low) or 1.0)
        pieces.append(f"{'M' if fresh else 'L'}{n * step:.1f} {y:.1f}" + ("h1" if fresh else ""))
        fresh = False
    return "".join(pieces)
