# SPDX-License-Identifier: Apache-2.0
"""The table: what each server needs, as the median of the rounds with minimum and maximum, and the ratios."""

import statistics

# Rounds of one number that differ by more than this are marked.
SPREAD_ALLOWED = 1.15

# metric: (title, unit, higher is better, budget against the peer, budget against the relay, absolute budget)
METRICS = {
    "register_cpu_us": ("CPU a REGISTER", "us", False, 3.0, None, None),
    "call_cpu_us": ("CPU a call", "us", False, 3.0, 2.0, None),
    "register_net_us": ("  beyond the relay's", "us", False, None, None, None),
    "call_net_us": ("  beyond the relay's", "us", False, None, None, None),
    "register_p50_us": ("REGISTER p50", "us", False, None, None, None),
    "register_p99_us": ("REGISTER p99", "us", False, None, None, None),
    "call_p50_us": ("call setup p50", "us", False, None, None, None),
    "call_p99_us": ("call setup p99", "us", False, None, None, None),
    "register_highest_rate": ("highest REGISTER rate", "/s", True, None, None, None),
    "call_highest_rate": ("highest call rate", "/s", True, 3.0, None, None),
}


def metric(name):
    """The row of a metric; bytes a contact come with their count in the name."""
    if name.startswith("bytes_per_contact_"):
        count = name.removeprefix("bytes_per_contact_")
        return (f"bytes a contact, {count}", "B", False, None, None, 400.0 if count == "1M" else None)
    return METRICS[name]


def cell(values, digits=None):
    """Median [minimum .. maximum], with a mark when they lie far apart."""
    if not values:
        return "-"
    low, middle, high = min(values), statistics.median(values), max(values)
    if digits is None:
        digits = 1 if middle < 1000 else 0
    text = f"{middle:.{digits}f}"
    if len(values) > 1:
        text += f" [{low:.{digits}f} .. {high:.{digits}f}]"
    return text + ("~" if low > 0 and high / low > SPREAD_ALLOWED else "")


def ratio(better_is_higher, ours, other):
    """How many times better we are than the other."""
    if not ours or not other:
        return None
    mine, theirs = statistics.median(ours), statistics.median(other)
    if mine <= 0 or theirs <= 0:
        return None
    return mine / theirs if better_is_higher else theirs / mine


def verdict(value, wanted):
    """A ratio, and whether it keeps its budget."""
    if value is None:
        return "-"
    text = f"{value:.2f}x"
    if wanted is None:
        return text
    return f"{text} ({'ok' if value >= wanted else 'missed'}, {wanted:g}x)"


def with_net_costs(results):
    """The results with what a server's CPU exceeds the relay's by, round by round, behind the CPU."""
    relay = results.get("relay", {})
    extended = {}
    for server, values in results.items():
        extended[server] = {}
        for name, rounds in values.items():
            extended[server][name] = rounds
            if name.endswith("_cpu_us") and relay.get(name) and server != "relay":
                net = [cost - kernel for cost, kernel in zip(rounds, relay[name])]
                extended[server][name.replace("_cpu_us", "_net_us")] = net
    return extended


def table(results, servers):
    """Lines of text. `results` maps server and metric to the values of all rounds."""
    results = with_net_costs(results)
    names = max((list(results.get(server, {})) for server in servers), key=len, default=[])
    rows = [["", *servers, "kamailio / carillon", "carillon / relay"]]
    for name in names:
        title, unit, higher, against_peer, against_relay, limit = metric(name)
        values = {server: results.get(server, {}).get(name, []) for server in servers}
        row = [f"{title}, {unit}", *(cell(values[server]) for server in servers)]
        ours = values.get("carillon", [])
        row.append(verdict(ratio(higher, ours, values.get("kamailio", [])), against_peer))
        cost = ratio(True, ours, values.get("relay", []))
        row.append("-" if cost is None else
                   f"{cost:.2f}x" + ("" if against_relay is None else
                                     f" ({'ok' if cost <= against_relay else 'missed'}, {against_relay:g}x)"))
        if limit is not None and ours:
            row[0] += f" (budget {limit:g}: {'ok' if statistics.median(ours) < limit else 'missed'})"
        rows.append(row)
    return aligned(rows)


def aligned(rows):
    """Lines whose columns stand under each other."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in rows]
