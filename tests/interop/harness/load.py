# SPDX-License-Identifier: Apache-2.0
"""Calls at a steady rate from one socket to another through a server that may be killed on the way."""

from __future__ import annotations

import select
import socket
import threading
import time
from dataclasses import dataclass, field

from .sip import Message, Request, new_tag, reply_text


@dataclass
class LoadedCall:
    invite: Request
    answered: float = 0.0  # when the 200 to the INVITE came
    over: float = 0.0  # when the 200 to the BYE came
    refused: int = 0
    bye: Request | None = None
    sent: float = 0.0
    routes: list[str] = field(default_factory=list)


class Callee:
    """Answers whatever it is asked with a 200."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port = self._socket.getsockname()[1]
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping:
            try:
                data, source = self._socket.recvfrom(65535)
            except (TimeoutError, ConnectionRefusedError):
                continue
            if data.startswith((b"INVITE ", b"BYE ")):
                contact = [f"Contact: <sip:callee@127.0.0.1:{self.port}>"] if data.startswith(b"INVITE ") else []
                self._socket.sendto(reply_text(Message.parse(data), 200, "OK", "callee", contact), source)

    def close(self) -> None:
        self._stopping = True
        self._thread.join()
        self._socket.close()


@dataclass
class Caller:
    """`lasts`: seconds from the answer to the BYE. Unanswered BYEs are sent again, INVITEs are not: a call whose answer
    got lost with the server is no call."""

    server: tuple[str, int]
    callee_port: int
    rate: float
    lasts: float = 0.0
    hangs_up: bool = True
    calls: dict[str, LoadedCall] = field(default_factory=dict)
    _due: float = 0.0

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]

    def close(self) -> None:
        self._socket.close()

    def run(self, seconds: float, *, more: bool = True) -> None:
        """Goes on for so long: with `more` new calls begin."""
        end = time.monotonic() + seconds
        self._due = max(self._due, time.monotonic())
        while (now := time.monotonic()) < end:
            while more and self._due <= now:
                self._begin()
                self._due += 1 / self.rate
            self._hang_up(now)
            if select.select([self._socket], [], [], 0.002)[0]:
                self._read()

    def wait_answered(self, timeout: float = 20.0) -> None:
        """Until every call has its answer, however busy the machine is. Not after a kill, which takes some."""
        end = time.monotonic() + timeout
        while any(not call.answered for call in self.calls.values()):
            assert time.monotonic() < end, "calls without an answer"
            self.run(0.02, more=False)

    def finish(self, timeout: float = 20.0) -> None:
        """Until every call that was answered is over."""
        end = time.monotonic() + timeout
        while time.monotonic() < end and any(call.answered and not call.over for call in self.calls.values()):
            self.run(0.05, more=False)

    def answered(self) -> list[str]:
        return [name for name, call in self.calls.items() if call.answered]

    def over(self) -> list[str]:
        return [name for name, call in self.calls.items() if call.over]

    def _send(self, request: Request) -> None:
        try:
            self._socket.sendto(request.text(), self.server)
        except ConnectionRefusedError:
            pass  # of the one before

    def _begin(self) -> None:
        host = f"{self.server[0]}:{self.server[1]}"
        invite = Request("INVITE", f"sip:callee@127.0.0.1:{self.callee_port}", f"sip:caller@{host}",
                         f"sip:callee@{host}", f"<sip:caller@127.0.0.1:{self.port}>", f"UDP 127.0.0.1:{self.port}")
        self.calls[invite.call_id] = LoadedCall(invite)
        self._send(invite)

    def _inside(self, call: LoadedCall, method: str, cseq: int) -> Request:
        invite = call.invite
        return Request(method, f"sip:callee@127.0.0.1:{self.callee_port}", invite.local, invite.remote, "", invite.via,
                       call_id=invite.call_id, from_tag=invite.from_tag, to_tag="callee", cseq=cseq,
                       branch=f"z9hG4bK{new_tag()}", extra=call.routes)

    def _hang_up(self, now: float) -> None:
        if not self.hangs_up:
            return
        for call in list(self.calls.values()):
            if not call.answered or call.over or now < call.answered + self.lasts:
                continue
            if call.bye is None:
                call.bye = self._inside(call, "BYE", 2)
            elif now < call.sent + 0.5:
                continue
            call.sent = now
            self._send(call.bye)

    def _read(self) -> None:
        while True:
            try:
                message = Message.parse(self._socket.recv(65535))
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                continue
            call = self.calls.get(message.header("call-id"))
            status = message.status or 0
            if call is None or status < 200:
                continue
            if status >= 300:
                call.refused = status
            elif message.method == "INVITE":
                call.routes = [f"Route: {value}" for value in message.all("record-route")]
                call.answered = call.answered or time.monotonic()
                self._send(self._inside(call, "ACK", 1))
            else:
                call.over = call.over or time.monotonic()
