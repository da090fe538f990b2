# SPDX-License-Identifier: Apache-2.0
"""The management interface as OpenSIPS's own tools use it: JSON-RPC over HTTP, with curl."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.carillon


@pytest.fixture
def server(carillon):
    running = carillon.start("managed")
    yield running
    assert running.program.stop() == 0


@pytest.fixture
def manage(server, programs):
    """manage("ul_dump") returns the result; an error of the command fails the test."""

    def call(method: str, **parameters: object) -> object:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, **({"params": parameters} if parameters else {})}
        run = programs.run("curl", [
            "curl", "-sS", "-H", "Content-Type: application/json", "-d", json.dumps(request),
            f"http://127.0.0.1:{server.management_port}/mi"])
        answer = json.loads(run.output())
        assert answer["id"] == 1
        assert "error" not in answer, answer
        return answer["result"]

    return call


def test_version_uptime_and_processes(manage):
    assert "Carillon" in manage("version")["Server"]
    assert "sec" in manage("uptime")["Up time"]
    assert manage("ps")["Processes"]


def test_which_names_both_generations(manage):
    names = manage("which")
    assert any(name in names for name in ("usrloc:dump", "ul_dump"))
    assert any(name in names for name in ("core:ps", "ps"))


def test_statistics_count(manage, phone):
    def received() -> int:
        return int(manage("get_statistics", statistics=["rcv_requests"])["core:rcv_requests"])

    before = received()
    phone("alice").register()
    assert received() > before


def test_contacts_are_seen_and_removed(manage, phone):
    alice = phone("alice")
    alice.register()
    assert f"sip:alice@127.0.0.1:{alice.port}" in json.dumps(manage("ul_dump"))
    shown = manage("ul_show_contact", table_name="location", aor="alice")
    assert f"sip:alice@127.0.0.1:{alice.port}" in json.dumps(shown)
    contact = f"sip:alice@127.0.0.1:{alice.port}"
    assert manage("ul_rm_contact", table_name="location", aor="alice", contact=contact) == "OK"
    assert alice.register(contact="", extra=[]).contacts() == []


def test_a_record_is_removed(manage, phone):
    alice = phone("alice")
    alice.register()
    assert manage("ul_rm", table_name="location", aor="alice") == "OK"
    assert alice.register(contact="", extra=[]).contacts() == []


def test_a_contact_without_an_end_is_shown_as_lasting(manage, phone):
    manage("ul_add", table_name="location", aor="alice", contact="sip:alice@192.0.2.1", expires=0, q="1",
           flags=0, cflags=0, methods=-1)
    shown = manage("ul_show_contact", table_name="location", aor="alice")
    assert shown["Contacts"][0]["Expires"] == "permanent"
    contacts = phone("alice").register(contact="", extra=[]).contacts()
    assert "expires=315360000" in contacts[0]


def test_a_contact_added_by_hand_is_called(manage, phone):
    alice, bob = phone("alice"), phone("bob")
    manage("ul_add", table_name="location", aor="bob", contact=f"sip:bob@127.0.0.1:{bob.port}", expires=600, q="1.0",
           flags=0, cflags="", methods=8191)
    alice.send(alice.request("MESSAGE", bob.aor, contact=""))
    assert bob.expect("MESSAGE").uri == f"sip:bob@127.0.0.1:{bob.port}"
