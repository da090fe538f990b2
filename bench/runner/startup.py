# SPDX-License-Identifier: Apache-2.0
"""Start-up with many contacts in a database: seconds from exec to the first answer, and until all are known."""

import contextlib
import itertools
import socket
import tempfile
import time

from runner import databases, proc, report, scripts, servers

# Of Carillon, for a million contacts: seconds.
BUDGETS = {"carillon, sqlite": 10, "carillon, mariadb": 20}
KAMAILIO_DB_MODE = 2  # written back; 1 loads the same way
PATIENCE = 300
POLL_SECONDS = 0.02


class StartingServer(servers.Server):
    """A server that is timed while it starts, on any core: what it loads from runs at the same time."""

    last_user = 0  # who must have a contact
    first_answer = None
    loaded = None
    cpu = None  # of its processes until then

    def _settle(self):
        pass

    def _await_answer(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("127.0.0.1", self.port))
            probe.settimeout(POLL_SECONDS)
            for number in itertools.count(1):
                now = time.monotonic() - self.begun
                if self._process.poll() is not None or now > PATIENCE:
                    raise RuntimeError(f"{self.name} ended or did not load within {PATIENCE} s: "
                                       + (self._process.stderr.read() if self._process.poll() is not None else b"")
                                       .decode(errors="replace")[-2000:])
                with contextlib.suppress(TimeoutError, ConnectionRefusedError):
                    answer = self._ask(probe, number)
                    now = time.monotonic() - self.begun
                    self.first_answer = self.first_answer or now
                    if b"\r\ncontact:" in answer.lower():
                        self.loaded, self.cpu = now, proc.cpu_seconds(self.pids())
                        return
                    if answer.startswith(b"SIP/2.0 200"):
                        time.sleep(POLL_SECONDS)
                    continue
                time.sleep(POLL_SECONDS)

    def _ask(self, probe, number):
        """Which contacts has the last user? A REGISTER without Contact asks that (RFC 3261 section 10.2.3)."""
        host = "127.0.0.1:%d" % probe.getsockname()[1]
        aor = f"sip:user{self.last_user:09}@{databases.DOMAIN}"
        probe.send((f"REGISTER sip:{databases.DOMAIN} SIP/2.0\r\n"
                    f"Via: SIP/2.0/UDP {host};branch=z9hG4bKprobe{number};rport\r\nMax-Forwards: 70\r\n"
                    f"From: <{aor}>;tag=probe\r\nTo: <{aor}>\r\nCall-ID: probe@{host}\r\nCSeq: {number} REGISTER\r\n"
                    "Content-Length: 0\r\n\r\n").encode())
        return probe.recv(65536)


def _starters(options, names, folder, mariadb):
    """Name and how to start it, of everything that can be measured; the tables are filled."""
    count = options.startup_contacts
    build = options.build
    if "carillon" in names:
        script = scripts.carillon_with_contacts(folder, databases.sqlite_with_contacts(build, folder, count))
        sqlite_script = script.rename(script.with_name("carillon_sqlite.cfg"))
        yield "carillon, sqlite", lambda: servers.carillon(build, options, sqlite_script, StartingServer)
    if mariadb is None:
        print("start-up: no MariaDB here, left out")
        return
    if "carillon" in names:
        url = databases.mariadb_with_contacts(build, mariadb, count)
        script = scripts.carillon_with_contacts(folder, url)
        yield "carillon, mariadb", lambda: servers.carillon(build, options, script, StartingServer)
    if "kamailio" in names and databases.kamailio_is_installed():
        url = databases.mariadb_with_contacts_of_kamailio(mariadb, count)
        theirs = scripts.kamailio_with_contacts(folder, url, KAMAILIO_DB_MODE)
        yield "kamailio, mariadb", lambda: servers.kamailio(build, options, theirs, StartingServer)


def run(options, names):
    """All rounds: results by server, and doubts."""
    results = {}
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="carillon-bench-"))
        mariadb = databases.MariaDb() if databases.mariadb_is_installed() else None
        if mariadb is not None:
            stack.callback(mariadb.close)
        begun = time.monotonic()
        starters = list(_starters(options, names, folder, mariadb))
        print(f"{options.startup_contacts} contacts in each database, written in {time.monotonic() - begun:.0f} s")
        for turn in range(options.rounds):
            for name, start in starters:
                server = start()
                server.last_user = options.startup_contacts - 1
                with server:
                    pass
                values = results.setdefault(name, {"first_answer_s": [], "loaded_s": [], "cpu_s": []})
                values["first_answer_s"].append(server.first_answer)
                values["loaded_s"].append(server.loaded)
                values["cpu_s"].append(server.cpu)
                print(f"round {turn + 1} start of {name}: first answer {server.first_answer:.2f} s, "
                      f"contacts known {server.loaded:.2f} s, CPU {server.cpu:.2f} s", flush=True)
    return results, []


def table(results, contacts):
    """Lines of text."""
    rows = [[f"start with {contacts} contacts", *results]]
    for metric, title in (("first_answer_s", "first answer, s"), ("loaded_s", "contacts known, s"),
                          ("cpu_s", "CPU until then, s")):
        row = [title]
        for name, values in results.items():
            text = report.cell(values[metric], digits=2)
            if metric == "loaded_s" and name in BUDGETS and contacts >= 1_000_000:
                kept = sorted(values[metric])[len(values[metric]) // 2] < BUDGETS[name]
                text += f" ({'ok' if kept else 'missed'}, {BUDGETS[name]} s)"
            row.append(text)
        rows.append(row)
    return report.aligned(rows)
