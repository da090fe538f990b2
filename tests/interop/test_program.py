# SPDX-License-Identifier: Apache-2.0
"""The program itself: how it starts, what it says when it can't, and how it stops."""

from __future__ import annotations

import json
import os
import pwd
import re
import signal
import socket
from pathlib import Path

import pytest

from harness.database import new_database
from harness.servers import SCRIPTS, Server, write_script
from harness.waiting import free_port, is_bound, wait_until

pytestmark = pytest.mark.carillon

# Line of ten_mistakes.cfg, and what its diagnostic must name.
MISTAKES = [
    (3, "udp_wrokers"),
    (10, "no_such_module"),
    (11, "fr_timeuot"),
    (12, "fr_timeout"),
    (15, "mf_process_maxfwd_header"),
    (18, "is_methd"),
    (21, "fuu"),
    (22, "nowhere"),
    (23, "expected a value"),
    (24, "regular expression"),
]


def refused(programs, carillon, *arguments: str) -> str:
    """Runs, expects exit status 2 and one line of output, and returns that line."""
    program = programs.run("carillon", carillon.argv(*arguments), timeout=20)
    assert program.exit_code == 2, program.output()
    lines = program.output().splitlines()
    assert len(lines) == 1, program.output()
    return lines[0]


def script(programs, port: int) -> str:
    return str(write_script(programs, "residential.cfg", {"listen": f"127.0.0.1:{port}"}))


@pytest.mark.parametrize("protocol", ["udp", "tcp"])
def test_a_busy_port_is_one_line(programs, carillon, protocol):
    port = free_port()
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", port))
        if protocol == "tcp":
            taken.listen()
        line = refused(programs, carillon, "run", "-f", script(programs, port))
    assert f"{protocol}:127.0.0.1:{port}" in line
    assert "in use" in line


def test_a_port_that_another_carillon_has_is_busy_too(programs, carillon):
    """Workers share a port among themselves (SO_REUSEPORT), never with a second program."""
    server = carillon.start()
    assert "in use" in refused(programs, carillon, "run", "-f", script(programs, server.port))
    assert server.program.stop() == 0


@pytest.mark.parametrize("arguments", [
    ["run", "--no-such-flag"],
    ["run", "--workers", "many"],
    ["run", "--listen", "udp:127.0.0.1:99999"],
    ["run", "--advertise", "sip.example.org:99999"],
    ["frobnicate"],
])
def test_a_bad_flag_is_one_line(programs, carillon, arguments):
    assert arguments[-1].lstrip("-").split(":")[-1] in refused(programs, carillon, *arguments)


def test_an_unreadable_file_is_one_line(programs, carillon):
    missing = str(programs.folder / "missing.cfg")
    assert missing in refused(programs, carillon, "run", "-f", missing)
    assert str(programs.folder) in refused(programs, carillon, "check", "-f", str(programs.folder))


@pytest.mark.parametrize("command", ["check", "run"])
def test_ten_mistakes_are_ten_diagnostics(programs, carillon, command):
    path = write_script(programs, "ten_mistakes.cfg", {"listen": f"127.0.0.1:{free_port()}"})
    program = programs.run("carillon", carillon.argv(command, "-f", str(path)), timeout=20)
    assert program.exit_code == 2
    found = re.findall(rf"^{re.escape(str(path))}:(\d+):(\d+): (.*)$", program.output(), re.MULTILINE)
    assert [int(line) for line, _, _ in found] == [line for line, _ in MISTAKES]
    for (_, name), (line, column, text) in zip(MISTAKES, found, strict=True):
        assert name in text, f"line {line}, column {column}"
    assert len(re.findall(r"^[ \t|\d]*\^", program.output(), re.MULTILINE)) == len(MISTAKES)


def test_a_near_name_is_suggested(programs, carillon):
    path = write_script(programs, "ten_mistakes.cfg", {"listen": f"127.0.0.1:{free_port()}"})
    output = programs.run("carillon", carillon.argv("check", "-f", str(path)), timeout=20).output()
    for name in ("udp_workers", "fr_timeout", "is_method"):
        assert re.search(rf"did you mean .?{name}", output), output


def test_check_accepts_a_good_script_and_opens_no_socket(programs, carillon):
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", port))
        assert programs.run("carillon", carillon.argv("check", "-f", script(programs, port))).exit_code == 0


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["check", "--help"], ["describe", "--help"]])
def test_help(programs, carillon, arguments):
    program = programs.run("carillon", carillon.argv(*arguments))
    assert program.exit_code == 0
    assert "carillon" in program.output()


def test_describe_names_functions_and_parameters(programs, carillon):
    output = programs.run("carillon", carillon.argv("describe")).output()
    for name in ("t_relay", "fr_timeout", "save", "ul_dump"):
        assert name in output


def test_the_embedded_default_registers_and_routes(programs, carillon):
    """`carillon run` with no file; the location table goes to the database that --db names."""

    port = free_port()
    program = programs.start("carillon", carillon.argv(
        "run", "--listen", f"udp:127.0.0.1:{port}", "--db", f"sqlite://{programs.folder}/carillon.sqlite"))
    server = Server(program, port)
    server.wait_ready()
    alice, bob = server.phone("alice"), server.phone("bob")
    bob.register()
    alice.send(alice.request("MESSAGE", bob.aor, contact=""))
    assert bob.expect("MESSAGE").uri == f"sip:bob@127.0.0.1:{bob.port}"
    assert program.stop() == 0


def test_sigterm_lets_a_live_transaction_finish(carillon):
    server = carillon.start()
    alice, bob = server.phone("alice"), server.phone("bob")
    bob.register()
    alice.send(alice.request("INVITE", bob.aor))
    received = bob.expect("INVITE")
    bob.reply(received, 180, "Ringing", to_tag="b1")
    alice.expect(180)
    server.program.send_signal(signal.SIGTERM)
    carol = server.phone("carol")
    wait_until(lambda: is_refused(carol, bob.aor), "new requests to be refused", timeout=3)
    bob.reply(received, 200, "OK", to_tag="b1", extra=[f"Contact: {bob.contact}"])
    alice.expect(200)
    assert server.program.wait() == 0


def is_refused(phone, uri: str) -> bool:
    phone.send(phone.request("MESSAGE", uri, contact=""))
    response = phone.receive(0.2)
    return response is not None and response.status == 503


def test_sigterm_frees_the_port_at_once_when_nothing_is_live(carillon):
    server = carillon.start()
    assert server.program.stop(timeout=5) == 0
    assert not is_bound(server.port, "udp")
    assert not is_bound(server.port, "tcp")


def test_sighup_reopens_the_log(programs, carillon):
    log, rotated = programs.folder / "sip.log", programs.folder / "sip.log.1"
    port = free_port()
    program = programs.start("carillon", carillon.argv("run", "-f", script(programs, port), "--log-file", str(log)))
    wait_until(lambda: log.exists() and log.stat().st_size > 0, "the log to begin")
    log.rename(rotated)
    program.send_signal(signal.SIGHUP)
    wait_until(log.exists, "the log to be opened again")
    assert program.stop() == 0


def test_flags_of_opensips_keep_their_meaning(programs, carillon):
    """As a service file of OpenSIPS would start it; sizes and allocators are accepted with a note."""
    port = free_port()
    folder = programs.folder / "work"
    folder.mkdir()
    pid_file = programs.folder / "carillon.pid"
    program = programs.start("carillon", carillon.argv(
        "run", "-F", "-f", script(programs, port), "-w", str(folder), "-P", str(pid_file), "-n", "2", "-m", "64",
        "-M", "8", "-A", "sip.example.org:5099", "-l", f"udp:127.0.0.1:{port}", "-E", "-T", "-r", "-R", "-d", "-v"))
    server = Server(program, port)
    server.wait_ready()
    assert pid_file.read_text().strip() == str(program.pid)
    assert os.readlink(f"/proc/{program.pid}/cwd") == str(folder)
    alice, bob = server.phone("alice"), server.phone("bob")
    bob.register()
    alice.send(alice.request("MESSAGE", bob.aor, contact=""))
    assert bob.expect("MESSAGE").header("via").startswith("SIP/2.0/UDP sip.example.org:5099;")
    assert "note: -m is accepted" in program.output()
    assert program.stop() == 0
    assert not pid_file.exists()


def test_signals_of_other_servers_do_not_end_it(carillon):
    server = carillon.start()
    server.program.send_signal(signal.SIGUSR1)
    server.program.send_signal(signal.SIGUSR2)
    probe = server.phone("probe")
    assert probe.final_response(probe.request("OPTIONS")).status
    assert server.program.stop() == 0


def test_logs_are_json_lines_on_request(programs, carillon):
    port = free_port()
    program = programs.start("carillon", carillon.argv(
        "run", "-f", script(programs, port), "--log-format", "json", "--log-level", "3"))
    server = Server(program, port)
    server.wait_ready()
    hostile = server.phone("hostile")
    request = hostile.request("MESSAGE", call_id="CALLID", extra=[f"Route: <sip:{server.address};lr>"])
    hostile.send(request.text().replace(b"CALLID", b'\xff"\\'))
    hostile.receive(2)
    assert program.stop() == 0
    lines = [json.loads(line) for line in program.output().splitlines()]
    assert all(set(line) == {"time", "level", "message"} for line in lines)
    assert any("is ready" in line["message"] for line in lines)


def test_a_log_that_nobody_reads_holds_no_request_up(programs, carillon):
    port = free_port()
    path = programs.folder / "talkative.cfg"
    path.write_text(f'''
socket = udp:127.0.0.1:{port}
loadmodule "proto_udp.so"
loadmodule "signaling.so"
loadmodule "sl.so"
route {{
  xlog("L_ERR", "$rb\\n");
  send_reply(200, "OK");
}}
''')
    pipe = programs.folder / "standard_error"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    program = programs.start("carillon", ["sh", "-c", f"exec \"$@\" 2> {pipe.name}", "sh",
                                          *carillon.argv("run", "-f", str(path))])
    server = Server(program, port)
    server.wait_ready()
    phone = server.phone("alice")
    for _ in range(200):  # several times what a pipe holds
        request = phone.request("MESSAGE", f"sip:bob@127.0.0.1:{port}", body="x" * 1000)
        phone.send(request)
        assert phone.final_response(request).status == 200
    os.read(reader, 1_000_000)
    request = phone.request("MESSAGE", f"sip:bob@127.0.0.1:{port}", body="read again")
    phone.send(request)
    assert phone.final_response(request).status == 200
    lines = os.read(reader, 1_000_000).decode().splitlines()
    assert any(re.search(r" warning: \d+ log lines were lost", line) for line in lines), lines
    assert lines[-1].endswith("read again")
    os.close(reader)
    phone.close()


def test_ports_of_protocol_modules(programs, carillon):
    """udp_port and tcp_port are for sockets that name none."""
    udp, tcp = free_port(), free_port()
    path = programs.folder / "ports.cfg"
    path.write_text(f"""
socket=udp:127.0.0.1
socket=tcp:127.0.0.1
loadmodule "proto_udp.so"
modparam("proto_udp", "udp_port", {udp})
loadmodule "proto_tcp.so"
modparam("proto_tcp", "tcp_port", {tcp})
loadmodule "signaling.so"
loadmodule "sl.so"
route {{ send_reply(200, "OK"); }}
""")
    program = programs.start("carillon", carillon.argv("run", "-f", str(path)))
    Server(program, udp).wait_ready()
    assert is_bound(tcp, "tcp")
    assert program.stop() == 0


def test_an_unknown_user_is_one_line(programs, carillon):
    line = refused(programs, carillon, "run", "-f", script(programs, free_port()), "-u", "no-such-user")
    assert "no-such-user" in line


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_it_becomes_the_user_it_is_told_to(programs, carillon):
    """Sockets and the pid file are made before, what modules make is already the user's."""
    port = free_port()
    pid_file = programs.folder / "carillon.pid"
    program = programs.start("carillon", carillon.argv(
        "run", "-f", script(programs, port), "-u", "nobody", "-P", str(pid_file)))
    Server(program, port).wait_ready()
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{program.pid}/status").read_text().splitlines()
                  if ":\t" in line)
    nobody = pwd.getpwnam("nobody")
    assert status["Uid"].split() == [str(nobody.pw_uid)] * 4
    assert status["Gid"].split() == [str(nobody.pw_gid)] * 4
    assert "0" not in status["Groups"].split()
    assert pid_file.stat().st_uid == nobody.pw_uid
    assert program.stop() == 0


def test_an_unknown_scheme_gets_416(phone):
    alice = phone("alice")
    response = alice.final_response(alice.request("OPTIONS", "foo:bar"))
    assert response.status == 416


def test_a_slow_tcp_sender_is_closed(server):
    """Half a request and then nothing: tcp_max_msg_time ends it, and nobody else notices."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as slow:
        slow.sendall(b"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1")
        probe = server.phone("probe")
        assert probe.final_response(probe.request("OPTIONS")).status
        try:
            assert slow.recv(100) == b""
        except ConnectionResetError:
            pass  # closed with our bytes unread


def test_crlf_keep_alive_is_answered(server):
    """RFC 5626 section 4.4.1."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(b"\r\n\r\n")
        assert connection.recv(10) == b"\r\n"


def test_scripts_of_this_folder_pass_the_check(programs, carillon):
    database = new_database(programs.folder / "location.sqlite")
    for path in sorted(SCRIPTS.glob("*.cfg")):
        if path.name.startswith("kamailio_") or path.name == "ten_mistakes.cfg":
            continue
        copy = write_script(programs, path.name, {
            "listen": f"127.0.0.1:{free_port()}", "management_port": free_port(),
            "database": database, "write_back": 60, "more": "", "module": "db_mysql",
            "databases": "", "db_url": database, "cachedb_url": "redis:a://127.0.0.1:6379/", "lifetime": 60,
            "cache": 0, "algorithms": "MD5", "queue": "", "kind": "ha1", "store": "local:a://",
            "time_to_kill": 0, "wishes": "cdr", "db_mode": 1, "state": programs.folder, "scheme": "",
            "working_mode": "single-instance-sql-write-back"})
        program = programs.run("carillon", carillon.argv("check", "-f", str(copy)))
        assert program.exit_code == 0, program.output()
