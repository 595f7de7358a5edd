"""What all users of one Locust process share, kept on Locust's own Environment."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

import gevent.ssl
from locust.env import Environment

from footfall.load.http.client import Bounds
from footfall.load.users.arrivals import Dispatcher

_NAME = "footfall_context"


@dataclass
class Context:
    """Headers to send to the target with every request, the TLS settings of all connections, an open profile's arrivals, users' bounds."""

    headers: Mapping[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext = field(default_factory=gevent.ssl.create_default_context)
    arrivals: Dispatcher | None = None
    bounds: Bounds = field(default_factory=Bounds)


def context_of(environment: Environment) -> Context:
    """Return the context of a Locust environment; a fresh one the first time."""
    context = vars(environment).setdefault(_NAME, None) or Context()
    vars(environment)[_NAME] = context
    return context
