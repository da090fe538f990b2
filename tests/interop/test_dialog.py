# SPDX-License-Identifier: Apache-2.0
"""Calls that the server follows: what it knows of them, how it ends them, and what a kill leaves of them."""

from __future__ import annotations

import json
import re
import sqlite3

import pytest

from harness.waiting import wait_until

pytestmark = pytest.mark.carillon

SCHEMA = """
CREATE TABLE version (table_name CHAR(32) NOT NULL, table_version INTEGER DEFAULT 0 NOT NULL);
INSERT INTO version VALUES ('dialog', 12);
CREATE TABLE dialog (
    dlg_id BIGINT(10) PRIMARY KEY NOT NULL, callid CHAR(255) NOT NULL, from_uri CHAR(255) NOT NULL,
    from_tag CHAR(64) NOT NULL, to_uri CHAR(255) NOT NULL, to_tag CHAR(64) NOT NULL,
    mangled_from_uri CHAR(255) DEFAULT NULL, mangled_to_uri CHAR(255) DEFAULT NULL, caller_cseq CHAR(11) NOT NULL,
    callee_cseq CHAR(11) NOT NULL, caller_ping_cseq INTEGER NOT NULL, callee_ping_cseq INTEGER NOT NULL,
    caller_route_set TEXT(512) DEFAULT NULL, callee_route_set TEXT(512) DEFAULT NULL,
    caller_contact CHAR(255) DEFAULT NULL, callee_contact CHAR(255) DEFAULT NULL, caller_sock CHAR(64) NOT NULL,
    callee_sock CHAR(64) NOT NULL, state INTEGER NOT NULL, start_time INTEGER NOT NULL, timeout INTEGER NOT NULL,
    vars BLOB(4096) DEFAULT NULL, profiles TEXT(512) DEFAULT NULL, script_flags CHAR(255) DEFAULT NULL,
    module_flags INTEGER DEFAULT 0 NOT NULL, flags INTEGER DEFAULT 0 NOT NULL, rt_on_answer CHAR(64) DEFAULT NULL,
    rt_on_timeout CHAR(64) DEFAULT NULL, rt_on_hangup CHAR(64) DEFAULT NULL);
"""


@pytest.fixture
def database(programs):
    path = programs.folder / "dialog.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(SCHEMA)
    yield connection
    connection.close()


@pytest.fixture
def start(carillon, programs, database):
    """start(lifetime=60) starts the server on the same database; start(port=...) where it was."""

    def launch(lifetime: int = 3600, port: int = 0):
        return carillon.start("dialog", port=port, database=str(programs.folder / "dialog.sqlite"), lifetime=lifetime)

    return launch


@pytest.fixture
def manage(programs):
    def call(server, command: str, **parameters: object) -> dict[str, object]:
        request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": command, "params": parameters or []})
        return json.loads(programs.run("curl", [
            "curl", "-sS", "-H", "Content-Type: application/json", "-d", request,
            f"http://127.0.0.1:{server.management_port}/mi"]).output())

    return call


class Call:
    """Two phones in a call through the server."""

    def __init__(self, alice, bob) -> None:
        self.alice, self.bob = alice, bob
        self.invite = alice.request("INVITE", f"sip:bob@127.0.0.1:{bob.port}", cseq=7)
        alice.send(self.invite)
        received = bob.expect("INVITE")
        bob.reply(received, 200, "OK", to_tag="b1", extra=[f"Contact: <sip:bob@127.0.0.1:{bob.port}>"])
        answer = alice.expect(200)
        self.routes = [f"Route: {value}" for value in answer.all("record-route")]
        assert re.search(r";did=[0-9a-f]+\.[0-9a-f]+", self.routes[0])
        alice.send(self.request("ACK", 7))
        bob.expect("ACK")

    def request(self, method: str, cseq: int):
        return self.alice.request(method, f"sip:bob@127.0.0.1:{self.bob.port}", call_id=self.invite.call_id,
                                  from_tag=self.invite.from_tag, to_tag="b1", cseq=cseq, extra=self.routes,
                                  remote=self.invite.remote)

    def expect_byes(self, timeout: float = 5.0) -> None:
        """From the server, to both sides."""
        for phone, cseq in ((self.alice, "1 BYE"), (self.bob, "8 BYE")):
            bye = phone.expect("BYE", timeout=timeout)
            assert bye.header("call-id") == self.invite.call_id
            assert bye.header("cseq") == cseq
            phone.reply(bye, 200, "OK")


def test_calls_are_counted_and_leave_nothing(start, manage, database, sipp):
    server = start()
    callee = sipp.start("callee", calls=30)
    sipp.run("caller", server.address, calls=30, options=["-r", "30", "-d", "300"], to=f"bob@127.0.0.1:{callee.port}")
    callee.finish()
    counts = manage(server, "get_statistics", statistics=["dialog:"])["result"]
    assert int(counts["dialog:processed_dialogs"]) == 30
    assert int(counts["dialog:active_dialogs"]) == 0
    assert int(counts["dialog:failed_dialogs"]) == 0
    assert manage(server, "profile_get_size", profile="caller")["result"]["Profile"]["count"] == 0
    wait_until(lambda: database.execute("SELECT count(*) FROM dialog").fetchone() == (0,), "the table to be empty")
    assert server.program.stop() == 0


def test_a_command_ends_a_call_on_both_sides(start, manage):
    server = start()
    call = Call(server.phone("alice"), server.phone("bob"))
    listed = manage(server, "dlg_list")["result"]["Dialogs"]
    assert [(one["callid"], one["state"]) for one in listed] == [(call.invite.call_id, 4)]
    assert manage(server, "dlg_end_dlg", dialog_id=listed[0]["ID"])["result"] == "OK"
    call.expect_byes()
    assert manage(server, "dlg_list")["result"]["Dialogs"] == []
    assert "error" in manage(server, "dlg_end_dlg", dialog_id=listed[0]["ID"])
    assert server.program.stop() == 0


def test_a_kill_leaves_the_calls(start, manage, database):
    server = start()
    ending = Call(server.phone("alice"), server.phone("bob"))
    staying = Call(server.phone("carol"), server.phone("dave"))

    def states() -> list[tuple[int]]:
        return database.execute("SELECT state FROM dialog ORDER BY callid").fetchall()

    wait_until(lambda: states() == [(4,), (4,)], "both rows")
    server.program.kill()

    again = start(port=server.port)
    assert manage(again, "profile_get_size", profile="caller")["result"]["Profile"]["count"] == 2
    context = manage(again, "dlg_list_ctx", callid=ending.invite.call_id)["result"]["Dialog"]["context"]
    assert context["values"] == [{"callee": "bob"}]
    ending.alice.send(ending.request("BYE", 8))
    bye = ending.bob.expect("BYE")
    ending.bob.reply(bye, 200, "OK")
    ending.alice.expect(200)
    wait_until(lambda: states() == [(4,)], "the row of the call that has ended to go")
    assert manage(again, "dlg_end_dlg", dialog_id=staying.invite.call_id)["result"] == "OK"
    staying.expect_byes()
    wait_until(lambda: states() == [], "the other one to go")
    assert again.program.stop() == 0


def test_time_is_up_though_the_server_was_away(start, database):
    server = start(lifetime=2)
    call = Call(server.phone("alice"), server.phone("bob"))
    wait_until(lambda: database.execute("SELECT state FROM dialog").fetchall() == [(4,)], "the row")
    server.program.kill()
    again = start(lifetime=2, port=server.port)
    call.expect_byes(timeout=10)
    wait_until(lambda: database.execute("SELECT count(*) FROM dialog").fetchone() == (0,), "the table to be empty")
    assert again.program.stop() == 0


def test_a_clean_stop_leaves_the_calls_too(start, manage):
    server = start()
    call = Call(server.phone("alice"), server.phone("bob"))
    assert server.program.stop() == 0
    again = start(port=server.port)
    assert manage(again, "dlg_list", callid=call.invite.call_id)["result"]["Dialog"]["state"] == 4
    assert again.program.stop() == 0
