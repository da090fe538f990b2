# SPDX-License-Identifier: Apache-2.0
"""Accounting in a database server: every call has one row, whatever becomes of the server and of us."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.databases import DatabaseServer, MariaDb, PostgreSql
from harness.management import statistic
from harness.waiting import wait_until

pytestmark = pytest.mark.carillon

CALLS = 30
LATE_CALLS = 10


@pytest.fixture(scope="module", params=["mysql", "postgres"])
def kind(request) -> Iterator[tuple[str, DatabaseServer]]:
    server = (MariaDb if request.param == "mysql" else PostgreSql)()
    yield request.param, server
    server.close()


@pytest.fixture
def database(kind, programs, carillon) -> tuple[str, str, DatabaseServer]:
    """Module, URL and server, with the tables made by `carillon db create` and a column of the script's own."""
    name, server = kind
    server.ensure_running()
    database = server.fresh_database()
    url = server.url(database)
    made = programs.run("create", carillon.argv("db", "create", "--url", url, "--presence", "no", "--extra", "no"))
    assert made.exit_code == 0, made.output()
    for table in ("acc", "missed_calls"):
        server.sql(f"ALTER TABLE {table} ADD COLUMN caller VARCHAR(64)", database)
    return f"db_{name}", url, database


@pytest.fixture
def start(carillon, programs, database):
    """start() starts the server; start(port=...) where it was."""
    module, url, _ = database

    def launch(port: int = 0):
        return carillon.start("accounting", port=port, module=module, database=url,
                              queue=str(programs.folder / "state" / "acc.queue"))

    return launch


@pytest.fixture
def rows(kind, database):
    """rows("acc"): the Call-IDs there."""

    def read(table: str) -> list[str]:
        return kind[1].sql(f"SELECT callid FROM {table}", database[2]).split()

    return read


def call(sipp, server, callee_port: int, count: int) -> None:
    sipp.run("caller", server.address, calls=count, options=["-r", "50", "-d", "100"], to=f"bob@127.0.0.1:{callee_port}")


def test_each_call_has_a_row(kind, database, start, sipp, rows):
    server = start()
    callee = sipp.start("callee", calls=CALLS)
    call(sipp, server, callee.port, CALLS)
    callee.finish()
    wait_until(lambda: len(rows("acc")) == CALLS, "the rows of the calls")
    assert len(set(rows("acc"))) == CALLS
    values = kind[1].sql("SELECT DISTINCT method, sip_code, sip_reason, caller FROM acc", database[2])
    assert values.replace("|", " ").split() == ["INVITE", "200", "OK", "caller"]
    durations = kind[1].sql("SELECT min(ms_duration), max(ms_duration) FROM acc", database[2]).replace("|", " ").split()
    assert 50 <= int(durations[0]) <= int(durations[1]) < 10_000


def test_calls_of_a_time_without_database_are_written_once_it_is_back(kind, start, sipp, rows, programs):
    server = start()
    callee = sipp.start("callee", calls=CALLS + LATE_CALLS)
    kind[1].kill()
    call(sipp, server, callee.port, CALLS)
    wait_until(lambda: statistic(server, "acc:db_waiting") == CALLS, "the rows to be on the disk")
    server.program.kill()
    kind[1].start()
    again = start(server.port)
    call(sipp, again, callee.port, LATE_CALLS)
    callee.finish()
    wait_until(lambda: len(rows("acc")) >= CALLS + LATE_CALLS, "the rows of the calls", 40)
    assert len(set(rows("acc"))) == len(rows("acc")) == CALLS + LATE_CALLS
    assert statistic(again, "acc:db_lost") == 0


def test_a_hung_database_costs_no_answer(kind, start, sipp, rows):
    server = start()
    callee = sipp.start("callee", calls=CALLS)
    kind[1].suspend()
    try:
        call(sipp, server, callee.port, CALLS)
        callee.finish()
    finally:
        kind[1].resume()
    wait_until(lambda: len(rows("acc")) >= CALLS, "the rows of the calls", 40)
    assert len(set(rows("acc"))) == len(rows("acc")) == CALLS


def test_nobody_gets_out_of_a_record_by_what_he_calls_himself(kind, database, start, rows):
    """Names longer than the script's column, and a reason that the table's character set doesn't have."""
    if database[0] == "db_mysql":
        kind[1].sql("ALTER TABLE acc CONVERT TO CHARACTER SET latin1", database[2])
    server = start()
    alice, bob = server.phone("alice"), server.phone("bob")
    expected = {}
    for user, reason in (("a" * 200, "OK"), ("alice", "\U0001f600"), ("\U0001f600" * 70, "x" * 300)):
        target = f"sip:bob@127.0.0.1:{bob.port}"
        invite = alice.request("INVITE", target, local=f"sip:{user}@example.org")
        alice.send(invite)
        bob.reply(bob.expect("INVITE"), 200, reason, to_tag="b", extra=[f"Contact: <{target}>"])
        answer = alice.expect(200, call_id=invite.call_id)
        inside = {"call_id": invite.call_id, "from_tag": invite.from_tag, "to_tag": "b", "local": invite.local,
                  "extra": [f"Route: {value}" for value in answer.all("record-route")], "remote": invite.remote}
        alice.send(alice.request("ACK", target, cseq=1, **inside))
        bob.expect("ACK")
        alice.send(alice.request("BYE", target, cseq=2, **inside))
        bob.reply(bob.expect("BYE"), 200, "OK")
        alice.expect(200, call_id=invite.call_id)
        expected[invite.call_id] = user
    wait_until(lambda: set(rows("acc")) == set(expected) or None, "the rows of the calls")
    assert len(rows("acc")) == len(expected)
    assert statistic(server, "acc:db_refused") == 0
    longest = next(name for name, user in expected.items() if user.startswith("aaa"))
    assert kind[1].sql(f"SELECT caller FROM acc WHERE callid = '{longest}'", database[2]).strip() == "a" * 64
