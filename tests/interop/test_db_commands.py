# SPDX-License-Identifier: Apache-2.0
"""`carillon db`, `user`, `domain`, `alias` and `acl` on real databases."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import resource
import select
import signal
import sqlite3
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from harness.commands import EVERYTHING, STANDARD, run, said, sqlite
from harness.databases import DatabaseServer
from harness.servers import Server, carillon_binary
from harness.sip import Message, Phone, Request
from harness.waiting import free_port

pytestmark = pytest.mark.carillon

TABLES = 73  # of all groups, without `version`


@pytest.fixture
def database(tmp_path: Path) -> tuple[Path, str]:
    """The path and the URL of a file with the standard tables."""
    path = tmp_path / "carillon.sqlite"
    url = f"sqlite://{path}"
    run("db", "create", "--url", url, *STANDARD)
    return path, url


@pytest.fixture(params=["mariadb", "postgres"])
def server(request: pytest.FixtureRequest) -> DatabaseServer:
    return request.getfixturevalue(request.param)


# -- create --


def test_the_tables_are_those_of_opensips(tmp_path):
    path = tmp_path / "all.sqlite"
    answer = run("db", "create", "--url", f"sqlite://{path}", *EVERYTHING).stdout.decode()
    assert f"{TABLES} tables made, 0 were there" in answer
    versions = dict(sqlite(path, "SELECT * FROM version"))
    assert len(versions) == TABLES
    assert (versions["acc"], versions["subscriber"], versions["location"], versions["dialog"]) == (7, 8, 1013, 12)
    tables = {name for (name,) in sqlite(path, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert set(versions) | {"version"} <= tables

    columns = {row[1]: row[2:6] for row in sqlite(path, "PRAGMA table_info(location)")}
    assert columns["contact_id"][0].startswith("INTEGER") and columns["contact_id"][3] == 1
    assert columns["q"] == ("FLOAT(10,2)", 1, "'1.0'", 0)
    assert columns["kv_store"] == ("TEXT(512)", 0, "NULL", 0)
    assert columns["last_modified"] == ("DATETIME", 1, "'1900-01-01 00:00:01'", 0)
    assert {row[1]: row[2] for row in sqlite(path, "PRAGMA table_info(address)")}["grp"] == "SMALLINT(5)"
    assert {row[1]: row[2] for row in sqlite(path, "PRAGMA table_info(userblacklist)")}["whitelist"] == "TINYINT(1)"
    assert {row[1]: row[2] for row in sqlite(path, "PRAGMA table_info(dialog)")}["dlg_id"] == "BIGINT(10)"
    with pytest.raises(sqlite3.IntegrityError):
        sqlite(path, "INSERT INTO subscriber (username, domain) VALUES ('a', 'b')",
               "INSERT INTO subscriber (username, domain) VALUES ('a', 'b')")


def test_the_tables_are_made_on_a_server(server):
    name = server.fresh_name()
    answer = run("db", "create", "--url", server.url(name), *EVERYTHING).stdout.decode()
    assert f"{TABLES} tables made" in answer
    assert server.sql("SELECT count(*) FROM version", name).strip() == str(TABLES)
    types = server.sql("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'dialog' "
                       "AND column_name IN ('dlg_id', 'vars') ORDER BY column_name", name).lower().split()
    assert types[:2] == ["dlg_id", "bigint"] and types[3] in ("blob", "bytea")
    # Again: nothing is made, nothing is lost.
    server.sql("INSERT INTO subscriber (username, domain, password) VALUES ('a', 'b', 'c')", name)
    assert f"0 tables made, {TABLES} were there" in run("db", "create", "--url", server.url(name), *EVERYTHING).stdout.decode()
    assert server.sql("SELECT count(*) FROM subscriber", name).strip() == "1"
    run("db", "drop", "--yes", "--url", server.url(name))


def test_only_the_groups_asked_for(tmp_path):
    path = tmp_path / "some.sqlite"
    run("db", "create", "--url", f"sqlite://{path}", "--group", "acc", "--group", "auth_db")
    assert {name for (name,) in sqlite(path, "SELECT table_name FROM version")} == {
        "acc", "missed_calls", "subscriber", "uri"}
    assert "'nonsense'" in said("db", "create", "--url", f"sqlite://{path}", "--group", "nonsense")


def test_without_a_terminal_questions_are_an_error(tmp_path):
    path = tmp_path / "none.sqlite"
    assert "--presence" in said("db", "create", "--url", f"sqlite://{path}")
    assert "--extra" in said("db", "create", "--url", f"sqlite://{path}", "--presence", "no")
    assert not path.exists()


def on_terminal(arguments: list[str], answers: list[tuple[str, str]]) -> tuple[int, str]:
    """Runs on a terminal of its own, answers each question when it is asked; the exit status and all that was shown."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(carillon_binary(), [str(carillon_binary()), *arguments])
    shown = ""
    pending = list(answers)
    while True:
        if not select.select([terminal], [], [], 30)[0]:
            os.kill(child, signal.SIGKILL)
            break
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # EIO: the program has ended
            break
        if not piece:
            break
        shown += piece.decode()
        if pending and pending[0][0] in shown.replace("\r\n", "\n"):
            os.write(terminal, pending.pop(0)[1].encode())
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert not pending, shown
    return os.waitstatus_to_exitcode(status), shown


def test_the_classic_questions(tmp_path):
    path = tmp_path / "asked.sqlite"
    status, shown = on_terminal(["db", "create", "--url", f"sqlite://{path}"], [
        ("Install presence related tables? (y/n): ", "perhaps\n"),
        ("(y/n): perhaps\nInstall presence related tables? (y/n): ", "y\n"),
        ("userblacklist? (y/n): ", "n\n")])
    assert status == 0, shown
    made = {name for (name,) in sqlite(path, "SELECT table_name FROM version")}
    assert "presentity" in made and "imc_rooms" not in made

    status, shown = on_terminal(["db", "drop", "--url", f"sqlite://{path}"], [("sure? (y/n): ", "n\n")])
    assert status == 1 and path.exists()
    status, shown = on_terminal(["db", "drop", "--url", f"sqlite://{path}"], [("sure? (y/n): ", "y\n")])
    assert status == 0 and not path.exists()


def test_two_creates_at_once(tmp_path):
    path = tmp_path / "both.sqlite"
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: run("db", "create", "--url", f"sqlite://{path}", *EVERYTHING), range(3)))
    assert sqlite(path, "SELECT count(*) FROM version") == [(TABLES,)]
    assert sqlite(path, "PRAGMA integrity_check") == [("ok",)]


def test_a_full_disk_is_an_error(tmp_path):
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    path = tmp_path / "full.sqlite"
    text = said("db", "create", "--url", f"sqlite://{path}", *EVERYTHING, preexec_fn=limit)
    assert "full" in text or "I/O" in text
    assert f"{TABLES} were there" not in text
    run("db", "create", "--url", f"sqlite://{path}", *EVERYTHING)  # goes on where it stopped
    assert sqlite(path, "SELECT count(*) FROM version") == [(TABLES,)]


def test_a_wrong_version_is_refused_by_name(database):
    path, url = database
    sqlite(path, "UPDATE version SET table_version = 99 WHERE table_name = 'acc'")
    for command in (["db", "create", *STANDARD], ["db", "migrate"]):
        text = said(*command, "--url", url)
        assert "'acc'" in text and "99" in text
    assert sqlite(path, "SELECT table_version FROM version WHERE table_name = 'acc'") == [(99,)]


def test_what_is_no_database_stays_as_it_is(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear Bob")
    for command in (["create", *STANDARD], ["drop", "--yes"], ["dump"], ["migrate"]):
        assert "not an SQLite database" in said("db", *command, "--url", f"sqlite://{path}")
    assert path.read_text() == "Dear Bob"


def test_a_phone_registers_against_it(database, carillon):
    path, _ = database
    server = carillon.start("durable", database=str(path), write_back=1)
    phone = server.phone("alice")
    phone.register()
    phone.close()
    assert server.program.stop() == 0
    assert [name for (name,) in sqlite(path, "SELECT username FROM location")] == ["alice"]


# -- the settings of the classic tools --


def test_the_classic_rc_file(tmp_path):
    rc = tmp_path / "opensipsctlrc"
    path = tmp_path / "from rc.sqlite"
    rc.write_text(f"# settings\nDBENGINE=SQLITE\nDIR='{tmp_path}'\nDB_PATH=\"$DIR/from rc.sqlite\"\n"
                  "SIP_DOMAIN=example.org\nSTORE_PLAINTEXT_PW=1\n")
    run("db", "create", "--rc", str(rc), *STANDARD)
    run("user", "add", "alice", "--rc", str(rc), "--password-stdin", text="secret\n")
    assert sqlite(path, "SELECT username, domain, password FROM subscriber") == [("alice", "example.org", "secret")]
    rc.write_text(f"DBENGINE=SQLITE\nDB_PATH=$(touch {tmp_path}/executed)\n")
    assert "opensipsctlrc:2: DB_PATH" in said("db", "create", "--rc", str(rc), *STANDARD)
    assert not (tmp_path / "executed").exists()
    assert "only one of" in said("db", "create", "--rc", str(rc), "--url", "sqlite:///x", *STANDARD)


def test_the_administrator_makes_the_users_of_the_rc_file(tmp_path, mariadb):
    name = mariadb.fresh_name()
    mariadb.sql("CREATE USER 'boss'@'%' IDENTIFIED BY 'b?ss'; GRANT ALL ON *.* TO 'boss'@'%' WITH GRANT OPTION")
    rc = tmp_path / "rc"
    rc.write_text(f"DBENGINE=MYSQL\nDBHOST=127.0.0.1\nDBPORT={mariadb.port}\nDBNAME={name}\nDBRWUSER=writer\n"
                  "DBRWPW='w\"r'\\''i\\te'\nDBROUSER=reader\nDBROPW=read\nDBROOTUSER=boss\n")
    run("db", "create", "--rc", str(rc), *STANDARD, environment={"DBROOTPW": "b?ss"})
    grants = mariadb.sql("SHOW GRANTS FOR 'reader'@'localhost'")
    assert f"GRANT SELECT ON `{name}`.*" in grants
    assert f"GRANT ALL PRIVILEGES ON `{name}`.*" in mariadb.sql("SHOW GRANTS FOR 'writer'@'localhost'")
    # They get in, although the server knows the client by its address only.
    run("user", "add", "alice@example.org", "--password", "x", "--rc", str(rc))
    assert mariadb.sql("SELECT count(*) FROM subscriber", name).strip() == "1"
    run("db", "drop", "--yes", "--rc", str(rc), environment={"DBROOTPW": "b?ss"})
    assert mariadb.sql(f"SHOW DATABASES LIKE '{name}'") == ""


def test_the_administrator_of_a_server_behind_a_socket(mariadb):
    name = mariadb.fresh_name()
    url = f"mysql://writer_{name}:p@/{name}?socket={mariadb.socket}"
    run("db", "create", "--root-user", "root", "--url", url, *STANDARD, environment={"DBROOTPW": ""})
    run("user", "add", "alice@example.org", "--password", "x", "--url", url)
    assert f"mysql://writer_{name}@/{name}" in said("user", "list", "--url", url.replace(":p@", ":q@"))


def test_the_administrator_changes_tables_that_users_dont_own(tmp_path, postgres):
    name = postgres.fresh_name()
    postgres.sql("CREATE USER sup SUPERUSER PASSWORD 'sup'")
    rc = tmp_path / "rc"
    rc.write_text(f"DBENGINE=PGSQL\nDBHOST=127.0.0.1\nDBPORT={postgres.port}\nDBNAME='{name}'\nDBRWUSER=owner-not\n"
                  "DBRWPW=w\nDBROOTUSER=sup\n")
    run("db", "create", "--rc", str(rc), *STANDARD, environment={"DBROOTPW": "sup"})
    postgres.sql("ALTER TABLE subscriber ALTER username TYPE VARCHAR(10)", name)
    assert "owner" in said("db", "migrate", "--rc", str(rc))
    run("db", "migrate", "--root-user", "sup", "--rc", str(rc), environment={"DBROOTPW": "sup"})
    assert "0 tables changed" in run("db", "migrate", "--rc", str(rc)).stdout.decode()


@pytest.mark.parametrize("name", ["four slashes", "50% #1?x", "dash-and.dot"])
def test_paths_of_any_spelling(tmp_path, name):
    """As other tools write an absolute path, with what else a URI could trip over."""
    path = tmp_path / name.partition("?")[0]
    url = f"sqlite:///{path}"
    assert url.startswith("sqlite:////")
    run("db", "create", "--url", url, *STANDARD)
    run("user", "add", "alice@example.org", "--password", "x", "--url", url)
    assert b"alice@example.org" in run("user", "list", "--url", url).stdout
    run("db", "drop", "--yes", "--url", url)
    assert not path.exists()


@pytest.mark.parametrize("flag", ["--url", "--rc", "-f"])
def test_an_empty_setting_isnt_the_embedded_default(flag):
    result = run("db", "drop", "--yes", flag, "", status=2)
    assert b"it is empty" in result.stderr


# -- dump and load --

NASTY = [
    "INSERT INTO subscriber (username, domain, password) VALUES ('o''brien', 'example.org', char(9) || '\"\\😀')",
    "INSERT INTO silo (src_addr, body) VALUES ('a;DROP TABLE silo', x'00ff0a0d27')",
    "INSERT INTO silo (src_addr, ctype, body) VALUES ('', NULL, NULL)",
    "INSERT INTO location (contact_id, contact, expires, q, last_modified) VALUES (9007199254740993, 'sip:a@b', 0, 0.25, "
    "'2026-01-31 23:59:59')",
    "INSERT INTO dialog (dlg_id, callid, from_uri, from_tag, to_uri, to_tag, caller_cseq, callee_cseq, caller_ping_cseq, "
    "callee_ping_cseq, caller_sock, callee_sock, state, start_time, timeout, vars) VALUES (9223372036854775807, 'c', 'f', "
    "'t', 'u', 'v', '1', '2', 3, 4, 's', 't', 4, 1, 2, x'6123007c')",
]


def test_a_dump_goes_through_a_server_and_back(tmp_path, database, server):
    path, url = database
    sqlite(path, *NASTY)
    sqlite(path, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
                 "INSERT INTO acc (callid, time) SELECT 'call-' || i, '2026-01-01 00:00:00' FROM n")
    first = tmp_path / "first.dump"
    run("db", "dump", str(first), "--url", url)
    assert first.stat().st_mode & 0o077 == 0, "it holds passwords"

    name = server.fresh_name()
    run("db", "create", "--url", server.url(name), *STANDARD)
    run("db", "load", str(first), "--url", server.url(name))
    assert server.sql("SELECT count(*) FROM acc", name).strip() == "3000"
    second = run("db", "dump", "--url", server.url(name)).stdout
    back = tmp_path / "back.sqlite"
    run("db", "create", "--url", f"sqlite://{back}", *STANDARD)
    run("db", "load", "--url", f"sqlite://{back}", text=second)
    for table in ("subscriber", "silo", "location", "dialog", "acc"):
        assert sqlite(back, f"SELECT * FROM {table} ORDER BY 1") == sqlite(path, f"SELECT * FROM {table} ORDER BY 1")
    # The server counts on behind what was loaded.
    run("user", "add", "new@example.org", "--password", "x", "--url", server.url(name))


@pytest.mark.parametrize("scheme", ["text", "berkeley"])
def test_a_dump_goes_through_files_of_opensips(tmp_path, database, scheme):
    path, url = database
    sqlite(path, *NASTY[1:4])
    folder = tmp_path / "tables"
    other = f"{scheme}://{folder}"
    run("db", "create", "--url", other, *STANDARD)
    run("db", "load", "--url", other, text=run("db", "dump", "--url", url).stdout)
    back = tmp_path / "back.sqlite"
    run("db", "create", "--url", f"sqlite://{back}", *STANDARD)
    run("db", "load", "--url", f"sqlite://{back}", text=run("db", "dump", "--url", other).stdout)
    for table in ("subscriber", "silo", "location"):
        assert sqlite(back, f"SELECT * FROM {table} ORDER BY 1") == sqlite(path, f"SELECT * FROM {table} ORDER BY 1")
    run("db", "drop", "--yes", "--url", other)


def test_a_load_is_all_or_nothing(tmp_path, database):
    path, url = database
    sqlite(path, *NASTY)
    lines = run("db", "dump", "--url", url).stdout.splitlines(keepends=True)
    empty = tmp_path / "empty.sqlite"
    other = f"sqlite://{empty}"
    run("db", "create", "--url", other, *STANDARD)

    def rows() -> int:
        return sum(sqlite(empty, f"SELECT count(*) FROM {table}")[0][0] for table in ("subscriber", "silo", "location"))

    assert "its last line is missing" in said("db", "load", "--url", other, text=b"".join(lines[:-1]))
    assert "first line is missing" in said("db", "load", "--url", other, text=b"".join(lines[1:]))
    assert "not JSON" in said("db", "load", "--url", other, text=b"".join([*lines[:-1], b"\0\n"]))
    assert "cells" in said("db", "load", "--url", other, text=b"".join([*lines[:-1], b"[1,2]\n"]))
    without_rows = [line for line in lines if not line.startswith(b"[")]
    assert "0 rows were read of 5" in said("db", "load", "--url", other, text=b"".join(without_rows))
    assert rows() == 0
    run("db", "load", "--url", other, text=b"".join(lines))
    assert rows() == 4

    text = said("db", "load", "--url", other, text=b"".join(lines))
    assert "subscriber: has rows" in text and "nothing was loaded" in text
    sqlite(empty, "UPDATE subscriber SET password = 'changed'")
    run("db", "load", "--force", "--url", other, text=b"".join(lines))
    assert rows() == 4
    assert sqlite(empty, "SELECT password FROM subscriber") == sqlite(path, "SELECT password FROM subscriber")


def test_a_dump_goes_into_a_pipe(tmp_path, database):
    _, url = database
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(lambda: subprocess.run(["cat", pipe], capture_output=True, timeout=30, check=False).stdout)
        run("db", "dump", str(pipe), "--url", url)
        assert reading.result(30) == run("db", "dump", "--url", url).stdout
    assert pipe.is_fifo()


def test_a_dump_that_finds_no_room_leaves_no_file(tmp_path, database):
    path, url = database
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run([str(carillon_binary()), "db", "dump", "--url", url], stdout=full,
                                stderr=subprocess.PIPE, check=False)
    assert result.returncode == 1 and b"No space left" in result.stderr
    said("db", "dump", str(tmp_path / "nowhere" / "x"), "--url", url)
    assert "'nothing'" in said("db", "dump", "--table", "nothing", "--url", url)
    assert [file.name for file in tmp_path.iterdir() if "sqlite" not in file.name] == []


# -- migrate --

OPENSIPS_3_0 = """
CREATE TABLE version (table_name CHAR(32) NOT NULL, table_version INTEGER DEFAULT 0 NOT NULL, UNIQUE (table_name));
INSERT INTO version VALUES ('subscriber', 7), ('cc_agents', 1), ('dispatcher', 8), ('b2b_logic', 3), ('acc', 7),
    ('load_balancer', 2), ('domain', 3);
CREATE TABLE subscriber (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, username CHAR(64) DEFAULT '' NOT NULL,
    domain CHAR(64) DEFAULT '' NOT NULL, password CHAR(25) DEFAULT '' NOT NULL, email_address CHAR(64) DEFAULT '' NOT NULL,
    ha1 CHAR(64) DEFAULT '' NOT NULL, ha1b CHAR(64) DEFAULT '' NOT NULL, rpid CHAR(64) DEFAULT NULL,
    UNIQUE (username, domain));
INSERT INTO subscriber (username, domain, ha1, email_address) VALUES ('alice', 'example.org', 'abc', 'alice@example.com');
CREATE TABLE cc_agents (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, agentid CHAR(128) NOT NULL,
    location CHAR(128) NOT NULL, logstate INTEGER DEFAULT 0 NOT NULL, skills CHAR(255) NOT NULL,
    last_call_end INTEGER DEFAULT 0 NOT NULL);
INSERT INTO cc_agents (agentid, location, skills, last_call_end) VALUES ('agent', 'sip:a@b', 'talk', 77);
CREATE TABLE dispatcher (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, setid INTEGER DEFAULT 0 NOT NULL,
    destination CHAR(192) DEFAULT '' NOT NULL, socket CHAR(128), state INTEGER DEFAULT 0 NOT NULL,
    weight CHAR(64) DEFAULT 1 NOT NULL, priority INTEGER DEFAULT 0 NOT NULL, attrs CHAR(128), description CHAR(64));
INSERT INTO dispatcher (setid, destination) VALUES (1, 'sip:10.0.0.1');
CREATE TABLE b2b_logic (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, si_key CHAR(64) NOT NULL,
    next_sstate INTEGER NOT NULL);
CREATE TABLE domain (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, domain CHAR(64) DEFAULT '' NOT NULL,
    attrs CHAR(255), last_modified DATETIME DEFAULT '1900-01-01 00:00:01' NOT NULL, UNIQUE (domain));
CREATE TABLE acc (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL);
"""


def test_a_database_of_opensips_3_0_is_brought_up_to_date(tmp_path):
    path = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(OPENSIPS_3_0)
    url = f"sqlite://{path}"
    # Before that it is used as it is where its columns suffice.
    run("user", "add", "bob@example.org", "--password", "x", "--url", url)
    assert sqlite(path, "SELECT length(ha1), length(ha1b) FROM subscriber WHERE username = 'bob'") == [(32, 32)]
    run("domain", "add", "example.org", "--url", url)

    sqlite(path, "INSERT INTO b2b_logic VALUES (1, 'running', 2)")
    run("db", "migrate", "--dry-run", "--url", url, status=1)
    assert dict(sqlite(path, "SELECT * FROM version"))["subscriber"] == 7
    assert "'b2b_logic'" in said("db", "migrate", "--url", url)
    versions = dict(sqlite(path, "SELECT * FROM version"))
    assert (versions["subscriber"], versions["cc_agents"], versions["dispatcher"], versions["domain"]) == (8, 3, 9, 4)
    assert versions["b2b_logic"] == 3
    assert sqlite(path, "SELECT username, ha1, email_address, ha1_sha256 FROM subscriber WHERE username = 'alice'") == [
        ("alice", "abc", "alice@example.com", "")]
    assert sqlite(path, "SELECT agentid, wrapup_end_time, wrapup_time, msrp_max_sessions FROM cc_agents") == [
        ("agent", 77, 0, 4)]
    assert sqlite(path, "SELECT destination, probe_mode FROM dispatcher") == [("sip:10.0.0.1", 0)]

    sqlite(path, "DELETE FROM b2b_logic")
    run("db", "migrate", "--url", url)
    assert "scenario" in {row[1] for row in sqlite(path, "PRAGMA table_info(b2b_logic)")}
    assert "0 tables changed" in run("db", "migrate", "--url", url).stdout.decode()
    # What the password commands write now has all hashes.
    run("user", "passwd", "alice@example.org", "--password-stdin", "--url", url, text="new\n")
    assert sqlite(path, "SELECT length(ha1_sha256) FROM subscriber WHERE username = 'alice'") == [(64,)]


def test_a_servers_tables_are_changed_in_place(mariadb):
    name = mariadb.fresh_database(
        "CREATE TABLE version (table_name CHAR(32) NOT NULL, table_version INT UNSIGNED DEFAULT 0 NOT NULL, "
        "UNIQUE (table_name)); INSERT INTO version VALUES ('cc_agents', 1);"
        "CREATE TABLE cc_agents (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL, agentid CHAR(128) NOT NULL, "
        "location CHAR(128) NOT NULL, logstate INT DEFAULT 0 NOT NULL, skills CHAR(255) NOT NULL, "
        "last_call_end INT DEFAULT 0 NOT NULL);"
        "INSERT INTO cc_agents (agentid, location, skills, last_call_end) VALUES ('agent', 'sip:a@b', 'talk', 77)")
    run("db", "migrate", "--url", mariadb.url(name))
    assert mariadb.sql("SELECT agentid, wrapup_end_time, msrp_max_sessions FROM cc_agents", name).split() == [
        "agent", "77", "4"]
    assert mariadb.sql("SELECT table_version FROM version", name).strip() == "3"


# -- users, aliases, groups, domains --


def test_users_have_the_hashes_of_their_password(database):
    path, url = database
    run("user", "add", "alice@Example.org", "--password", "secret", "--url", url)
    assert sqlite(path, "SELECT username, domain, password, ha1, ha1_sha256, ha1_sha512t256 FROM subscriber") == [
        ("alice", "example.org", "", "543e1aec5d3614f03141652d6ada51b2",
         "d1659fff7a501be15962adc35514ca6a5868905695f2dd1093741f931e000a1f",
         "bb26296e6f753ae34f4465323f4e1505bf959f55a87ee9347d34355a1e88627a")]
    assert "is there already" in said("user", "add", "alice@example.org", "--password", "x", "--url", url)
    run("user", "add", "bob", "--domain", "example.org", "--store", "plain", "--password-stdin", "--url", url, text="pw\n")
    assert "25 bytes" in said("user", "passwd", "bob@example.org", "--password", "x" * 26, "--url", url)
    listed = json.loads(run("user", "list", "--json", "--url", url).stdout)
    assert listed == [{"user": "alice@example.org", "store": "ha1"}, {"user": "bob@example.org", "store": "plain"}]


def test_a_password_is_asked_without_being_shown(database):
    path, url = database
    questions = [("Password: ", "s3cret\n"), ("Again: ", "s3cret\n")]
    status, shown = on_terminal(["user", "add", "alice@example.org", "--url", url], questions)
    assert status == 0 and "s3cret" not in shown
    status, shown = on_terminal(["user", "passwd", "alice@example.org", "--url", url],
                                [("Password: ", "one\n"), ("Again: ", "two\n")])
    assert status == 1 and "differ" in shown
    status, shown = on_terminal(["user", "passwd", "alice@example.org", "--url", url], [("Password: ", "abc\x03")])
    assert status == 1 and "interrupted" in shown, "Ctrl-C"
    assert "no terminal" in said("user", "add", "bob@example.org", "--url", url)
    assert sqlite(path, "SELECT count(*) FROM subscriber") == [(1,)]


@pytest.mark.parametrize("name", ["alice", "@example.org", "a b@example.org", "a'; DROP TABLE subscriber; --@x",
                                  'a"b@x', "a@x y", "a@b@x'", "é@x", "a" * 65 + "@x", "a@"])
def test_names_that_are_none(database, name):
    path, url = database
    assert said("user", "add", name, "--password", "x", "--url", url).count("\n") == 1
    assert sqlite(path, "SELECT count(*) FROM subscriber") == [(0,)]


def test_what_is_a_users_goes_with_the_user(database):
    path, url = database
    for user in ("alice", "o'brien"):
        run("user", "add", f"{user}@example.org", "--password", "x", "--url", url)
        run("alias", "add", f"sales-{user}@example.org", f"{user}@example.org", "--url", url)
        run("acl", "grant", f"{user}@example.org", "international", "mobile", "--url", url)
    assert "is an alias already" in said("alias", "add", "sales-alice@example.org", "o'brien@example.org", "--url", url)
    assert "is a user" in said("alias", "add", "alice@example.org", "o'brien@example.org", "--url", url)
    assert "no user" in said("alias", "add", "x@example.org", "nobody@example.org", "--url", url)
    assert "already" in said("acl", "add", "alice@example.org", "mobile", "--url", url)
    run("user", "rm", "o'brien@example.org", "--url", url)
    assert "no user" in said("user", "rm", "o'brien@example.org", "--url", url)
    assert json.loads(run("alias", "list", "--json", "--url", url).stdout) == [
        {"alias": "sales-alice@example.org", "user": "alice@example.org"}]
    run("acl", "revoke", "alice@example.org", "mobile", "--url", url)
    assert "isn't in mobile" in said("acl", "rm", "alice@example.org", "mobile", "--url", url)
    assert run("acl", "show", "alice@example.org", "--url", url).stdout == b"alice@example.org  international\n"
    run("alias", "rm", "sales-alice@example.org", "--url", url)
    assert "no alias" in said("alias", "rm", "sales-alice@example.org", "--url", url)


def test_domains_are_ours(database):
    path, url = database
    run("domain", "add", "Example.org", "--accept-subdomain", "--attrs", "x'y", "--url", url)
    assert sqlite(path, "SELECT domain, attrs, accept_subdomain FROM domain") == [("example.org", "x'y", 1)]
    assert "already" in said("domain", "add", "example.org", "--url", url)
    assert json.loads(run("domain", "list", "--json", "--url", url).stdout) == [{"domain": "example.org", "attrs": "x'y"}]
    run("domain", "rm", "example.org", "--url", url)
    assert "no domain" in said("domain", "rm", "example.org", "--url", url)
    for name in ("", "a b", "a'b", "a..b"):
        said("domain", "add", name, "--url", url)


def test_the_first_user_of_the_embedded_default_needs_no_database():
    # Root's is /var/lib/carillon, which no test may touch.
    demote = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="carillon-home-") as home:
        Path(home).chmod(0o777)
        try:
            run("user", "add", "alice@example.org", "--password", "x", environment={"HOME": home}, cwd="/", **demote)
        except PermissionError:
            pytest.skip("nobody can't run the program where it is")
        path = Path(home) / ".local/share/carillon/carillon.sqlite"
        assert sqlite(path, "SELECT username FROM subscriber") == [("alice",)]


# -- the embedded default --


def credentials(challenge: Message, request: Request, user: str, password: str, header: str) -> str:
    """The answer to a Digest challenge (RFC 7616), MD5 with qop=auth."""
    offered = next(value for value in challenge.all(CHALLENGES[header]) if "SHA" not in value)
    given = dict(re.findall(r'(\w+)="?([^",]+)"?', offered))
    uri = request.uri

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    ha1 = md5(f"{user}:{given['realm']}:{password}")
    ha2 = md5(f"{request.method}:{uri}")
    response = md5(f"{ha1}:{given['nonce']}:00000001:0a:auth:{ha2}")
    return (f'{header}: Digest username="{user}", realm="{given["realm"]}", nonce="{given["nonce"]}", uri="{uri}", '
            f'qop=auth, nc=00000001, cnonce="0a", response="{response}"')


CHALLENGES = {"Authorization": "www-authenticate", "Proxy-Authorization": "proxy-authenticate"}


def embedded_default(programs, carillon, url: str, listen: str) -> Server:
    port = free_port()
    program = programs.start("carillon", carillon.argv(
        "run", "--listen", f"udp:{listen}:{port}", "--domain", "127.0.0.1", "--db", url))
    server = Server(program, port)
    server.wait_ready()
    return server


def register_status(phone: Phone, user: str = "", password: str = "") -> int:
    """Of a REGISTER, with the password after the challenge."""
    request = phone.register_request()
    response = phone.final_response(request)
    if response.status != 401 or not user:
        return response.status or 0
    fields = {"extra": ["Expires: 600", credentials(response, request, user, password, "Authorization")]}
    return phone.final_response(phone.register_request(**fields)).status or 0


def test_the_embedded_default_trusts_loopback_until_the_first_user_is_added(tmp_path, programs, carillon):
    url = f"sqlite://{tmp_path}/default.sqlite"
    server = embedded_default(programs, carillon, url, "127.0.0.1")
    alice, bob = server.phone("alice"), server.phone("bob")
    assert register_status(alice) == 200
    assert register_status(bob) == 200
    run("user", "add", "alice@127.0.0.1", "--password", "secret", "--url", url)
    assert register_status(bob) == 401
    assert register_status(alice, "alice", "wrong") == 401
    assert register_status(alice, "alice", "secret") == 200
    assert register_status(bob, "alice", "secret") == 403, "alice may not be bob"

    request = alice.request("MESSAGE", bob.aor, contact="")
    challenge = alice.final_response(request)
    assert challenge.status == 407
    answer = credentials(challenge, request, "alice", "secret", "Proxy-Authorization")
    alice.send(alice.request("MESSAGE", bob.aor, contact="", extra=[answer]))
    received = bob.expect("MESSAGE")
    assert received.all("proxy-authorization") == [], "it is none of bob's business"
    bob.reply(received, 200, "OK")
    for phone in (alice, bob):
        phone.close()
    assert server.program.stop() == 0


def test_the_embedded_default_always_asks_beyond_loopback(tmp_path, programs, carillon):
    server = embedded_default(programs, carillon, f"sqlite://{tmp_path}/default.sqlite", "0.0.0.0")
    alice = server.phone("alice")
    assert register_status(alice) == 401
    alice.close()
    assert server.program.stop() == 0


def test_the_script_names_the_database(tmp_path, database):
    path, url = database
    script = tmp_path / "x.cfg"
    script.write_text(f'db_default_url="{url}"\nloadmodule "db_sqlite.so"\nroute {{ exit; }}\n')
    run("user", "add", "alice@example.org", "--password", "x", "-f", str(script))
    assert sqlite(path, "SELECT username FROM subscriber") == [("alice",)]
    script.write_text("route { exit; }\n")
    assert "names no database" in said("user", "list", "-f", str(script))
    script.write_text("route { nonsense(); }\n")
    assert "errors" in said("user", "list", "-f", str(script))


@pytest.mark.parametrize("command", ["db", "db create", "db migrate", "db drop", "db dump", "db load", "user", "user add",
                                     "user passwd", "user rm", "user list", "domain add", "alias add", "acl grant"])
def test_each_command_has_help(command):
    assert b"Usage:" in run(*command.split(), "--help").stdout


def test_a_driver_that_isnt_there_is_named():
    assert "no database driver for 'nosuch'" in said("user", "list", "--url", "nosuch://h/x")
    text = said("user", "list", "--url", "mysql://alice:topsecret@127.0.0.1:1/x")
    assert "topsecret" not in text and "127.0.0.1" in text
