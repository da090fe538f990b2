# SPDX-License-Identifier: Apache-2.0
"""Retransmissions both ways, seen packet by packet (RFC 3261 section 17)."""

from __future__ import annotations


def test_a_retransmitted_invite_is_absorbed_and_answered_again(phone):
    alice, bob = phone("alice"), phone("bob")
    bob.register()
    invite = alice.request("INVITE", bob.aor)
    alice.send(invite)
    received = bob.expect("INVITE")
    alice.expect(100)
    bob.reply(received, 180, "Ringing", to_tag="b1")
    alice.expect(180)
    alice.send(invite)
    assert alice.expect(180).header("to").endswith("tag=b1")
    bob.expect_silence(0.3)


def test_an_unanswered_invite_is_sent_again(phone):
    alice, bob = phone("alice"), phone("bob")
    bob.register()
    alice.send(alice.request("INVITE", bob.aor))
    first = bob.expect("INVITE")
    again = bob.expect("INVITE", timeout=2)
    assert again.header("via") == first.header("via")
    bob.reply(again, 180, "Ringing", to_tag="b1")
    alice.expect(180)
    bob.expect_silence(1.5)


def test_a_retransmitted_200_reaches_the_caller_each_time(phone):
    """RFC 6026: 2xx pass the proxy end to end, and so does each ACK."""
    alice, bob = phone("alice"), phone("bob")
    bob.register()
    invite = alice.request("INVITE", bob.aor)
    alice.send(invite)
    received = bob.expect("INVITE")
    for _ in range(3):
        bob.reply(received, 200, "OK", to_tag="b1", extra=[f"Contact: {bob.contact}"])
        answer = alice.expect(200)
        route = [f"Route: {value}" for value in reversed(answer.all("record-route"))]
        alice.send(alice.request("ACK", f"sip:bob@{bob.host}:{bob.port}", remote=bob.aor, call_id=invite.call_id,
                                 from_tag=invite.from_tag, to_tag="b1", contact="", extra=route))
        assert bob.expect("ACK").header("call-id") == invite.call_id


def test_a_refusal_is_sent_again_until_it_is_acknowledged(phone):
    alice, bob = phone("alice"), phone("bob")
    bob.register()
    invite = alice.request("INVITE", bob.aor)
    alice.send(invite)
    received = bob.expect("INVITE")
    bob.reply(received, 486, "Busy Here", to_tag="b1")
    bob.expect("ACK")
    alice.expect(486)
    refusal = alice.expect(486, timeout=2)
    ack = alice.request("ACK", bob.aor, call_id=invite.call_id, from_tag=invite.from_tag, branch=invite.branch,
                        contact="", to_tag=refusal.header("to").rpartition("tag=")[2])
    alice.send(ack)
    alice.expect_silence(1.5)
    bob.expect_silence(0.1)


def test_a_retransmitted_refusal_is_acknowledged_each_time(phone):
    alice, bob = phone("alice"), phone("bob")
    bob.register()
    alice.send(alice.request("INVITE", bob.aor))
    received = bob.expect("INVITE")
    for _ in range(2):
        bob.reply(received, 486, "Busy Here", to_tag="b1")
        bob.expect("ACK")


def test_a_retransmitted_message_is_answered_by_the_server(phone):
    alice, bob = phone("alice"), phone("bob")
    bob.register()
    message = alice.request("MESSAGE", bob.aor, contact="")
    alice.send(message)
    bob.reply(bob.expect("MESSAGE"), 200, "OK", to_tag="b1")
    alice.expect(200)
    alice.send(message)
    alice.expect(200)
    bob.expect_silence(0.2)


def test_silence_ends_with_408(phone):
    """fr_timeout is 5 s in the script."""
    alice, bob = phone("alice"), phone("bob")
    bob.register()
    alice.send(alice.request("INVITE", bob.aor))
    bob.expect("INVITE")
    alice.expect(408, timeout=8)
