# SPDX-License-Identifier: Apache-2.0
"""`carillon fmt`, `test`, `explain` and `init` as a person calls them: arguments, streams, files, exit statuses."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from harness.servers import carillon_binary

pytestmark = pytest.mark.carillon

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "testing"
UGLY = "log_level=3\nroute{if($rc==1){exit;}}\n"
NEAT = "log_level = 3\nroute {\n  if ($rc == 1) {\n    exit;\n  }\n}\n"
REQUEST = """OPTIONS sip:{user}@example.org SIP/2.0
Via: SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bKx
From: <sip:alice@example.org>;tag=a
To: <sip:bob@example.org>
Call-ID: one
CSeq: 1 OPTIONS
Max-Forwards: 70
"""


def run(*arguments: object, status: int = 0, text: str = "") -> subprocess.CompletedProcess[str]:
    result = subprocess.run([str(carillon_binary()), *map(str, arguments)], input=text, capture_output=True, text=True,
                            timeout=60, check=False, cwd=ROOT)
    assert result.returncode == status, (arguments, result.returncode, result.stdout[-2000:], result.stderr[-2000:])
    return result


# ---- fmt


def test_fmt_reads_standard_input_and_writes_standard_output():
    assert run("fmt", "-", text=UGLY).stdout == NEAT
    assert run("fmt", "--indent", "tab", "-", text=UGLY).stdout == NEAT.replace("    ", "\t\t").replace("  ", "\t")


def test_fmt_checks_and_writes_files(tmp_path: Path):
    ugly, neat, link = tmp_path / "ugly.cfg", tmp_path / "neat.cfg", tmp_path / "link.cfg"
    ugly.write_text(UGLY)
    ugly.chmod(0o640)
    link.symlink_to(ugly)
    neat.write_text(NEAT)
    before = neat.stat().st_mtime_ns
    assert run("fmt", "--check", ugly, neat, status=1).stdout == f"{ugly}\n"
    assert ugly.read_text() == UGLY
    run("fmt", "-w", link, neat)
    assert ugly.read_text() == NEAT
    assert link.is_symlink()
    assert stat.S_IMODE(ugly.stat().st_mode) == 0o640
    assert neat.stat().st_mtime_ns == before
    run("fmt", "--check", ugly, neat)
    assert sorted(os.listdir(tmp_path)) == ["link.cfg", "neat.cfg", "ugly.cfg"]


def test_fmt_leaves_a_script_with_mistakes_alone(tmp_path: Path):
    script = tmp_path / "wrong.cfg"
    script.write_text("route {\n  exit\n")
    complaint = run("fmt", "-w", script, status=2).stderr
    assert f"{script}:2:" in complaint and "error" in complaint
    assert script.read_text() == "route {\n  exit\n"
    run("fmt", tmp_path / "none.cfg", status=2)
    run("fmt", "-w", "--check", script, status=2)
    run("fmt", "--indent", "many", script, status=2)
    run("fmt", status=2)


# ---- test


def test_the_example_passes():
    printed = run("test", EXAMPLE / "proxy.cfg", EXAMPLE / "scenarios").stdout
    assert printed.endswith("4 passed, 0 failed\n")


def test_a_failure_is_told_and_is_the_status(tmp_path: Path):
    scenario = tmp_path / "wrong.scn"
    scenario.write_text("send  alice REGISTER sip:example.org\nexpect  alice 200\n")
    printed = run("test", EXAMPLE / "proxy.cfg", EXAMPLE / "scenarios", scenario, "--filter", "*r*.scn", status=1).stdout
    assert f"{scenario}:2: alice expected alice 200" in printed
    assert "www_authorize() = " in printed
    assert "1 failed" in printed
    run("test", EXAMPLE / "proxy.cfg", tmp_path, "--filter", "none", status=2)
    run("test", tmp_path / "none.cfg", scenario, status=2)
    run("test", EXAMPLE / "proxy.cfg", status=2)


# ---- explain


def test_a_request_from_standard_input_is_explained():
    printed = run("explain", "-f", EXAMPLE / "proxy.cfg", "-", text=REQUEST.format(user="bob")).stdout
    assert "OPTIONS sip:bob@example.org from udp:198.51.100.7:5062 at udp:198.51.100.10:5060" in printed
    assert "proxy_authorize() = " in printed
    assert "| SIP/2.0 407 " in printed


def test_a_real_database_is_read_and_not_written(tmp_path: Path):
    url = f"sqlite://{tmp_path}/users.sqlite"
    run("db", "create", "--url", url, "--presence", "no", "--extra", "no")
    with closing(sqlite3.connect(tmp_path / "users.sqlite")) as database:
        database.execute("INSERT INTO dbaliases(alias_username, alias_domain, username, domain)"
                         " VALUES ('100', 'example.org', 'alice', 'example.org')")
        database.commit()
    script = tmp_path / "aliases.cfg"
    script.write_text(f'''socket = udp:192.0.2.1:5060
db_default_url = "{url}"
loadmodule "proto_udp.so"
loadmodule "db_sqlite.so"
loadmodule "signaling.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "alias_db.so"
loadmodule "acc.so"
route {{
  alias_db_lookup("dbaliases");
  acc_db_request("200 seen", "acc");
  sl_send_reply(302, "$rU");
}}
''')
    request = tmp_path / "request"
    request.write_text(REQUEST.format(user="100"))
    empty = run("explain", "-f", script, request).stdout
    assert "alias_db_lookup() = -" in empty and "| SIP/2.0 302 100" in empty
    read = json.loads(run("explain", "-f", script, "--databases", "--json", request).stdout)[0]["steps"]
    assert any(step.get("message", "").startswith("SIP/2.0 302 alice") for step in read)
    assert any(step["type"] == "database" and "INSERT INTO acc" in step["statement"] for step in read)
    with closing(sqlite3.connect(tmp_path / "users.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM acc").fetchone() == (0,)


def test_a_database_that_is_away_is_told(tmp_path: Path):
    script = tmp_path / "proxy.cfg"
    away = (EXAMPLE / "proxy.cfg").read_text().replace("@localhost/", "@127.0.0.1:1/")
    script.write_text(away)
    result = run("explain", "-f", script, "--databases", "-", text=REQUEST.format(user="bob"))
    assert "127.0.0.1:1" in result.stdout and "can't be reached" in result.stdout
    assert "opensipsrw" not in result.stdout + result.stderr


# ---- init


@pytest.mark.parametrize("template", ["residential", "trunking", "load-balancer"])
def test_each_template_is_written_once(template: str, tmp_path: Path):
    path = tmp_path / "script.cfg"
    printed = run("init", template)
    run("init", template, "--output", path)
    assert path.read_text() == printed.stdout
    assert "--force" in run("init", template, "--output", path, status=2).stderr
    assert path.read_text() == printed.stdout
    run("init", template, "--output", path, "--force", "--enable-tcp")
    assert "socket = tcp:127.0.0.1:5060" in path.read_text()
    run("fmt", "--check", path)
    if not printed.stderr:
        run("check", "-f", path)


def test_init_lists_and_refuses():
    listed = run("init", "--list").stdout
    for flag in ("--use-auth", "--enable-tls", "--do-call-limitation", "--disable-pinging"):
        assert flag in listed
    run("init", status=2)
    run("init", "nonsense", status=2)
    run("init", "trunking", "--use-auth", status=2)
    run("init", "residential", "--db-url", "nonsense", status=2)
    assert "rtpproxy" in run("init", "residential", "--use-nat").stdout
