# SPDX-License-Identifier: Apache-2.0
"""What a registrar must not lose: bindings at kill -9, and an administrator's database."""

from __future__ import annotations

import hashlib
import sqlite3
import time

import pytest

from harness.database import new_database
from harness.servers import Server, write_script
from harness.waiting import free_port, wait_until

pytestmark = pytest.mark.carillon

WRITE_BACK_SECONDS = 1
WRITE_SECONDS = 0.5  # for the write that the timer starts


def start(programs, carillon, database: str) -> Server:
    return carillon.start("durable", database=database, write_back=WRITE_BACK_SECONDS)


def test_kill_loses_nothing_older_than_the_write_back_interval(programs, carillon):
    database = str(new_database(programs.folder / "location.sqlite"))
    server = start(programs, carillon, database)
    phone = server.phone("load")
    stored: list[tuple[float, str]] = []  # (when the 200 came, user)
    deadline = time.monotonic() + 4 * WRITE_BACK_SECONDS
    number = 0
    while time.monotonic() < deadline:
        user = f"user{number}"
        aor = f"sip:{user}@{phone.domain}"
        phone.register(local=aor, remote=aor, contact=f"<sip:{user}@127.0.0.1:9>")
        stored.append((time.monotonic(), user))
        number += 1
    killed = time.monotonic()
    server.program.kill()
    phone.close()
    safe = [user for when, user in stored if when < killed - WRITE_BACK_SECONDS - WRITE_SECONDS]
    assert len(safe) > 20

    again = start(programs, carillon, database)
    phone = again.phone("load")
    lost = [user for user in safe if not has_contact(phone, user)]
    assert lost == []
    phone.close()
    assert again.program.stop() == 0


def has_contact(phone, user: str) -> bool:
    aor = f"sip:{user}@{phone.domain}"
    return len(phone.register(local=aor, remote=aor, contact="", extra=[]).contacts()) == 1


def test_a_clean_stop_loses_nothing(programs, carillon):
    database = str(new_database(programs.folder / "location.sqlite"))
    server = carillon.start("durable", database=database, write_back=3600)
    server.phone("alice").register()
    assert server.program.stop() == 0
    again = carillon.start("durable", database=database, write_back=3600, port=server.port)
    assert has_contact(again.phone("alice"), "alice")
    assert again.program.stop() == 0


def test_write_through_answers_once_it_is_written_and_though_it_can_not_be(programs, carillon):
    database = new_database(programs.folder / "location.sqlite")
    server = carillon.start("durable", database=database, write_back=3600,
                            working_mode="single-instance-sql-write-through")
    alice = server.phone("alice")
    alice.register()
    other = sqlite3.connect(database, isolation_level=None)
    assert other.execute("SELECT count(*) FROM location").fetchone() == (1,)
    other.execute("BEGIN IMMEDIATE")  # another program keeps the file to itself
    server.phone("bob").register()
    other.execute("ROLLBACK")
    server.phone("carol").register()
    server.program.kill()
    assert other.execute("SELECT count(*) FROM location").fetchone() == (3,)
    other.close()


def test_memory_only_contacts_end_with_the_server(programs, carillon):
    database = str(new_database(programs.folder / "location.sqlite"))
    server = start(programs, carillon, database)
    server.phone("alice").register(extra=["Expires: 600", "X-Memory: only"])
    server.phone("bob").register()
    assert server.program.stop() == 0
    again = carillon.start("durable", database=database, write_back=1, port=server.port)
    assert not has_contact(again.phone("alice"), "alice")
    assert has_contact(again.phone("bob"), "bob")
    assert again.program.stop() == 0


@pytest.mark.parametrize("content", [b"this is no database\n" * 500, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_corrupt_database_is_refused_and_left_alone(programs, carillon, content):
    path = programs.folder / "broken.sqlite"
    path.write_bytes(content)
    before = hashlib.sha256(content).hexdigest()
    program = programs.run("carillon", carillon.argv(
        "run", "--listen", f"udp:127.0.0.1:{free_port()}", "--db", f"sqlite://{path}"), timeout=20)
    assert program.exit_code == 2, program.output()
    assert str(path) in program.output()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert [p.name for p in programs.folder.glob("broken.sqlite*")] == ["broken.sqlite"]


def test_a_database_damaged_in_the_middle_is_refused_and_left_alone(programs, carillon):
    database = new_database(programs.folder / "location.sqlite")
    server = start(programs, carillon, str(database))  # from now on in WAL mode
    for number in range(100):
        phone = server.phone(f"user{number}")
        phone.register()
        phone.close()
    assert server.program.stop() == 0
    content = bytearray(database.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096:page * 4096 + 100] = b"\xee" * 100
    database.write_bytes(content)
    before = hashlib.sha256(content).hexdigest()
    script = write_script(programs, "durable.cfg", {
        "database": database, "write_back": 1, "listen": f"127.0.0.1:{free_port()}"})
    program = programs.run("carillon", carillon.argv("run", "-f", str(script)), timeout=20)
    assert program.exit_code == 2, program.output()
    assert str(database) in program.output()
    assert hashlib.sha256(database.read_bytes()).hexdigest() == before
    assert [p.name for p in programs.folder.glob("location.sqlite*")] == ["location.sqlite"]


def test_an_expired_binding_does_not_come_back(programs, carillon):
    database = str(new_database(programs.folder / "location.sqlite"))
    server = start(programs, carillon, database)
    phone = server.phone("alice")
    phone.register(extra=["Expires: 1"])
    wait_until(lambda: not has_contact(phone, "alice"), "the binding to expire", timeout=10)
    server.program.kill()
    again = start(programs, carillon, database)
    assert not has_contact(again.phone("alice"), "alice")
    assert again.program.stop() == 0


def test_kills_again_and_again_leave_a_consistent_database(programs, carillon):
    database = new_database(programs.folder / "location.sqlite")
    known: dict[str, float] = {}  # user -> when the first 200 came
    for life in range(3):
        server = start(programs, carillon, str(database))
        phone = server.phone("load")
        lost = [user for user in known if not has_contact(phone, user)]
        assert lost == [], life
        begin = time.monotonic()
        number = 0
        while time.monotonic() < begin + WRITE_BACK_SECONDS * (2.5 + 0.35 * life):  # ends at another point each time
            user = f"life{life}user{number % 300}"
            aor = f"sip:{user}@{phone.domain}"
            phone.register(local=aor, remote=aor, contact=f"<sip:{user}@127.0.0.1:9>")
            known.setdefault(user, time.monotonic())
            number += 1
        safe = time.monotonic() - WRITE_BACK_SECONDS - 2 * WRITE_SECONDS
        server.program.kill()
        phone.close()
        known = {user: when for user, when in known.items() if when < safe}
        check = sqlite3.connect(database)
        assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        twice = check.execute("SELECT username FROM location GROUP BY username, domain HAVING count(*) > 1").fetchall()
        assert twice == []
        check.close()
    assert len(known) > 20


def test_a_database_that_is_away_costs_no_answer_and_catches_up(programs, carillon):
    database = new_database(programs.folder / "location.sqlite")
    server = start(programs, carillon, str(database))
    phone = server.phone("load")
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # nobody else writes as long as this lasts
    slowest = 0.0
    number = 0
    begin = time.monotonic()
    while time.monotonic() < begin + 3 * WRITE_BACK_SECONDS:
        aor = f"sip:user{number}@{phone.domain}"
        before = time.monotonic()
        phone.register(local=aor, remote=aor, contact=f"<sip:user{number}@127.0.0.1:9>")
        slowest = max(slowest, time.monotonic() - before)
        number += 1
    other.execute("ROLLBACK")
    assert slowest < 0.5
    wait_until(lambda: other.execute("SELECT count(*) FROM location").fetchone() == (number,), "all rows", 20)
    other.close()
    phone.close()
    assert server.program.stop() == 0


def test_two_servers_on_one_database_see_each_other_in_sql_only(programs, carillon):
    database = str(new_database(programs.folder / "location.sqlite"))
    one, other = (carillon.start("durable", database=database, write_back=1, working_mode="sql-only")
                  for _ in range(2))
    here, there = one.phone("alice"), other.phone("alice")
    here.register(contact="<sip:alice@127.0.0.1:1111>")
    assert len(there.register(contact="<sip:alice@127.0.0.1:2222>").contacts()) == 2
    assert len(here.register(contact="", extra=[]).contacts()) == 2
    there.register(contact="<sip:alice@127.0.0.1:1111>", extra=["Expires: 0"])
    assert len(here.register(contact="", extra=[]).contacts()) == 1
    one.program.kill()
    assert len(there.register(contact="", extra=[]).contacts()) == 1
    here.close()
    there.close()
    assert other.program.stop() == 0
