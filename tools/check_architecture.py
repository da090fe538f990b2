#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that ARCHITECTURE.md names things that exist.

In backquotes there, `name()` and `Type::name()` must be functions of src/, and what contains a slash must be a path of
this repository (below src/ when it is not found from the top). Exits 1 when one is gone.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

CODE = re.compile(r"`([^`\n]+)`")
FUNCTION = re.compile(r"((?:\w+::)*)(~?\w+)\(\)")
PATH = re.compile(r"[\w.]+(?:/[\w.]+)*/?")


@dataclass(frozen=True)
class Missing:
    line: int
    name: str
    what: str

    def __str__(self) -> str:
        return f"ARCHITECTURE.md:{self.line}: no {self.what} `{self.name}`"


class Sources:
    """Looks names up in the text of src/ without tests."""

    def __init__(self, root: Path) -> None:
        self.root = root
        files = (p for p in (root / "src").rglob("*") if p.suffix in (".h", ".cpp") and not p.stem.endswith("_test"))
        self.texts = [path.read_text(encoding="utf-8") for path in files]

    def has_function(self, scopes: list[str], name: str) -> bool:
        """A file that has `name(` in code, and every scope as a class or namespace, counts as the function."""
        call = re.compile(rf"(?<![\w.]){re.escape(name)}\s*\(")
        for text in self.texts:
            if call.search(without_comments(text)) and all(re.search(rf"\b{scope}\b", text) for scope in scopes):
                return True
        return False

    def has_path(self, path: str) -> bool:
        return (self.root / path).exists() or (self.root / "src" / path).exists()


def without_comments(text: str) -> str:
    return re.sub(r"//[^\n]*", "", text)


def check(root: Path) -> list[Missing]:
    sources = Sources(root)
    missing: list[Missing] = []
    for number, line in enumerate((root / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines(), 1):
        for match in CODE.finditer(line):
            name = match.group(1)
            if function := FUNCTION.fullmatch(name):
                scopes = [scope for scope in function.group(1).split("::") if scope]
                if not sources.has_function(scopes, function.group(2)):
                    missing.append(Missing(number, name, "function"))
            elif "/" in name and PATH.fullmatch(name) and not sources.has_path(name):
                missing.append(Missing(number, name, "file or folder"))
    return missing


def main() -> int:
    missing = check(Path(__file__).resolve().parent.parent)
    for item in missing:
        print(item)
    print(f"check_architecture: {len(missing)} names are gone" if missing else "check_architecture: clean")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
