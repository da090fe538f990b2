# SPDX-License-Identifier: Apache-2.0
"""domain, permissions, userblacklist and sqlops on MariaDB: reloads under traffic, and a database that is slow."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from harness.databases import MariaDb
from harness.management import manage
from harness.servers import Server, carillon_binary
from harness.waiting import free_port, wait_until

pytestmark = pytest.mark.carillon

QUERIES_A_SECOND = 500
SECONDS = 4
# Of calls that ask no database, while five hundred a second ask one that takes five seconds.
LONGEST_P99 = 0.050

# Sends MESSAGEs at a steady rate, in a process of its own so that it steals no time from who measures. From several
# sockets: the answers come in bursts that the buffer of one would not hold.
FLOOD = """
import select, socket, sys, time
host, port, rate, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
senders = []
for _ in range(32):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setblocking(False)
    one.bind(("127.0.0.1", 0))
    senders.append(one)
answers = {}
def drain(seconds):
    for ready in select.select(senders, [], [], seconds)[0]:
        try:
            while True:
                status = ready.recv(65536).split()[1].decode()
                answers[status] = answers.get(status, 0) + 1
        except BlockingIOError:
            pass
begin = time.monotonic()
sent = 0
while sent < rate * seconds:
    due = min(int((time.monotonic() - begin) * rate), rate * seconds)
    for number in range(sent, due):
        sender = senders[number % len(senders)]
        own = "127.0.0.1:%d" % sender.getsockname()[1]
        sender.sendto((
            f"MESSAGE sip:x@{host}:{port} SIP/2.0\\r\\nVia: SIP/2.0/UDP {own};branch=z9hG4bKflood{number};rport\\r\\n"
            f"Max-Forwards: 70\\r\\nFrom: <sip:flood@{own}>;tag={number}\\r\\nTo: <sip:x@{host}>\\r\\n"
            f"Call-ID: flood-{number}@{own}\\r\\nCSeq: 1 MESSAGE\\r\\nContent-Length: 0\\r\\n\\r\\n").encode(), (host, port))
    sent = due
    drain(0.002)
end = time.monotonic() + 15
while sum(answers.values()) < sent and time.monotonic() < end:
    drain(0.1)
print(sent, *(f"{status}={count}" for status, count in sorted(answers.items())))
"""


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDb]:
    server = MariaDb()
    yield server
    server.close()


@pytest.fixture
def database(mariadb: MariaDb) -> str:
    name = mariadb.fresh_database()
    groups = [word for group in ("domain", "permissions", "userblacklist", "sqlops") for word in ("--group", group)]
    subprocess.run([str(carillon_binary()), "db", "create", "--url", mariadb.url(name), *groups], check=True,
                   capture_output=True, timeout=60)
    return name


@pytest.fixture
def asked(carillon, mariadb: MariaDb, database: str) -> Iterator[Server]:
    mariadb.sql("INSERT INTO domain(domain) VALUES ('here.example');"
                "INSERT INTO globalblacklist(prefix, whitelist) VALUES ('900', 0);"
                "INSERT INTO address(grp, ip, mask) VALUES (1, '192.0.2.1', 32), (1, '192.0.2.2', 32);"
                "CREATE TABLE texts (a VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)", database)
    server = carillon.start("identity_tables", database=mariadb.url(database))
    yield server
    assert server.program.stop() == 0


def answer(phone, method: str, uri: str) -> str:
    request = phone.request(method, uri)
    phone.send(request)
    return phone.final_response(request).start_line.removeprefix("SIP/2.0 ")


def test_tables_are_asked_and_reloaded(asked, mariadb, database):
    phone = asked.phone("alice")
    assert answer(phone, "OPTIONS", "sip:bob@here.example") == "200 Fine"
    assert answer(phone, "OPTIONS", "sip:900@here.example") == "404 Not here"
    assert answer(phone, "OPTIONS", "sip:bob@there.example") == "404 Not here"
    mariadb.sql("INSERT INTO domain(domain, accept_subdomain) VALUES ('there.example', 1);"
                "DELETE FROM globalblacklist", database)
    assert manage(asked, "domain:reload") == "OK"
    assert manage(asked, "userblacklist:reload") == "OK"
    assert answer(phone, "OPTIONS", "sip:bob@deep.THERE.example") == "200 Fine"
    assert answer(phone, "OPTIONS", "sip:900@here.example") == "200 Fine"
    phone.close()


def test_a_reload_under_traffic_shows_old_or_new_and_nothing_between(asked, mariadb, database):
    phone = asked.phone("alice")
    seen = set()
    for turn in range(6):
        # One statement changes both rows; what is read is before or behind it.
        mariadb.sql(f"UPDATE address SET grp = {2 if turn % 2 == 0 else 1}", database)
        reload = subprocess.Popen([sys.executable, "-c", (
            "import sys, urllib.request; urllib.request.urlopen(urllib.request.Request(sys.argv[1],"
            "b'{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"permissions:address_reload\"}',"
            "{'Content-Type': 'application/json'}), timeout=10).read()"),
            f"http://127.0.0.1:{asked.management_port}/mi"])
        while reload.poll() is None:
            seen.add(answer(phone, "INFO", "sip:x@here.example"))
        assert reload.returncode == 0
        seen.add(answer(phone, "INFO", "sip:x@here.example"))
    assert seen == {"200 1 1", "200 -1 -1"}
    phone.close()


def test_hostile_texts_come_back_as_they_were(asked):
    phone = asked.phone("alice")
    for user in ("o'brien", "x%22%7d,%7b%22b%22%3a1", "';DROP%20TABLE%20texts;--", "back%5cslash%5c'", "%F0%9F%98%80",
                 "%25%5f", "tab%09line%0d%0a"):
        assert answer(phone, "SUBSCRIBE", f"sip:{user}@here.example") == "200 Same", user
    phone.close()


def test_queries_of_five_seconds_hold_up_nobody_else(asked, programs):
    phone = asked.phone("alice")
    flood = programs.start("flood", [sys.executable, "-c", FLOOD, "127.0.0.1", str(asked.port), str(QUERIES_A_SECOND),
                                     str(SECONDS)])
    times = []
    while flood.exit_code is None and len(times) < SECONDS * 100:
        begin = time.monotonic()
        assert answer(phone, "OPTIONS", "sip:bob@here.example") == "200 Fine"
        times.append(time.monotonic() - begin)
        time.sleep(0.01)
    times.sort()
    p99 = times[int(len(times) * 0.99)]
    print(f"{len(times)} calls beside {QUERIES_A_SECOND} slow queries a second: median {times[len(times) // 2] * 1000:.1f} ms, "
          f"p99 {p99 * 1000:.1f} ms, longest {times[-1] * 1000:.1f} ms")
    assert len(times) > 100
    assert p99 < LONGEST_P99
    assert flood.wait(60) == 0
    # Each is answered: the few that had a thread of the database, and the others that would have waited too long.
    sent, *answers = flood.output().split()
    print(sent, *answers)
    assert sum(int(one.partition("=")[2]) for one in answers) == int(sent) == QUERIES_A_SECOND * SECONDS
    wait_until(lambda: answer(phone, "OPTIONS", "sip:bob@here.example") == "200 Fine", "the server to answer")
    phone.close()


def test_mistakes_in_files_are_told_with_their_lines(programs, carillon):
    folder = programs.folder
    (folder / "callers.allow").write_text('ALL : ALL\n\n"^sip:a@ : ALL\n"(" : ALL\n')
    (folder / "callers.deny").write_text("ALL ALL\n")
    script = folder / "files.cfg"
    script.write_text('socket=udp:127.0.0.1:' + str(free_port()) + '\nloadmodule "permissions.so"\n'
                      'loadmodule "proto_udp.so"\nroute { allow_routing("callers"); }\n')
    program = programs.start("carillon", carillon.argv("run", "-f", str(script)))
    assert program.wait() == 2
    assert f"{folder}/callers.allow:3: a quote is not closed" in program.output()
    assert f"{folder}/callers.allow:4: " in program.output()
    assert f"{folder}/callers.deny:1: unexpected 'ALL'" in program.output()
