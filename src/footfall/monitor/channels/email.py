"""E-mail, as text and HTML. The Message-ID is made of the message's key: a repetition has the same, and mail programs thread by it."""

from __future__ import annotations

import hashlib
import smtplib
from collections.abc import Collection, Mapping, Sequence
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, parseaddr
from urllib.parse import unquote, urlsplit

from footfall.monitor.channels.base import SENDING, TIMEOUT_S, ChannelError, PartlySentError, trust
from footfall.monitor.letter import Letter
from footfall.store.outbox import REACHED

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class Email:
    """Sends letters by `server`: `smtp://`, `smtps://` or `smtp+starttls://user:password@host:port`."""

    def __init__(self, server: str, sender: str, to: Sequence[str]) -> None:
        self._server, self._sender, self._to = urlsplit(server), sender, tuple(to)
        self._addresses = tuple(address for _, address in getaddresses(to))

    async def send(self, letter: Letter) -> None:
        """Send a letter to those who do not have it yet, by what the store remembers of earlier tries.

        Raises ChannelError, permanent for a refused log-in or sender, or when everybody is refused for good; PartlySentError when only
        some are.
        """
        message = mail(letter, self._sender, self._to)
        have = set(letter.content.get(REACHED, ()))
        wanted = [address for address in self._addresses if _mark(address) not in have]
        try:
            refused = await SENDING.run(lambda: self._deliver(message, wanted))
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused) as error:
            raise ChannelError(f"the server refuses it: {type(error).__name__}", permanent=_is_final(error)) from error
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise ChannelError(f"it could not be sent: {error or type(error).__name__}") from error
        have.update(_mark(address) for address in wanted if address not in refused)
        self._judge(refused, have)

    @staticmethod
    def _judge(refused: Mapping[str, tuple[int, bytes]], have: Collection[str]) -> None:
        if not refused:
            return
        said = ", ".join(f"{address} ({code})" for address, (code, _) in refused.items())
        final = all(code >= 500 for code, _ in refused.values())
        if final and have:
            raise PartlySentError(f"the server refuses {said}; the others have it")
        raise ChannelError(f"the server refuses {said}", permanent=final, reached=sorted(have))

    def _deliver(self, message: EmailMessage, to: Sequence[str]) -> dict[str, tuple[int, bytes]]:
        """Send to some addresses; return those that the server refuses, with its answers."""
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
            try:
                return connection.send_message(message, to_addrs=list(to))
            except smtplib.SMTPRecipientsRefused as error:
                return error.recipients


def _is_final(error: smtplib.SMTPException) -> bool:
    """Whether the server said 5xx: 4xx means "not now"."""
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


def _mark(address: str) -> str:
    """What the store keeps for an address that has a letter: nobody is to be read from it."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def _id(text: str, domain: str) -> str:
    return f"<{hashlib.sha256(text.encode()).hexdigest()[:40]}@{domain}>"
