"""Everything else: a hundred services by Apprise. They know no keys, so a repetition after a crash looks like a second message."""

from __future__ import annotations

import io
import logging

from footfall.monitor.channels.base import SENDING, ChannelError
from footfall.monitor.content import RESOLVED
from footfall.monitor.letter import Letter


class Apprise:
    """Sends letters to one of Apprise's addresses."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def send(self, letter: Letter) -> None:
        """Send a letter. Raises ChannelError."""
        said = await SENDING.run(lambda: self._notify(letter))
        if said is not None:
            raise ChannelError(said)

    def _notify(self, letter: Letter) -> str | None:
        """Send; return why it failed. Apprise answers yes or no, and logs the reason."""
        import apprise  # noqa: PLC0415  # half a second, and few suites have such a channel

        service = apprise.Apprise()
        if not service.add(self._url):
            return "Apprise does not understand the address"
        kinds = {RESOLVED: apprise.NotifyType.SUCCESS, "acknowledged": apprise.NotifyType.INFO}
        kind = kinds.get(letter.kind, apprise.NotifyType.FAILURE)
        heard = io.StringIO()
        handler = logging.StreamHandler(heard)
        handler.setLevel(logging.WARNING)
        logging.getLogger("apprise").addHandler(handler)
        try:
            sent = service.notify(title=letter.title, body=letter.text, notify_type=kind, body_format=apprise.NotifyFormat.TEXT)
        finally:
            logging.getLogger("apprise").removeHandler(handler)
        return None if sent else (heard.getvalue().strip().splitlines() or ["the service refused it"])[-1]
