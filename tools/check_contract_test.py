# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from check_contract import LANGUAGE, is_used, language_gaps, module_gaps

REFERENCE = """## some
### Functions
| `lookup(domain, [flags])` | any | |
### Variables
| `$ct.fields(name)[i]` | read | |
| `$ct[i]` | read | |
### Transformations
| `{s.substr,offset,length}` | |
"""


def test_names_that_no_scenario_has_are_found():
    assert list(module_gaps(REFERENCE, "lookup(); $(ct.fields(uri)[1])")) == [
        "some: $ct[i]", "some: {s.substr,offset,length}"]


def test_a_longer_name_does_not_count_for_a_shorter_one():
    assert not is_used("Functions", "lookup()", "relookup();")
    assert not is_used("Variables", "$ct", "$ct.fields(uri)")
    assert is_used("Variables", "$ct", "$(<request>ct[0])")


def test_a_script_with_nothing_in_it_uses_nothing_of_the_language():
    assert len(list(language_gaps(""))) == len(LANGUAGE)
