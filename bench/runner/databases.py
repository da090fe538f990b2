# SPDX-License-Identifier: Apache-2.0
"""Databases with users or contacts: a MariaDB of our own (that of the interop tests) and SQLite files."""

import hashlib
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent.parent / "tests/interop"))

from harness import databases as harness  # noqa: E402

KAMAILIO_TABLES = Path("/usr/share/kamailio/mysql")
KAMAILIO_DRIVER = Path("kamailio/modules/db_mysql.so")
DOMAIN = "bench.test"  # of the load generator's users


def mariadb_is_installed():
    """Whether there is a MariaDB to start."""
    return shutil.which("mariadbd") is not None


def kamailio_is_installed():
    """Whether there is a Kamailio with its driver for MariaDB."""
    return shutil.which("kamailio") is not None and any(
        (folder / KAMAILIO_DRIVER).exists() for folder in (Path("/usr/lib"), *Path("/usr/lib").glob("*-linux-gnu")))


class MariaDb(harness.MariaDb):
    """A MariaDB that keeps its tables in memory, as one in use would; on one core, with priority there, if told so."""

    def __init__(self, core=None, priority=False):
        self._core = core
        self._priority = priority
        super().__init__()
        if priority:
            try:
                Path(f"/proc/{self.pid}/autogroup").write_text("-20", encoding="ascii")
            except OSError:
                pass

    def _argv(self):
        settled = [] if self._core is None else ["setsid", "taskset", "-c", str(self._core)]
        if self._priority:
            settled += ["nice", "-n", "-20"]
        return [*settled, *super()._argv(), "--innodb-buffer-pool-size=1G"]

    def _prepare(self):
        super()._prepare()
        # One whose URL every server reads alike.
        self.sql("CREATE USER 'bench'@'%' IDENTIFIED BY 'bench'; GRANT ALL ON *.* TO 'bench'@'%'")

    def url(self, database, **_ignored):
        return f"mysql://bench:bench@127.0.0.1:{self.port}/{database}"


def ha1(user):
    """HA1 of a user of the load generator: loadgen/names.h has the name and the password."""
    return hashlib.md5(f"user{user:09}:{DOMAIN}:pw{user:09}".encode()).hexdigest()


def _make_tables(build, url, group):
    subprocess.run([str(build / "carillon"), "db", "create", "--url", url, "--group", group], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _fill_users(run, count):
    """`run` takes one statement after the other."""
    for first in range(0, count, 1000):
        rows = ",".join(f"('user{user:09}','{DOMAIN}','{ha1(user)}')"
                        for user in range(first, min(first + 1000, count)))
        run(f"INSERT INTO subscriber (username, domain, ha1) VALUES {rows}")


def sqlite_with_users(build, folder, count):
    """The URL of a file with the users."""
    path = Path(folder) / "users.sqlite"
    _make_tables(build, f"sqlite://{path}", "auth_db")
    with sqlite3.connect(path) as connection:
        _fill_users(connection.execute, count)
    connection.close()
    return f"sqlite://{path}"


def mariadb_with_users(build, server, count):
    """The URL of a database with the users."""
    url = server.url(server.fresh_database())
    _make_tables(build, url, "auth_db")
    statements = []
    _fill_users(statements.append, count)
    server.sql(";\n".join(statements), url.rpartition("/")[2], timeout=300)
    return url


# What one contact's row is made of: {n} is its number in nine digits, {soon} when it expires.
_CONTACT = ("'user{n}'", f"'{DOMAIN}'", "'sip:phon{n}@127.0.0.1:40000;line={n}'", "{soon}", "1.0",
            "'0123456789abcdef{n}@load.bench.test'", "1", "'2026-01-01 00:00:01'", "0",
            "'Carillon-Loadgen/1.0 (generic)'", "'<urn:uuid:f81d4fae-7dec-41d0-a765-000{n}>'")
_COLUMNS = "username, domain, contact, expires, q, callid, cseq, last_modified, flags, user_agent"


def _contact_values(concatenated, soon):
    """The values, texts around the number joined by `concatenated`, which gets the text split at it."""
    for value in _CONTACT:
        if "{n}" in value:
            yield concatenated(value[1:-1].split("{n}"))
        else:
            yield value.format(soon=soon)


def sqlite_with_contacts(build, folder, count):
    """The URL of a file with the contacts."""
    path = Path(folder) / "contacts.sqlite"
    _make_tables(build, f"sqlite://{path}", "usrloc")

    def concatenated(pieces):
        return " || printf('%09d', n) || ".join(f"'{piece}'" for piece in pieces)

    values = ", ".join(_contact_values(concatenated, str(int(time.time()) + 86400)))
    with sqlite3.connect(path) as connection:
        connection.execute(
            f"WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {count}) "
            f"INSERT INTO location (contact_id, {_COLUMNS}, sip_instance) SELECT n + 1, {values} FROM numbers")
    connection.close()
    return f"sqlite://{path}"


def _fill_mariadb(server, database, count, columns, first_value, soon):
    def concatenated(pieces):
        return "CONCAT(" + ", LPAD(seq, 9, '0'), ".join(f"'{piece}'" for piece in pieces) + ")"

    values = ", ".join([first_value, *_contact_values(concatenated, soon)])
    server.sql(f"SET unique_checks = 0; INSERT INTO location ({columns}) SELECT {values} FROM seq_0_to_{count - 1}",
               database, timeout=900)


def mariadb_with_contacts(build, server, count):
    """The URL of a database with the contacts."""
    name = server.fresh_database()
    _make_tables(build, server.url(name), "usrloc")
    _fill_mariadb(server, name, count, f"contact_id, {_COLUMNS}, sip_instance", "seq + 1",
                  str(int(time.time()) + 86400))
    return server.url(name)


def mariadb_with_contacts_of_kamailio(server, count):
    """The URL of a database with the contacts in the table that Kamailio has for them."""
    name = server.fresh_database()
    for part in ("standard", "usrloc"):
        server.sql((KAMAILIO_TABLES / f"{part}-create.sql").read_text(encoding="utf-8"), name)
    _fill_mariadb(server, name, count, f"ruid, {_COLUMNS}, instance", "CONCAT('bench-', HEX(seq))",
                  "NOW() + INTERVAL 1 DAY")
    return server.url(name)
