# SPDX-License-Identifier: Apache-2.0
"""Calls between two SIPp through the server: plain, over TCP, with packet loss, refused, forked."""

from __future__ import annotations

import pytest

# A callee that has hung up stays for five seconds, to answer a BYE whose 200 was lost.
LINGER = """
  <recv request="ACK" optional="true" timeout="5000" ontimeout="2"/>
  <recv request="BYE" timeout="5000" ontimeout="2"/>
  <label id="2"/>
  <nop/>
"""


def register_sipp(phone, user: str, port: int, *, transport: str = "udp", q: str = "") -> None:
    """Binds a user to a SIPp; several calls for one user bind several contacts."""
    contact = f"<sip:{user}@127.0.0.1:{port};transport={transport}>" + (f";q={q}" if q else "")
    phone(user).register(contact=contact)


def test_calls(server, phone, sipp):
    callee = sipp.start("callee", calls=50)
    register_sipp(phone, "bob", callee.port)
    sipp.run("caller", server.address, calls=50, options=["-r", "20", "-d", "500"], to=f"bob@{server.address}")
    callee.finish()


@pytest.mark.parametrize(("caller", "callee"), [("tcp", "tcp"), ("tcp", "udp"), ("udp", "tcp")])
def test_calls_over_tcp(server, phone, sipp, caller, callee):
    mode = {"udp": ["-t", "u1"], "tcp": ["-t", "t1"]}
    answering = sipp.start("callee", calls=20, options=mode[callee])
    register_sipp(phone, "bob", answering.port, transport=callee)
    options = ["-r", "20", "-d", "500", *mode[caller]]
    sipp.run("caller", server.address, calls=20, options=options, to=f"bob@{server.address}")
    answering.finish()


@pytest.mark.server(fr_timeout=30)
def test_calls_survive_packet_loss(server, phone, sipp):
    callee = sipp.start("callee", calls=30, timeout=90, lost=10, end=LINGER)
    register_sipp(phone, "bob", callee.port)
    sipp.run("caller", server.address, calls=30, timeout=90, to=f"bob@{server.address}",
             options=["-r", "10", "-d", "1000", "-lost", "10", "-max_retrans", "15"])
    callee.finish()


@pytest.mark.parametrize("code", [404, 486, 500, 603])
def test_a_refusal_comes_back(server, phone, sipp, code):
    callee = sipp.start("callee_refuses", code=code)
    register_sipp(phone, "bob", callee.port)
    sipp.run("caller_refused", server.address, to=f"bob@{server.address}", code=code)
    callee.finish()


def test_a_503_comes_back_as_500(server, phone, sipp):
    callee = sipp.start("callee_refuses", code=503)
    register_sipp(phone, "bob", callee.port)
    sipp.run("caller_refused", server.address, to=f"bob@{server.address}", code=500)
    callee.finish()


def test_an_unknown_user_is_not_found(server, sipp):
    sipp.run("caller_refused", server.address, to=f"nobody@{server.address}", code=404)


def test_a_busy_user_is_forwarded(server, phone, sipp):
    busy, desk = sipp.start("callee_refuses", code=486), sipp.start("callee")
    register_sipp(phone, "forward", busy.port)
    register_sipp(phone, "desk", desk.port)
    sipp.run("caller", server.address, options=["-d", "50"], to=f"forward@{server.address}")
    busy.finish()
    desk.finish()


def test_parallel_fork_the_first_to_answer_wins(server, phone, sipp):
    ringing = sipp.start("callee_cancelled")
    answering = sipp.start("callee")
    register_sipp(phone, "bob", ringing.port)
    register_sipp(phone, "bob", answering.port)
    sipp.run("caller", server.address, options=["-d", "50"], to=f"bob@{server.address}")
    answering.finish()
    ringing.finish()


def test_parallel_fork_the_best_refusal_comes_back(server, phone, sipp):
    busy, unwilling = sipp.start("callee_refuses", code=486), sipp.start("callee_refuses", code=500)
    register_sipp(phone, "bob", busy.port)
    register_sipp(phone, "bob", unwilling.port)
    sipp.run("caller_refused", server.address, to=f"bob@{server.address}", code=486)
    busy.finish()
    unwilling.finish()


def test_serial_fork_follows_q(server, phone, sipp):
    first, second = sipp.start("callee_refuses", code=486), sipp.start("callee")
    register_sipp(phone, "serial1", second.port, q="0.3")
    register_sipp(phone, "serial1", first.port, q="0.9")
    sipp.run("caller", server.address, options=["-d", "50"], to=f"serial1@{server.address}")
    first.finish()
    second.finish()
