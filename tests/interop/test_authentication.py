# SPDX-License-Identifier: Apache-2.0
"""Digest authentication: of real clients, of clients written here for what those don't have, and by a real server."""

from __future__ import annotations

import hashlib
import random
import re
import sqlite3
import subprocess

import pytest

from harness.baresip import Baresip
from harness.database import new_database
from harness.databases import MariaDb, PostgreSql
from harness.servers import carillon_binary
from harness.sip import Message, Phone
from harness.waiting import free_port, wait_until

pytestmark = pytest.mark.carillon

REALM, PASSWORD = "sip.example", "s3cret-words"
HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
SCHEMA = """
INSERT INTO version VALUES ('subscriber', 8);
INSERT INTO version VALUES ('uri', 2);
CREATE TABLE subscriber (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, username CHAR(64) DEFAULT '' NOT NULL,
    domain CHAR(64) DEFAULT '' NOT NULL, password CHAR(25) DEFAULT '' NOT NULL, ha1 CHAR(64) DEFAULT '' NOT NULL,
    ha1_sha256 CHAR(64) DEFAULT '' NOT NULL, ha1_sha512t256 CHAR(64) DEFAULT '' NOT NULL,
    CONSTRAINT subscriber_account_idx UNIQUE (username, domain));
"""


def digest(algorithm: str, *pieces: str) -> str:
    return hashlib.new(HASHES[algorithm.removesuffix("-sess")], ":".join(pieces).encode()).hexdigest()


def fields_of(challenge: str) -> dict[str, str]:
    return {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', challenge)}


def challenges(response: Message) -> dict[str, dict[str, str]]:
    """By algorithm."""
    values = response.all("www-authenticate") + response.all("proxy-authenticate")
    return {fields.get("algorithm", "MD5"): fields for fields in map(fields_of, values)}


def credentials(challenge: dict[str, str], user: str, method: str, uri: str, *, password: str = PASSWORD,
                qop: str = "auth", body: str = "") -> dict[str, str]:
    algorithm = challenge.get("algorithm", "MD5")
    fields = {"username": user, "realm": challenge["realm"], "nonce": challenge["nonce"], "uri": uri, "cnonce": "f00",
              "qop": qop, "nc": "00000001", "algorithm": algorithm}
    ha1 = digest(algorithm, user, challenge["realm"], password)
    if algorithm.endswith("-sess"):
        ha1 = digest(algorithm, ha1, fields["nonce"], fields["cnonce"])
    ha2 = digest(algorithm, method, uri, *([digest(algorithm, body)] if qop == "auth-int" else []))
    fields["response"] = digest(algorithm, ha1, fields["nonce"], fields["nc"], fields["cnonce"], qop, ha2)
    return fields


def header(fields: dict[str, str], name: str = "Authorization") -> str:
    plain = ("nc", "qop", "algorithm")
    return f"{name}: Digest " + ", ".join(
        f"{key}={value}" if key in plain else f'{key}="{value}"' for key, value in fields.items())


@pytest.fixture
def database(tmp_path):
    path = new_database(tmp_path / "users.sqlite")
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    for user in ("alice", "bob"):
        hashes = [digest(algorithm, user, REALM, PASSWORD) for algorithm in HASHES]
        connection.execute("INSERT INTO subscriber(username, domain, ha1, ha1_sha256, ha1_sha512t256) "
                           "VALUES (?, ?, ?, ?, ?)", (user, REALM, *hashes))
    connection.commit()
    connection.close()
    return path


@pytest.fixture
def start(carillon, database):
    """start(key=value) starts the server; all that were started have to end well."""
    servers = []

    def begin(**values):
        values = {"database": f"sqlite://{database}", "secret": "", "cache": 0, "algorithms": "SHA-512-256,SHA-256,MD5",
                  "upstream": "127.0.0.1:9", **values}
        servers.append(carillon.start("authenticated", **values))
        return servers[-1]

    yield begin
    for server in servers:
        assert server.program.stop() == 0


@pytest.fixture
def phones():
    made: list[Phone] = []

    def make(server, user: str) -> Phone:
        made.append(server.phone(user))
        return made[-1]

    yield make
    for phone in made:
        phone.close()


def register(phone: Phone, extra: list[str]) -> Message:
    """An attempt to register, whatever comes of it."""
    aor = f"sip:{phone.user}@{REALM}"
    return phone.final_response(phone.register_request(local=aor, remote=aor, extra=["Expires: 600", *extra]))


def register_authorized(phone: Phone, challenge: dict[str, str], **how: str) -> Message:
    fields = credentials(challenge, phone.user, "REGISTER", f"sip:{phone.domain}", **how)
    return register(phone, [header(fields)])


@pytest.mark.parametrize("cache", [0, 60])
def test_sipp_registers_with_its_password(start, sipp, cache):
    server = start(cache=cache, algorithms="MD5")
    sipp.run("register_authenticated", server.address, calls=100, options=["-r", "200"], password=PASSWORD, expected=200)
    sipp.run("register_authenticated", server.address, calls=10, password="wrong", expected=401)


def test_sipsak_registers_with_its_password(start, programs):
    server = start(port=free_port(range(2000, 10000)), algorithms="MD5")
    arguments = ["-U", "-s", f"sip:alice@{server.address}", "-C", "sip:alice@127.0.0.1:9", "-x", "300", "-u", "alice"]
    run = programs.run("sipsak", ["sipsak", "-v", *arguments, "-a", PASSWORD])
    assert run.exit_code == 0, run.output()
    assert programs.run("sipsak", ["sipsak", "-v", *arguments, "-a", "wrong"]).exit_code != 0


def test_baresip_registers_and_calls(start, programs, phones):
    """It knows MD5 only, and gives up when any challenge asks for something else."""
    server = start(algorithms="MD5")
    phone = Baresip(programs, server, "alice", 440, password=PASSWORD, domain=REALM)
    phone.wait_event("REGISTER_OK")
    bob = phones(server, "bob")
    assert register_authorized(bob, challenges(register(bob, []))["MD5"]).status == 200
    phone.command("dial", f"sip:bob@{REALM}")
    invite = bob.expect("INVITE")
    assert not invite.all("proxy-authorization")
    bob.reply(invite, 486, "Busy Here", to_tag="b1")
    phone.wait_event("CALL_CLOSED")
    phone.close()


@pytest.mark.parametrize("algorithm", HASHES)
@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_every_algorithm(start, phones, algorithm, qop):
    server = start()
    alice = phones(server, "alice")
    refused = register(alice, [])
    assert [fields_of(value)["algorithm"] for value in refused.all("www-authenticate")] == [
        "SHA-512-256", "SHA-256", "MD5"]
    challenge = challenges(refused)[algorithm]
    assert register_authorized(alice, challenge, password="wrong").status == 401
    assert register_authorized(alice, challenge, qop=qop).status == 200
    # The nonce is used up, and that of the other challenges of that response with it.
    for other in challenges(refused).values():
        again = register_authorized(alice, other)
        assert again.status == 401
        assert all(fields["stale"] == "true" for fields in challenges(again).values())


@pytest.mark.parametrize("kind", [MariaDb, PostgreSql])
@pytest.mark.parametrize("older", [False, True], ids=["version-8", "version-7"])
def test_subscribers_on_a_server(start, phones, kind, older):
    """Version 7 of the table has a second hash, of those who send user@domain."""
    databases = kind()
    try:
        name = databases.fresh_database()
        subprocess.run([str(carillon_binary()), "db", "create", "--url", databases.url(name), "--group", "auth_db"],
                       check=True, capture_output=True, timeout=60)
        if older:
            databases.sql("ALTER TABLE subscriber ADD COLUMN ha1b VARCHAR(64) DEFAULT '' NOT NULL;"
                          "UPDATE version SET table_version = 7 WHERE table_name = 'subscriber'", name)
        long_name = f"alice@{REALM}"
        hashes = [digest(algorithm, "alice", REALM, PASSWORD) for algorithm in HASHES]
        databases.sql(f"INSERT INTO subscriber(username, domain, ha1, ha1_sha256, ha1_sha512t256) "
                      f"VALUES ('alice', '{REALM}', '{hashes[0]}', '{hashes[1]}', '{hashes[2]}')", name)
        if older:
            databases.sql(f"UPDATE subscriber SET ha1b = '{digest('MD5', long_name, REALM, PASSWORD)}'", name)
        server = start(database=databases.url(name))
        alice = phones(server, "alice")

        def attempt(algorithm: str, user: str, password: str) -> int:
            challenge = challenges(register(alice, []))[algorithm]
            fields = credentials(challenge, user, "REGISTER", f"sip:{alice.domain}", password=password)
            return register(alice, [header(fields)]).status

        for algorithm in HASHES:
            assert attempt(algorithm, "alice", PASSWORD) == 200
            assert attempt(algorithm, "alice", "wrong") == 401
            assert attempt(algorithm, "nobody", PASSWORD) == 401
        assert attempt("MD5", long_name, PASSWORD) == (200 if older else 401)
        assert attempt("SHA-256", long_name, PASSWORD) == 401
        assert server.program.stop() == 0
        assert "ha1b" not in server.program.output()
    finally:
        databases.close()


def test_a_nonce_of_before_a_restart(start, phones):
    """With a secret or without: a new challenge that says stale, so that no phone asks its user for a password."""
    for secret in ("", "a secret of thirty-two characters"):
        server = start(secret=secret)
        alice = phones(server, "alice")
        challenge = challenges(register(alice, []))["MD5"]
        server.program.stop()
        server = start(secret=secret)
        alice = phones(server, "alice")
        answer = register_authorized(alice, challenge)
        assert answer.status == 401
        assert challenges(answer)["MD5"]["stale"] == "true"
        assert register_authorized(alice, challenges(answer)["MD5"]).status == 200


def test_two_servers_with_one_secret(start, phones):
    one, other = (start(secret="a secret of thirty-two characters") for _ in range(2))
    here, there = phones(one, "alice"), phones(other, "alice")

    def taken_there() -> dict[str, str] | None:
        # A nonce counts from the second behind the start of who is to take it.
        challenge = challenges(register(here, []))["SHA-256"]
        return challenge if register_authorized(there, challenge).status == 200 else None

    challenge = wait_until(taken_there, "the other server to take a nonce")
    assert register_authorized(there, challenge).status == 401


def test_a_thousand_bad_credentials(start, phones):
    """Cut off, doubled, filled with odd bytes: none of them gets in, and the server is still there."""
    server = start()
    alice = phones(server, "alice")
    chance = random.Random(8760)
    good = challenges(register(alice, []))["MD5"]
    for number in range(1000):
        fields = credentials(good, "alice", "REGISTER", f"sip:{alice.domain}", password="guess")
        kind = number % 8
        key = chance.choice(list(fields))
        if kind == 0:
            del fields[key]
        elif kind == 1:
            fields[key] = chance.choice(["", '\\"', "\\", "a" * 1000, "%00", "ä", "'; --", "=", ",", "\t"])
        elif kind == 2:
            fields["nc"] = chance.choice(["ffffffff", "100000000", "-1", "0x1", "99999999999999999999"])
        text = header(fields)
        if kind == 3:
            text = text[: chance.randrange(len("Authorization: "), len(text))]
        elif kind == 4:
            text += f', {key}="x"'
        elif kind == 5:
            text = text + "\r\n" + text
        elif kind == 6:
            at = chance.randrange(len("Authorization: "), len(text))
            text = text[:at] + chr(chance.randrange(1, 255)).replace("\r", "x").replace("\n", "x") + text[at + 1:]
        elif kind == 7:
            text = text.replace(", ", chance.choice([",\r\n ", ";", " , ", ",,", " "]))
        alice.send(alice.register_request(extra=[text]))
        if number % 50 == 49:  # no faster than it answers
            for _ in range(50):
                answer = alice.receive(2)
                assert answer is not None and answer.status in (400, 401), answer
    assert register_authorized(alice, challenges(register(alice, []))["SHA-512-256"]).status == 200


def test_a_name_in_a_further_header_is_nobody(start, phones):
    """The script compares $au with To: who has credentials of their own can't register somebody else with them."""
    server = start()
    bob = phones(server, "bob")
    alice = f"sip:alice@{REALM}"
    challenge = challenges(register(bob, []))["SHA-256"]
    own = header(credentials(challenge, "bob", "REGISTER", f"sip:{bob.domain}"))
    name = f'Digest username="alice", realm="{REALM}", nonce="n", uri="{alice}", response="{"0" * 32}"'
    request = bob.register_request(local=alice, remote=alice, extra=[
        f"Proxy-Authorization: {name}", f"Authorization: {name}", own])
    assert bob.final_response(request).status == 403


@pytest.mark.parametrize("flags", [1, 0], ids=["qop", "no-qop"])
def test_kamailio_asks_who_we_are(start, kamailio, phones, flags):
    """A call through a gateway that wants credentials of ours, under another name, from INVITE to BYE."""
    callee = free_port()
    gateway = kamailio.start("gateway", callee=f"127.0.0.1:{callee}", flags=flags)
    server = start(upstream=gateway.address)
    alice = phones(server, "alice")
    bob = Phone("bob", ("127.0.0.1", gateway.port), port=callee)
    try:
        call(server, alice, bob)
    finally:
        bob.close()


def call(server, alice: Phone, bob: Phone) -> None:
    uri, me = f"sip:out@{REALM}", f"sip:alice@{REALM}"
    invite = alice.request("INVITE", uri, local=me)
    refused = alice.final_response(invite)
    assert refused.status == 407
    challenge = challenges(refused)["SHA-256"]
    to_tag = re.search("tag=([^;]+)", refused.header("to"))[1]
    alice.send(alice.request("ACK", uri, local=me, call_id=invite.call_id, from_tag=invite.from_tag, to_tag=to_tag,
                             branch=invite.branch))
    fields = credentials(challenge, "alice", "INVITE", uri)
    invite = alice.request("INVITE", uri, local=me, call_id=invite.call_id, from_tag=invite.from_tag, cseq=2,
                           extra=[header(fields, "Proxy-Authorization")])
    alice.send(invite)
    incoming = bob.expect("INVITE")
    assert "+4930123456" in incoming.header("from") and "alice" not in incoming.header("from")
    assert not incoming.all("proxy-authorization")
    assert incoming.header("cseq") == "3 INVITE"
    bob.reply(incoming, 200, "OK", to_tag="b1", extra=[f"Contact: {bob.contact}"])
    answer = alice.expect(200)
    assert answer.header("cseq") == "2 INVITE"
    assert f"<{me}>" in answer.header("from")
    routes = [f"Route: {route}" for route in reversed(answer.all("record-route"))]
    inside = {"local": me, "remote": uri, "call_id": invite.call_id, "from_tag": invite.from_tag, "to_tag": "b1",
              "extra": routes}
    alice.send(alice.request("ACK", f"sip:bob@127.0.0.1:{bob.port}", cseq=2, **inside))
    assert bob.expect("ACK").header("cseq") == "3 ACK"
    alice.send(alice.request("BYE", f"sip:bob@127.0.0.1:{bob.port}", cseq=3, **inside))
    bye = bob.expect("BYE")
    assert bye.header("cseq") == "4 BYE"
    assert "+4930123456" in bye.header("from")
    bob.reply(bye, 200, "OK")
    done = alice.expect(200)
    assert done.header("cseq") == "3 BYE"
    assert f"<{me}>" in done.header("from")
