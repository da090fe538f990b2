# SPDX-License-Identifier: Apache-2.0
"""The server under test, Carillon, and Kamailio: the second proxy of some tests, and a stand-in for Carillon.

CARILLON_BINARY names the program. With INTEROP_SERVER=kamailio Kamailio takes its place, with a configuration that
decides the same, to see that the tests demand nothing that only Carillon does.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .program import Program, Programs
from .sip import Phone
from .waiting import free_port, wait_until

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"

# @key@ values of scripts that most tests leave as they are. fr_timeout: seconds until a silent next hop counts as gone.
# scheme: what a database's name has to have before it to be a URL.
DEFAULTS = {"fr_timeout": 5, "working_mode": "single-instance-sql-write-back", "module": "db_sqlite",
            "scheme": "sqlite://"}


@dataclass
class Server:
    """A running server. `host` has no brackets."""

    program: Program
    port: int
    host: str = "127.0.0.1"
    management_port: int = 0

    @property
    def address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def phone(self, user: str) -> Phone:
        return Phone(user, (self.host, self.port))

    def wait_ready(self, timeout: float = 20.0) -> None:
        """Ready is when it answers an OPTIONS, with whatever code."""
        probe = self.phone("probe")

        def answered() -> bool:
            assert self.program.exit_code is None, f"{self.program.name} ended with {self.program.exit_code}"
            probe.send(probe.request("OPTIONS", max_forwards=1))
            response = probe.receive(0.2)
            return response is not None and response.status is not None

        try:
            wait_until(answered, f"{self.program.name} to answer", timeout)
        finally:
            probe.close()


def write_script(programs: Programs, source: str, values: dict[str, object]) -> Path:
    """A file of scripts/ with @key@ replaced."""
    text = (SCRIPTS / source).read_text()
    for key, value in {**DEFAULTS, **values}.items():
        text = text.replace(f"@{key}@", str(value))
    path = programs.folder / source
    path.write_text(text)
    return path


def carillon_binary() -> Path:
    """Where the program is; ./dev test says so with CARILLON_BINARY."""
    root = Path(__file__).resolve().parents[3]
    return Path(os.environ.get("CARILLON_BINARY", root / "build/release/carillon"))


class CarillonLauncher:
    name = "carillon"

    def __init__(self, programs: Programs) -> None:
        self._programs = programs

    def argv(self, *arguments: str) -> list[str]:
        return [str(carillon_binary()), *arguments]

    def start(self, script: str = "residential", host: str = "127.0.0.1", port: int = 0, **values: object) -> Server:
        port = port or free_port()
        management_port = free_port()
        listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        path = write_script(self._programs, f"{script}.cfg",
                            {"listen": listen, "management_port": management_port, **values})
        program = self._programs.start("carillon", self.argv("run", "-f", str(path)))
        server = Server(program, port, host, management_port)
        server.wait_ready()
        return server


class KamailioLauncher:
    name = "kamailio"

    def __init__(self, programs: Programs) -> None:
        self._programs = programs

    def start(self, script: str = "residential", host: str = "127.0.0.1", port: int = 0, **values: object) -> Server:
        port = port or free_port()
        path = write_script(self._programs, f"kamailio_{script}.cfg", values)
        listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        run_folder = self._programs.folder / f"kamailio-{port}"
        run_folder.mkdir()
        program = self._programs.start("kamailio", [
            "kamailio", "-DD", "-E", "-m", "32", "-M", "4", "-n", "2", "-N", "2", "-f", str(path),
            "-l", f"udp:{listen}", "-l", f"tcp:{listen}",
            "-Y", str(run_folder), "-w", str(run_folder), "-P", str(run_folder / "pid")])
        server = Server(program, port, host)
        server.wait_ready()
        return server
