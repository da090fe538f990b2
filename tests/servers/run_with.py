#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a unit test beside a database server that lives as long as the test.

    run_with.py mariadb|postgres|odbc -- PROGRAM [ARGUMENT...]

The test finds in its environment

    CARILLON_TEST_URL       the server's URL up to the name of a database: mysql://carillon:...@127.0.0.1:12345/
    CARILLON_TEST_SOCKET    the server's unix socket (MariaDB), or the folder of it (PostgreSQL)
    CARILLON_TEST_PID_FILE  a file with the server's process id, for faults. A server that the test kills is started
                            again on the same port, and the file is written anew once it answers.
    ODBCSYSINI, ODBCINI     odbc: files for data sources. The drivers are named mariadb, postgres and sqlite; the test
                            appends its sources to $ODBCINI. Both servers run, with CARILLON_TEST_MARIADB_PORT and
                            CARILLON_TEST_POSTGRES_PORT.

The exit status is the test's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

from harness.databases import ESCAPED_PASSWORD, KINDS, USER, DatabaseServer, OdbcSources  # noqa: E402

POLL_SECONDS = 0.01


def write_pid(server: DatabaseServer) -> None:
    path = server.folder / "pid_of_test"
    beside = server.folder / "pid_of_test.new"
    beside.write_text(f"{server.pid}\n")
    beside.rename(path)


def environment_of(kind: str, servers: list[DatabaseServer]) -> dict[str, str]:
    first = servers[0]
    environment = {**os.environ, "CARILLON_TEST_URL": first.url(""),
                   "CARILLON_TEST_SOCKET": str(getattr(first, "socket", first.folder)),
                   "CARILLON_TEST_PID_FILE": str(first.folder / "pid_of_test")}
    if kind == "odbc":
        environment |= OdbcSources(first.folder / "odbc").environment
        environment["CARILLON_TEST_URL"] = f"unixodbc://{USER}:{ESCAPED_PASSWORD}@localhost/"
        for server in servers:
            environment[f"CARILLON_TEST_{server.kind.upper()}_PORT"] = str(server.port)
    return environment


def run(kind: str, argv: list[str]) -> int:
    servers: list[DatabaseServer] = []
    test: subprocess.Popen[bytes] | None = None
    # ctest's time limit ends this program, which still has to clean up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        for name in ("mariadb", "postgres") if kind == "odbc" else (kind,):
            servers.append(KINDS[name]())
            write_pid(servers[-1])
        test = subprocess.Popen(argv, env=environment_of(kind, servers))
        while (status := test.poll()) is None:
            for server in servers:
                if not server.running:
                    server.start()
                    write_pid(server)
            time.sleep(POLL_SECONDS)
        return status if status >= 0 else 128 - status
    finally:
        if test is not None and test.poll() is None:
            test.kill()
        for server in servers:
            server.close()


def main() -> int:
    if len(sys.argv) < 4 or sys.argv[1] not in (*KINDS, "odbc") or sys.argv[2] != "--":
        print(__doc__, file=sys.stderr)
        return 2
    return run(sys.argv[1], sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
