# SPDX-License-Identifier: Apache-2.0
"""Location on databases that are no SQL servers: dbtext and Berkeley DB files as OpenSIPS has them, and sets of
databases of which one is missing."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.database import new_database
from harness.servers import Server
from harness.waiting import wait_until

pytestmark = pytest.mark.carillon

WRITE_THROUGH = "single-instance-sql-write-through"

LOCATION_COLUMNS = (
    "contact_id username domain contact received path expires q callid cseq last_modified flags cflags user_agent "
    "socket methods sip_instance kv_store attr").split()
DBTEXT = {  # as OpenSIPS installs them, with a contact in them
    "version": "table_name(string) table_version(int) \nlocation:1013\n",
    "location":
        "contact_id(long,auto) username(string) domain(string,null) contact(string) received(string,null) "
        "path(string,null) expires(int) q(double) callid(string) cseq(int) last_modified(int) flags(int) "
        "cflags(string,null) user_agent(string) socket(string,null) methods(int,null) sip_instance(string,null) "
        "kv_store(string,null) attr(string,null) \n"
        "7205759403792794:carol::sip\\:carol@127.0.0.1\\:9:::4102444800:1.00:abc@host:1:1700000000:0::"
        "phone\\: 1.0::::: \n".replace(": \n", ":\n"),
}
BERKELEY = {
    "version": ["METADATA_COLUMNS", "table_name(str) table_version(int)", "METADATA_KEY", "0 ", "METADATA_READONLY",
                "0", "METADATA_LOGFLAGS", "0", "METADATA_DEFAULTS", "NIL|0", "location|", "location|1013"],
    "location": [
        "METADATA_COLUMNS",
        "contact_id(int) username(str) domain(str) contact(str) received(str) path(str) expires(int) q(double) "
        "callid(str) cseq(int) last_modified(datetime) flags(int) cflags(str) user_agent(str) socket(str) "
        "methods(int) sip_instance(str) kv_store(str) attr(str)",
        "METADATA_KEY", "0 ", "METADATA_READONLY", "0", "METADATA_LOGFLAGS", "0", "METADATA_DEFAULTS",
        "NIL|''|NULL|NIL|NULL|NULL|NIL|1.0|'Default-Call-ID'|13|'1900-01-01 00:00:01'|0|NULL|''|NULL|NULL|NULL|NULL|"
        "NULL",
        "7205759403792794|",
        "7205759403792794|carol|NULL|sip:carol@127.0.0.1:9|NULL|NULL|4102444800|1.00|abc@host|1|2023-11-14 22:13:20|0|"
        "NULL|phone|NULL|NULL|NULL|NULL|NULL"],
}


def text_database(programs) -> tuple[Path, str]:
    folder = programs.folder / "dbtext"
    folder.mkdir()
    for name, text in DBTEXT.items():
        (folder / name).write_text(text)
    return folder, f"text://{folder}"


def berkeley_database(programs) -> tuple[Path, str]:
    """With the tool that OpenSIPS's scripts call."""
    folder = programs.folder / "berkeley"
    folder.mkdir()
    for name, lines in BERKELEY.items():
        source = programs.folder / f"{name}.txt"
        source.write_text("\n".join(lines) + "\n")
        tool = shutil.which("db5.3_load") or shutil.which("db_load")
        assert tool is not None, "db5.3-util is missing"
        assert programs.run("db_load", [tool, "-T", "-t", "hash", "-f", str(source), str(folder / name)]).exit_code == 0
    return folder, f"berkeley://{folder}"


def start(carillon, url: str, databases: str = "", mode: str = WRITE_THROUGH) -> Server:
    return carillon.start("file_databases", db_url=url, databases=databases, working_mode=mode)


def contacts(server: Server, user: str) -> int:
    phone = server.phone(user)
    try:
        return len(phone.register(contact="", extra=[]).contacts())
    finally:
        phone.close()


def manage(programs, server: Server, method: str, **parameters: object) -> object:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, **({"params": parameters} if parameters else {})}
    run = programs.run("curl", ["curl", "-sS", "-H", "Content-Type: application/json", "-d", json.dumps(request),
                                f"http://127.0.0.1:{server.management_port}/mi"])
    answer = json.loads(run.output())
    assert "error" not in answer, answer
    return answer["result"]


@pytest.mark.parametrize("make", [text_database, berkeley_database])
def test_contacts_of_opensips_are_there_and_ours_outlive_a_kill(programs, carillon,
                                                                make: Callable[..., tuple[Path, str]]):
    folder, url = make(programs)
    server = start(carillon, url)
    assert contacts(server, "carol") == 1
    server.phone("alice").register()
    server.program.kill()  # once the 200 has come it is written

    again = start(carillon, url)
    assert contacts(again, "alice") == 1
    assert contacts(again, "carol") == 1
    assert again.program.stop() == 0
    assert sorted(path.name for path in folder.iterdir()) == ["location", "version"]


def test_a_contact_is_written_as_opensips_reads_it(programs, carillon):
    folder, url = text_database(programs)
    server = start(carillon, url, mode="single-instance-sql-write-back")
    server.phone("alice").register()
    assert server.program.stop() == 0
    header, *rows = (folder / "location").read_text().splitlines()
    assert header == DBTEXT["location"].split("\n")[0]
    assert len(rows) == 2
    cells = dict(zip(LOCATION_COLUMNS, rows[1].replace("\\:", "\0").split(":"), strict=True))
    assert cells["username"] == "alice"
    assert cells["contact"].startswith("sip\0alice@127.0.0.1\0")
    assert int(cells["last_modified"]) > 1_700_000_000


def test_a_damaged_table_ends_the_start_by_its_line_and_stays(programs, carillon):
    folder, url = text_database(programs)
    damaged = DBTEXT["location"] + "7:half\n"
    (folder / "location").write_text(damaged)
    with pytest.raises(AssertionError):
        start(carillon, url)
    (log,) = [text for title, text in programs.reports() if title.startswith("carillon")]
    assert f"{folder}/location: line 3: it has 2 of 19 cells" in log
    assert (folder / "location").read_text() == damaged


def test_what_another_program_wrote_is_seen_after_a_reload(programs, carillon):
    folder, url = text_database(programs)
    server = start(carillon, url)
    (folder / "location").write_text(DBTEXT["location"].split("\n")[0] + "\n")
    assert manage(programs, server, "dbt_reload", db_name=str(folder)) == "OK"
    assert manage(programs, server, "db_text:dump") == "OK"
    assert server.program.stop() == 0


def test_a_set_goes_on_without_its_first_database_and_goes_back(programs, carillon):
    missing = programs.folder / "first.sqlite"
    second = new_database(programs.folder / "second.sqlite")
    lines = ['loadmodule "db_virtual.so"', 'modparam("db_virtual", "db_probe_time", 1)']
    for line in ("define set1 FAILOVER", f"sqlite://{missing}", f"sqlite://{second}"):
        lines.append(f'modparam("db_virtual", "db_urls", "{line}")')
    server = start(carillon, "virtual://set1", databases="\n".join(lines))
    server.phone("alice").register()
    assert rows_in(second) == 1

    def in_use() -> list[bool]:
        (only,) = manage(programs, server, "db_get")["Sets"]
        return [url["can_use"] for url in only["URLs"]]

    assert in_use() == [False, True]
    new_database(missing)
    wait_until(lambda: in_use() == [True, True], "the first database to be found back", 10)
    server.phone("bob").register()
    assert rows_in(missing) == 1
    manage(programs, server, "db_set", set_index=0, db_url_index=0, may_use_db_flag=0)
    server.phone("carol").register()
    assert rows_in(second) == 2
    assert server.program.stop() == 0


def rows_in(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT count(*) FROM location").fetchone()[0]
    finally:
        connection.close()
