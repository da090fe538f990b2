# SPDX-License-Identifier: Apache-2.0
"""Redis servers of a test: a single one, or a Cluster of three; and a wire to one that the test can cut."""

from __future__ import annotations

import binascii
import contextlib
import select
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from .program import Program, Programs
from .waiting import free_port, wait_until

SLOTS = 16384
HOST = "127.0.0.1"

Reply = None | int | str | list["Reply"]


class RedisError(Exception):
    """What the server answers with a minus sign."""


class RedisConnection:
    """The protocol of Redis (RESP2) as far as tests need it. Texts are UTF-8, bytes that aren't are escaped."""

    def __init__(self, port: int, host: str = HOST, timeout: float = 2.0) -> None:
        self._socket = socket.create_connection((host, port), timeout)
        self._file = self._socket.makefile("rb")

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def __enter__(self) -> RedisConnection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def command(self, *words: object) -> Reply:
        parts = [str(word).encode() for word in words]
        self._socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        reply = self._read()
        if isinstance(reply, RedisError):
            raise reply
        return reply

    def _read(self) -> Reply | RedisError:
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server has closed the connection")
        kind, rest = line[:1], line[1:-2].decode(errors="backslashreplace")
        if kind == b"+":
            return rest
        if kind == b"-":
            return RedisError(rest)
        if kind == b":":
            return int(rest)
        size = int(rest)
        if size < 0:
            return None
        if kind == b"*":
            return [self._read() for _ in range(size)]  # type: ignore[misc]
        return self._file.read(size + 2)[:-2].decode(errors="backslashreplace")


def slot_of(key: str) -> int:
    """The slot of a key in a Cluster; CRC-16/XMODEM of its hash tag, or of all of it."""
    tag = key
    if (opening := key.find("{")) >= 0 and (closing := key.find("}", opening)) > opening + 1:
        tag = key[opening + 1:closing]
    return binascii.crc_hqx(tag.encode(), 0) % SLOTS


class RedisServer:
    """One redis-server process, with its files in a folder of its own. start() after kill() finds the same data."""

    def __init__(self, programs: Programs, options: Sequence[str] = (), cluster: bool = False) -> None:
        self._programs = programs
        self.port = free_port()
        self.bus_port = free_port() if cluster else 0
        self.folder: Path = programs.folder / f"redis-{self.port}"
        self.folder.mkdir()
        self._argv = [
            "redis-server", "--port", str(self.port), "--bind", HOST, "--dir", str(self.folder), "--save", "",
            "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no", *options]
        if cluster:
            self._argv += ["--cluster-enabled", "yes", "--cluster-port", str(self.bus_port),
                           "--cluster-node-timeout", "1000", "--cluster-require-full-coverage", "no"]
        self.program: Program | None = None

    def start(self) -> RedisServer:
        """Ready when it answers PING."""
        self.program = self._programs.start("redis", self._argv)
        wait_until(self._answers, f"the redis-server at {self.port} to answer")
        return self

    def _answers(self) -> bool:
        assert self.program is not None and self.program.exit_code is None, "redis-server has ended"
        try:
            return self.command("PING") == "PONG"
        except (OSError, RedisError):
            return False

    def connect(self) -> RedisConnection:
        return RedisConnection(self.port)

    def command(self, *words: object) -> Reply:
        """On a connection of its own."""
        with self.connect() as connection:
            return connection.command(*words)

    def kill(self) -> None:
        """As the machine losing power, but that what was written is on the disk."""
        assert self.program is not None
        self.program.kill()

    @contextlib.contextmanager
    def hung(self) -> Iterator[None]:
        """It keeps its connections and answers nothing."""
        assert self.program is not None
        self.program.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.program.send_signal(signal.SIGCONT)


class RedisCluster:
    """Three masters without replicas that share the slots."""

    def __init__(self, programs: Programs, options: Sequence[str] = (), masters: int = 3) -> None:
        self.nodes = [RedisServer(programs, options, cluster=True) for _ in range(masters)]
        self._write_configuration()
        for node in self.nodes:
            node.start()
        self.wait_ok()

    def _write_configuration(self) -> None:
        """What CLUSTER MEET and ADDSLOTS come to in the end, without their waiting."""
        names = [f"{number:040x}" for number in range(1, len(self.nodes) + 1)]
        for own in range(len(self.nodes)):
            lines = []
            for number, node in enumerate(self.nodes):
                first = SLOTS * number // len(self.nodes)
                last = SLOTS * (number + 1) // len(self.nodes) - 1
                flags = "myself,master" if number == own else "master"
                lines.append(f"{names[number]} {HOST}:{node.port}@{node.bus_port} {flags} - 0 0 {number + 1} "
                             f"connected {first}-{last}")
            lines.append(f"vars currentEpoch {len(self.nodes)} lastVoteEpoch 0")
            (self.nodes[own].folder / "nodes.conf").write_text("\n".join(lines) + "\n")

    def wait_ok(self, timeout: float = 15.0) -> None:
        """Every node knows all nodes as reachable and all slots as served."""
        wait_until(lambda: all(self._is_ok(node) for node in self.nodes), "the Cluster to be up", timeout)

    def _is_ok(self, node: RedisServer) -> bool:
        try:
            info = str(node.command("CLUSTER", "INFO"))
        except (OSError, RedisError):
            return False
        return "cluster_state:ok" in info and f"cluster_slots_ok:{SLOTS}" in info

    def node_of(self, key: str) -> RedisServer:
        """The master that has the key, as long as no slots were moved."""
        slot = slot_of(key)
        for number, node in enumerate(self.nodes):
            if slot < SLOTS * (number + 1) // len(self.nodes):
                return node
        raise AssertionError("a slot beyond the last")

    def command(self, *words: object) -> Reply:
        """A command whose second word is the key."""
        return self.node_of(str(words[1])).command(*words)

    def everywhere(self, *words: object) -> list[Reply]:
        return [node.command(*words) for node in self.nodes]

    @property
    def hosts(self) -> str:
        """As URLs name them."""
        return ",".join(f"{HOST}:{node.port}" for node in self.nodes)


class Wire:
    """A port that leads to another one, until it is cut: then nothing gets through, and nothing is closed either."""

    def __init__(self, port: int) -> None:
        self._target = port
        self.port = free_port()
        self._listener = socket.create_server((HOST, self.port))
        self._whole = threading.Event()
        self._whole.set()
        self._ended = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        """What was sent meanwhile is lost with its connections, as after a long silence."""
        self._drop()
        self._whole.set()

    def close(self) -> None:
        self._ended = True
        self._whole.set()
        self._listener.close()
        self._drop()

    def _drop(self) -> None:
        for pair in self._pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def _accept(self) -> None:
        while not self._ended:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        self._whole.wait()
        with near, contextlib.suppress(OSError), socket.create_connection((HOST, self._target)) as far:
            pair = (near, far)
            self._pairs.append(pair)
            while not self._ended:
                ready, _, _ = select.select(pair, [], [])
                self._whole.wait()
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        return
                    (far if end is near else near).sendall(data)
