# SPDX-License-Identifier: Apache-2.0
"""CANCEL at every stage of an INVITE (RFC 3261 sections 9 and 16.10)."""

from __future__ import annotations

import pytest
from test_calls import register_sipp


@pytest.mark.parametrize("delay", [0, 700])
def test_before_the_callee_has_rung(server, phone, sipp, delay):
    """With 700 ms the callee's first answer comes after the CANCEL, and after one more INVITE (section 9.1)."""
    callee = sipp.start("callee_cancelled", code=180, delay=delay)
    register_sipp(phone, "bob", callee.port)
    sipp.run("caller_cancels_at_once", server.address, to=f"bob@{server.address}")
    callee.finish()


def test_after_the_callee_said_trying(server, phone, sipp):
    callee = sipp.start("callee_cancelled", code=100, delay=0)
    register_sipp(phone, "bob", callee.port)
    sipp.run("caller_cancels_at_once", server.address, to=f"bob@{server.address}")
    callee.finish()


def test_while_it_rings(server, phone, sipp):
    callee = sipp.start("callee_cancelled", code=180, delay=0, calls=20)
    register_sipp(phone, "bob", callee.port)
    sipp.run("caller_cancels_ringing", server.address, calls=20, options=["-r", "20"], to=f"bob@{server.address}")
    callee.finish()


def test_all_branches_of_a_fork(server, phone, sipp):
    callees = [sipp.start("callee_cancelled", code=180, delay=0) for _ in range(3)]
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
    cancel = alice.request("CANCEL", bob.aor, call_id=invite.call_id, from_tag=invite.from_tag,
                           branch=invite.branch, contact="")
    alice.send(cancel)
    bob.expect_silence(0.3)


def test_of_an_unknown_invite_reaches_nobody(server, phone):
    alice, bob = phone("alice"), phone("bob")
    bob.register()
    alice.send(alice.request("CANCEL", bob.aor, contact=""))
    bob.expect_silence(0.3)
