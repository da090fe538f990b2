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
        """Yields what the generator prints, and the generator's pid, while it runs."""
        server = self._server
        command = [self._build / "bench/loadgen", traffic, "--server", f"127.0.0.1:{server.port}",
                   "--uas-port", server.uas_port, "--relay-padding", server.padding, *arguments]
        if traffic == "call":
            command += ["--ring", self._options.ring, "--hold", self._options.hold]
        if self._options.sleep:
            command.append("--sleep")
        with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True,
                              preexec_fn=lambda: proc.settle_on(LOAD_CORE)) as process:
            for line in process.stdout:
                yield json.loads(line), process.pid


def users(traffic, options):
    """How many users the traffic needs registered: one refreshes again only when its turn comes round."""
    return options.registering_users if traffic == "register" else options.users


class Window:
    """CPU of the server, of our other processes and of everybody else between two marks."""

    def __init__(self, server, loadgen_pid):
        self._server_pids = server.pids()
        self._our_pids = [loadgen_pid, *server.keeper_pids]
        self._begin = self._read()

    def _read(self):
        busy, steal = proc.machine_seconds()
        return (proc.cpu_seconds(self._server_pids), proc.cpu_seconds(self._our_pids), busy, steal)

    def close(self):
        """Seconds of the server, and of strangers, the hypervisor included."""
        server, ours, busy, steal = (end - begin for begin, end in zip(self._begin, self._read()))
        return server, max(0.0, busy - server - ours) + steal


def offer_fixed_rate(loadgen, server, traffic, options):
    """One window at the fixed rate: the generator's result and what Window.close() returns."""
    window = result = usage = None
    for event, pid in loadgen.events(traffic, "--rate", options.rate, "--seconds", options.seconds,
                                     "--users", users(traffic, options)):
        if event["event"] == "measure_begin":
            window = Window(server, pid)
        elif event["event"] == "measure_end":
            usage = window.close()
        elif event["event"] == "result":
            result = event
    if usage is None or result is None or result["completed"] == 0:
        raise RuntimeError(f"{server.name}: no {traffic} succeeded")
    return result, *usage


def cpu_per_item(loadgen, server, traffic, options):
    """CPU microseconds a completed call or REGISTER at the fixed rate, and the latencies: of the quietest window."""
    windows = []
    for _attempt in range(options.attempts):
        windows.append(offer_fixed_rate(loadgen, server, traffic, options))
        if windows[-1][-1] <= NOISE_ALLOWED * options.seconds:
            break
    result, server_seconds, strangers = min(windows, key=lambda window: window[-1])
    flags = []
    if strangers > NOISE_ALLOWED * options.seconds:
        flags.append(f"noisy: {strangers / options.seconds:.0%} of a core was taken by others")
    if result["failed"] > result["attempted"] / 1000:
        flags.append(f"void: {result['failed']} of {result['attempted']} failed")
    if result["saturated"]:
        flags.append("void: the load generator was saturated")
    return {f"{traffic}_cpu_us": server_seconds / result["completed"] * 1e6,
            f"{traffic}_p50_us": result["p50_us"], f"{traffic}_p99_us": result["p99_us"]}, flags


def highest_rate(loadgen, server, traffic, options):
    """The highest rate with at most 0.1 % failures."""
    highest = None
    for event, _pid in loadgen.events(traffic, "--search", "--rate", options.rate, "--warmup", 0.5,
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
        for event, _pid in loadgen.events("register", "--first-user", first, "--users", count - first,
                                          "--seconds", 0):
            if event["failed"] > 0:
                raise RuntimeError(f"{server.name}: {event['failed']} of {count - first} users could not register")
        after = proc.memory_bytes(server.pids())
        label = f"{count // 1000}k" if count < 1_000_000 else f"{count / 1e6:g}M"
        values[f"bytes_per_contact_{label}"] = (after - before) / count
        first = count
    return values, []
