# SPDX-License-Identifier: Apache-2.0
"""What runs share: variables, locks and statistics of several workers, queues that outlive a restart."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

pytestmark = pytest.mark.carillon

MESSAGES = 40


@pytest.fixture
def path(programs):
    file = programs.folder / "queues.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        for queue in ("kept", "written"):
            connection.execute(f"CREATE TABLE {queue} (id INTEGER PRIMARY KEY AUTOINCREMENT, "
                               "key VARCHAR(64) NOT NULL, val VARCHAR(4096) NOT NULL)")
        connection.execute("INSERT INTO kept (key, val) VALUES ('before', '1'), ('also before', '2')")
        connection.execute("INSERT INTO written (key, val) VALUES ('old', 'gone')")
        connection.commit()
    return file


@pytest.fixture
def manage(programs):
    def call(server, command: str, **parameters: object) -> object:
        request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": command, "params": parameters or []})
        answer = json.loads(programs.run("curl", [
            "curl", "-sS", "-H", "Content-Type: application/json", "-d", request,
            f"http://127.0.0.1:{server.management_port}/mi"]).output())
        return answer.get("result", answer.get("error"))

    return call


def rows(path, table: str) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT key, val FROM {table} ORDER BY id").fetchall()


def test_nothing_is_lost_between_runs(carillon, manage, path):
    server = carillon.start("shared_state", database=str(path))
    phones = [server.phone(f"p{number}") for number in range(4)]
    requests = [phones[number % 4].request("MESSAGE", f"sip:u{number}@127.0.0.1") for number in range(MESSAGES)]
    for number, request in enumerate(requests):
        phones[number % 4].send(request)
    for number, request in enumerate(requests):
        assert phones[number % 4].final_response(request).status == 200
    assert manage(server, "shv_get", name="calls")["value"] == MESSAGES
    assert manage(server, "shv_get", name="seen")["value"] == MESSAGES
    assert manage(server, "get_statistics", statistics=["method:"])["method:message"] == MESSAGES
    assert "is identical" in manage(server, "check_config_hash")


def test_a_file_that_changes_has_another_hash(carillon, manage, path, programs):
    server = carillon.start("shared_state", database=str(path))
    before = manage(server, "get_config_hash")
    with open(programs.folder / "shared_state.cfg", "a") as script:
        script.write("# changed\n")
    assert manage(server, "check_config_hash")["code"] == 400
    assert manage(server, "get_config_hash") == before


def test_queues_outlive_a_restart(carillon, manage, path):
    server = carillon.start("shared_state", database=str(path))
    assert manage(server, "mq_fetch", name="kept") == {"key": "before", "value": "1"}
    assert manage(server, "mq_get_size", name="written")["size"] == 0
    phone = server.phone("p")
    for user in ("u1", "u2"):
        request = phone.request("MESSAGE", f"sip:{user}@127.0.0.1")
        phone.send(request)
        assert phone.final_response(request).status == 200
    assert server.program.stop() == 0
    kept = [("also before", "2"), ("u1", '{"user":"u1"}'), ("u2", '{"user":"u2"}')]
    assert rows(path, "kept") == kept
    assert rows(path, "written") == [("u1", "it's"), ("u2", "it's")]

    server = carillon.start("shared_state", database=str(path))
    assert manage(server, "mq_get_sizes")["queues"] == [{"name": "kept", "size": 3}, {"name": "written", "size": 0}]
    assert [tuple(manage(server, "mq_fetch", name="kept").values()) for _ in kept] == kept
    assert server.program.stop() == 0
    assert rows(path, "kept") == []
