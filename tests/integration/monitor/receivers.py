"""Real receivers of alerts on 127.0.0.1: an HTTP server and an SMTP server that remember what they were sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.ports import quiet_port


@dataclass
class Post:
    """One request that came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Receiver:
    """An HTTP server; `answer` chooses the status for a request."""

    posts: list[Post] = field(default_factory=list)
    answer: Callable[[Post], int] = lambda _post: 202
    url: str = ""

    def start(self) -> ThreadingHTTPServer:
        """Listen on a free port."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                post = Post(self.path, dict(self.headers.items()), body)
                status = receiver.answer(post)
                if 200 <= status < 300:
                    receiver.posts.append(post)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server

    def kinds(self, path: str) -> list[str]:
        """The kinds of the webhook letters that came in at a path."""
        return [post.json["kind"] for post in self.posts if post.path == path]


@dataclass
class Mailbox:
    """An SMTP server; `refuse` is its answer to every mail, where it is set, `refused` to one for these. `told` is who got each mail."""

    mails: list[EmailMessage] = field(default_factory=list)
    told: list[list[str]] = field(default_factory=list)
    refuse: str = ""
    refused: dict[str, str] = field(default_factory=dict)
    url: str = ""

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take somebody the mail is for."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take a mail."""
        if self.refuse:
            return self.refuse
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.told.append(list(envelope.rcpt_tos))
        return "250 OK"

    def start(self) -> Controller:
        """Listen on a free port."""
        port = quiet_port()  # aiosmtpd connects to the port that it was given, so it must be a real one
        controller = Controller(self, hostname="127.0.0.1", port=port, ready_timeout=60)
        controller.start()
        self.url = f"smtp://127.0.0.1:{port}"
        return controller
