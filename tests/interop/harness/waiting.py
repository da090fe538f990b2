# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition, never for a fixed time; and free ports."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.02
_handed_out: set[int] = set()


def wait_until(condition: Callable[[], T], what: str, timeout: float = 10.0) -> T:
    """The first true value of `condition`; fails the test after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:g} s for {what}")
        time.sleep(POLL_SECONDS)


# Below the range from which the kernel takes the ports of outgoing connections, which could come between.
CANDIDATES = range(10000, 30000)


def free_port(candidates: Sequence[int] = CANDIDATES, following: int = 0) -> int:
    """A random port that was free for UDP and TCP on all addresses, and that no other caller in this run has got.

    So were the `following` ports behind it.
    """
    while True:
        first = random.choice(candidates)
        ports = range(first, first + following + 1)
        if _handed_out.isdisjoint(ports) and all(_is_free(port) for port in ports):
            _handed_out.update(ports)
            return first


def _is_free(port: int) -> bool:
    with (socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as tcp,
          socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp):
        for sock in (tcp, udp):
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        try:
            tcp.bind(("::", port))
            udp.bind(("::", port))
        except OSError:
            return False
    return True


def is_bound(port: int, protocol: str) -> bool:
    """Whether some process holds the local port: a UDP socket, or a listening TCP socket."""
    suffix = f":{port:04X}"
    for table in (protocol, f"{protocol}6"):
        path = Path("/proc/net") / table
        for line in path.read_text().splitlines()[1:] if path.exists() else []:
            fields = line.split()
            if fields[1].endswith(suffix) and (protocol == "udp" or fields[3] == "0A"):
                return True
    return False
