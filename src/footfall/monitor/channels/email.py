"""E-mail, as text and HTML. The Message-ID is made of the message's key: a repetition has the same, and mail programs thread by it."""

from __future__ import annotations

import asyncio
import hashlib
import smtplib
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from footfall.monitor.channels.base import TIMEOUT_S, ChannelError, trust
from footfall.monitor.letter import Letter

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class Email:
    """Sends letters by `server`: `smtp://`, `smtps://` or `smtp+starttls://user:password@host:port`."""

    def __init__(self, server: str, sender: str, to: Sequence[str]) -> None:
        self._server, self._sender, self._to = urlsplit(server), sender, tuple(to)

    async def send(self, letter: Letter) -> None:
        """Send a letter. Raises ChannelError, permanent for a refused log-in, sender or recipient."""
        message = mail(letter, self._sender, self._to)
        try:
            await asyncio.to_thread(self._deliver, message)
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused) as error:
            raise ChannelError(f"the server refuses it: {type(error).__name__}", permanent=_is_final(error)) from error
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise ChannelError(f"it could not be sent: {error or type(error).__name__}") from error

    def _deliver(self, message: EmailMessage) -> None:
        parts = self._server
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        if parts.scheme == "smtps":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=trust())
        else:
            connection = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
        with connection:
            if parts.scheme == "smtp+starttls":
                connection.starttls(context=trust())
            if parts.username:
                connection.login(unquote(parts.username), unquote(parts.password or ""))
            connection.send_message(message)


def _is_final(error: smtplib.SMTPException) -> bool:
    """Whether the server said 5xx: 4xx means "not now"."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500


def mail(letter: Letter, sender: str, to: Sequence[str]) -> EmailMessage:
    """Return a letter as an e-mail."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "footfall.invalid"
    message = EmailMessage()
    message["Subject"] = letter.title[:200]
    message["From"], message["To"] = sender, ", ".join(to)
    message["Date"] = format_datetime(letter.created)
    message["Message-ID"] = _id(letter.key, domain)
    if letter.thread:
        message["References"] = message["In-Reply-To"] = _id(f"thread:{letter.thread}", domain)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Footfall-Key"] = letter.key
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    return message


def _id(text: str, domain: str) -> str:
    return f"<{hashlib.sha256(text.encode()).hexdigest()[:40]}@{domain}>"
