"""SVG elements as escaped markup."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

_WORDS = 32
WIDE = 1000.0
"""Width of the stretched viewBox that lines and areas are drawn in."""


def tag(name: str, *children: str | Markup, **attributes: str | float | None) -> Markup:
    """Return an element; `class_` is class, other underscores become hyphens, None leaves an attribute out, text is escaped."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{number(value) if isinstance(value, (int, float)) else escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(map(escape, children))
    return Markup(f"<{name}{written}>{inner}</{name}>")  # noqa: S704  # names are literals of this package, all else is escaped above


def number(value: float) -> str:
    """Write a coordinate with as few digits as the eye needs."""
    return f"{value:.1f}".removesuffix(".0").replace("-0", "0") if abs(value) < 0.1 else f"{value:.1f}".removesuffix(".0")


def percent(share: float) -> str:
    """Write a share of the width (0 to 1) as a coordinate."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def plot(height: float, label: str, *children: Markup, class_: str = "plot") -> Markup:
    """Return a picture as wide as its place and `height` pixels high; `label` tells in words what can be seen."""
    return tag("svg", *children, class_=class_, width="100%", height=height, role="img", aria_label=label, fill="none", stroke="none")


def stretched(height: float, *children: Markup) -> Markup:
    """Return the layer whose coordinates are 0 to WIDE across and pixels down."""
    return tag("svg", *children, width="100%", height=height, viewBox=f"0 0 {WIDE:g} {number(height)}", preserveAspectRatio="none")


def line(points: Sequence[tuple[float, float] | None], class_: str) -> Markup:
    """Return a line through points of the stretched layer; None is a gap. A point alone between gaps becomes a short dash."""
    pieces, fresh = [], True
    for n, point in enumerate(points):
        if point is None:
            fresh = True
            continue
        alone = fresh and (n + 1 == len(points) or points[n + 1] is None)
        pieces.append(f"{'M' if fresh else 'L'}{number(point[0])} {number(point[1])}" + ("h4" if alone else ""))
        fresh = False
    return tag("path", d="".join(pieces), class_=class_, stroke="currentColor") if pieces else Markup("")


def area(points: Sequence[tuple[float, float]], floor: float, class_: str) -> Markup:
    """Return the area between points of the stretched layer and `floor`."""
    if len(points) < 2:
        return Markup("")
    through = "".join(f"L{number(x)} {number(y)}" for x, y in points)
    return tag("path", d=f"M{number(points[0][0])} {number(floor)}{through}V{number(floor)}Z", class_=class_)


def text(words: str, share: float, y: float, class_: str = "label", anchor: str = "") -> Markup:
    """Return text at a share of the width; near an edge it is anchored so that it stays inside; words without end are cut."""
    words = words if len(words) <= _WORDS else words[: _WORDS - 1] + "…"
    side = anchor or ("start" if share < 0.18 else "end" if share > 0.82 else "middle")
    return tag("text", words, x=percent(share), y=y, class_=class_, text_anchor=side, fill="currentColor")
