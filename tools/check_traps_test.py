# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

from check_traps import TRAPS, check


def tree(root: Path, head: str = "# Trap 1 (follows): x", row: str = "| 1 | follows | `01_x` |") -> Path:
    traps = root / "tests/scenarios/traps"
    traps.mkdir(parents=True)
    (root / "docs").mkdir()
    (traps / "01_x.scn").write_text(head + "\n")
    rows = [row]
    for number in range(2, TRAPS + 1):
        (traps / f"{number:02}_x.scn").write_text(f"# Trap {number} (follows): x\n")
        rows.append(f"| {number} | follows | `{number:02}_x` |")
    (root / "docs/traps.md").write_text("\n".join(rows) + "\n")
    return root


def test_a_page_that_says_what_the_scenarios_say_is_clean(tmp_path):
    assert check(tree(tmp_path)) == []


def test_a_scenario_without_its_row_is_found(tmp_path):
    assert any("01_x" in problem for problem in check(tree(tmp_path, row="")))


def test_a_departure_needs_a_reason(tmp_path):
    problems = check(tree(tmp_path, "# Trap 1 (departs): x", "| 1 | departs | `01_x` |"))
    assert problems == ["docs/traps.md: no reason for the departure of trap 1"]


def test_a_trap_without_a_scenario_is_found(tmp_path):
    root = tree(tmp_path)
    (root / "tests/scenarios/traps/07_x.scn").unlink()
    assert "trap 7 has no scenario" in check(root)
