# SPDX-License-Identifier: Apache-2.0
"""bench/run measures what needs databases: not how fast anything is, only that each number comes out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.servers import carillon_binary

pytestmark = pytest.mark.carillon

ROOT = Path(__file__).resolve().parents[2]
BUILD = carillon_binary().resolve().parent
QUICK = ("--rounds", "1", "--attempts", "1", "--warmup", "0.1", "--seconds", "1", "--auth-rate", "100",
         "--users", "20", "--startup-contacts", "500", "--sleep", "--no-keep-awake", "--no-priority")


def bench(tmp_path: Path, *arguments: str) -> tuple[dict, str]:
    """The values, and what was printed."""
    values = tmp_path / "values.json"
    done = subprocess.run([sys.executable, ROOT / "bench/run", "--build", BUILD, *QUICK, "--json", values, *arguments],
                          capture_output=True, text=True, timeout=120, check=False)
    assert values.exists(), done.stdout + done.stderr
    return json.loads(values.read_text()), done.stdout


def unexpected(doubts: list[str]) -> list[str]:
    """But for those that a busy machine gives rise to."""
    return [doubt for doubt in doubts if "challenged" in doubt]


@pytest.mark.skipif(not (BUILD / "bench/loadgen").exists(), reason="the load generator isn't built")
def test_authenticated_traffic_on_each_database(tmp_path):
    values, output = bench(tmp_path, "--measure", "auth", "--servers", "carillon",
                           "--variants", "mariadb,sqlite,cache_reuse,open")
    assert set(values["auth"]) == {"mariadb", "sqlite", "cache_reuse", "open"}
    for variant, metrics in values["auth"].items():
        for metric in ("register_cpu_us", "call_cpu_us"):
            assert metrics[metric][0] > 0, (variant, output)
    assert values["auth"]["mariadb"]["register_database_us"][0] > 0
    assert "credential cache : unauthenticated, a challenge reused" in output
    assert unexpected(values["doubts"]) == []


@pytest.mark.skipif(not (BUILD / "bench/loadgen").exists(), reason="the load generator isn't built")
def test_start_with_contacts_in_a_database(tmp_path):
    values, output = bench(tmp_path, "--measure", "startup", "--servers", "carillon")
    assert set(values["startup"]) == {"carillon, sqlite", "carillon, mariadb"}
    for metrics in values["startup"].values():
        assert metrics["loaded_s"][0] >= metrics["first_answer_s"][0] > 0, output
