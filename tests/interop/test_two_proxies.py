# SPDX-License-Identifier: Apache-2.0
"""A call across the server under test and Kamailio, each way."""

from __future__ import annotations

import pytest


@pytest.fixture
def other(kamailio):
    running = kamailio.start(host="127.0.0.2")  # another host: a proxy takes all ports of its own address for itself
    yield running
    running.program.stop()


def bind(server, user: str, port: int) -> None:
    endpoint = server.phone(user)
    endpoint.register(contact=f"<sip:{user}@127.0.0.1:{port}>")
    endpoint.close()


def test_from_here_to_there(server, other, sipp):
    callee = sipp.start("callee", calls=20)
    bind(other, "bob", callee.port)
    sipp.run("caller", server.address, calls=20, options=["-r", "20", "-d", "500"], to=f"bob@{other.address}")
    callee.finish()


def test_from_there_to_here(server, other, sipp):
    callee = sipp.start("callee", calls=20)
    bind(server, "bob", callee.port)
    sipp.run("caller", other.address, calls=20, options=["-r", "20", "-d", "500"], to=f"bob@{server.address}")
    callee.finish()


def test_both_record_routes_are_kept(server, other):
    alice, bob = server.phone("alice"), other.phone("bob")
    bob.register()
    alice.send(alice.request("INVITE", bob.aor))
    received = bob.expect("INVITE")
    routes = [route for value in received.all("record-route") for route in value.split(",")]
    assert [str(port) in route for port, route in zip((other.port, server.port), routes, strict=True)] == [True, True]
    bob.reply(received, 486, "Busy Here", to_tag="b1")
    alice.expect(486)
    alice.close()
    bob.close()


def test_a_cancel_crosses_both(server, other):
    alice, bob = server.phone("alice"), other.phone("bob")
    bob.register()
    invite = alice.request("INVITE", bob.aor)
    alice.send(invite)
    received = bob.expect("INVITE")
    bob.reply(received, 180, "Ringing", to_tag="b1")
    alice.expect(180)
    alice.send(alice.request("CANCEL", bob.aor, call_id=invite.call_id, from_tag=invite.from_tag,
                             branch=invite.branch, contact=""))
    bob.reply(bob.expect("CANCEL"), 200, "OK", to_tag="b1")
    bob.reply(received, 487, "Request Terminated", to_tag="b1")
    assert bob.expect("ACK").header("call-id") == invite.call_id
    alice.expect(487)
    alice.close()
    bob.close()
