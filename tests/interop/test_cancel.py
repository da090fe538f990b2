# SPDX-License-Identifier: Apache-2.0
"""CANCEL at every stage of an INVITE (RFC 3261 sections 9 and 16.10)."""

from __future__ import annotations

import pytest
from test_calls import register_sipp


def cancel_of(phone, invite):
    """RFC 3261 section 9.1: the same Request-URI, Call-ID, From, CSeq number and branch."""
    return phone.request("CANCEL", invite.uri, call_id=invite.call_id, from_tag=invite.from_tag, branch=invite.branch,
                         contact="")


@pytest.mark.parametrize("first_answer", [(100, "Trying"), (180, "Ringing")])
def test_before_the_callee_has_answered(phone, first_answer):
    """The CANCEL waits for the callee's first answer (section 9.1)."""
    alice, bob = phone("alice"), phone("bob")
    bob.register()
    invite = alice.request("INVITE", bob.aor)
    alice.send(invite)
    received = bob.expect("INVITE")
    alice.expect(100)
    alice.send(cancel_of(alice, invite))
    again = bob.expect("INVITE", timeout=2)
    assert again.header("via") == received.header("via")
    bob.reply(received, *first_answer, to_tag="b1")
    bob.reply(bob.expect("CANCEL"), 200, "OK", to_tag="b1")
    bob.reply(received, 487, "Request Terminated", to_tag="b1")
    bob.expect("ACK")
    alice.expect(487)


def test_after_the_callee_said_trying(phone):
    alice, bob = phone("alice"), phone("bob")
    bob.register()
    invite = alice.request("INVITE", bob.aor)
    alice.send(invite)
    received = bob.expect("INVITE")
    bob.reply(received, 100, "Trying")
    bob.expect_silence(0.7)  # the INVITE is no longer sent again: its 100 has arrived
    alice.send(cancel_of(alice, invite))
    assert alice.expect(200).method == "CANCEL"
    bob.reply(bob.expect("CANCEL"), 200, "OK", to_tag="b1")
    bob.reply(received, 487, "Request Terminated", to_tag="b1")
    alice.expect(487)


def test_while_it_rings(server, phone, sipp):
    callee = sipp.start("callee_cancelled", calls=20)
    register_sipp(phone, "bob", callee.port)
    sipp.run("caller_cancels_ringing", server.address, calls=20, options=["-r", "20"], to=f"bob@{server.address}")
    callee.finish()


def test_all_branches_of_a_fork(server, phone, sipp):
    callees = [sipp.start("callee_cancelled") for _ in range(3)]
    for callee in callees:
        register_sipp(phone, "bob", callee.port)
    sipp.run("caller_cancels_ringing", server.address, to=f"bob@{server.address}")
    for callee in callees:
        callee.finish()


def test_after_the_answer_it_changes_nothing(server, phone):
    alice, bob = phone("alice"), phone("bob")
    bob.register()
    invite = alice.request("INVITE", bob.aor)
    alice.send(invite)
    received = bob.expect("INVITE")
    bob.reply(received, 200, "OK", to_tag="b1", extra=[f"Contact: {bob.contact}"])
    alice.expect(200)
    alice.send(cancel_of(alice, invite))
    bob.expect_silence(0.3)


def test_of_an_unknown_invite_reaches_nobody(server, phone):
    alice, bob = phone("alice"), phone("bob")
    bob.register()
    alice.send(alice.request("CANCEL", bob.aor, contact=""))
    bob.expect_silence(0.3)
