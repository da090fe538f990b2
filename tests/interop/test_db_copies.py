# SPDX-License-Identifier: Apache-2.0
"""`carillon db dump`, `load` and `migrate` on real servers: what is written meanwhile, what is refused, what is widened."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from harness.commands import STANDARD, run, said, sqlite
from harness.databases import USER, DatabaseServer, OdbcSources
from harness.opensips_tables import MYSQL_TABLES, POSTGRES_TABLES
from harness.servers import carillon_binary
from harness.waiting import wait_until

pytestmark = pytest.mark.carillon

# Of `acc`; their lines are more than a pipe and the program's own buffer hold.
MANY_ROWS = 20_000
MANY = {
    "mariadb": "INSERT INTO acc (callid, from_tag, to_tag, time) SELECT concat('call-', seq), repeat('f', 64), repeat('t', 64), "
               f"'2026-01-01 00:00:00' FROM seq_1_to_{MANY_ROWS};",
    "postgres": "INSERT INTO acc (callid, from_tag, to_tag, time) SELECT 'call-' || n, repeat('f', 64), repeat('t', 64), "
                f"'2026-01-01 00:00:00' FROM generate_series(1, {MANY_ROWS}) n;",
    "sqlite": f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY_ROWS}) INSERT INTO acc "
              "(callid, from_tag, to_tag, time) SELECT 'call-' || i, printf('%.*c', 64, 'f'), printf('%.*c', 64, 't'), "
              "'2026-01-01 00:00:00' FROM n",
}
# A call that was missed is in both tables.
PAIR = ("INSERT INTO acc (callid, time) VALUES ('both', '2026-01-01 00:00:00')",
        "INSERT INTO missed_calls (callid, time) VALUES ('both', '2026-01-01 00:00:00')")


class Copied:
    """A database of one kind with the standard tables."""

    def __init__(self, kind: str, server: DatabaseServer | None, folder: Path) -> None:
        self.kind = kind
        self.server = server
        self.path = folder / "copied.sqlite"
        self.name = server.fresh_name() if server else ""
        self.url = server.url(self.name) if server else f"sqlite://{self.path}"
        run("db", "create", "--url", self.url, *STANDARD)

    def sql(self, *statements: str) -> str:
        if self.server:
            return self.server.sql(";".join(statements), self.name).strip()
        return "\n".join("\t".join(map(str, row)) for row in sqlite(self.path, *statements))

    def rows(self, table: str) -> int:
        return int(self.sql(f"SELECT count(*) FROM {table}"))


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def copied(request: pytest.FixtureRequest, tmp_path: Path) -> Copied:
    server = None if request.param == "sqlite" else request.getfixturevalue(request.param)
    return Copied(request.param, server, tmp_path)


def through_odbc(copied: Copied, folder: Path) -> tuple[str, dict[str, str]]:
    """A URL of the same database, and the environment for it."""
    sources = OdbcSources(folder / "odbc")
    if copied.server is None:
        return sources.url(sources.add("sqlite", Database=copied.path)), sources.environment
    return sources.url(sources.add_server(copied.server, copied.name)), sources.environment


def table_rows(dump: bytes, table: str) -> list[dict]:
    """Of a dump's table."""
    rows: list[dict] = []
    columns = None
    for line in dump.splitlines():
        item = json.loads(line)
        if isinstance(item, list):
            rows += [dict(zip(columns, item, strict=True))] if columns else []
        else:
            columns = item["columns"] if item.get("table") == table else None
    return rows


@pytest.mark.parametrize("by_odbc", [False, True], ids=["own", "odbc"])
def test_a_dump_shows_one_moment(copied, tmp_path, by_odbc):
    copied.sql(MANY[copied.kind])
    url, environment = through_odbc(copied, tmp_path) if by_odbc else (copied.url, {})
    # In the middle of the first table it has to wait for somebody to read on.
    dump = subprocess.Popen([str(carillon_binary()), "db", "dump", "--quiet", "--url", url], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, bufsize=0, env={**os.environ, **environment})
    assert dump.stdout is not None
    begin = dump.stdout.read(1000)
    begin_of_transaction = ["BEGIN"] if copied.kind != "sqlite" else []
    copied.sql(*begin_of_transaction, *PAIR, *(["COMMIT"] if begin_of_transaction else []))
    rest, errors = dump.communicate(timeout=60)
    assert dump.returncode == 0 and errors == b"", errors
    calls = [row["callid"] for row in table_rows(begin + rest, "acc")]
    assert len(calls) == MANY_ROWS and "both" not in calls
    assert table_rows(begin + rest, "missed_calls") == []
    after = run("db", "dump", "--url", url, environment=environment).stdout
    assert [row["callid"] for row in table_rows(after, "missed_calls")] == ["both"]
    assert len(table_rows(after, "acc")) == MANY_ROWS + 1


@pytest.mark.skipif("asan" in carillon_binary().parts, reason="AddressSanitizer keeps what is freed")
def test_a_dump_needs_no_memory_for_its_rows(copied, tmp_path):
    def greatest_memory() -> int:
        child = subprocess.Popen([str(carillon_binary()), "db", "dump", str(tmp_path / "dump"), "--url", copied.url],
                                 stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0
        return usage.ru_maxrss * 1024

    empty = greatest_memory()
    for _ in range(4):
        copied.sql(MANY[copied.kind])
    full = greatest_memory()
    size = (tmp_path / "dump").stat().st_size
    assert size > 15_000_000
    assert full - empty < size / 2


def lines_of_dump(folder: Path, users: int) -> list[bytes]:
    source = folder / "source.sqlite"
    run("db", "create", "--url", f"sqlite://{source}", *STANDARD)
    sqlite(source, "INSERT INTO acc (callid, time) VALUES ('a', '2026-01-01 00:00:00')",
           f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {users}) INSERT INTO subscriber "
           "(username, domain) SELECT 'user-' || i, 'example.org' FROM n")
    return run("db", "dump", "--url", f"sqlite://{source}").stdout.splitlines(keepends=True)


def test_a_load_names_the_row_that_is_refused_and_loads_nothing(copied, tmp_path):
    lines = lines_of_dump(tmp_path, 1200)
    first = next(number for number, line in enumerate(lines) if b'"user-1"' in line)
    lines[first + 1099] = lines[first + 1099].replace(b'"user-1100"', b'"user-3"')
    dump = tmp_path / "dump"
    dump.write_bytes(b"".join(lines))
    text = said("db", "load", str(dump), "--url", copied.url)
    assert f"{dump}:{first + 1100}: table 'subscriber', row 1100: " in text
    assert copied.rows("subscriber") == 0 and copied.rows("acc") == 0
    lines[first + 1099] = lines[first + 1099].replace(b'"user-3"', b'"user-1100"')
    lines[first + 7] = b"[1]\n"
    assert "table 'subscriber', row 8: 1 cells for" in said("db", "load", "--url", copied.url, text=b"".join(lines))
    assert copied.rows("subscriber") == 0 and copied.rows("acc") == 0


def test_a_forced_load_is_all_or_nothing_too(copied, tmp_path):
    lines = lines_of_dump(tmp_path, 20)
    copied.sql("INSERT INTO subscriber (id, username, domain) VALUES (1, 'before', 'example.org')")
    without_name = b"".join(lines).replace(b'"user-7"', b"null")
    text = said("db", "load", "--force", "--url", copied.url, text=without_name)
    assert "table 'subscriber', row 7: " in text
    assert copied.rows("subscriber") == 1 and copied.rows("acc") == 0
    assert copied.sql("SELECT username FROM subscriber WHERE id = 1") == "before"
    run("db", "load", "--force", "--url", copied.url, text=b"".join(lines))
    assert copied.rows("subscriber") == 20
    assert copied.sql("SELECT username FROM subscriber WHERE id = 1") == "user-1"


def test_a_load_that_is_killed_leaves_nothing(copied, tmp_path):
    lines = lines_of_dump(tmp_path, 3000)
    load = subprocess.Popen([str(carillon_binary()), "db", "load", "--url", copied.url], stdin=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    assert load.stdin is not None and load.stderr is not None
    load.stdin.write(b"".join(lines[:-500]))
    load.stdin.flush()
    assert load.stderr.readline().startswith(b"acc: "), "a table is loaded"
    load.kill()
    load.communicate()
    wait_until(lambda: copied.rows("subscriber") == 0 and copied.rows("acc") == 0, "its transaction to be undone")
    run("db", "load", "--url", copied.url, text=b"".join(lines))
    assert copied.rows("subscriber") == 3000


def test_a_dump_goes_through_odbc_and_back(copied, tmp_path):
    lines = lines_of_dump(tmp_path, 700)
    url, environment = through_odbc(copied, tmp_path)
    run("db", "load", "--url", url, text=b"".join(lines), environment=environment)
    # What counts up goes on behind what was loaded.
    run("user", "add", "new@example.org", "--password", "x", "--url", copied.url)
    run("user", "rm", "new@example.org", "--url", copied.url)
    back = run("db", "dump", "--url", url, environment=environment).stdout
    for table in ("subscriber", "acc"):
        assert table_rows(back, table) == table_rows(b"".join(lines), table)


# -- migrate --

WIDER = {
    "mariadb": ("ALTER TABLE subscriber MODIFY username CHAR(10) CHARACTER SET latin1 NOT NULL DEFAULT 'x, y' COMMENT 'a (b)'",
                "ALTER TABLE subscriber MODIFY password VARCHAR(2000) NOT NULL DEFAULT ''",
                "ALTER TABLE location MODIFY contact_id INT(10) UNSIGNED AUTO_INCREMENT NOT NULL",
                "ALTER TABLE location MODIFY cseq SMALLINT NOT NULL DEFAULT 13",
                "ALTER TABLE location MODIFY expires BIGINT NOT NULL"),
    "postgres": ("ALTER TABLE subscriber ALTER username TYPE VARCHAR(10)",
                 "ALTER TABLE subscriber ALTER username SET DEFAULT 'x, y'",
                 "ALTER TABLE subscriber ALTER password TYPE VARCHAR(2000)",
                 "ALTER TABLE location ALTER contact_id TYPE INTEGER",
                 "ALTER SEQUENCE location_contact_id_seq AS INTEGER",
                 "ALTER TABLE location ALTER cseq TYPE SMALLINT",
                 "ALTER TABLE location ALTER expires TYPE BIGINT"),
}


def types(copied: Copied, *names: str) -> list[str]:
    which = ", ".join(f"'{name}'" for name in names)
    schema = "DATABASE()" if copied.kind == "mariadb" else "current_schema()"
    return copied.sql("SELECT concat(column_name, ' ', data_type, ' ', coalesce(character_maximum_length, 0)) "
                      f"FROM information_schema.columns WHERE table_schema = {schema} AND table_name IN ('subscriber', "
                      f"'location') AND column_name IN ({which}) ORDER BY table_name, column_name").lower().splitlines()


@pytest.mark.parametrize("by_odbc", [False, True], ids=["own", "odbc"])
@pytest.mark.parametrize("copied", ["mariadb", "postgres"], indirect=True)
def test_narrow_columns_are_widened_and_wide_ones_stay(copied, tmp_path, by_odbc):
    copied.sql(*WIDER[copied.kind], "INSERT INTO subscriber (username, domain, password) VALUES ('alice', 'example.org', 'pw')",
               "INSERT INTO location (contact, expires) VALUES ('sip:a@b', 5000000000)")
    url, environment = through_odbc(copied, tmp_path) if by_odbc else (copied.url, {})
    before = types(copied, "username", "password", "contact_id", "cseq", "expires")
    told = run("db", "migrate", "--dry-run", "--url", url, environment=environment).stdout.decode()
    assert "subscriber: username widened from " in told and "2 tables would be changed" in told
    assert types(copied, "username", "password", "contact_id", "cseq", "expires") == before
    told = run("db", "migrate", "--url", url, environment=environment).stdout.decode()
    assert "2 tables changed" in told and "password" not in told and "expires" not in told
    character = "char" if copied.kind == "mariadb" else "character varying"
    integer = "int" if copied.kind == "mariadb" else "integer"
    varying = "varchar" if copied.kind == "mariadb" else "character varying"
    assert types(copied, "cseq", "contact_id", "expires", "password") == [
        "contact_id bigint 0", f"cseq {integer} 0", "expires bigint 0", f"password {varying} 2000"]
    assert types(copied, "username")[-1] == f"username {character} 64", "the subscriber's"
    assert copied.sql("SELECT username, password FROM subscriber") == "alice\tpw"
    # What else the columns were is as before.
    copied.sql("INSERT INTO subscriber (domain) VALUES ('example.org')")
    assert copied.rows("subscriber WHERE username = 'x, y'") == 1
    if copied.kind == "mariadb":
        described = copied.sql("SHOW FULL COLUMNS FROM subscriber LIKE 'username'")
        assert "latin1" in described and "a (b)" in described
    else:
        assert copied.sql("SELECT data_type FROM pg_sequences WHERE sequencename = 'location_contact_id_seq'") == "bigint"
    copied.sql("INSERT INTO location (contact, expires) VALUES ('sip:c@d', 1)")
    assert "0 tables changed" in run("db", "migrate", "--url", url, environment=environment).stdout.decode()


@pytest.mark.parametrize("tables", [MYSQL_TABLES, POSTGRES_TABLES], ids=["mariadb", "postgres"])
def test_what_opensips_made_is_wide_enough(request, tables):
    server = request.getfixturevalue("mariadb" if tables is MYSQL_TABLES else "postgres")
    name = server.fresh_database(tables)
    if tables is POSTGRES_TABLES:
        server.sql(f"ALTER TABLE location OWNER TO {USER}", name)
    assert ": 0 tables changed" in run("db", "migrate", "--url", server.url(name)).stdout.decode()


@pytest.mark.parametrize("copied", ["mariadb", "postgres"], indirect=True)
def test_a_column_that_cant_be_widened_is_told(copied):
    if copied.kind == "postgres":
        copied.sql("ALTER TABLE subscriber ALTER username TYPE VARCHAR(10)",
                   "CREATE VIEW names AS SELECT username FROM subscriber")
    else:
        copied.sql("ALTER TABLE subscriber MODIFY username CHAR(10) NOT NULL DEFAULT ''",
                   "CREATE TABLE other (id INT PRIMARY KEY, name CHAR(10) NOT NULL, UNIQUE (name))",
                   "ALTER TABLE subscriber ADD UNIQUE only_name (username)",
                   "ALTER TABLE other ADD FOREIGN KEY (name) REFERENCES subscriber (username)")
    text = said("db", "migrate", "--url", copied.url)
    assert text.startswith("carillon: table 'subscriber' stays as it is: ")
    assert types(copied, "username")[-1].endswith(" 10"), "the subscriber's"
