# SPDX-License-Identifier: Apache-2.0
"""`carillon check` for programs: what it prints as JSON, and its exit status."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from harness.servers import carillon_binary

pytestmark = pytest.mark.carillon

GOOD = """socket = udp:127.0.0.1:5060
loadmodule "proto_udp.so"
loadmodule "sl.so"
route {
  sl_send_reply(200, "OK");
}
"""


def check(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([str(carillon_binary()), "check", *arguments], capture_output=True, text=True, timeout=30,
                          check=False)


@pytest.fixture
def script(tmp_path: Path):
    def write(text: str) -> str:
        path = tmp_path / "script.cfg"
        path.write_text(text)
        return str(path)
    return write


def report(*arguments: str) -> dict:
    done = check("--json", *arguments)
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_a_good_script_has_nothing_to_say(script):
    path = script(GOOD)
    assert report(path) == {"version": 1, "file": path, "errors": 0, "warnings": 0, "complete": True, "diagnostics": []}
    assert check(path).returncode == 0
    assert check("-f", path, "--strict").returncode == 0
    assert check(path).stderr == f"{path}: no errors\n"


def test_every_member_of_a_diagnostic(script):
    path = script(GOOD.replace("sl_send_reply", "sl_send_replies"))
    assert report(path)["diagnostics"] == [{
        "file": path, "line": 5, "column": 3, "end": {"line": 5, "column": 18}, "severity": "error",
        "code": "unknown-function", "message": "unknown function 'sl_send_replies'",
        "hint": "did you mean 'sl_send_reply'?"}]
    done = check("--json", path)
    assert done.returncode == 2


def test_the_end_may_be_lines_further_down(script):
    path = script(GOOD.replace('"OK"', '"$nope(\n)"'))
    [found] = report(path)["diagnostics"]
    assert (found["line"], found["column"], found["end"]) == (5, 23, {"line": 6, "column": 2})


def test_warnings_fail_only_when_asked(script):
    path = script(GOOD + "route[unused] { exit; }\n")
    assert check(path).returncode == 0
    assert check(path, "--strict").returncode == 1
    assert check(path, "--strict").stderr.endswith("0 errors, 1 warning\n")
    answer = report(path)
    assert (answer["errors"], answer["warnings"]) == (0, 1)
    assert answer["diagnostics"][0]["code"] == "unused-route"


@pytest.mark.parametrize(("more", "code", "hint"), [
    ('modparam("tm", "fr_timeout", 5)', "module-not-loaded", 'loadmodule "tm.so"'),
    ('modparam("usrlok", "db_url", "x")', "module-not-loaded", "did you mean 'usrloc'?"),
    ('modparam("osp", "sp1_uri", "x")', "unavailable-module", "this server has not"),
    ('loadmodule "registrar.so"', "module-needed", 'add loadmodule "usrloc.so"'),
    ('loadmodule "no_such_module.so"', "unknown-module", ""),
    ("route[a] { t_relay(); } onreply_route { route(a); }", "missing-loadmodule", "it belongs to module 'tm'"),
    ("startup_route { t_write_unix(\"/x\", \"y\"); }", "unavailable-name", "OpenSIPS has it in module 'tm'"),
    ("startup_route { xlog(\"$avp(x)\"); }", "never-set", ""),
    ("socket = udp:no.such.host.invalid:5060", "socket", ""),
    ("socket = tcp:127.0.0.1:5060", "missing-loadmodule", ""),
])
def test_codes(script, more, code, hint):
    found = [row for row in report(script(GOOD + more + "\n"))["diagnostics"] if row["code"] == code]
    assert len(found) == 1, found
    assert hint in found[0]["hint"]
    assert found[0]["line"] == 7


def test_a_file_that_is_not_there(tmp_path):
    path = str(tmp_path / "missing.cfg")
    answer = report(path)
    assert answer["errors"] == 1
    assert answer["diagnostics"][0]["code"] == "unreadable"
    assert path in answer["diagnostics"][0]["message"]
    assert check("--json", path).returncode == 2
