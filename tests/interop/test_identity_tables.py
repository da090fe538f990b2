# SPDX-License-Identifier: Apache-2.0
"""domain, permissions, userblacklist and sqlops on MariaDB: reloads under traffic, and a database that is slow."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from harness.databases import MariaDb
from harness.flood import LONGEST_P99, start_flood
from harness.management import manage
from harness.servers import Server, carillon_binary
from harness.waiting import free_port, wait_until

pytestmark = pytest.mark.carillon

QUERIES_A_SECOND = 500
SECONDS = 4


@pytest.fixture
def database(mariadb: MariaDb) -> str:
    name = mariadb.fresh_database()
    groups = [word for group in ("domain", "permissions", "userblacklist", "sqlops") for word in ("--group", group)]
    subprocess.run([str(carillon_binary()), "db", "create", "--url", mariadb.url(name), *groups], check=True,
                   capture_output=True, timeout=60)
    return name


@pytest.fixture
def asked(carillon, mariadb: MariaDb, database: str) -> Iterator[Server]:
    mariadb.sql("INSERT INTO domain(domain) VALUES ('here.example');"
                "INSERT INTO globalblacklist(prefix, whitelist) VALUES ('900', 0);"
                "INSERT INTO address(grp, ip, mask) VALUES (1, '192.0.2.1', 32), (1, '192.0.2.2', 32);"
                "CREATE TABLE texts (a VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)", database)
    server = carillon.start("identity_tables", database=mariadb.url(database))
    yield server
    assert server.program.stop() == 0


def answer(phone, method: str, uri: str) -> str:
    request = phone.request(method, uri)
    phone.send(request)
    return phone.final_response(request).start_line.removeprefix("SIP/2.0 ")


def test_tables_are_asked_and_reloaded(asked, mariadb, database):
    phone = asked.phone("alice")
    assert answer(phone, "OPTIONS", "sip:bob@here.example") == "200 Fine"
    assert answer(phone, "OPTIONS", "sip:900@here.example") == "404 Not here"
    assert answer(phone, "OPTIONS", "sip:bob@there.example") == "404 Not here"
    mariadb.sql("INSERT INTO domain(domain, accept_subdomain) VALUES ('there.example', 1);"
                "DELETE FROM globalblacklist", database)
    assert manage(asked, "domain:reload") == "OK"
    assert manage(asked, "userblacklist:reload") == "OK"
    assert answer(phone, "OPTIONS", "sip:bob@deep.THERE.example") == "200 Fine"
    assert answer(phone, "OPTIONS", "sip:900@here.example") == "200 Fine"
    phone.close()


def test_a_reload_under_traffic_shows_old_or_new_and_nothing_between(asked, mariadb, database):
    phone = asked.phone("alice")
    old, new = "1", "-1"
    for _ in range(6):
        # One statement changes both rows; what is read is before or behind it. The script asks for one row and then the
        # other: the new rows may come in force between, and never go again.
        turns = [f"200 {old} {old}", f"200 {old} {new}", f"200 {new} {new}"]
        mariadb.sql(f"UPDATE address SET grp = {2 if new == '-1' else 1}", database)
        reload = subprocess.Popen([sys.executable, "-c", (
            "import sys, urllib.request; urllib.request.urlopen(urllib.request.Request(sys.argv[1],"
            "b'{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"permissions:address_reload\"}',"
            "{'Content-Type': 'application/json'}), timeout=10).read()"),
            f"http://127.0.0.1:{asked.management_port}/mi"])
        answers = []
        while reload.poll() is None:
            answers.append(answer(phone, "INFO", "sip:x@here.example"))
        assert reload.returncode == 0
        assert set(answers) <= set(turns)
        assert answers == sorted(answers, key=turns.index)
        assert answer(phone, "INFO", "sip:x@here.example") == f"200 {new} {new}"
        old, new = new, old
    phone.close()


def test_hostile_texts_come_back_as_they_were(asked):
    phone = asked.phone("alice")
    for user in ("o'brien", "x%22%7d,%7b%22b%22%3a1", "';DROP%20TABLE%20texts;--", "back%5cslash%5c'", "%F0%9F%98%80",
                 "%25%5f", "tab%09line%0d%0a"):
        assert answer(phone, "SUBSCRIBE", f"sip:{user}@here.example") == "200 Same", user
    phone.close()


def test_queries_of_five_seconds_hold_up_nobody_else(asked, programs):
    phone = asked.phone("alice")
    flood = start_flood(programs, asked, QUERIES_A_SECOND, SECONDS)

    def ask() -> None:
        assert answer(phone, "OPTIONS", "sip:bob@here.example") == "200 Fine"

    assert flood.p99_beside(ask, SECONDS * 100) < LONGEST_P99
    # Each is answered: the few that had a thread of the database, and the others that would have waited too long.
    assert sum(flood.answers().values()) == QUERIES_A_SECOND * SECONDS
    wait_until(lambda: answer(phone, "OPTIONS", "sip:bob@here.example") == "200 Fine", "the server to answer")
    phone.close()


def test_mistakes_in_files_are_told_with_their_lines(programs, carillon):
    folder = programs.folder
    (folder / "callers.allow").write_text('ALL : ALL\n\n"^sip:a@ : ALL\n"(" : ALL\n')
    (folder / "callers.deny").write_text("ALL ALL\n")
    script = folder / "files.cfg"
    script.write_text('socket=udp:127.0.0.1:' + str(free_port()) + '\nloadmodule "permissions.so"\n'
                      'loadmodule "proto_udp.so"\nroute { allow_routing("callers"); }\n')
    program = programs.start("carillon", carillon.argv("run", "-f", str(script)))
    assert program.wait() == 2
    assert f"{folder}/callers.allow:3: a quote is not closed" in program.output()
    assert f"{folder}/callers.allow:4: " in program.output()
    assert f"{folder}/callers.deny:1: unexpected 'ALL'" in program.output()
