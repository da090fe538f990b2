# SPDX-License-Identifier: Apache-2.0
"""The commands of tm: answering, cancelling and sending requests from outside of the script."""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

pytestmark = pytest.mark.carillon

OK = {"jsonrpc": "2.0", "id": 1, "result": "OK"}


@pytest.fixture
def server(carillon):
    running = carillon.start("transactions")
    yield running
    assert running.program.stop() == 0


@pytest.fixture
def manage(server, programs):
    """manage("t_reply", code=486, ...) gives a future of the whole answer."""
    with ThreadPoolExecutor(1) as pool:

        def call(command: str, **parameters: object) -> Future[dict[str, object]]:
            request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": command, "params": parameters})
            return pool.submit(lambda: json.loads(programs.run("curl", [
                "curl", "-sS", "-H", "Content-Type: application/json", "-d", request,
                f"http://127.0.0.1:{server.management_port}/mi"]).output()))

        yield call


def test_a_ringing_invite_is_answered(manage, phone):
    alice = phone("alice")
    invite = alice.request("INVITE", "sip:bob@ringing.invalid")
    alice.send(invite)
    name = alice.expect(180).header("x-transaction")
    answer = manage("t_reply", code=486, reason="Decided Elsewhere", trans_id=name, to_tag="chosen",
                    new_headers="X-Why: command").result()
    assert answer == OK
    busy = alice.expect(486)
    assert busy.start_line.endswith("Decided Elsewhere")
    assert busy.header("x-why") == "command"
    assert "tag=" in busy.header("to")
    alice.send(alice.request("ACK", invite.uri, call_id=invite.call_id, from_tag=invite.from_tag, branch=invite.branch,
                             to_tag=busy.header("to").split("tag=")[1]))
    assert "error" in manage("t_reply", code=486, reason="Again", trans_id=name).result()
    assert "error" in manage("t_reply", code=486, reason="Unknown", trans_id="1:2").result()
    assert "error" in manage("t_reply", code=486, reason="Bad", trans_id="no name").result()


def test_a_relayed_invite_is_cancelled(manage, phone):
    alice, bob = phone("alice"), phone("bob")
    invite = alice.request("INVITE", f"sip:bob@127.0.0.1:{bob.port}")
    alice.send(invite)
    received = bob.expect("INVITE")
    bob.reply(received, 180, "Ringing", to_tag="b")
    alice.expect(180)
    assert manage("t_uac_cancel", callid=invite.call_id, cseq=str(invite.cseq)).result() == OK
    bob.reply(bob.expect("CANCEL"), 200, "OK")
    bob.reply(received, 487, "Request Terminated", to_tag="b")
    bob.expect("ACK")
    ended = alice.expect(487)
    alice.send(alice.request("ACK", invite.uri, call_id=invite.call_id, from_tag=invite.from_tag, branch=invite.branch,
                             to_tag=ended.header("to").split("tag=")[1]))
    assert "error" in manage("t_uac_cancel", callid="unknown", cseq="1").result()


def test_a_request_is_sent_and_its_answer_told(manage, phone):
    bob = phone("bob")
    headers = "From: <sip:server@example.org>\r\nTo: <sip:bob@example.org>\r\nContent-Type: text/plain\r\n"
    waiting = manage("t_uac_dlg", method="MESSAGE", ruri=f"sip:bob@127.0.0.1:{bob.port}", headers=headers, body="Hello")
    message = bob.expect("MESSAGE")
    assert message.header("x-local") == "MESSAGE"
    assert "tag=" in message.header("from")
    bob.reply(message, 202, "Later", to_tag="b")
    answer = waiting.result()["result"]
    assert answer["Status"] == "202 Later"
    assert answer["Message"].startswith("SIP/2.0 202 Later\r\n")
    refused = manage("t_uac_dlg", method="INVITE", ruri="sip:bob@127.0.0.1", headers=headers).result()
    assert "error" in refused
    assert "error" in manage("t_uac_dlg", method="OPTIONS", ruri="sip:b@127.0.0.1", headers="Bad").result()
