"""footfall walks a site the way its customers do, and says whether it is still good enough."""

from __future__ import annotations

__version__ = "0.1.0"
