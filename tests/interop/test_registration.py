# SPDX-License-Identifier: Apache-2.0
"""Registrations: SIPp and single requests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest


def users_file(programs, count: int) -> str:
    path = programs.folder / "users.csv"
    path.write_text("SEQUENTIAL\n" + "".join(f"user{i};{20000 + i}\n" for i in range(count)))
    return str(path)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_sipp_registers_and_refreshes_many_users(server, phone, sipp, programs, transport):
    options = ["-inf", users_file(programs, 200), "-r", "200", "-t", {"udp": "u1", "tcp": "t1"}[transport]]
    sipp.run("register", server.address, calls=200, options=options, transport=transport, expires=600)
    contacts = phone("user150").register(contact="", extra=[]).contacts()
    assert len(contacts) == 1
    assert f"sip:user150@127.0.0.1:20150;transport={transport}" in contacts[0]


def test_sipp_unregisters(server, phone, sipp, programs):
    options = ["-inf", users_file(programs, 50), "-r", "200"]
    sipp.run("register", server.address, calls=50, options=options, transport="udp", expires=0)
    assert phone("user25").register(contact="", extra=[]).contacts() == []


def test_registrations_survive_packet_loss(server, sipp, programs):
    options = ["-inf", users_file(programs, 50), "-r", "50", "-lost", "20", "-max_retrans", "15"]
    sipp.run("register", server.address, calls=50, options=options, transport="udp", expires=600)


def test_a_binding_is_added_fetched_and_removed(phone):
    alice = phone("alice")
    call_id = "bindings@interop"
    added = alice.register(call_id=call_id, cseq=1, contact=f"{alice.contact};q=0.7")
    assert len(added.contacts()) == 1
    assert "q=0.7" in added.contacts()[0].replace("q=0.70", "q=0.7")
    assert f"expires={600}" in added.contacts()[0]
    assert len(alice.register(call_id=call_id, cseq=2, contact="", extra=[]).contacts()) == 1
    assert alice.register(call_id=call_id, cseq=3, contact="*", extra=["Expires: 0"]).contacts() == []


def test_many_phones_register_one_aor_at_once(server):
    """Call-IDs spread them over shards, and sockets over workers; no binding gets lost."""
    phones = [server.phone("team") for _ in range(8)]

    def register(phone) -> None:
        for number in range(25):
            phone.register(contact=f"<sip:team@127.0.0.1:{phone.port};line={number}>", extra=["Expires: 600"])

    with ThreadPoolExecutor(len(phones)) as pool:
        list(pool.map(register, phones))
    bound = phones[0].register(contact="", extra=[]).contacts()
    assert len(bound) == 8 * 25
    for phone in phones:
        assert sum(f":{phone.port};" in contact for contact in bound) == 25
        phone.close()


def test_of_two_phones_that_share_a_contact_the_last_one_holds_it(server):
    """The same Contact from two Call-IDs at once stays one binding."""
    phones = [server.phone("shared") for _ in range(2)]

    def register(phone) -> None:
        call_id = f"{phone.port}@interop"
        for cseq in range(1, 51):
            phone.register(call_id=call_id, cseq=cseq, contact="<sip:shared@127.0.0.1:9>")

    with ThreadPoolExecutor(len(phones)) as pool:
        list(pool.map(register, phones))
    assert len(phones[0].register(contact="", extra=[]).contacts()) == 1
    for phone in phones:
        phone.close()
