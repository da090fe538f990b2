# SPDX-License-Identifier: Apache-2.0
"""MariaDB, PostgreSQL and unixODBC data sources: real servers on loopback, their data in a folder that goes with them.

A server takes half a second to make and start, and a database in it some milliseconds: tests of one session share a
server and have a database each. tests/servers/run_with.py gives the same servers to unit tests.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from .program import Program
from .waiting import free_port, wait_until

USER = "carillon"
# Everything a URL could trip over but what it must escape.
PASSWORD = "s3cr:et@%"
ESCAPED_PASSWORD = "s3cr:et%40%25"
POSTGRES = Path("/usr/lib/postgresql/15/bin")
ODBC_DRIVERS = Path("/usr/lib/x86_64-linux-gnu/odbc")

_numbers = itertools.count(1)


def _end_with_parent(argv: list[str], user: str | None = None) -> list[str]:
    """The server ends with the process that started it, and runs as another user where it must."""
    as_user = [f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user and os.geteuid() == 0 else []
    return ["setpriv", *as_user, "--pdeathsig", "KILL", "--", *argv]


class DatabaseServer:
    """One server. Its port and folder stay the same when it is killed and started again."""

    kind = ""
    scheme = ""
    # Who the server runs as when we are root; None: whoever we are.
    user: str | None = None

    def __init__(self) -> None:
        self.port = free_port()
        # Not pytest's folder: others than root can't enter that one, and a socket's path must be short.
        self.folder = Path(tempfile.mkdtemp(prefix=f"carillon-{self.kind}-"))
        self.folder.chmod(0o755)
        self._program: Program | None = None
        self.data = self.folder / "data"
        if self.user and os.geteuid() == 0:
            shutil.chown(self.folder, self.user, self.user)
        self._initialise()
        self.start()
        self._prepare()

    # -- what each kind does --

    def _initialise(self) -> None:
        raise NotImplementedError

    def _argv(self) -> list[str]:
        raise NotImplementedError

    def _prepare(self) -> None:
        """After the first start."""

    def sql(self, text: str, database: str = "", timeout: float = 30.0) -> str:
        """Runs statements as the administrator; columns are separated by tabs. Fails with what the server said."""
        raise NotImplementedError

    # -- life --

    @property
    def pid(self) -> int:
        assert self._program is not None
        return self._program.pid

    @property
    def running(self) -> bool:
        return self._program is not None and self._program.exit_code is None

    def start(self) -> None:
        """Starts it, also after kill() and stop(), and waits until it answers a query."""
        assert not self.running
        starts = 0

        def answers() -> bool:
            nonlocal starts
            # What a killed server leaves behind may keep the next one from starting for a moment.
            if not self.running:
                starts += 1
                assert starts < 20, f"{self.kind} doesn't start: {self.output()[-3000:]}"
                self._program = Program(self.kind, self._argv(), self.folder)
            try:
                return self.sql("SELECT 1").strip() == "1"
            except AssertionError:
                return False

        wait_until(answers, f"{self.kind} to answer", 60.0)

    def kill(self) -> None:
        """As a power cut: SIGKILL to the server and all its processes."""
        if not self.running:
            return
        children = self._children()
        self.resume()
        assert self._program is not None
        self._program.kill()
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        wait_until(lambda: not any(_state(Path(f"/proc/{child}")) != "Z" for child in children), "its processes to end")
        self._clear_after_kill()

    def _clear_after_kill(self) -> None:
        pass

    def suspend(self) -> None:
        """It hangs: connections are taken by the kernel, and nothing answers."""
        self._suspend(self.pid)
        for pid in self._children():  # the parent stands still: no new ones
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):  # PostgreSQL's children come and go
                self._suspend(pid)

    def _suspend(self, pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: all(_state(task) in "TZ" for task in Path(f"/proc/{pid}/task").iterdir()),
                   f"{self.kind} to stop")

    def resume(self) -> None:
        for pid in (*self._children(), self.pid):
            with contextlib.suppress(ProcessLookupError):  # PostgreSQL's children come and go
                os.kill(pid, signal.SIGCONT)

    def stop(self) -> None:
        """A clean end."""
        if self.running:
            assert self._program is not None
            self.resume()
            self._program.send_signal(self._stop_signal())
            self._program.wait(30)

    def _stop_signal(self) -> signal.Signals:
        return signal.SIGTERM

    def close(self) -> None:
        """The server ends and its folder goes."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ensure_running(self) -> None:
        if self.running:
            self.resume()
        else:
            self.start()

    def output(self) -> str:
        return self._program.output() if self._program else ""

    def _children(self) -> list[int]:
        result = subprocess.run(["pgrep", "-P", str(self.pid)], capture_output=True, text=True, check=False)
        return [int(pid) for pid in result.stdout.split()]

    # -- URLs --

    def url(self, database: str, host: str = "127.0.0.1", password: str = ESCAPED_PASSWORD) -> str:
        address = f"[{host}]" if ":" in host else host
        return f"{self.scheme}://{USER}:{password}@{address}:{self.port}/{database}"

    def fresh_name(self) -> str:
        return f"test_{os.getpid()}_{next(_numbers)}"

    def fresh_database(self, schema: str = "") -> str:
        """The name of a new database with the tables of `schema`."""
        name = self.fresh_name()
        self.sql(f"CREATE DATABASE {name}")
        if schema:
            self.sql(schema, name)
        return name


def _state(process: Path) -> str:
    """The letter of ps, Z for what is gone."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"


def _run(argv: list[str], text: str = "", timeout: float = 30.0, environment: dict[str, str] | None = None) -> str:
    result = subprocess.run(argv, input=text, capture_output=True, text=True, timeout=timeout, check=False,
                            env={**os.environ, **(environment or {})}, cwd="/")
    assert result.returncode == 0, f"{argv[0]}: {result.stderr or result.stdout}"
    return result.stdout


class MariaDb(DatabaseServer):
    kind = "mariadb"
    scheme = "mysql"

    @property
    def socket(self) -> Path:
        return self.folder / "socket"

    def _common(self) -> list[str]:
        return ["--no-defaults", f"--datadir={self.data}", *(["--user=root"] if os.geteuid() == 0 else []),
                "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=64M",
                "--innodb-data-file-path=ibdata1:4M:autoextend", "--innodb-flush-log-at-trx-commit=2",
                "--innodb-flush-method=nosync", "--innodb-doublewrite=0", "--skip-name-resolve"]

    def _initialise(self) -> None:
        _run(["mariadb-install-db", *self._common(), "--auth-root-authentication-method=normal", "--skip-test-db"])

    def _argv(self) -> list[str]:
        return _end_with_parent(["mariadbd", *self._common(), f"--port={self.port}", "--bind-address=127.0.0.1,::1",
                                 f"--socket={self.socket}", f"--pid-file={self.folder}/pid",
                                 "--performance-schema=OFF", "--skip-log-bin", "--max-connections=100",
                                 "--character-set-server=utf8mb4"])

    def _prepare(self) -> None:
        self.sql(f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON *.* TO '{USER}'@'%';")

    def sql(self, text: str, database: str = "", timeout: float = 30.0) -> str:
        return _run(["mariadb", "--no-defaults", f"--socket={self.socket}", "-uroot", "-N", "-B",
                     "--default-character-set=utf8mb4", *([database] if database else [])], text, timeout)


class PostgreSql(DatabaseServer):
    kind = "postgres"
    scheme = "postgres"
    user = "postgres"

    def _initialise(self) -> None:
        # Peers of the unix socket are trusted, those of the network must have the password.
        _run(_end_with_parent([str(POSTGRES / "initdb"), "-D", str(self.data), "-U", "admin", "--auth-local=trust",
                               "--auth-host=scram-sha-256", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"],
                              self.user))

    def _argv(self) -> list[str]:
        settings = {"listen_addresses": "127.0.0.1,::1", "port": self.port, "unix_socket_directories": self.folder,
                    "fsync": "off", "full_page_writes": "off", "shared_buffers": "32MB",
                    "max_connections": 100, "autovacuum": "off",
                    "deadlock_timeout": "50ms"}
        return _end_with_parent([str(POSTGRES / "postgres"), "-D", str(self.data),
                                 *(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))],
                                self.user)

    def _prepare(self) -> None:
        self.sql(f"CREATE USER {USER} CREATEDB PASSWORD '{PASSWORD}'")
        self.sql(f"GRANT ALL ON SCHEMA public TO {USER}; "
                 f"ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {USER}; "
                 f"ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO {USER}", "template1")

    def _stop_signal(self) -> signal.Signals:
        return signal.SIGINT  # fast: clients are sent away

    def _clear_after_kill(self) -> None:
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def sql(self, text: str, database: str = "", timeout: float = 30.0) -> str:
        return _run(["psql", "-X", "-q", "-t", "-A", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder),
                     "-p", str(self.port), "-U", "admin", database or "postgres"], text, timeout)


class OdbcSources:
    """A folder with odbcinst.ini and odbc.ini of our own; `environment` makes unixODBC read them."""

    DRIVERS = {"mariadb": "libmaodbc.so", "postgres": "psqlodbcw.so", "sqlite": "libsqlite3odbc.so"}

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        sections = (f"[{name}]\nDriver={ODBC_DRIVERS / library}\nThreading=0\n"
                    for name, library in self.DRIVERS.items())
        (folder / "odbcinst.ini").write_text("\n".join(sections))
        self.ini.write_text("")

    @property
    def ini(self) -> Path:
        return self.folder / "odbc.ini"

    @property
    def environment(self) -> dict[str, str]:
        return {"ODBCSYSINI": str(self.folder), "ODBCINI": str(self.ini)}

    def add(self, driver: str, **settings: object) -> str:
        """A data source's new name."""
        name = f"{driver}_{next(_numbers)}"
        lines = "".join(f"{key}={value}\n" for key, value in settings.items())
        with self.ini.open("a") as ini:
            ini.write(f"[{name}]\nDriver={driver}\n{lines}\n")
        return name

    def add_server(self, server: DatabaseServer, database: str) -> str:
        if server.kind == "mariadb":
            return self.add("mariadb", SERVER="127.0.0.1", PORT=server.port, DATABASE=database)
        return self.add("postgres", Servername="127.0.0.1", Port=server.port, Database=database, UseDeclareFetch=0)

    @staticmethod
    def url(source: str) -> str:
        return f"unixodbc://{USER}:{ESCAPED_PASSWORD}@localhost/{source}"


KINDS: dict[str, type[DatabaseServer]] = {server.kind: server for server in (MariaDb, PostgreSql)}


def accepts(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0
