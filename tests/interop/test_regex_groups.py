# SPDX-License-Identifier: Apache-2.0
"""The file of expressions is read again by command: whole, or not at all."""

from __future__ import annotations

import pytest

from harness.management import manage, refusal
from harness.servers import Server

pytestmark = pytest.mark.carillon


def status_for(server: Server, user: str) -> int | None:
    phone = server.phone("tester")
    try:
        request = phone.request("OPTIONS", f"sip:{user}@{server.address}")
        phone.send(request)
        return phone.final_response(request).status
    finally:
        phone.close()


def test_a_changed_file_holds_from_the_reload_on(carillon, programs):
    groups = programs.folder / "groups"
    groups.write_text("# who may\n[0]\n^alice$\n")
    server = carillon.start("regex_groups", groups=groups)
    assert status_for(server, "alice") == 200
    assert status_for(server, "bob") == 403

    groups.write_text("[0]\n^bob$\n^carol\n")
    assert status_for(server, "alice") == 200
    assert manage(server, "regex:reload") == "OK"
    assert status_for(server, "alice") == 403
    assert status_for(server, "bob") == 200
    assert manage(server, "regex:match_group", string="carola", group=0) == "Match"
    assert server.program.stop() == 0


def test_a_mistake_leaves_the_groups_as_they_were(carillon, programs):
    groups = programs.folder / "groups"
    groups.write_text("[0]\n^alice$\n")
    server = carillon.start("regex_groups", groups=groups)
    groups.write_text("[0]\n^bob$\n^(\n")
    error = refusal(server, "regex:reload")
    assert error["code"] == 500
    assert "groups:3: bad regular expression" in error["message"]
    groups.unlink()
    assert "No such file" in refusal(server, "regex:reload")["message"]
    assert status_for(server, "alice") == 200
    assert status_for(server, "bob") == 403
    assert server.program.stop() == 0
