# SPDX-License-Identifier: Apache-2.0
"""reload_routes and SIGUSR1: other routes while calls go on."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from harness.management import manage
from harness.servers import Server, carillon_binary, write_script
from harness.waiting import free_port

pytestmark = pytest.mark.carillon


class Reloaded:
    """A server on a script whose text the test changes."""

    def __init__(self, programs, carillon, callee: int = 9) -> None:
        self._programs = programs
        self._callee = callee
        self.server: Server = carillon.start("reloaded", version="first", callee=callee)

    def write(self, version: str, more: str = "") -> Path:
        path = write_script(self._programs, "reloaded.cfg", {
            "version": version, "callee": self._callee, "listen": self.server.address,
            "management_port": self.server.management_port})
        path.write_text(path.read_text() + more)
        return path

    def version(self) -> str:
        phone = self.server.phone("probe")
        try:
            request = phone.request("OPTIONS")
            phone.send(request)
            return phone.final_response(request).start_line.split(" ", 2)[2]
        finally:
            phone.close()


def resident_bytes(server: Server) -> int:
    pages = int(Path(f"/proc/{server.program.pid}/statm").read_text().split()[1])
    return pages * 4096


def test_a_thousand_reloads_under_load_lose_no_call_and_leak_nothing(programs, carillon, sipp):
    calls = 400
    callee = sipp.start("callee", calls=calls, timeout=120)
    reloaded = Reloaded(programs, carillon, callee.port)
    server = reloaded.server
    caller = sipp.start("caller", server.address, calls=calls, timeout=120,
                        options=["-r", "50", "-d", "1000"], to=f"bob@{server.address}")
    warm = 0
    for number in range(1000):
        reloaded.write(f"version{number}")
        assert manage(server, "reload_routes") == "OK"
        if number == 200:
            warm = resident_bytes(server)
    assert reloaded.version() == "version999"
    # A script of this size takes 30 KB: eight hundred that are kept would show. (The sanitizers keep what is freed, and
    # look for leaks themselves.)
    if "asan" not in carillon_binary().parts:
        assert resident_bytes(server) - warm < 8 << 20
    caller.finish(130)
    callee.finish(130)
    assert server.program.stop() == 0


def test_sigusr1_reloads_and_a_mistake_is_logged_and_changes_nothing(programs, carillon):
    reloaded = Reloaded(programs, carillon)
    program = reloaded.server.program
    assert reloaded.version() == "first"
    reloaded.write("second")
    program.send_signal(signal.SIGUSR1)
    program.wait_for_output("routes of the script have been loaded again")
    assert reloaded.version() == "second"

    path = reloaded.write("third", "route[broken] { t_rely(); }\n")
    lines = path.read_text().count("\n")
    program.send_signal(signal.SIGUSR1)
    program.wait_for_output(rf"reloaded\.cfg:{lines}:\d+: error: unknown function 't_rely'")
    program.wait_for_output("the routes stay as they were")
    assert reloaded.version() == "second"
    answer = json.loads(urllib.request.urlopen(urllib.request.Request(
        f"http://127.0.0.1:{reloaded.server.management_port}/mi",
        b'{"jsonrpc": "2.0", "id": 1, "method": "reload_routes"}',
        {"Content-Type": "application/json"}), timeout=10).read())
    assert answer["error"]["code"] == 500 and "t_rely" in answer["error"]["message"]

    path.unlink()
    program.send_signal(signal.SIGUSR1)
    program.wait_for_output(r"reloaded\.cfg.*No such file")
    assert reloaded.version() == "second"
    assert program.stop() == 0


def test_a_script_from_standard_input_can_not_be_read_again(programs, carillon):
    port = free_port()
    management_port = free_port()
    script = write_script(programs, "reloaded.cfg", {
        "version": "first", "callee": 9, "listen": f"127.0.0.1:{port}", "management_port": management_port}).read_text()
    process = subprocess.Popen(carillon.argv("run", "-f", "-"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    try:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(script.encode())
        process.stdin.close()
        while b"is ready" not in (line := process.stdout.readline()):
            assert line, "it ended"
        process.send_signal(signal.SIGUSR1)
        while b"no file to load" not in (line := process.stdout.readline()):
            assert line, "it ended"
    finally:
        process.terminate()
        assert process.wait(20) == 0
