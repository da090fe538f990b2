# SPDX-License-Identifier: Apache-2.0
"""A SIP endpoint that does exactly what a test tells it, for what SIPp cannot express in a few lines."""

from __future__ import annotations

import socket
import time
import uuid
from dataclasses import dataclass, field

COMPACT = {
    "v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "c": "content-type",
}


@dataclass
class Message:
    """One received message. Header names are in lower case, compact forms spelt out."""

    start_line: str
    headers: list[tuple[str, str]]
    body: str = ""

    @classmethod
    def parse(cls, data: bytes) -> Message:
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        lines = head.split("\r\n")
        headers = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            headers.append((COMPACT.get(name, name), value.strip()))
        return cls(lines[0], headers, body)

    @property
    def status(self) -> int | None:
        """The status code, or None for a request."""
        return int(self.start_line.split()[1]) if self.start_line.startswith("SIP/2.0 ") else None

    @property
    def method(self) -> str:
        return self.header("cseq").split()[1]

    @property
    def uri(self) -> str:
        return self.start_line.split()[1]

    def header(self, name: str) -> str:
        """The first value; an absent header is a failed test."""
        values = self.all(name)
        assert values, f"no {name} in {self.start_line}"
        return values[0]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def contacts(self) -> list[str]:
        return [contact.strip() for value in self.all("contact") for contact in value.split(",")]


def new_tag() -> str:
    return uuid.uuid4().hex[:12]


@dataclass
class Request:
    """A request to send; `text()` is what goes out."""

    method: str
    uri: str
    local: str
    remote: str
    contact: str
    via: str
    call_id: str = field(default_factory=lambda: f"{new_tag()}@interop")
    from_tag: str = field(default_factory=new_tag)
    to_tag: str = ""
    cseq: int = 1
    branch: str = field(default_factory=lambda: f"z9hG4bK{new_tag()}")
    max_forwards: int = 70
    extra: list[str] = field(default_factory=list)
    body: str = ""

    def text(self) -> bytes:
        to_tag = f";tag={self.to_tag}" if self.to_tag else ""
        lines = [
            f"{self.method} {self.uri} SIP/2.0",
            f"Via: SIP/2.0/{self.via};branch={self.branch};rport",
            f"Max-Forwards: {self.max_forwards}",
            f"From: <{self.local}>;tag={self.from_tag}",
            f"To: <{self.remote}>{to_tag}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.cseq} {self.method}",
        ]
        if self.contact:
            lines.append(f"Contact: {self.contact}")
        lines += [*self.extra, f"Content-Length: {len(self.body.encode())}"]
        return ("\r\n".join(lines) + "\r\n\r\n" + self.body).encode()


def reply_text(request: Message, code: int, reason: str, to_tag: str = "", extra: list[str] | None = None) -> bytes:
    """A response to a received request (RFC 3261 section 8.2.6)."""
    lines = [f"SIP/2.0 {code} {reason}"]
    for name, value in request.headers:
        if name in ("via", "from", "call-id", "cseq", "record-route"):
            lines.append(f"{name}: {value}")
        elif name == "to":
            lines.append(f"to: {value}" + (f";tag={to_tag}" if to_tag and "tag=" not in value else ""))
    lines += [*(extra or []), "Content-Length: 0"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Phone:
    """A user agent on a UDP socket of its own, talking to one server."""

    def __init__(self, user: str, server: tuple[str, int], port: int = 0) -> None:
        self.user = user
        self.server = server
        family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.bind((server[0] if family == socket.AF_INET6 else "127.0.0.1", port))
        host, self.port = self._socket.getsockname()[:2]
        self.host = f"[{host}]" if ":" in host else host
        self.domain = f"[{server[0]}]:{server[1]}" if ":" in server[0] else f"{server[0]}:{server[1]}"

    def close(self) -> None:
        self._socket.close()

    @property
    def aor(self) -> str:
        return f"sip:{self.user}@{self.domain}"

    @property
    def contact(self) -> str:
        return f"<sip:{self.user}@{self.host}:{self.port}>"

    def request(self, method: str, uri: str = "", **changes: object) -> Request:
        """A request of this phone; `changes` replace fields of Request."""
        uri = uri or f"sip:{self.domain}"
        fields = {"local": self.aor, "remote": uri, "contact": self.contact, "via": f"UDP {self.host}:{self.port}"}
        return Request(method, uri, **{**fields, **changes})  # type: ignore[arg-type]

    def register_request(self, **changes: object) -> Request:
        fields = {"remote": self.aor, "extra": ["Expires: 600"], **changes}
        return self.request("REGISTER", f"sip:{self.domain}", **fields)

    def send(self, message: Request | bytes) -> None:
        self._socket.sendto(message if isinstance(message, bytes) else message.text(), self.server)

    def receive(self, timeout: float = 5.0) -> Message | None:
        self._socket.settimeout(max(timeout, 0.001))
        try:
            return Message.parse(self._socket.recv(65535))
        except (TimeoutError, ConnectionRefusedError):
            return None

    def expect(self, what: str | int, timeout: float = 5.0, call_id: str = "") -> Message:
        """The next message that is the method or status code `what`; others are passed over and named on failure."""
        deadline = time.monotonic() + timeout
        seen = []
        while (left := deadline - time.monotonic()) > 0:
            message = self.receive(left)
            if message is None:
                continue
            matches = message.status == what if isinstance(what, int) else message.start_line.startswith(f"{what} ")
            if matches and (not call_id or message.header("call-id") == call_id):
                return message
            seen.append(message.start_line)
        raise AssertionError(f"{self.user} waited {timeout:g} s for {what}; it got {seen}")

    def expect_silence(self, seconds: float) -> None:
        message = self.receive(seconds)
        assert message is None, f"{self.user} got {message.start_line}"

    def final_response(self, request: Request, timeout: float = 5.0) -> Message:
        """Sends, and sends again every half second as RFC 3261 section 17.1.2 does, until a final response."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self.send(request)
            resend_at = min(time.monotonic() + 0.5, deadline)
            while (left := resend_at - time.monotonic()) > 0:
                response = self.receive(left)
                if response and (response.status or 0) >= 200 and response.header("call-id") == request.call_id:
                    return response
        raise AssertionError(f"no final response to {request.method} {request.uri} in {timeout:g} s")

    def reply(self, request: Message, code: int, reason: str, to_tag: str = "", extra: list[str] | None = None) -> None:
        self.send(reply_text(request, code, reason, to_tag, extra))

    def register(self, **changes: object) -> Message:
        response = self.final_response(self.register_request(**changes))
        assert response.status == 200, response.start_line
        return response
