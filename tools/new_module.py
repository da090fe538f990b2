#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Copies src/modules/example to src/modules/NAME with its names changed; touches nothing else."""

from __future__ import annotations

import re
import sys
from pathlib import Path

TEMPLATE = "example"
NAME = re.compile(r"[a-z][a-z0-9_]*")
# A module's name is a namespace of its own: no word of C++, no folder of src/, no namespace inside one.
RESERVED = frozenset(
    "alignas alignof and asm auto bitand bitor bool break case catch char class compl concept const consteval "
    "constexpr constinit continue decltype default delete do double else enum explicit export extern false float for "
    "friend goto if inline int long mutable namespace new noexcept not nullptr operator or private protected public "
    "register requires return short signed sizeof static struct switch template this throw true try typedef typeid "
    "typename union unsigned using virtual void volatile while xor std log fmt".split())


class NewModuleError(Exception):
    """Why no module was made; the text is for the person who typed the command."""


def camel_case(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def renamed(text: str, name: str) -> str:
    """`text` with the template's name replaced in all its spellings; example.org and `for example` stay."""
    text = re.sub(r"(?<!for )example(?!\.(?:org|com|net))", name, text)
    text = text.replace("Example", camel_case(name))
    return text.replace("EXAMPLE", name.upper())


def create(root: Path, name: str) -> list[Path]:
    """Makes the folder and returns its files. Nothing is left behind when it fails."""
    modules = root / "src" / "modules"
    template, target = modules / TEMPLATE, modules / name
    if not NAME.fullmatch(name):
        raise NewModuleError(f"'{name}' is no module name: small letters, digits and _, a letter first")
    if name in RESERVED or (root / "src" / name).is_dir():
        raise NewModuleError(f"'{name}' is a word of C++ or a namespace already: a module can't have it for its own")
    if target.exists():
        raise NewModuleError(f"src/modules/{name} exists already")
    if not template.is_dir():
        raise NewModuleError(f"there is no src/modules/{TEMPLATE} to copy")
    copies = {
        target / renamed(path.relative_to(template).as_posix(), name): renamed(path.read_text(encoding="utf-8"), name)
        for path in sorted(template.rglob("*"))
        if path.is_file()
    }
    for path, text in copies.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(copies)


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: new_module.py NAME", file=sys.stderr)
        return 2
    root = Path(__file__).resolve().parent.parent
    try:
        for path in create(root, sys.argv[1]):
            print(path.relative_to(root))
    except NewModuleError as error:
        print(f"new-module: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
