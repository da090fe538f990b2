# SPDX-License-Identifier: Apache-2.0
"""The servers under load: how each is started, found ready, and stopped."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from runner import proc

BENCH = Path(__file__).resolve().parent.parent
SERVER_CORE = 0
# What Via and Record-Route of a proxy on 127.0.0.1 add to a request: the relay adds as much, so that sizes are alike.
RELAY_PADDING = 150


def free_port():
    """A UDP port of 127.0.0.1 that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One server process on a free port, pinned to SERVER_CORE; a context manager that stops it."""

    def __init__(self, name, build, options, command, padding=0):
        self.name = name
        self.auth = "none"  # how the load generator's phones authenticate
        self.database_pids = []
        self.port = free_port()
        self.uas_port = free_port()  # where the load generator's contacts point
        self.padding = padding
        self._keeper = build / "bench/bench_keeper" if options.keep_awake else None
        self._priority = options.priority
        self._command = [str(part).format(port=self.port, uas_port=self.uas_port) for part in command]
        self._process = None
        self._report = None
        self.keeper_pids = []  # of the process that keeps the core awake, if it was wanted

    def __enter__(self):
        keeper_pid, self._report = os.pipe()
        self.begun = time.monotonic()
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            preexec_fn=self._settle)
        os.close(self._report)
        with open(keeper_pid, "rb") as report:
            self.keeper_pids = [int(pid) for pid in report.read().split()]
        try:
            self._await_answer()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception):
        pids = self.pids()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            self._process.wait()
        self._process.stderr.close()

    def pids(self):
        """The server's processes."""
        return proc.family(self._process.pid)

    def _settle(self):
        proc.settle_on(SERVER_CORE, self._priority)
        if self._keeper:
            proc.leave_keeper(self._keeper, self._report)

    def _await_answer(self):
        """Returns once a REGISTER of a user of its own is answered."""
        deadline = time.monotonic() + 20
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("127.0.0.1", self.port))
            probe.settimeout(0.2)
            host = "127.0.0.1:%d" % probe.getsockname()[1]
            register = (
                "REGISTER sip:bench.test SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {host};branch=z9hG4bKprobe;rport\r\n"
                "Max-Forwards: 70\r\nFrom: <sip:probe@bench.test>;tag=probe\r\nTo: <sip:probe@bench.test>\r\n"
                f"Call-ID: probe@{host}\r\nCSeq: 1 REGISTER\r\nContact: <sip:probe@{host}>\r\n"
                "Expires: 60\r\nContent-Length: 0\r\n\r\n").encode()
            while time.monotonic() < deadline:
                if self._process.poll() is not None:
                    raise RuntimeError(f"{self.name} ended with {self._process.returncode}: "
                                       + self._process.stderr.read().decode(errors="replace")[-2000:])
                try:
                    probe.send(register)
                    probe.recv(65536)
                    return
                except (TimeoutError, ConnectionRefusedError):
                    time.sleep(0.05)
        raise RuntimeError(f"{self.name} did not answer within 20 s")


def relay(build, options, database=None):
    """The bare relay, which may ask MariaDB for the users."""
    command = [build / "bench/bench_relay", "--listen", "127.0.0.1:{port}", "--callee", "127.0.0.1:{uas_port}",
               "--padding", RELAY_PADDING, *(["--database", database] if database else [])]
    return Server("relay", build, options, command, RELAY_PADDING)


def kamailio(build, options, script=BENCH / "kamailio.cfg", kind=Server):
    """Kamailio with kamailio.cfg, or what was made of it, and room for a million contacts."""
    command = ["kamailio", "-f", script, "-l", "udp:127.0.0.1:{port}",
               "-n", options.kamailio_children, "-m", 4096, "-M", 32, "-DD"]
    return kind("kamailio", build, options, command)


def carillon(build, options, script=BENCH / "carillon.cfg", kind=Server):
    """Carillon with carillon.cfg, or what was made of it, and one worker, for the one core it gets."""
    command = [build / "carillon", "run", "-f", script, "-l", "udp:127.0.0.1:{port}", "--workers", 1]
    return kind("carillon", build, options, command)


START = {"relay": relay, "kamailio": kamailio, "carillon": carillon}
