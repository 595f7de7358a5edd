"""Corner, footfall's embedded shop: an island that imports nothing of the engine. See docs/corner.md."""

from __future__ import annotations

from footfall.demo.options import DemoOptions

__all__ = ["DemoOptions", "serve"]


def serve(options: DemoOptions) -> int:
    """Serve Corner until a signal, or the parent's end, stops it; returns the exit code."""
    from footfall.demo import server  # noqa: PLC0415 - the web framework loads only when Corner really starts

    return server.serve(options)
