# SPDX-License-Identifier: Apache-2.0
"""Authenticated REGISTERs and calls: what they cost on which database, and what of it the credential cache saves."""

import argparse
import contextlib
import statistics
import tempfile
from dataclasses import dataclass

from runner import databases, measure, report, scripts, servers

CACHE_SECONDS = 300


@dataclass(frozen=True)
class Variant:
    """A server, where it has its users, and what the phones do."""
    name: str
    server: str
    database: str | None = None  # None: nobody is asked who they are
    cached: bool = False
    phones: str = "fresh"


VARIANTS = (
    Variant("relay", "relay", "mariadb", phones="none"),
    Variant("kamailio", "kamailio", "mariadb"),
    Variant("mariadb", "carillon", "mariadb"),
    Variant("sqlite", "carillon", "sqlite"),
    Variant("cache", "carillon", "mariadb", cached=True),
    Variant("open", "carillon", phones="none"),
    Variant("kamailio_reuse", "kamailio", "mariadb", phones="reuse"),
    Variant("mariadb_reuse", "carillon", "mariadb", phones="reuse"),
    Variant("cache_reuse", "carillon", "mariadb", cached=True, phones="reuse"),
)

# What enters the server with each, unchallenged and challenged: REGISTER; INVITE, 180, 200, ACK, BYE, 200. A challenge
# adds a REGISTER, or ACK and INVITE.
MESSAGES = {"register": (1, 2), "call": (6, 8)}


class Bench:
    """The databases with their users, for all rounds; a context manager."""

    def __init__(self, options):
        self.options = argparse.Namespace(**{**vars(options), "rate": options.auth_rate,
                                              "registering_users": options.users})
        self._stack = contextlib.ExitStack()
        self._urls = {}
        self._mariadb = None

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self._folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="carillon-bench-"))
            if databases.mariadb_is_installed():
                self._mariadb = databases.MariaDb(servers.SERVER_CORE, self.options.priority)
                stack.callback(self._mariadb.close)
                self._urls["mariadb"] = databases.mariadb_with_users(
                    self.options.build, self._mariadb, self.options.users)
            self._urls["sqlite"] = databases.sqlite_with_users(self.options.build, self._folder, self.options.users)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_exception):
        self._stack.close()

    def variants(self, names):
        """Those chosen that can be measured with the servers named; says which can't."""
        chosen = self.options.variants.split(",")
        for variant in VARIANTS:
            if variant.server not in names or variant.name not in chosen:
                continue
            if variant.database == "mariadb" and self._mariadb is None:
                print(f"auth, {variant.name}: no MariaDB here, left out")
            elif variant.server == "kamailio" and not databases.kamailio_is_installed():
                print(f"auth, {variant.name}: no kamailio-mysql-modules here, left out")
            else:
                yield variant

    def measure(self, variant, wanted):
        """One turn of a variant: its values, and what is doubtful about them."""
        values, flags = {}, []
        with self.start(variant) as server:
            loadgen = measure.Loadgen(self.options.build, server, self.options)
            for kind, how in (("auth", measure.cpu_per_item), ("auth-rate", measure.highest_rate)):
                for traffic in ("register", "call") if kind in wanted else ():
                    measured, doubts = how(loadgen, server, traffic, self.options)
                    values.update(measured)
                    flags.extend(f"{variant.name}, {traffic}: {doubt}" for doubt in doubts)
        return values, flags

    def start(self, variant):
        """The variant's server, and what the load generator is to know of it."""
        server = self._server(variant)
        server.auth = variant.phones
        if variant.database == "mariadb":
            server.database_pids = [self._mariadb.pid]
        return server

    def _server(self, variant):
        options = self.options
        if variant.database is None:
            return servers.START[variant.server](options.build, options)
        url = self._urls[variant.database]
        if variant.server == "relay":
            return servers.relay(options.build, options, url)
        if variant.server == "kamailio":
            return servers.kamailio(options.build, options, scripts.kamailio_with_users(self._folder, url))
        script = scripts.carillon_with_users(self._folder, url, variant.phones == "reuse",
                                             CACHE_SECONDS if variant.cached else 0)
        return servers.carillon(options.build, options, script)


def _ratio(results, over, under):
    """Median of the first divided by that of the second; each is (variant, metric). Nothing without both."""
    first, second = (results.get(variant, {}).get(metric) for variant, metric in (over, under))
    if not first or not second or statistics.median(second) <= 0:
        return None
    return statistics.median(first) / statistics.median(second)


def _with_database(results, variant, traffic):
    """CPU of the server and of the database together, round by round."""
    values = results.get(variant, {})
    own, database = values.get(f"{traffic}_cpu_us", []), values.get(f"{traffic}_database_us", [])
    return [a + b for a, b in zip(own, database)]


def _against_kamailio(results):
    for phones, suffix in (("each request challenged", ""), ("a challenge reused", "_reuse")):
        for traffic in ("register", "call"):
            ours, theirs = f"mariadb{suffix}", f"kamailio{suffix}"
            share = _ratio(results, (ours, f"{traffic}_cpu_us"), (theirs, f"{traffic}_cpu_us"))
            both = {name: {"all": _with_database(results, name, traffic)} for name in (ours, theirs)}
            yield (f"CPU a {traffic}, carillon : kamailio, both on MariaDB, {phones}", share, "at most", 0.5)
            if suffix:
                yield ("  the bare relay : kamailio", _ratio(results, ("relay", f"{traffic}_cpu_us"),
                                                            (theirs, f"{traffic}_cpu_us")), None, None)
            yield ("  MariaDB's CPU counted in", _ratio(both, (ours, "all"), (theirs, "all")), None, None)


def _against_open(results):
    """Messages a second of CPU, the credential cache on, as a share of what they are when nobody is challenged."""
    for variant, phones, challenged in (("cache", "each request challenged", True),
                                        ("cache_reuse", "a challenge reused", False)):
        for traffic in ("register", "call"):
            share = _ratio(results, ("open", f"{traffic}_cpu_us"), (variant, f"{traffic}_cpu_us"))
            plain, pair = MESSAGES[traffic]
            messages = pair / plain if challenged else 1
            if share is not None:
                yield (f"messages of a {traffic} a second, credential cache : unauthenticated, {phones}",
                       share * messages, "at least", 0.8)
                if challenged:
                    yield (f"  a {traffic} with its challenge counted as one", share, None, None)
            rate = _ratio(results, (variant, f"{traffic}_highest_rate"), ("open", f"{traffic}_highest_rate"))
            if rate is not None:
                yield (f"highest rate of messages of a {traffic}, the same, {phones}", rate * messages, "at least", 0.8)


def _shown(title, value, sense, wanted):
    if value is None:
        return None
    text = f"{title}: {value:.2f}"
    if sense is None:
        return text
    kept = value <= wanted if sense == "at most" else value >= wanted
    return f"{text} ({sense} {wanted:g}: {'ok' if kept else 'missed'})"


METRICS = {
    "register_cpu_us": "CPU a REGISTER, us",
    "register_database_us": "  MariaDB's, us",
    "register_p50_us": "REGISTER p50, us",
    "register_p99_us": "REGISTER p99, us",
    "register_highest_rate": "highest REGISTER rate, /s",
    "call_cpu_us": "CPU a call, us",
    "call_database_us": "  MariaDB's, us",
    "call_p50_us": "call setup p50, us",
    "call_p99_us": "call setup p99, us",
    "call_highest_rate": "highest call rate, /s",
}


def table(results):
    """Lines of text: every number of every variant, then the ratios that are asked for."""
    rows = [["authenticated", *results]]
    for metric, title in METRICS.items():
        if any(metric in values for values in results.values()):
            rows.append([title, *(report.cell(values.get(metric, [])) for values in results.values())])
    ratios = (_shown(*line) for source in (_against_kamailio, _against_open) for line in source(results))
    return [*report.aligned(rows), "", *(line for line in ratios if line)]


def run(options, names):
    """All rounds: results by variant, and doubts."""
    wanted = options.measure.split(",")
    results, doubts = {}, []
    with Bench(options) as bench:
        variants = list(bench.variants(names))
        for turn in range(options.rounds):
            for variant in variants:
                values, flags = bench.measure(variant, wanted)
                for key, value in values.items():
                    results.setdefault(variant.name, {}).setdefault(key, []).append(value)
                doubts += [f"round {turn + 1}, {flag}" for flag in flags]
                print(f"round {turn + 1} {variant.name}: "
                      + ", ".join([f"{k}={v:.1f}" for k, v in values.items()] + flags), flush=True)
    return results, doubts
