# SPDX-License-Identifier: Apache-2.0
"""rest_client, exec and lua: a thousand scripts that wait hold up nobody; servers and commands that don't end."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from harness.flood import LONGEST_P99, start_flood
from harness.program import Programs
from harness.servers import CarillonLauncher, Server, carillon_binary
from harness.sip import Phone
from harness.waiting import wait_until
from harness.web import make_certificate, start_web_server

pytestmark = pytest.mark.carillon

SHUTDOWN_SECONDS = 5  # the program's default
LONGEST_REST = 15 if "asan" in carillon_binary().parts else 5

LUA = "function endless() while true do pcall(function() while true do end end) end end\n"


def start(carillon: CarillonLauncher, programs: Programs, url: str = "http://127.0.0.1:1/", trusted: Path | None = None,
          time_to_kill: int = 0) -> Server:
    lua = programs.folder / "functions.lua"
    lua.write_text(LUA)
    return carillon.start("waiting", url=url, trusted=trusted or "", lua=lua, time_to_kill=time_to_kill)


def answer(phone: Phone, method: str, header: str = "") -> str:
    request = phone.request(method, extra=[header] if header else [])
    return phone.final_response(request, timeout=30).start_line.removeprefix("SIP/2.0 ")


def p99_beside(flood, server: Server) -> float:
    phone = server.phone("alice")

    def ask() -> None:
        assert answer(phone, "OPTIONS") == "200 Fine"

    try:
        return flood.p99_beside(ask, 400)
    finally:
        phone.close()


def children_of(pid: int) -> list[str]:
    """The states of its children: Z is a zombie."""
    states = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            states.append(fields[0])
    return states


def test_a_thousand_scripts_that_wait_for_http_hold_up_nobody(carillon, programs):
    web = start_web_server(programs)
    server = start(carillon, programs, web.url("/slow/5"))
    flood = start_flood(programs, server, rate=500, seconds=2)
    assert p99_beside(flood, server) < LONGEST_P99
    assert flood.answers() == {"200": 1000}
    assert server.program.stop() == 0


def test_commands_that_sleep_hold_up_nobody(carillon, programs):
    server = start(carillon, programs)
    flood = start_flood(programs, server, rate=40, seconds=2, user="command")
    assert p99_beside(flood, server) < LONGEST_P99
    # Forty at once and forty behind them.
    assert flood.answers() == {"200": 80}
    wait_until(lambda: not children_of(server.program.pid), "the commands to be reaped")
    assert server.program.stop() == 0


def test_endless_loops_of_lua_end(carillon, programs):
    server = start(carillon, programs)
    flood = start_flood(programs, server, rate=10, seconds=2, user="endless")
    assert flood.answers() == {"200": 20}
    phone = server.phone("alice")
    assert answer(phone, "OPTIONS") == "200 Fine"
    phone.close()
    assert server.program.stop() == 0


def test_a_file_of_lua_is_loaded_again_when_it_has_changed(carillon, programs):
    server = start(carillon, programs)
    phone = server.phone("alice")
    file = programs.folder / "functions.lua"
    assert answer(phone, "PUBLISH") == "200 -1"
    file.write_text("function version() return 7 end")
    wait_until(lambda: answer(phone, "PUBLISH") == "200 7", "the first version")
    file.write_text("function version() return 8 end error('not yet')")

    def has_looked() -> bool:
        assert answer(phone, "PUBLISH") == "200 7"
        return "lua: it stays as it was: " in server.program.output()

    wait_until(has_looked, "the mistake to be told")
    file.write_text("function version() return 9 end")
    wait_until(lambda: answer(phone, "PUBLISH") == "200 9", "the second version")
    phone.close()
    assert server.program.stop() == 0


def test_certificates_have_to_be_right(carillon, programs):
    good = make_certificate(programs.folder, "localhost")
    unknown = make_certificate(programs.folder, "stranger")
    right = start_web_server(programs, good)
    wrong = start_web_server(programs, unknown)
    plain = start_web_server(programs)
    server = start(carillon, programs, trusted=good.trusted)
    phone = server.phone("alice")
    assert answer(phone, "INFO", "X-URL: " + right.url("/bytes/5", "localhost")) == "200 1 200 5"
    assert answer(phone, "INFO", "X-URL: " + right.url("/bytes/5")).startswith("200 -10 0")  # of another name
    assert answer(phone, "INFO", "X-URL: " + wrong.url("/bytes/5", "localhost")).startswith("200 -10 0")
    # TLS where there is none: the connection is never there. And the other way round.
    assert answer(phone, "INFO", f"X-URL: https://localhost:{plain.port}/").startswith("200 -2 0")
    assert answer(phone, "INFO", f"X-URL: http://localhost:{right.port}/").startswith("200 -10 0")
    phone.close()
    assert server.program.stop() == 0


def test_large_answers_are_bounded(carillon, programs):
    web = start_web_server(programs)
    server = start(carillon, programs)
    phone = server.phone("alice")
    assert answer(phone, "INFO", "X-URL: " + web.url("/bytes/10000000")) == "200 1 200 10000000"
    assert answer(phone, "INFO", "X-URL: " + web.url("/bytes/11000000")).startswith("200 -10 200")
    phone.close()
    assert server.program.stop() == 0


def test_the_server_stops_while_a_thousand_scripts_wait(carillon, programs):
    # Runs that wait are taken apart: under AddressSanitizer, what of them is lost shows in the exit code.
    web = start_web_server(programs)
    server = start(carillon, programs, web.url("/slow/600"))
    start_flood(programs, server, rate=500, seconds=1)
    start_flood(programs, server, rate=500, seconds=1, user="asleep")
    phone = server.phone("alice")
    pid_file = programs.folder / "pid"
    phone.send(phone.request("SUBSCRIBE", extra=[f"X-Command: echo $$ > {pid_file}; exec sleep 600"]))
    wait_until(lambda: web.program.output().count("slow") >= 500, "the web server to be asked", timeout=60)
    wait_until(lambda: server.program.output().count("asleep") >= 500, "the others to sleep", timeout=60)
    wait_until(lambda: pid_file.exists() and pid_file.read_text().strip(), "the command to run")
    begin = time.monotonic()
    assert server.program.stop(60) == 0
    took = time.monotonic() - begin
    print(f"stopped after {took:.1f} s")
    # --shutdown-seconds, in which one or the other might still have ended, and what else there is to do.
    assert took < SHUTDOWN_SECONDS + LONGEST_REST
    assert "does not answer; leaving without it" not in server.program.output()
    assert "went on" not in server.program.output()
    pid = int(pid_file.read_text())
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the command that was waited for to end")
    phone.close()


def test_commands_are_ended_with_all_they_have_started(carillon, programs):
    server = start(carillon, programs, time_to_kill=1)
    phone = server.phone("alice")
    pid_file = programs.folder / "pids"
    begin = time.monotonic()
    command = f"X-Command: sleep 600 & echo $! > {pid_file}; echo out; sleep 600"
    assert answer(phone, "SUBSCRIBE", command) == "200 -1 out"
    assert time.monotonic() - begin < 20
    pid = int(pid_file.read_text())
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "what the command has started to end")
    wait_until(lambda: not children_of(server.program.pid), "the command to be reaped")
    descriptors = len(os.listdir(f"/proc/{server.program.pid}/fd"))
    for _ in range(20):
        assert answer(phone, "SUBSCRIBE", "X-Command: cat; echo done") == "200 1 done"
    wait_until(lambda: len(os.listdir(f"/proc/{server.program.pid}/fd")) <= descriptors, "the pipes to be closed")
    phone.close()
    assert server.program.stop() == 0
