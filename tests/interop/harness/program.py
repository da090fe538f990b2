# SPDX-License-Identifier: Apache-2.0
"""Child processes with their output in a file. Each is stopped by its process id; none outlives its test."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

from .waiting import wait_until

LOG_TAIL_BYTES = 6000


class Program:
    def __init__(self, name: str, argv: list[str], folder: Path, environment: dict[str, str] | None = None) -> None:
        self.name = name
        self.argv = argv
        self.log_path = folder / f"{name}.log"
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})})

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._process.poll()

    def output(self) -> str:
        return self.log_path.read_text(errors="replace")

    def wait_for_output(self, pattern: str, timeout: float = 10.0) -> re.Match[str]:
        def found() -> re.Match[str] | None:
            if match := re.search(pattern, self.output()):
                return match
            assert self.exit_code is None, f"{self.name} ended with {self.exit_code} before it said /{pattern}/"
            return None

        return wait_until(found, f"{self.name} to say /{pattern}/", timeout)

    def wait(self, timeout: float = 30.0) -> int:
        """The exit code, once it ends by itself."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {timeout:g} s") from None

    def send_signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def stop(self, timeout: float = 20.0) -> int:
        """Asks with SIGTERM; the exit code."""
        if self.exit_code is None:
            self.send_signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self) -> None:
        if self.exit_code is None:
            self._process.kill()
            self._process.wait()


class Programs:
    """All that one test started, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[Program] = []

    def start(self, name: str, argv: list[str], environment: dict[str, str] | None = None) -> Program:
        names = {program.name for program in self._started}
        unique = name
        number = 1
        while unique in names:
            number += 1
            unique = f"{name}-{number}"
        program = Program(unique, argv, self.folder, environment)
        self._started.append(program)
        return program

    def run(self, name: str, argv: list[str], timeout: float = 30.0) -> Program:
        """Runs to the end."""
        program = self.start(name, argv)
        program.wait(timeout)
        return program

    def kill_all(self) -> None:
        for program in reversed(self._started):
            program.kill()

    def reports(self) -> list[tuple[str, str]]:
        """(title, end of the log) of each, for the report of a failed test."""
        return [
            (f"{program.name} (pid {program.pid}, exit {program.exit_code}): {' '.join(program.argv)}",
             program.output()[-LOG_TAIL_BYTES:])
            for program in self._started
        ]
