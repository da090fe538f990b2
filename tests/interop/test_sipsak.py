# SPDX-License-Identifier: Apache-2.0
"""sipsak. It cuts a port to four digits where it builds From and To, so the server gets one that has no more."""

from __future__ import annotations

import pytest

from harness.waiting import free_port

pytestmark = pytest.mark.server(port=free_port(range(2000, 10000)))


def sipsak(programs, *arguments: str):
    return programs.run("sipsak", ["sipsak", "-v", *arguments])


def test_registers_and_finds_itself(server, phone, programs):
    run = sipsak(programs, "-U", "-s", f"sip:bob@{server.address}", "-C", "sip:bob@127.0.0.1:9", "-x", "300")
    assert run.exit_code == 0
    assert "sip:bob@127.0.0.1:9" in phone("bob").register(contact="", extra=[]).contacts()[0]


def test_options_to_nobody_is_not_found(server, programs):
    assert "SIP/2.0 404" in sipsak(programs, "-v", "-s", f"sip:nobody@{server.address}").output()


def test_trace_counts_hops(server, phone, programs):
    """Max-Forwards 0 ends at the server, 1 reaches the phone."""
    bob = phone("bob")
    bob.register()
    trace = programs.start("sipsak", ["sipsak", "-v", "-T", "-s", f"sip:bob@{server.address}"])
    options = bob.expect("OPTIONS")
    bob.reply(options, 200, "OK", to_tag="b1")
    trace.wait()
    assert "SIP/2.0 483" in trace.output()
    assert "200 OK" in trace.output()


def test_a_flood_is_survived(server, phone, programs):
    sipsak(programs, "-F", "-e", "2000", "-s", f"sip:nobody@{server.address}")
    assert phone("alice").register().contacts()
