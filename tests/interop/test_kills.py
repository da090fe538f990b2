# SPDX-License-Identifier: Apache-2.0
"""kill -9 in the middle of calls, again and again: what a caller was told has one row in the database."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import pytest

from harness.load import Callee, Caller
from harness.management import statistic
from harness.waiting import wait_until

pytestmark = pytest.mark.carillon

KILLS = 4
RATE = 300


class Sqlite:
    """As MariaDb, of which the tests need these."""

    def __init__(self, programs) -> None:
        self._programs = programs

    def fresh_database(self) -> str:
        return str(self._programs.folder / "killed.sqlite")

    def url(self, database: str) -> str:
        return f"sqlite://{database}"

    def sql(self, text: str, database: str) -> str:
        import sqlite3
        with closing(sqlite3.connect(database, timeout=30)) as connection:
            return "\n".join("\t".join(map(str, row)) for row in connection.execute(text))

    def close(self) -> None:
        pass


@pytest.fixture(params=["sqlite", "mysql"])
def store(request, programs, carillon):
    """(module, URL, read): read("SELECT a, b") has the rows' texts."""
    server = Sqlite(programs) if request.param == "sqlite" else request.getfixturevalue("mariadb")
    database = server.fresh_database()
    made = programs.run("create", carillon.argv("db", "create", "--url", server.url(database), "--presence", "no",
                                                "--extra", "no"))
    assert made.exit_code == 0, made.output()
    return f"db_{request.param}", server.url(database), lambda text: server.sql(text, database).split("\n")


@pytest.fixture
def start(carillon, programs, store):
    """start(wishes="cdr") starts the server; start(port=...) where it was."""
    (programs.folder / "state").mkdir(exist_ok=True)

    def launch(port: int = 0, *, wishes: str = "", db_mode: int = 1, lifetime: int = 3600):
        return carillon.start("killed", port=port, module=store[0], database=store[1], wishes=wishes, db_mode=db_mode,
                              lifetime=lifetime, state=str(programs.folder / "state"))

    return launch


@pytest.fixture
def callee() -> Iterator[Callee]:
    with closing(Callee()) as made:
        yield made


def counted(store, table: str = "acc") -> Counter[str]:
    return Counter(name for name in store[2](f"SELECT callid FROM {table}") if name)


def wait_for_rows(store, server, names: list[str]) -> Counter[str]:
    """Until these calls have rows, and none is on its way."""
    wait_until(lambda: set(names) <= set(counted(store)) or None, "the rows", 20)
    wait_until(lambda: statistic(server, "acc:db_waiting") == 0, "the queue to be empty", 20)
    return counted(store)


def kill_again_and_again(start, caller: Caller, port: int, **options: object):
    """Calls go on meanwhile. The last server."""
    server = start(port, **options)
    for _ in range(KILLS):
        caller.run(random.uniform(0.4, 1.2))
        server.program.kill()
        server = start(port, **options)
    caller.run(0.5)
    return server


def test_each_answered_call_has_a_row(start, store, callee):
    server = start()
    server.program.kill()
    with closing(Caller(("127.0.0.1", server.port), callee.port, RATE, hangs_up=False)) as caller:
        server = kill_again_and_again(start, caller, server.port)
        caller.run(0.5, more=False)
        answered = caller.answered()
        assert len(answered) > RATE * KILLS / 4
        rows = wait_for_rows(store, server, answered)
        assert {name: rows[name] for name in answered if rows[name] != 1} == {}
        assert max(rows.values()) == 1
        assert statistic(server, "acc:db_lost") == 0


def test_each_call_that_was_hung_up_has_a_record(start, store, callee):
    server = start(wishes="cdr")
    server.program.kill()
    with closing(Caller(("127.0.0.1", server.port), callee.port, RATE, lasts=0.3)) as caller:
        server = kill_again_and_again(start, caller, server.port, wishes="cdr")
        caller.finish()
        over = caller.over()
        assert sorted(over) == sorted(caller.answered())
        assert len(over) > RATE * KILLS / 4
        rows = wait_for_rows(store, server, over)
        assert {name: rows[name] for name in over if rows[name] != 1} == {}
        assert max(rows.values()) == 1
        wait_until(lambda: sum(counted(store, "dialog").values()) <= len(caller.calls) - len(over),
                   "the table of dialogs to have only calls whose answers got lost")


@pytest.mark.parametrize("db_mode", [1, 2])
def test_calls_that_a_kill_interrupts_have_their_records(start, store, callee, db_mode):
    options = {"wishes": "cdr", "db_mode": db_mode}
    server = start(**options)
    with closing(Caller(("127.0.0.1", server.port), callee.port, RATE, lasts=3600)) as caller:
        caller.run(0.3)
        caller.wait_answered()
        answered = caller.answered()
        wait_until(lambda: len(counted(store, "dialog")) == len(answered), "the rows of the dialogs")
        server.program.kill()
        server = start(server.port, **options)
        caller.lasts = 0
        caller.finish()
        rows = wait_for_rows(store, server, answered)
        assert rows == Counter(answered)
        # Milliseconds and the time of setting up have survived as well.
        longest, created = store[2]("SELECT max(ms_duration), count(created) FROM acc")[0].split("\t")
        assert int(longest) > 100 and int(created) == len(answered)


def test_a_record_is_not_written_again_when_the_dialog_outlives_it(start, store, callee):
    """db_mode 2: the dialogs' rows go a second after the calls, and a kill comes between."""
    options = {"wishes": "cdr", "db_mode": 2, "lifetime": 6}
    server = start(**options)
    with closing(Caller(("127.0.0.1", server.port), callee.port, 100, lasts=3600)) as caller:
        caller.run(0.2)
        caller.wait_answered()
        answered = caller.answered()
        wait_until(lambda: len(counted(store, "dialog")) == len(answered), "the rows of the dialogs")
        caller.lasts = 0
        caller.finish()
        server.program.kill()
        assert len(counted(store, "dialog")) > 0
        server = start(server.port, **options)
        wait_until(lambda: statistic(server, "dialog:expired_dialogs") > 0, "the dialogs' time to be up")
        wait_until(lambda: len(counted(store, "dialog")) == 0, "the dialogs' rows to go")
        assert wait_for_rows(store, server, answered) == Counter(answered)


@pytest.mark.parametrize("store", ["mysql"], indirect=True)
@pytest.mark.parametrize("hangs", [False, True])
@pytest.mark.parametrize("wishes", ["", "cdr"])
def test_kills_of_database_and_server_lose_nothing(start, store, mariadb, callee, hangs, wishes):
    """The rows are in memory, in the journal, on the disk and on their way, all at once."""
    server = start(wishes=wishes)
    with closing(Caller(("127.0.0.1", server.port), callee.port, RATE, lasts=0.2, hangs_up=bool(wishes))) as caller:
        for _ in range(3):
            caller.run(random.uniform(0.2, 0.5))
            (mariadb.suspend if hangs else mariadb.kill)()
            caller.run(random.uniform(0.1, 1.5))
            server.program.kill()
            (mariadb.resume if hangs else mariadb.start)()
            server = start(server.port, wishes=wishes)
        caller.run(0.3)
        caller.run(0.5, more=False)
        caller.finish(20 if wishes else 0)
        answered = caller.over() if wishes else caller.answered()
        assert len(answered) > RATE
        rows = wait_for_rows(store, server, answered)
        assert {name: rows[name] for name in answered if rows[name] != 1} == {}
        assert max(rows.values()) == 1


@pytest.mark.parametrize("mode", ["single-instance-sql-write-through", "sql-only"])
def test_each_contact_that_was_acknowledged_is_there(carillon, store, mode):
    """Registered, refreshed or removed: where the answer waits for the database, a kill changes nothing."""
    options = {"module": store[0], "database": store[1], "scheme": "", "working_mode": mode, "write_back": 3600}
    server = carillon.start("durable", **options)
    port = server.port
    known: dict[str, int] = {}  # user -> CSeq of the last REGISTER that was answered; 0: removed
    doubtful: set[str] = set()  # one was under way when the server was killed

    for life in range(3):
        phone = server.phone("load")
        end = random.randint(60, 150)
        for number in range(end + 1):
            user = f"user{random.randint(0, 80)}"
            removes = random.random() < 0.3
            aor = f"sip:{user}@{phone.domain}"
            request = phone.register_request(local=aor, remote=aor, contact=f"<sip:{user}@127.0.0.1:9>",
                                             call_id=f"{user}@kills", cseq=life * 1000 + number + 1,
                                             extra=["Expires: 0" if removes else "Expires: 600"])
            if number == end:  # killed in the middle of it
                phone.send(request)
                doubtful.add(user)
                break
            answer = phone.final_response(request)
            assert answer.status == 200, answer.start_line
            known[user] = 0 if removes else request.cseq
            doubtful.discard(user)
        server.program.kill()
        phone.close()
        found = dict(line.split("\t") for line in store[2]("SELECT username, cseq FROM location") if line)
        for user, cseq in known.items():
            assert user in doubtful or found.get(user) == (str(cseq) if cseq else None), user
        server = carillon.start("durable", port=port, **options)
        phone = server.phone("load")
        for user, cseq in known.items():
            aor = f"sip:{user}@{phone.domain}"
            there = len(phone.register(local=aor, remote=aor, contact="", extra=[]).contacts())
            assert user in doubtful or there == (1 if cseq else 0), user
        phone.close()
    assert server.program.stop() == 0


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_calls_whose_time_is_up_while_the_server_is_away_have_their_records(start, store, callee):
    options = {"wishes": "cdr", "lifetime": 2}
    server = start(**options)
    with closing(Caller(("127.0.0.1", server.port), callee.port, 100, lasts=3600)) as caller:
        caller.run(0.3)
        caller.wait_answered()
        server.program.kill()
        caller.run(2, more=False)
        server = start(server.port, **options)
        assert wait_for_rows(store, server, caller.answered()) == Counter(caller.answered())
        wait_until(lambda: len(counted(store, "dialog")) == 0, "the dialogs' rows to go")
