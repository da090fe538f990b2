# SPDX-License-Identifier: Apache-2.0
"""Two baresip: they register, call each other, hear each other, and hang up."""

from __future__ import annotations

import pytest

from harness.baresip import Baresip

ALICE_TONE, BOB_TONE = 440, 1000


@pytest.fixture(params=["udp", "tcp"])
def phones(request, programs, server):
    tones = {"alice": ALICE_TONE, "bob": BOB_TONE}
    pair = [Baresip(programs, server, user, tone, request.param) for user, tone in tones.items()]
    for phone in pair:
        phone.wait_event("REGISTER_OK")
    yield pair
    for phone in pair:
        phone.close()


def test_a_call_with_audio_both_ways(phones, server):
    alice, bob = phones
    alice.command("dial", f"sip:bob@{server.address}")
    bob.wait_event("CALL_INCOMING")
    alice.wait_event("CALL_RINGING")
    bob.command("accept")
    alice.wait_event("CALL_ESTABLISHED")
    bob.wait_event("CALL_ESTABLISHED")
    alice.wait_hears(BOB_TONE)
    bob.wait_hears(ALICE_TONE)
    alice.command("hangup")
    bob.wait_event("CALL_CLOSED")


def test_the_callee_hangs_up(phones, server):
    alice, bob = phones
    bob.command("dial", f"sip:alice@{server.address}")
    alice.wait_event("CALL_INCOMING")
    alice.command("accept")
    bob.wait_event("CALL_ESTABLISHED")
    alice.wait_event("CALL_ESTABLISHED")
    alice.command("hangup")
    bob.wait_event("CALL_CLOSED")


def test_the_caller_gives_up(phones, server):
    alice, bob = phones
    alice.command("dial", f"sip:bob@{server.address}")
    bob.wait_event("CALL_INCOMING")
    alice.command("hangup")
    bob.wait_event("CALL_CLOSED")


def test_the_callee_declines(phones, server):
    alice, bob = phones
    alice.command("dial", f"sip:bob@{server.address}")
    bob.wait_event("CALL_INCOMING")
    bob.command("hangup")
    alice.wait_event("CALL_CLOSED")
