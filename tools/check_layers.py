#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the folders of src/ stay a directed graph, and the few rules that every source file keeps.

Reads #include lines and CMakeLists.txt. Prints `file:line: what is wrong` for each violation, and exits 1 when there
is one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# A folder includes only folders with a smaller number. `testing` has none: only tests include it, and TOOLS.
LAYERS = {
    "base": 0,
    "metrics": 1,
    "net": 1,
    "shard": 2,
    "sip": 2,
    "script": 2,
    "storage": 2,
    "management": 2,  # docs/adr/0007
    "schema": 3,
    "transport": 3,
    "transaction": 4,
    "dialog": 5,
    "routing": 6,
    "module": 7,
    "engine": 8,
    "modules": 9,
    "lsp": 10,  # docs/adr/0021
    "server": 11,
}
TESTING = "testing"
# `carillon test` and `carillon explain` play scenarios: docs/adr/0017. A part of `server` that nothing includes but main.
TOOLS = "server/tools/"
TOOLS_USERS = ("server/main.cpp",)
MAX_LINES = 600
SPDX = "SPDX-License-Identifier: Apache-2.0"

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
NEEDS = re.compile(r"\b(?:Requires|Optional)\s*<([^<>;]*)>")
TEST_SOURCE = re.compile(r"_(test|benchmark|fuzz)\.cpp$|_fixture\.h$")
CMAKE_CALL = re.compile(r"\b(layer|module)\s*\(([^()]*)\)")
CMAKE_KEYWORDS = {"DEPENDS", "LIBRARIES", "TEST_DEPENDS", "TEST_LIBRARIES", "PROGRAM"}


@dataclass(frozen=True, order=True)
class Violation:
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Include:
    """One #include "target" of a file below src/."""

    path: Path
    line: int
    target: str


def folder_of(relative: str) -> str:
    return relative.split("/", 1)[0]


def unit_of(relative: str) -> str:
    """The name that DEPENDS uses for what a path below src/ belongs to: `sip`, or `module_usrloc`."""
    parts = relative.split("/")
    return f"module_{parts[1]}" if parts[0] == "modules" and len(parts) > 2 else parts[0]


def is_test(path: Path) -> bool:
    return TEST_SOURCE.search(path.name) is not None


class Tree:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.src = root / "src"
        self.files = sorted(p for p in self.src.rglob("*") if p.suffix in (".h", ".cpp"))
        self.includes = [include for path in self.files for include in self._includes_of(path)]
        self.depends = dict(self._declared())

    def relative(self, path: Path) -> str:
        return path.relative_to(self.src).as_posix()

    def shown(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _includes_of(self, path: Path) -> Iterator[Include]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if match := INCLUDE.match(line):
                yield Include(path, number, match.group(1))

    def _declared(self) -> Iterator[tuple[str, tuple[Path, int, dict[str, list[str]]]]]:
        """(unit, (CMakeLists.txt, line, {keyword: names})) for each layer() and module() call."""
        for path in sorted(self.src.rglob("CMakeLists.txt")):
            text = re.sub(r"#.*", "", path.read_text(encoding="utf-8"))
            for match in CMAKE_CALL.finditer(text):
                words = match.group(2).split()
                if not words:
                    continue
                lists: dict[str, list[str]] = {}
                keyword = ""
                for word in words[1:]:
                    if word in CMAKE_KEYWORDS:
                        keyword = word
                    else:
                        lists.setdefault(keyword, []).append(word)
                unit = words[0] if match.group(1) == "layer" else f"module_{words[0]}"
                yield unit, (path, text.count("\n", 0, match.start()) + 1, lists)

    def needed_modules(self, module: str) -> set[str]:
        """Modules that `module` names in a Requires<> or Optional<>, as namespaces of their services."""
        needed: set[str] = set()
        for path in self.files:
            if self.relative(path).startswith(f"modules/{module}/"):
                for match in NEEDS.finditer(path.read_text(encoding="utf-8")):
                    needed.update(re.findall(r"(\w+)\s*::", match.group(1)))
        return needed

    def reachable(self, unit: str) -> set[str]:
        """Units that `unit` links, directly or through others."""
        seen: set[str] = set()
        waiting = [unit]
        while waiting:
            name = waiting.pop()
            if name not in seen and name in self.depends:
                seen.add(name)
                waiting.extend(self.depends[name][2].get("DEPENDS", []))
            elif name not in seen:
                seen.add(name)
        return seen


def is_tool(relative: str) -> bool:
    return relative.startswith(TOOLS) or relative in TOOLS_USERS


def layer_violation(own: str, other: str) -> str | None:
    """Why a file of folder `own` may not use folder `other`, or None."""
    if other not in LAYERS:
        return f"no folder '{other}' in src/: includes are written from src/, as \"sip/message.h\""
    if own != other and LAYERS[own] <= LAYERS[other]:
        return f"{own} (layer {LAYERS[own]}) may not include {other} (layer {LAYERS[other]})"
    return None


def check_includes(tree: Tree) -> Iterator[Violation]:
    for include in tree.includes:
        own = folder_of(tree.relative(include.path))
        other = folder_of(include.target)
        where = (tree.shown(include.path), include.line)
        if own == TESTING:
            continue
        if own not in LAYERS:
            yield Violation(*where, f"folder '{own}' has no layer")
        elif other == TESTING or include.target.endswith("_fixture.h"):
            allowed = other == TESTING and tree.relative(include.path).startswith(TOOLS)
            if not is_test(include.path) and not allowed:
                yield Violation(*where, f"only tests and {TOOLS} include {include.target}")
        elif include.target.startswith(TOOLS) and not is_tool(tree.relative(include.path)):
            yield Violation(*where, f"only {TOOLS_USERS[0]} includes {include.target}: it stands above the server")
        elif reason := layer_violation(own, other):
            yield Violation(*where, reason)
        elif reason := undeclared(tree, include):
            yield Violation(*where, reason)


def undeclared(tree: Tree, include: Include) -> str | None:
    own, other = unit_of(tree.relative(include.path)), unit_of(include.target)
    if is_test(include.path) or own not in tree.depends or other not in tree.depends:
        return None
    if other in tree.reachable(own):
        return None
    return f"{own} includes {other}, which its CMakeLists.txt does not name under DEPENDS"


def check_modules(tree: Tree) -> Iterator[Violation]:
    """A module includes its own files and the api.h of modules that it Requires<> or Optional<>-ly uses."""
    edges: dict[str, dict[str, Include]] = {}
    for include in tree.includes:
        own, target = tree.relative(include.path).split("/"), include.target.split("/")
        if own[0] != "modules" or target[0] != "modules" or len(own) < 3 or len(target) < 3 or own[1] == target[1]:
            continue
        if is_test(include.path):
            continue
        where = (tree.shown(include.path), include.line)
        edges.setdefault(own[1], {})[target[1]] = include
        if target[2:] != ["api.h"]:
            yield Violation(*where, f"of another module only api.h may be included, not {include.target}")
        elif target[1] not in tree.needed_modules(own[1]):
            needs = f"Requires<{target[1]}::...> or Optional<{target[1]}::...>"
            yield Violation(*where, f"module {own[1]} names no {needs}")
    yield from check_cycles(tree, edges)


def check_cycles(tree: Tree, edges: dict[str, dict[str, Include]]) -> Iterator[Violation]:
    done: set[str] = set()

    def visit(module: str, path: list[str]) -> Iterator[Violation]:
        for other, include in sorted(edges.get(module, {}).items()):
            if other in path:
                cycle = " -> ".join([*path[path.index(other):], other])
                yield Violation(tree.shown(include.path), include.line, f"modules include each other: {cycle}")
            elif other not in done:
                yield from visit(other, [*path, other])
        done.add(module)

    for module in sorted(edges):
        if module not in done:
            yield from visit(module, [module])


def check_cmake(tree: Tree) -> Iterator[Violation]:
    """DEPENDS follows the layers too; between modules it follows the includes, which check_modules() judges."""
    for unit, (path, line, lists) in tree.depends.items():
        own = "modules" if unit.startswith("module_") else unit
        if own == TESTING:
            continue
        if own not in LAYERS:
            yield Violation(tree.shown(path), line, f"folder '{own}' has no layer")
            continue
        for name in lists.get("DEPENDS", []):
            other = "modules" if name.startswith("module_") else name
            if other == TESTING:
                yield Violation(tree.shown(path), line, "testing belongs under TEST_DEPENDS")
            elif other not in LAYERS:
                yield Violation(tree.shown(path), line, f"no folder '{name}' in src/")
            elif LAYERS[other] > LAYERS[own] or (LAYERS[other] == LAYERS[own] and own != "modules"):
                layers = f"{unit} (layer {LAYERS[own]}) may not depend on {name} (layer {LAYERS[other]})"
                yield Violation(tree.shown(path), line, layers)


def check_files(tree: Tree) -> Iterator[Violation]:
    for path in tree.files:
        lines = path.read_text(encoding="utf-8").splitlines()
        shown = tree.shown(path)
        if not lines or lines[0] != f"// {SPDX}":
            yield Violation(shown, 1, f"the first line is not `// {SPDX}`")
        elif not is_test(path) and (len(lines) < 2 or not lines[1].startswith("// ")):
            yield Violation(shown, 2, "no line says what this file is")
        if path.suffix == ".h" and "#pragma once" not in lines:
            yield Violation(shown, 1, "a header without #pragma once")
        if len(lines) > MAX_LINES:
            yield Violation(shown, MAX_LINES + 1, f"{len(lines)} lines; a file has at most {MAX_LINES}")
    patterns = ("tools/*", "tests/**/*", "cmake/*", "bench/**/*")
    for path in sorted(path for pattern in patterns for path in tree.root.glob(pattern)):
        if path.suffix in (".py", ".sh", ".cmake", ".h", ".cpp"):
            if not any(SPDX in line for line in path.read_text(encoding="utf-8").splitlines()[:2]):
                yield Violation(tree.shown(path), 1, f"no line `{SPDX}`")


def check(root: Path) -> list[Violation]:
    tree = Tree(root)
    checks = (check_includes, check_modules, check_cmake, check_files)
    return sorted({violation for run in checks for violation in run(tree)})


def main() -> int:
    violations = check(Path(__file__).resolve().parent.parent)
    for violation in violations:
        print(violation)
    print(f"check_layers: {len(violations)} violations" if violations else "check_layers: clean")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
