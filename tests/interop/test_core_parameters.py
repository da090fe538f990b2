# SPDX-License-Identifier: Apache-2.0
"""Core parameters whose effect is outside of the script: sockets, the log, the process."""

from __future__ import annotations

import os
import re
import signal
import socket
from pathlib import Path

import pytest

from harness.servers import Server
from harness.waiting import free_port, wait_until

pytestmark = pytest.mark.carillon

MODULES = """
loadmodule "proto_udp.so"
loadmodule "proto_tcp.so"
loadmodule "signaling.so"
loadmodule "sl.so"
loadmodule "tm.so"
"""


def start(programs, carillon, port: int, text: str, *arguments: str) -> Server:
    path = programs.folder / "parameters.cfg"
    path.write_text(text)
    program = programs.start("carillon", carillon.argv("run", "-f", str(path), *arguments))
    server = Server(program, port)
    server.wait_ready()
    return server


def limit(pid: int, name: str) -> tuple[str, str]:
    """Soft and hard limit of a process."""
    for line in Path(f"/proc/{pid}/limits").read_text().splitlines():
        if line.startswith(name):
            soft, hard = line[len(name):].split()[:2]
            return soft, hard
    raise AssertionError(name)


def traffic_class(receiver: socket.socket) -> int:
    """IP_TOS of the next datagram."""
    receiver.settimeout(5)
    _, ancillary, _, _ = receiver.recvmsg(65535, 256)
    for level, kind, data in ancillary:
        if level == socket.IPPROTO_IP and kind == socket.IP_TOS:
            return data[0]
    raise AssertionError("no IP_TOS")


def test_the_log_has_a_prefix_a_ceiling_and_colours(programs, carillon):
    port = free_port()
    server = start(programs, carillon, port, f"""
socket = udp:127.0.0.1:{port}
log_level = 3
xlog_level = 3
log_prefix = "proxy-one"
stderror_level_filter = -1
xlog_force_color = yes
{MODULES}
route {{
  xlog("L_INFO", "not for standard error\\n");
  xlog("L_ERR", "$C(rx)red$C(xx) $argv(name) [$argv(none)]\\n");
  send_reply(200, "OK");
}}
""", "-o", "name=a=b")
    assert server.program.stop() == 0
    output = server.program.output()
    assert re.search(r"^\S+ proxy-one: error: \x1b\[0;31mred\x1b\[0m a=b \[<null>\]$", output, re.MULTILINE), output
    assert "not for standard error" not in output


def test_bad_arguments_are_refused(programs, carillon):
    for bad in ("novalue", "=x"):
        program = programs.run("carillon", carillon.argv("run", "-o", bad), timeout=20)
        assert program.exit_code == 2
        assert "-o takes name=value" in program.output()


def test_where_the_process_works_and_what_it_may_have(programs, carillon):
    port = free_port()
    folder = programs.folder / "work"
    folder.mkdir()
    server = start(programs, carillon, port, f"""
socket = udp:127.0.0.1:{port}
wdir = "{folder}"
open_files_limit = 300
disable_core_dump = yes
{MODULES}
route {{ send_reply(200, "OK"); }}
""")
    pid = server.program.pid
    assert os.readlink(f"/proc/{pid}/cwd") == str(folder)
    assert limit(pid, "Max open files")[0] == "300"
    assert limit(pid, "Max core file size")[0] == "0"
    assert server.program.stop() == 0


def test_datagrams_carry_the_traffic_class_of_their_socket(programs, carillon):
    usual, own, peer = free_port(), free_port(), free_port()
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", peer))
    receiver.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
    server = start(programs, carillon, usual, f"""
socket = udp:127.0.0.1:{usual}
socket = udp:127.0.0.1:{own} tos 8
{MODULES}
route {{
  if (is_method("MESSAGE")) {{
    if ($rU == "own") $socket_out = "udp:127.0.0.1:{own}";
    $du = "sip:127.0.0.1:{peer}";
    forward();
    exit;
  }}
  send_reply(200, "OK");
}}
""".replace('loadmodule "tm.so"', 'loadmodule "tm.so"\nloadmodule "sipmsgops.so"'))
    phone = server.phone("alice")
    for user, expected in (("usual", 0x10), ("own", 8)):
        phone.send(phone.request("MESSAGE", f"sip:{user}@127.0.0.1"))
        assert traffic_class(receiver) == expected
    receiver.close()
    assert server.program.stop() == 0


def test_mhomed_sends_from_where_the_kernel_would(programs, carillon):
    port, peer = free_port(), free_port()
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", peer))
    receiver.settimeout(5)
    for mhomed, source in (("no", "127.0.0.2"), ("yes", "127.0.0.1")):
        server = start(programs, carillon, port, f"""
socket = udp:127.0.0.1:{port}
socket = udp:127.0.0.2:{port}
mhomed = {mhomed}
{MODULES}
route {{
  if ($rm == "MESSAGE") {{
    $du = "sip:127.0.0.1:{peer}";
    forward();
    exit;
  }}
  send_reply(200, "OK");
}}
""")
        sender = Server(server.program, port, "127.0.0.2").phone("alice")
        sender.send(sender.request("MESSAGE", "sip:x@127.0.0.1"))
        assert receiver.recvfrom(65535)[1] == (source, port)
        assert server.program.stop() == 0
    receiver.close()


def test_a_socket_to_be_shared_is(programs, carillon):
    port = free_port()
    text = f"""
socket = udp:127.0.0.1:{port} reuse_port
{MODULES}
route {{ send_reply(200, "OK"); }}
"""
    first = start(programs, carillon, port, text)
    second = start(programs, carillon, port, text)
    # What was answered while it started may have been answered by the first.
    second.program.wait_for_output("is ready")
    assert first.program.stop() == 0
    assert second.program.stop() == 0


def test_a_failed_assertion_may_abort(programs, carillon):
    port = free_port()
    server = start(programs, carillon, port, f"""
socket = udp:127.0.0.1:{port}
enable_asserts = yes
abort_on_assert = yes
{MODULES}
route {{
  assert($rm != "MESSAGE", "no messages");
  send_reply(200, "OK");
}}
""")
    phone = server.phone("alice")
    phone.send(phone.request("MESSAGE", "sip:x@127.0.0.1"))
    wait_until(lambda: server.program.exit_code is not None, "the server to abort")
    assert server.program.exit_code == -signal.SIGABRT
    assert "assertion failed: no messages" in server.program.output()


def test_includes_and_the_preprocessor_keep_file_and_line(programs, carillon):
    port = free_port()
    (programs.folder / "included.cfg").write_text('# a comment\nroute[sub] {\n  xlog("L_ERR", "at $cfg_file:$cfg_line\\n");\n}\n')
    server = start(programs, carillon, port, f"""
socket = udp:127.0.0.1:PORT
{MODULES}
include_file "included.cfg"
route {{
  route(sub);
  xlog("L_ERR", "back at $cfg_line\\n");
  send_reply(200, "OK");
}}
""", "-p", f"sed s/PORT/{port}/")
    assert server.program.stop() == 0
    output = server.program.output()
    assert re.search(r"at \S*included\.cfg:3$", output, re.MULTILINE), output
    assert re.search(r"back at 13$", output, re.MULTILINE), output


def test_check_tells_old_spellings_and_what_is_not_needed(programs, carillon):
    path = programs.folder / "old.cfg"
    path.write_text(f"""
listen = udp:127.0.0.1:{free_port()}
children = 4
debug = 3
shm_memlog_size = 10
{MODULES}
route {{
  if (method == "OPTIONS") xlog("$Ri\\n");
  append_branch("sip:x@y");
  send_reply(200, "OK");
}}
""")
    program = programs.run("carillon", carillon.argv("check", "-f", str(path)))
    output = program.output()
    assert program.exit_code == 0, output
    for expected in (r"old.cfg:2:1: warning: 'listen' is an older spelling", r"today: socket = udp:127",
                     r":3:1: warning: 'children' is an older spelling", r"today: udp_workers",
                     r":4:1: warning: 'debug'", r":5:1: note: 'shm_memlog_size' is accepted",
                     r"memory grows and shrinks with use", r"warning: 'method' is an older spelling",
                     r"warning: \$Ri is an older spelling", r"warning: append_branch\(\) is an older spelling"):
        assert re.search(expected, output), f"{expected}\n{output}"
