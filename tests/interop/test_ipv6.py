# SPDX-License-Identifier: Apache-2.0
"""Registrations and calls over IPv6; brackets stay where they belong."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.server(host="::1")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_calls(server, phone, sipp, transport):
    mode = ["-t", {"udp": "u1", "tcp": "t1"}[transport]]
    callee = sipp.start("callee", calls=10, host="::1", options=mode)
    phone("bob").register(contact=f"<sip:bob@[::1]:{callee.port};transport={transport}>")
    sipp.run("caller", server.address, calls=10, host="::1", options=["-d", "500", *mode], to=f"bob@{server.address}")
    callee.finish()


def test_the_via_and_the_record_route_have_brackets(phone, server):
    alice, bob = phone("alice"), phone("bob")
    bob.register()
    alice.send(alice.request("INVITE", bob.aor))
    received = bob.expect("INVITE")
    assert f"[::1]:{server.port}" in received.header("via")
    assert f"<sip:[::1]:{server.port}" in received.header("record-route")
