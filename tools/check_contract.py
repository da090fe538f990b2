#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every function, variable, transformation, statement and operator of the language stands in a scenario.

The names are those of the reference (docs/reference/modules.md, which `carillon describe` prints); statements and operators
are listed here. Prints each that no scenario of tests/scenarios/ uses, and exits 1 when there is one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

# What stands for each in a script.
LANGUAGE = {
    "if": r"\bif \(", "else": r"\belse\b", "switch": r"\bswitch \(", "case": r"\bcase ", "default": r"\bdefault:",
    "while": r"\bwhile \(", "for in": r"\bfor \(\$.* in ", "break": r"\bbreak;", "return": r"\breturn\b",
    "return with values": r"\breturn\(\d+, ", "exit": r"\bexit;", "drop": r"\bdrop;", "route()": r"\broute\(\w+\)",
    "route() with parameters": r"\broute\(\w+, ", "route() by variable": r"\broute\(\$", "assert": r"\bassert\(",
    "log": r"\blog\(", "xlog": r"\bxlog\(", "xdbg": r"\bxdbg\(", "error": r"\berror\(", "async": r"\basync\(",
    "launch": r"\blaunch\(", "route{}": r"\broute \{", "branch_route": r"\bbranch_route\[",
    "failure_route": r"\bfailure_route\[", "onreply_route": r"\bonreply_route \{",
    "onreply_route[]": r"\bonreply_route\[", "error_route": r"\berror_route \{", "local_route": r"\blocal_route \{",
    "startup_route": r"\bstartup_route \{", "timer_route": r"\btimer_route\[", "event_route": r"\bevent_route\[",
    "==": r" == ", "!=": r" != ", "<": r" < ", ">": r" > ", "<=": r" <= ", ">=": r" >= ", "=~": r" =~ ", "!~": r" !~ ",
    "&&": r" && ", "||": r" \|\| ", "!": r"\(!", "and": r" and ", "or": r" or ", "not": r"\bnot ",
    "[ ]": r"\(\[\$", "+": r" \+ ", "-": r" - ", "*": r" \* ", "/": r" / ", "%": r" % ", "&": r" & ", "|": r" \| ",
    "^": r" \^ ", "~": r"[= ]~\$|= ~", "<<": r" << ", ">>": r" >> ", "=": r" = ", ":=": r" := ", "+=": r" \+= ",
    "-=": r" -= ", "*=": r" \*= ", "/=": r" /= ", "%=": r" %= ", "&=": r" &= ", "|=": r" \|= ", "^=": r" \^= ",
    "<<=": r" <<= ", ">>=": r" >>= ",
    "address network": r"== \d+\.\d+\.\d+\.\d+/\d+", "NULL": r"== NULL", "[*]": r"\[\*\]", "[append]": r"\[append\]",
    "negative index": r"\[-1\]", "index by variable": r"\[\$", "<request>": r"\(<request>", "<reply>": r"\(<reply>",
    "$$": r"\$\$", "sub-name by variable": r"avp\(\$",
}


# What ends the process can't be played beside others: the test that uses it instead.
ELSEWHERE = {"abort()": "src/modules/cfgutils/cfgutils_test.cpp"}


def language_gaps(scripts: str) -> Iterator[str]:
    for name, pattern in LANGUAGE.items():
        if re.search(pattern, scripts) is None:
            yield f"the language: {name}"


def is_used_elsewhere(root: Path, name: str) -> bool:
    return name in ELSEWHERE and name in (root / ELSEWHERE[name]).read_text()


def is_used(kind: str, name: str, scripts: str) -> bool:
    if kind == "Functions":
        return re.search(rf"\b{re.escape(name.partition('(')[0])}\(", scripts) is not None
    if kind == "Variables":
        plain = re.escape(re.split(r"[(\[]", name.removeprefix("$"))[0])
        return re.search(rf"\$(\(\s*(<\w+>)?)?{plain}(?![\w.])", scripts) is not None
    return f"{{{name.strip('{}').partition(',')[0]}" in scripts  # a transformation


def module_gaps(reference: str, scripts: str) -> Iterator[str]:
    module = kind = ""
    for line in reference.splitlines():
        if line.startswith("## "):
            module = line[3:]
        elif line.startswith("### "):
            kind = line[4:]
        elif kind in {"Functions", "Variables", "Transformations"} and module != "example":
            row = re.match(r"\| `([^`]+)` \|", line)
            if row and not is_used(kind, row[1], scripts):
                yield f"{module}: {row[1]}"


def check(root: Path) -> list[str]:
    scripts = "\n".join(path.read_text() for path in sorted((root / "tests/scenarios").rglob("*.scn")))
    reference = (root / "docs/reference/modules.md").read_text()
    gaps = [*language_gaps(scripts), *module_gaps(reference, scripts)]
    return [gap for gap in gaps if not is_used_elsewhere(root, gap.partition(": ")[2])]


if __name__ == "__main__":
    gaps = check(Path(__file__).resolve().parent.parent)
    for gap in gaps:
        print(f"no scenario uses {gap}")
    if not gaps:
        print("check_contract: clean")
    sys.exit(1 if gaps else 0)
