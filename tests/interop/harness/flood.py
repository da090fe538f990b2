# SPDX-License-Identifier: Apache-2.0
"""Many requests that wait, and what that does to those that don't."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from .program import Program, Programs
from .servers import Server, carillon_binary

# Of what waits for nothing while others wait for seconds; a server slowed down by sanitizers, with other tests beside it,
# gets more, which is still far from waiting itself.
LONGEST_P99 = 0.5 if "asan" in carillon_binary().parts else 0.050

# Sends MESSAGEs at a steady rate, in a process of its own so that it steals no time from who measures. From several
# sockets: the answers come in bursts that the buffer of one would not hold.
FLOOD = """
import select, socket, sys, time
host, port, rate, seconds, user = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
senders = []
for _ in range(32):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setblocking(False)
    one.bind(("127.0.0.1", 0))
    senders.append(one)
answers = {}
def drain(seconds):
    for ready in select.select(senders, [], [], seconds)[0]:
        try:
            while True:
                status = ready.recv(65536).split()[1].decode()
                answers[status] = answers.get(status, 0) + 1
        except BlockingIOError:
            pass
begin = time.monotonic()
sent = 0
while sent < rate * seconds:
    due = min(int((time.monotonic() - begin) * rate), rate * seconds)
    for number in range(sent, due):
        sender = senders[number % len(senders)]
        own = "127.0.0.1:%d" % sender.getsockname()[1]
        sender.sendto((
            f"MESSAGE sip:{user}@{host}:{port} SIP/2.0\\r\\nVia: SIP/2.0/UDP {own};branch=z9hG4bKflood{number};rport\\r\\n"
            f"Max-Forwards: 70\\r\\nFrom: <sip:flood@{own}>;tag={number}\\r\\nTo: <sip:x@{host}>\\r\\n"
            f"Call-ID: flood-{number}@{own}\\r\\nCSeq: 1 MESSAGE\\r\\nContent-Length: 0\\r\\n\\r\\n").encode(), (host, port))
    sent = due
    drain(0.002)
end = time.monotonic() + 15
while sum(answers.values()) < sent and time.monotonic() < end:
    drain(0.1)
print(sent, *(f"{status}={count}" for status, count in sorted(answers.items())))
"""


class Flood:
    def __init__(self, program: Program, what: str) -> None:
        self._program = program
        self._what = what

    def p99_beside(self, ask: Callable[[], None], most: int) -> float:
        """The 99th percentile, in seconds, of what `ask` takes while the flood lasts, but of `most` calls at most."""
        times = []
        while self._program.exit_code is None and len(times) < most:
            begin = time.monotonic()
            ask()
            times.append(time.monotonic() - begin)
            time.sleep(0.01)
        times.sort()
        p99 = times[int(len(times) * 0.99)]
        print(f"{len(times)} calls beside {self._what}: median {times[len(times) // 2] * 1000:.1f} ms, "
              f"p99 {p99 * 1000:.1f} ms, longest {times[-1] * 1000:.1f} ms")
        assert len(times) > 100
        return p99

    def answers(self, timeout: float = 60) -> dict[str, int]:
        """How many responses there were of each status, once all have come."""
        assert self._program.wait(timeout) == 0
        sent, *answers = self._program.output().split()
        print(sent, *answers)
        return {status: int(count) for status, _, count in (one.partition("=") for one in answers)}


def start_flood(programs: Programs, server: Server, rate: int, seconds: int, user: str = "x") -> Flood:
    program = programs.start("flood", [sys.executable, "-c", FLOOD, server.host, str(server.port), str(rate),
                                       str(seconds), user])
    return Flood(program, f"{rate} a second that wait")
