# SPDX-License-Identifier: Apache-2.0
"""check_architecture.py on small trees."""

from pathlib import Path

import check_architecture
import pytest


@pytest.fixture
def names_missing(tmp_path: Path):
    (tmp_path / "src/sip").mkdir(parents=True)
    (tmp_path / "src/sip/parser.h").write_text("class Parser {\n  int parse(int);  // see gone()\n};\nvoid scan();\n")
    (tmp_path / "src/sip/parser_test.cpp").write_text("void only_in_a_test() {}\n")

    def missing(text: str) -> list[str]:
        (tmp_path / "ARCHITECTURE.md").write_text(text)
        return [str(item) for item in check_architecture.check(tmp_path)]

    return missing


def test_what_exists_is_accepted(names_missing):
    text = "`scan()` then `Parser::parse()` in `sip/parser.h`, `src/sip/`, `Parser`, `REGISTER a/b c`\n"
    assert names_missing(text) == []


@pytest.mark.parametrize(("text", "message"), [
    ("`gone()`", "no function `gone()`"),
    ("`Other::parse()`", "no function `Other::parse()`"),
    ("`only_in_a_test()`", "no function `only_in_a_test()`"),
    ("`sip/gone.h`", "no file or folder `sip/gone.h`"),
])
def test_what_is_gone_is_named(names_missing, text, message):
    assert names_missing(f"a\n{text}\n") == [f"ARCHITECTURE.md:2: {message}"]
