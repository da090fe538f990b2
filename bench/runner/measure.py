# SPDX-License-Identifier: Apache-2.0
"""One measurement each: CPU of a REGISTER and of a call at a fixed rate, the highest rate, bytes a contact."""

import json
import subprocess

from runner import proc

LOAD_CORE = 1
# Work of strangers, as a share of one core, beyond which a number says little.
NOISE_ALLOWED = 0.10


class Loadgen:
    """The load generator against one server; its events are read as they come."""

    def __init__(self, build, server, options):
        self._build = build
        self._server = server
        self._options = options

    def events(self, traffic, *arguments):
        """Yields what the generator prints while it runs."""
        server = self._server
        command = [self._build / "bench/loadgen", traffic, "--server", f"127.0.0.1:{server.port}",
                   "--uas-port", server.uas_port, "--relay-padding", server.padding,
                   "--server-pids", *server.pids(), *arguments]
        if server.auth != "none":
            command += ["--auth", server.auth]
        if server.database_pids:
            command += ["--database-pids", *server.database_pids]
        if server.keeper_pids:
            command += ["--our-pids", *server.keeper_pids]
        if traffic == "call":
            command += ["--ring", self._options.ring, "--hold", self._options.hold]
        if self._options.sleep:
            command.append("--sleep")
        with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True,
                              preexec_fn=lambda: proc.settle_on(LOAD_CORE, self._options.priority)) as process:
            for line in process.stdout:
                yield json.loads(line)


def users(traffic, options):
    """How many users the traffic needs registered: one refreshes again only when its turn comes round."""
    return options.registering_users if traffic == "register" else options.users


def offer_fixed_rate(loadgen, server, traffic, options):
    """What the generator reports of one window at the fixed rate."""
    for event in loadgen.events(traffic, "--rate", options.rate, "--warmup", options.warmup,
                                "--seconds", options.seconds, "--users", users(traffic, options)):
        if event["event"] == "result" and event["completed"] > 0:
            return event
    raise RuntimeError(f"{server.name}: no {traffic} succeeded")


def cpu_per_item(loadgen, server, traffic, options):
    """CPU microseconds a completed call or REGISTER at the fixed rate, and the latencies: of the quietest window."""
    def strangers(window):
        return window["strangers_cpu_us"] / 1e6 / options.seconds

    windows = []
    while len(windows) < options.attempts:
        windows.append(offer_fixed_rate(loadgen, server, traffic, options))
        if strangers(windows[-1]) <= NOISE_ALLOWED and not windows[-1]["saturated"]:
            break
    best = min(windows, key=lambda window: (window["saturated"], strangers(window)))
    flags = []
    if strangers(best) > NOISE_ALLOWED:
        flags.append(f"noisy: {strangers(best):.0%} of a core was taken by others")
    if best["failed"] > best["attempted"] / 1000:
        flags.append(f"void: {best['failed']} of {best['attempted']} failed")
    if best["saturated"]:
        flags.append("void: the load generator was saturated")
    flags += doubts_of_challenges(server, best)
    values = {f"{traffic}_cpu_us": best["server_cpu_us"] / best["completed"]}
    if server.database_pids:
        values[f"{traffic}_database_us"] = best["database_cpu_us"] / best["completed"]
    return {**values, f"{traffic}_p50_us": best["p50_us"], f"{traffic}_p99_us": best["p99_us"]}, flags


def doubts_of_challenges(server, window):
    """What is wrong when the server challenged others than those it should."""
    share = window["challenged"] / window["attempted"]
    if server.auth == "fresh" and share < 0.99:
        return [f"void: only {share:.0%} were challenged"]
    if server.auth == "reuse" and share > 0.01:
        return [f"void: {share:.0%} were challenged again"]
    return []


def highest_rate(loadgen, server, traffic, options):
    """The highest rate with at most 0.1 % failures."""
    highest = None
    for event in loadgen.events(traffic, "--search", "--rate", options.rate, "--warmup", 0.5,
                                      "--seconds", options.search_seconds, "--users", users(traffic, options)):
        if options.verbose:
            print(f"    {json.dumps(event)}", flush=True)
        if event["event"] == "highest":
            highest = event
    if highest is None:
        raise RuntimeError(f"{server.name}: the search for the highest rate of {traffic} broke off")
    flags = ["load-limited: the server may bear more"] if highest["load_limited"] else []
    return {f"{traffic}_highest_rate": highest["rate"]}, flags


def bytes_per_contact(loadgen, server, options):
    """Resident memory that contacts take: the first hundred thousand, and those up to the last."""
    values = {}
    first = 0
    before = proc.memory_bytes(server.pids())
    for count in sorted({min(100_000, options.contacts), options.contacts}):
        for event in loadgen.events("register", "--first-user", first, "--users", count - first,
                                          "--seconds", 0):
            if event["failed"] > 0:
                raise RuntimeError(f"{server.name}: {event['failed']} of {count - first} users could not register")
        after = proc.memory_bytes(server.pids())
        label = f"{count // 1000}k" if count < 1_000_000 else f"{count / 1e6:g}M"
        values[f"bytes_per_contact_{label}"] = (after - before) / count
        first = count
    return values, []
