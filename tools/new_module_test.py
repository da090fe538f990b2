# SPDX-License-Identifier: Apache-2.0
"""new_module.py on a small tree, and on the example module of this repository."""

import shutil
from pathlib import Path

import check_layers
import new_module
import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "src/modules/example"
    folder.mkdir(parents=True)
    (folder / "example.h").write_text(
        "namespace carillon::example { class Example; }  // sip:a@example.org, for example\n")
    (folder / "CMakeLists.txt").write_text("module(example DEPENDS module)\n")
    (tmp_path / "src/modules/CMakeLists.txt").write_text("# folders\n")
    return tmp_path


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_names_are_changed_in_files_and_file_names(root):
    new_module.create(root, "call_limit")
    assert (root / "src/modules/call_limit/call_limit.h").read_text() == (
        "namespace carillon::call_limit { class CallLimit; }  // sip:a@example.org, for example\n")
    assert (root / "src/modules/call_limit/CMakeLists.txt").read_text() == "module(call_limit DEPENDS module)\n"


def test_nothing_outside_the_new_folder_changes(root):
    before = contents(root)
    new_module.create(root, "pike")
    after = contents(root)
    assert {path for path in after if after[path] != before.get(path)} == {
        "src/modules/pike/pike.h", "src/modules/pike/CMakeLists.txt"}


@pytest.mark.parametrize("name", ["", "Pike", "9lives", "../pike", "a-b", "example", "enum", "log", "modules"])
def test_a_bad_or_taken_name_makes_nothing(root, name):
    before = contents(root)
    with pytest.raises(new_module.NewModuleError):
        new_module.create(root, name)
    assert contents(root) == before


def test_the_real_example_gives_a_module_that_keeps_the_rules(tmp_path):
    shutil.copytree(REPOSITORY / "src", tmp_path / "src")
    files = new_module.create(tmp_path, "call_limit")
    assert any(path.name.endswith("_test.cpp") for path in files), "a new module begins with a test"
    assert [v for v in check_layers.check(tmp_path) if "call_limit" in v.path] == []
