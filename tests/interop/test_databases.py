# SPDX-License-Identifier: Apache-2.0
"""A registrar on real database servers: restarts, servers that die and hang, hostile texts, errors at the start."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from harness.databases import PASSWORD, USER, DatabaseServer, MariaDb, OdbcSources, PostgreSql
from harness.opensips_tables import MYSQL_TABLES, POSTGRES_TABLES
from harness.servers import Server, write_script
from harness.waiting import free_port, wait_until

pytestmark = pytest.mark.carillon

ANSWER_SECONDS = 1.0
# What isn't saved by then stays unsaved, and five seconds later whatever doesn't end is left alone.
END_SECONDS = 25.0


@dataclass
class Database:
    """A database of a test, and how Carillon reaches it."""

    server: DatabaseServer
    name: str
    url: str
    module: str

    def sql(self, text: str) -> str:
        return self.server.sql(text, self.name).strip()

    def rows(self) -> int:
        return int(self.sql("SELECT count(*) FROM location"))


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, DatabaseServer]]:
    started: dict[str, DatabaseServer] = {}
    yield started
    for server in started.values():
        server.close()


@pytest.fixture(params=["mysql", "postgres", "unixodbc"])
def database(request, servers, tmp_path, monkeypatch) -> Database:
    kind = PostgreSql if request.param == "postgres" else MariaDb
    server = servers.setdefault(kind.kind, None) or kind()
    servers[kind.kind] = server
    server.ensure_running()
    name = server.fresh_database(POSTGRES_TABLES if kind is PostgreSql else MYSQL_TABLES)
    url = server.url(name)
    if request.param == "unixodbc":
        sources = OdbcSources(tmp_path / "odbc")
        for variable, value in sources.environment.items():
            monkeypatch.setenv(variable, value)
        url = sources.url(sources.add_server(server, name))
    return Database(server, name, url, f"db_{request.param}")


def start(carillon, database: Database, port: int = 0) -> Server:
    return carillon.start("databases", port=port, database=database.url, module=database.module)


def register_in_time(server: Server, user: str) -> None:
    phone = server.phone(user)
    begin = time.monotonic()
    phone.register()
    assert time.monotonic() - begin < ANSWER_SECONDS
    phone.close()


def contacts(server: Server, user: str) -> list[str]:
    phone = server.phone(user)
    try:
        return phone.register(contact="", extra=[]).contacts()
    finally:
        phone.close()


HOSTILE = "O'Reilly \"Phone\" \\ `x`; DROP TABLE location; -- \U0001f600 gr\u00f6\u00dfer %s ? $1 {}"


def test_a_binding_with_hostile_texts_survives_a_restart(carillon, database):
    server = start(carillon, database)
    phone = server.phone("alice")
    phone.register(contact="<sip:al'ice;x='%27--@127.0.0.1:9>;q=0.7", extra=[f"User-Agent: {HOSTILE}", "Expires: 600"])
    phone.close()
    before = contacts(server, "alice")
    assert len(before) == 1 and "al'ice;x='%27--@" in before[0]
    assert server.program.stop() == 0
    assert database.sql("SELECT user_agent FROM location").replace("\\\\", "\\") == HOSTILE
    assert database.sql("SELECT username FROM location WHERE q > 0.69 AND q < 0.71") == "alice"
    again = start(carillon, database)
    after = contacts(again, "alice")
    assert [contact.partition(";expires")[0] for contact in after] == [
        contact.partition(";expires")[0] for contact in before]
    assert again.program.stop() == 0


def test_a_killed_server_costs_no_answer_and_its_rows_catch_up(carillon, database):
    server = start(carillon, database)
    register_in_time(server, "before")
    wait_until(lambda: database.rows() == 1, "the first row")
    database.server.kill()
    for number in range(10):
        register_in_time(server, f"user{number}")
    server.program.wait_for_output("can't be written")
    register_in_time(server, "after")
    database.server.start()
    wait_until(lambda: database.rows() == 12, "the rows to catch up", timeout=20)
    assert server.program.stop() == 0


def test_a_hung_server_costs_no_answer_and_its_rows_catch_up(carillon, database):
    server = start(carillon, database)
    register_in_time(server, "before")
    wait_until(lambda: database.rows() == 1, "the first row")
    database.server.suspend()
    try:
        for number in range(10):
            register_in_time(server, f"user{number}")
        server.program.wait_for_output("can't be written", timeout=20)
        register_in_time(server, "after")
    finally:
        database.server.resume()
    wait_until(lambda: database.rows() == 12, "the rows to catch up", timeout=20)
    assert server.program.stop() == 0


def test_a_hung_server_doesnt_hold_up_the_end(carillon, database):
    server = start(carillon, database)
    register_in_time(server, "before")
    wait_until(lambda: database.rows() == 1, "the first row")
    database.server.suspend()
    try:
        register_in_time(server, "after")
        server.program.wait_for_output("can't be written", timeout=20)
        begin = time.monotonic()
        server.program.stop()
        assert time.monotonic() - begin < END_SECONDS
    finally:
        database.server.resume()


def refused(programs, carillon, database: Database, url: str) -> str:
    script = write_script(programs, "databases.cfg", {
        "database": url, "module": database.module, "listen": f"127.0.0.1:{free_port()}"})
    program = programs.run("carillon", carillon.argv("run", "-f", str(script)), timeout=20)
    assert program.exit_code == 2, program.output()
    return program.output()


def test_errors_at_the_start_are_told_and_end_it(programs, carillon, database):
    wrong_password = refused(programs, carillon, database, database.url.replace("s3cr", "other"))
    assert USER in wrong_password and "connect" in wrong_password
    assert "other:et" not in wrong_password and PASSWORD not in wrong_password
    database.sql("UPDATE version SET table_version = 999")
    wrong_version = refused(programs, carillon, database, database.url)
    assert "table 'location' has version 999, but version 1013 is needed" in wrong_version
    database.sql("DROP TABLE location; UPDATE version SET table_version = 1013")
    assert "location" in refused(programs, carillon, database, database.url)
    database.server.kill()
    assert "connect" in refused(programs, carillon, database, database.url)
