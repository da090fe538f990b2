# SPDX-License-Identifier: Apache-2.0
"""SIPp, run with the scenarios of tests/interop/sipp/."""

from __future__ import annotations

import os
import re
from pathlib import Path

from .program import Program, Programs
from .waiting import free_port, is_bound, wait_until

SCENARIOS = Path(__file__).resolve().parent.parent / "sipp"

# @key@ values of scenarios that most tests leave as they are. lost: the percentage of packets that the callee loses.
# end: a last element of the callee's scenario.
DEFAULTS = {"lost": 0, "end": ""}


class SippRun:
    """One SIPp process. finish() waits for it and fails unless every call went as its scenario says."""

    def __init__(self, program: Program, port: int, error_file: Path) -> None:
        self.program = program
        self.port = port
        self._error_file = error_file

    def finish(self, timeout: float = 60.0) -> None:
        code = self.program.wait(timeout)
        errors = self._error_file.read_text(errors="replace")[-4000:] if self._error_file.exists() else ""
        assert code == 0, f"{self.program.name} ended with {code}\n{errors}"

    def successful_calls(self) -> int:
        found = re.findall(r"Successful call\s*\|\s*\d+\s*\|\s*(\d+)", self.program.output())
        return int(found[-1]) if found else 0


class Sipp:
    def __init__(self, programs: Programs) -> None:
        self._programs = programs

    def _scenario(self, name: str, values: dict[str, object]) -> Path:
        """The scenario with @key@ replaced: in places such as response="..." SIPp has no keywords of its own."""
        text = (SCENARIOS / f"{name}.xml").read_text()
        for key, value in {**DEFAULTS, **values}.items():
            text = text.replace(f"@{key}@", str(value).replace("[", "\\x5b"))  # SIPp's own keywords begin with [
        assert (left := re.search(r"@\w+@", text)) is None, f"{name}.xml wants a value for {left}"
        path = self._programs.folder / f"{name}-{len(list(self._programs.folder.glob(f'{name}-*.xml')))}.xml"
        path.write_text(text)
        return path

    def start(self, scenario: str, remote: str = "", *, calls: int = 1, options: list[str] | None = None,
              host: str = "127.0.0.1", port: int = 0, timeout: int = 40, **values: object) -> SippRun:
        """Starts SIPp on a free port; without `remote` it only answers, and has its port when this returns."""
        path = self._scenario(scenario, values)
        port = port or free_port()
        error_file = path.with_suffix(".errors")
        argv = ["sipp", "-sf", str(path), "-i", host, "-p", str(port), "-m", str(calls), "-nostdin",
                "-timeout", f"{timeout}s", "-timeout_error", "-trace_err", "-error_file", str(error_file),
                "-trace_msg", "-message_file", str(path.with_suffix(".messages")), *(options or [])]
        if remote:
            argv.append(remote)
        program = self._programs.start(f"sipp-{path.stem}", argv, {"TERM": "dumb", "LINES": "50", **os.environ})
        run = SippRun(program, port, error_file)
        if not remote:
            protocol = "tcp" if "t1" in argv else "udp"
            wait_until(lambda: is_bound(port, protocol) or program.exit_code is not None, f"{program.name} to listen")
        return run

    def run(self, scenario: str, remote: str, **keywords: object) -> SippRun:
        """Runs to the end and checks it."""
        run = self.start(scenario, remote, **keywords)  # type: ignore[arg-type]
        run.finish(timeout=int(keywords.get("timeout", 40)) + 10)  # type: ignore[call-overload]
        return run
