# SPDX-License-Identifier: Apache-2.0
"""check_layers.py on small trees: each rule is seen to fail once, and to be silent on what it allows."""

from pathlib import Path

import check_layers
import pytest

HEAD = "// SPDX-License-Identifier: Apache-2.0\n// A test file.\n"


@pytest.fixture
def tree(tmp_path: Path):
    """write(path, text) adds a file below src/; found() returns the violations as text."""

    class Writer:
        def write(self, path: str, text: str = "", head: str = HEAD) -> None:
            target = tmp_path / "src" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            pragma = "#pragma once\n" if path.endswith(".h") else ""
            target.write_text((head + pragma if path.endswith((".h", ".cpp")) else "") + text)

        def found(self) -> list[str]:
            return [str(violation) for violation in check_layers.check(tmp_path)]

    return Writer()


def test_clean_tree(tree):
    tree.write("base/time.h")
    tree.write("sip/message.cpp", '#include "base/time.h"\n#include <vector>\n#include "sip/message.h"\n')
    assert tree.found() == []


def test_a_lower_folder_may_not_include_a_higher_one(tree):
    tree.write("shard/socket.cpp", '#include "transport/transport_layer.h"\n')
    assert tree.found() == ["src/shard/socket.cpp:3: shard (layer 2) may not include transport (layer 3)"]


def test_folders_of_one_layer_do_not_know_each_other(tree):
    tree.write("sip/uri.cpp", '#include "shard/timer.h"\n')
    assert "sip (layer 2) may not include shard (layer 2)" in tree.found()[0]


def test_tests_keep_the_direction_too(tree):
    tree.write("sip/uri_test.cpp", '#include "routing/route_context.h"\n')
    assert len(tree.found()) == 1


def test_includes_are_written_from_src(tree):
    tree.write("sip/uri.cpp", '#include "uri.h"\n')
    assert "no folder 'uri.h' in src/" in tree.found()[0]


def test_a_folder_without_a_layer(tree):
    tree.write("extra/x.cpp", '#include "base/time.h"\n')
    assert tree.found() == ["src/extra/x.cpp:3: folder 'extra' has no layer"]


@pytest.mark.parametrize(("path", "allowed"), [
    ("engine/run.cpp", False),
    ("engine/run.h", False),
    ("engine/run_test.cpp", True),
    ("engine/run_benchmark.cpp", True),
    ("server/run.cpp", False),
    ("server/tools/run.cpp", True),
    ("testing/builder.cpp", True),
])
def test_only_tests_and_the_tools_include_testing(tree, path, allowed):
    tree.write(path, '#include "testing/builder.h"\n')
    assert (tree.found() == []) == allowed


def test_a_fixture_is_part_of_the_tests(tree):
    tree.write("engine/run_fixture.h", '#include "testing/builder.h"\n')
    tree.write("engine/run_test.cpp", '#include "engine/run_fixture.h"\n')
    assert tree.found() == []
    tree.write("engine/run.cpp", '#include "engine/run_fixture.h"\n')
    assert tree.found() == ["src/engine/run.cpp:3: only tests and server/tools/ include engine/run_fixture.h"]


def test_a_tool_includes_no_fixture(tree):
    tree.write("engine/run_fixture.h")
    tree.write("server/tools/run.cpp", '#include "engine/run_fixture.h"\n')
    assert "only tests and server/tools/ include" in tree.found()[0]


@pytest.mark.parametrize(("path", "allowed"), [
    ("server/main.cpp", True),
    ("server/tools/other.cpp", True),
    ("server/server.cpp", False),
])
def test_the_tools_stand_above_the_server(tree, path, allowed):
    tree.write("server/tools/run.h")
    tree.write(path, '#include "server/tools/run.h"\n')
    assert (tree.found() == []) == allowed


def test_a_module_includes_the_api_of_a_module_that_it_needs(tree):
    tree.write("modules/usrloc/api.h")
    tree.write("modules/registrar/module.cpp",
               '#include "modules/usrloc/api.h"\nusing Needs = module::Requires<usrloc::LocationService>;\n')
    assert tree.found() == []


def test_a_module_may_not_include_another_without_naming_it(tree):
    tree.write("modules/registrar/module.cpp", '#include "modules/usrloc/api.h"\n')
    assert tree.found() == [
        "src/modules/registrar/module.cpp:3: "
        "module registrar names no Requires<usrloc::...> or Optional<usrloc::...>"]


def test_a_module_may_not_include_the_inside_of_another(tree):
    tree.write("modules/registrar/module.cpp",
               '#include "modules/usrloc/table.h"\nusing Needs = module::Optional<usrloc::LocationService>;\n')
    assert "only api.h may be included" in tree.found()[0]


def test_modules_may_not_include_each_other(tree):
    tree.write("modules/a/module.cpp", '#include "modules/b/api.h"\nRequires<b::Service>\n')
    tree.write("modules/b/module.cpp", '#include "modules/a/api.h"\nRequires<a::Service>\n')
    assert tree.found() == ["src/modules/b/module.cpp:3: modules include each other: a -> b -> a"]


def test_cmake_depends_follow_the_layers(tree):
    tree.write("base/CMakeLists.txt", "layer(base)\n")
    tree.write("sip/CMakeLists.txt",
               "# comment\nlayer(sip\n  DEPENDS base transport testing nowhere\n  TEST_DEPENDS testing)\n")
    assert tree.found() == [
        "src/sip/CMakeLists.txt:2: no folder 'nowhere' in src/",
        "src/sip/CMakeLists.txt:2: sip (layer 2) may not depend on transport (layer 3)",
        "src/sip/CMakeLists.txt:2: testing belongs under TEST_DEPENDS"]


def test_what_is_included_is_linked(tree):
    tree.write("base/CMakeLists.txt", "layer(base)\n")
    tree.write("metrics/CMakeLists.txt", "layer(metrics DEPENDS base)\n")
    tree.write("sip/CMakeLists.txt", "layer(sip DEPENDS base)\n")
    tree.write("shard/CMakeLists.txt", "layer(shard DEPENDS metrics)\n")
    tree.write("sip/x.cpp", '#include "metrics/counter.h"\n')
    tree.write("shard/x.cpp", '#include "base/time.h"\n')  # through metrics
    assert tree.found() == [
        "src/sip/x.cpp:3: sip includes metrics, which its CMakeLists.txt does not name under DEPENDS"]


def test_modules_depend_on_modules(tree):
    tree.write("modules/usrloc/CMakeLists.txt", "module(usrloc DEPENDS module)\n")
    tree.write("modules/registrar/CMakeLists.txt", "module(registrar DEPENDS module module_usrloc)\n")
    assert tree.found() == []
    tree.write("routing/CMakeLists.txt", "layer(routing DEPENDS module_usrloc)\n")
    assert tree.found() == ["src/routing/CMakeLists.txt:1: routing (layer 6) may not depend on module_usrloc (layer 9)"]


def test_file_rules(tree):
    tree.write("base/a.cpp", "int x;\n", head="")
    tree.write("base/b.cpp", "int x;\n", head="// SPDX-License-Identifier: Apache-2.0\n")
    tree.write("base/c.cpp", "\n" * 600)
    found = tree.found()
    assert len(found) == 3
    assert found[0].startswith("src/base/a.cpp:1: the first line is not")
    assert found[1] == "src/base/b.cpp:2: no line says what this file is"
    assert found[2] == "src/base/c.cpp:601: 602 lines; a file has at most 600"


def test_a_header_has_pragma_once(tree, tmp_path):
    tree.write("base/a.h")
    (tmp_path / "src/base/a.h").write_text(HEAD)
    assert tree.found() == ["src/base/a.h:1: a header without #pragma once"]
