#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that docs/traps.md and the scenarios of tests/scenarios/traps/ say the same.

Each scenario begins with `# Trap N (follows)` or `# Trap N (departs)` and has a row in the page; a departure has a reason
there. Prints what is wrong, and exits 1 when something is.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

TRAPS = 38  # that OpenSIPS's users know of
HEAD = re.compile(r"# Trap (\d+) \((follows|departs)\)")
ROW = re.compile(r"\| (\d+) \| (follows|departs) \| `([^`]+)` \|")
DEPARTURE = re.compile(r"\| (\d+) [^|]+\|[^|]{10,}\|[^|]{10,}\|")


def check(root: Path) -> list[str]:
    problems = []
    page = (root / "docs/traps.md").read_text()
    listed = {name: (int(number), kind) for number, kind, name in ROW.findall(page)}
    reasons = {int(number) for number in DEPARTURE.findall(page)}
    found: dict[str, tuple[int, str]] = {}
    for path in sorted((root / "tests/scenarios/traps").glob("*.scn")):
        head = HEAD.match(path.read_text())
        if head is None:
            problems.append(f"{path.name}: begins with no '# Trap N (follows)' or '# Trap N (departs)'")
        else:
            found[path.stem] = (int(head[1]), head[2])
    for name, what in found.items():
        if listed.get(name) != what:
            problems.append(f"docs/traps.md: no row says that {name} is trap {what[0]} and {what[1]}")
        if what[1] == "departs" and what[0] not in reasons:
            problems.append(f"docs/traps.md: no reason for the departure of trap {what[0]}")
    problems += [f"docs/traps.md: {name} is no scenario" for name in listed.keys() - found.keys()]
    seen = {number for number, _ in found.values()}
    problems += [f"trap {number} has no scenario" for number in range(1, TRAPS + 1) if number not in seen]
    return problems


if __name__ == "__main__":
    complaints = check(Path(__file__).resolve().parent.parent)
    print("\n".join(complaints) if complaints else "check_traps: clean")
    sys.exit(1 if complaints else 0)
