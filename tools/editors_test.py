# SPDX-License-Identifier: Apache-2.0
"""editors/: what an editor loads can be loaded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

VSCODE = Path(__file__).resolve().parent.parent / "editors" / "vscode"


def load(name: str) -> dict:
    return json.loads((VSCODE / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted(VSCODE.rglob("*.json")), ids=lambda path: path.name)
def test_is_json(path):
    json.loads(path.read_text(encoding="utf-8"))


def test_the_manifest_names_files_that_are_there():
    manifest = load("package.json")
    contributes = manifest["contributes"]
    named = [manifest["main"], *(language["configuration"] for language in contributes["languages"]),
             *(grammar["path"] for grammar in contributes["grammars"])]
    for name in named:
        assert (VSCODE / name).is_file(), name
    languages = {language["id"] for language in contributes["languages"]}
    assert {grammar["language"] for grammar in contributes["grammars"]} <= languages
    for event in manifest["activationEvents"]:
        assert event.removeprefix("onLanguage:") in languages
    scopes = {grammar["scopeName"] for grammar in contributes["grammars"]}
    assert scopes == {load("syntaxes/opensips.tmLanguage.json")["scopeName"]}
    for language in contributes["languages"]:
        re.compile(language["firstLine"])


def rules(grammar: dict) -> Iterator[dict]:
    waiting = [grammar, *grammar["repository"].values()]
    while waiting:
        rule = waiting.pop()
        yield rule
        waiting.extend(rule.get("patterns", []))


def test_the_grammar_can_be_loaded():
    grammar = load("syntaxes/opensips.tmLanguage.json")
    for rule in rules(grammar):
        if "include" in rule:
            assert rule["include"].removeprefix("#") in grammar["repository"], rule
        assert ("begin" in rule) == ("end" in rule), rule
        for key in ("match", "begin", "end"):
            groups = re.compile(rule[key]).groups if key in rule else 0
            for number in rule.get("captures" if key == "match" else f"{key}Captures", {}):
                assert key not in rule or int(number) <= groups, rule


def test_words_are_coloured_as_what_they_are():
    grammar = load("syntaxes/opensips.tmLanguage.json")
    route = re.compile(grammar["repository"]["route"]["match"])
    assert route.search("failure_route[missed] {").groups() == ("failure_route", "missed", None)
    assert route.search("timer_route[tick, 30] {").groups() == ("timer_route", "tick", "30")
    assert route.search("route{").groups() == ("route", None, None)
    assert route.search("  route(relay);") is None
    variables = [re.compile(rule.get("match", rule.get("begin", "")))
                 for rule in grammar["repository"]["variable"]["patterns"]]
    for text in ("$ru", "$(ru{s.len})", "$avp(x)", "$msg.branch.uri"):
        assert any(variable.match(text) for variable in variables), text
    assert variables[2].match("$rU.").group() == "$rU"


def test_the_configuration_of_the_language_has_loadable_patterns():
    configuration = load("language-configuration.json")
    for pattern in (configuration["wordPattern"], *configuration["indentationRules"].values()):
        re.compile(pattern)
