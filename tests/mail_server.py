"""A real SMTP server (aiosmtpd) that keeps what it takes; it can be stopped and started again on its port."""

import contextlib
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

PORTS = 20_000, 32_768


@dataclass
class Mailbox:
    """Takes mails as a real server does; `refuse` makes it answer with a code."""

    mails: list[EmailMessage] = field(default_factory=list)
    refuse: str = ""
    port: int = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        if self.refuse:
            return self.refuse
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Answer on the port while the block lasts."""
        controller = Controller(self, hostname="127.0.0.1", port=self.port)
        controller.start()
        try:
            yield
        finally:
            controller.stop()


def free_port() -> int:
    """Find a port that nobody listens on, below those that the system gives to connections: none takes it meanwhile."""
    while True:
        port = random.randrange(*PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
