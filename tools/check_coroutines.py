#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Finds what g++ 12 compiles wrongly in coroutines, and coroutines that would be lost when the server stops.

Wrongly compiled are temporaries in a co_await expression: they are destroyed twice.

`co_await f({.text = ...})` copies the aggregate bit by bit into the coroutine, and `c ? a : co_await b` destroys what
belongs to the branch that was not taken. Both are written with a named variable instead.

What base::start() has started belongs to nobody. The server starts what may wait by Shard::start(), whose shard ends it.
"""
from __future__ import annotations

import re
import sys
from pathlib import Path

AWAIT = re.compile(r"\bco_await\b[^;]*;")
LAMBDA = re.compile(r"\[[^\]]*\]\s*(?:\([^)]*\)\s*)?(?:mutable\s*)?\{.*", re.DOTALL)
AGGREGATE = re.compile(r"\{\s*\.\w+\s*=")
STARTED = re.compile(r"\bbase::start\(")
MAY_BE_LOST = re.compile(r"_(test|fixture|benchmark|fuzz)\.(cpp|h)$")  # there the test sees to it
WAITS_NEVER = {"src/management/json_rpc.cpp"}  # InlineDispatcher, which only tests and benchmarks use
CONDITIONAL = re.compile(r"[?:][^;:?\"']*\bco_await\b")


def lost(name: str, text: str) -> list[tuple[int, str]]:
    """Line numbers of what a stop of the server would leave behind."""
    if MAY_BE_LOST.search(name) or name in WAITS_NEVER:
        return []
    return [(number, "base::start(): nobody owns what it starts; Shard::start()")
            for number, content in enumerate(text.splitlines(), 1) if STARTED.search(content.split("//")[0])]


def problems(text: str) -> list[tuple[int, str]]:
    """Line numbers and what is wrong there."""
    found = []
    for match in AWAIT.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if AGGREGATE.search(LAMBDA.sub("", match.group(0))):
            found.append((line, "an aggregate as a temporary of co_await: give it a name"))
    for number, content in enumerate(text.splitlines(), 1):
        code = content.split("//")[0]
        if " ? " in code and " : " in code and CONDITIONAL.search(code.split(" ? ", 1)[1]):
            found.append((number, "co_await behind ? or : : write an if"))
    return found


def main(root: Path) -> int:
    bad = 0
    for path in sorted(root.glob("src/**/*")):
        if path.suffix in (".cpp", ".h"):
            name = path.relative_to(root).as_posix()
            code = path.read_text(encoding="utf-8")
            for line, text in problems(code) + lost(name, code):
                print(f"{name}:{line}: {text}")
                bad += 1
    print("check_coroutines: clean" if bad == 0 else f"check_coroutines: {bad} problems")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))
