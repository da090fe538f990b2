# SPDX-License-Identifier: Apache-2.0
"""Carillon's subcommands that work on a database, and looking into a file of SQLite."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from .servers import carillon_binary

# Answers to the questions of `carillon db create`.
EVERYTHING = ("--presence", "yes", "--extra", "yes")
STANDARD = ("--presence", "no", "--extra", "no")


def run(*arguments: str, text: str | bytes = b"", status: int = 0, environment: dict[str, str] | None = None,
        **options: object) -> subprocess.CompletedProcess[bytes]:
    given = text.encode() if isinstance(text, str) else text
    result = subprocess.run([str(carillon_binary()), *arguments], input=given, capture_output=True, timeout=60,
                            check=False, env={**os.environ, **(environment or {})}, **options)  # type: ignore[call-overload]
    assert result.returncode == status, (arguments, result.returncode, result.stdout[-2000:], result.stderr[-2000:])
    return result


def said(*arguments: str, **options: object) -> str:
    """What the failed command says on standard error: one exit status, no half-truths on standard output."""
    return run(*arguments, status=1, **options).stderr.decode()  # type: ignore[arg-type]


def sqlite(path: Path, *statements: str) -> list[tuple]:
    rows: list[tuple] = []
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            rows = connection.execute(statement).fetchall()
        connection.commit()
    return rows
