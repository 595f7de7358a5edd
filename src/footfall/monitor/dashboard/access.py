"""Who looks at the dashboard: log-in by token, a signed session, and tokens against forged requests.

Nothing of a session is kept on the server but the ids of those that were signed out, so a restart ends no session. A session names
the token that it came by, not a role: who has which role is read from the configuration each time, and a token that is taken away
there takes its sessions with it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from itsdangerous import BadData, URLSafeSerializer

from footfall.clock import Clock, from_text, to_text

ATTEMPTS, WINDOW_S = 5, 300.0
"""Wrong tokens that one address may try within so many seconds."""
_ATTEMPTS_OF_ALL = 100
_REMEMBERED = 1000
_SCRYPT = {"n": 2**14, "r": 8, "p": 1}


class Role(StrEnum):
    """What somebody may do."""

    VIEWER = "viewer"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Person:
    """Somebody who looks at the dashboard. `session` is empty where nobody has to sign in; `until` is when it ends."""

    name: str
    role: Role
    session: str = ""
    until: datetime | None = None

    @property
    def acts(self) -> bool:
        """Whether this person may acknowledge, resolve and note."""
        return self.role is Role.OPERATOR


ANYBODY = Person("", Role.VIEWER)
"""Whoever reaches a dashboard without tokens: such a one is served to this machine alone, and only shows."""


class Access:
    """Knows the tokens: `operators` and `viewers` by name. A session lasts `session_s`."""

    def __init__(self, operators: Mapping[str, str], viewers: Mapping[str, str], clock: Clock, session_s: float = 12 * 3600.0) -> None:
        people = [(name, Role.OPERATOR, token) for name, token in operators.items()]
        people += [(name, Role.VIEWER, token) for name, token in viewers.items()]
        # Slow on purpose: somebody who has a cookie must not be able to try tokens on it at home.
        joined = "\0".join(sorted(token for *_, token in people)).encode()
        self._key = hashlib.scrypt(joined, salt=b"footfall dashboard", **_SCRYPT)
        self._people = {self._digest("token", token)[:16]: (Person(name, role), token) for name, role, token in people}
        self._sealer = URLSafeSerializer(self._key, salt="session", signer_kwargs={"digest_method": hashlib.sha256})
        self._clock, self.session_s = clock, session_s
        self._gone: OrderedDict[str, None] = OrderedDict()

    @property
    def asked(self) -> bool:
        """Whether one has to sign in."""
        return bool(self._people)

    def sign_in(self, token: str) -> tuple[Person, str] | None:
        """Return who has a token, and a cookie's value; None for a wrong one. Every token is compared, in the same time."""
        given = token.strip().encode()
        found = [(tag, person) for tag, (person, known) in self._people.items() if hmac.compare_digest(given, known.encode())]
        if not found:
            return None
        tag, person = found[0]
        session, until = secrets.token_urlsafe(12), self._clock.now() + timedelta(seconds=self.session_s)
        return Person(person.name, person.role, session, until), str(self._sealer.dumps([tag, session, to_text(until)]))

    def person(self, cookie: str) -> Person | None:
        """Return whose session a cookie is; None for none, a forged, an ended or a signed-out one."""
        if not self.asked:
            return ANYBODY
        try:
            tag, session, text = self._sealer.loads(cookie)
            until = from_text(text)
        except (BadData, ValueError, TypeError):
            return None
        found = self._people.get(tag)
        if found is None or session in self._gone or self._clock.now() >= until:
            return None
        return Person(found[0].name, found[0].role, session, until)

    def holds(self, person: Person) -> bool:
        """Whether a session still holds: it has not run out, and was not signed out."""
        return person.until is None or (self._clock.now() < person.until and person.session not in self._gone)

    def sign_out(self, person: Person) -> None:
        """End a session, on every page that shows it."""
        self._gone[person.session] = None
        if len(self._gone) > _REMEMBERED:
            self._gone.popitem(last=False)

    def seal(self, person: Person) -> str:
        """Return what each of a session's forms must carry, so that no other site can send one."""
        return self._digest("form", person.session) if person.session else ""

    def sealed(self, person: Person, given: str) -> bool:
        """Whether a form carries its session's seal."""
        return bool(person.session) and hmac.compare_digest(given.encode(), self.seal(person).encode())

    def _digest(self, purpose: str, text: str) -> str:
        return hmac.new(self._key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


class Attempts:
    """Counts wrong tokens: by address, and of all addresses together."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque(maxlen=_ATTEMPTS_OF_ALL)

    def wait_s(self, address: str) -> float:
        """Return how long an address must wait before its next attempt; 0 if it need not."""
        mine = self._by.get(address, deque())
        return max(self._left(mine, ATTEMPTS), self._left(self._all, _ATTEMPTS_OF_ALL))

    def _left(self, tried: deque[float], allowed: int) -> float:
        if len(tried) < allowed:
            return 0.0
        return max(0.0, tried[-allowed] + WINDOW_S - self._clock.monotonic())

    def failed(self, address: str) -> None:
        """Count a wrong token."""
        mine = self._by.setdefault(address, deque(maxlen=ATTEMPTS))
        self._by.move_to_end(address)
        if len(self._by) > _REMEMBERED:
            self._by.popitem(last=False)
        for tried in (mine, self._all):
            tried.append(self._clock.monotonic())
