"""Screenshots small enough to travel inside a report."""

from __future__ import annotations

import base64
import io
import warnings

from PIL import Image

WIDTH = 960
"""Pixels that an embedded screenshot is wide at most."""
THUMBNAIL = 320
"""Pixels that a picture of a filmstrip is wide at most."""


def embedded(data: bytes, width: int = WIDTH) -> str:
    """Return a picture as a `data:` address, scaled down to `width`; empty for bytes that are no picture, or an absurdly large one.

    A page longer than one and a half times its width is cut there.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as picture:
                picture.thumbnail((width, 100 * width))
                small = picture.convert("RGB").crop((0, 0, picture.width, min(picture.height, picture.width * 3 // 2)))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombWarning, Image.DecompressionBombError):
        return ""
    written = io.BytesIO()
    small.save(written, "JPEG", quality=72, optimize=True, progressive=True)
    return "data:image/jpeg;base64," + base64.b64encode(written.getvalue()).decode()
