"""Does the suite work at all: one user of each kind for ten seconds."""

from __future__ import annotations

from users import Admin, Booker, Chatter, FormSender, JobPoster, Shopper, Supplier

from footfall.load.stages import hold, step
from footfall.load.users import StagedShape

EVERYBODY = (Admin, Booker, Chatter, FormSender, JobPoster, Shopper, Supplier)
for user in EVERYBODY:
    user.fixed_count = 1  # one of each, whatever their weights
del user  # or Locust takes it for another class of users


class Smoke(StagedShape):
    """One of each."""

    stages = (step(to=len(EVERYBODY)), hold("10s"))
