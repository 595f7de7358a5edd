"""Screenshots small enough to travel inside a report."""

from __future__ import annotations

import base64
import io
import warnings

from PIL import Image

WIDTH = 960
"""Pixels that an embedded screenshot is wide at most."""
_HEIGHT = 1600


def embedded(data: bytes) -> str:
    """Return a picture as a `data:` address, scaled down to WIDTH; empty for bytes that are no picture (or one that is absurdly large)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as picture:
                picture.thumbnail((WIDTH, _HEIGHT * 4))
                small = picture.convert("RGB").crop((0, 0, picture.width, min(picture.height, _HEIGHT)))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombWarning, Image.DecompressionBombError):
        return ""
    written = io.BytesIO()
    small.save(written, "JPEG", quality=72, optimize=True, progressive=True)
    return "data:image/jpeg;base64," + base64.b64encode(written.getvalue()).decode()
