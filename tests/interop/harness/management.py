# SPDX-License-Identifier: Apache-2.0
"""Commands over JSON-RPC and HTTP, for tests of what they command and not of how they travel."""

from __future__ import annotations

import json
import urllib.request

from .servers import Server


def call(server: Server, method: str, parameters: dict[str, object]) -> dict[str, object]:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, **({"params": parameters} if parameters else {})}
    with urllib.request.urlopen(urllib.request.Request(
            f"http://127.0.0.1:{server.management_port}/mi", json.dumps(request).encode(),
            {"Content-Type": "application/json"}), timeout=10) as response:
        return json.load(response)  # type: ignore[no-any-return]


def manage(server: Server, method: str, **parameters: object) -> object:
    """The result; an error of the command fails the test."""
    answer = call(server, method, parameters)
    assert "error" not in answer, answer
    return answer["result"]


def refusal(server: Server, method: str, **parameters: object) -> dict[str, object]:
    """The error; a result fails the test."""
    answer = call(server, method, parameters)
    assert "error" in answer, answer
    return answer["error"]  # type: ignore[return-value]


def statistic(server: Server, name: str) -> int:
    return int(manage(server, "get_statistics", statistics=[name])[name])  # type: ignore[index]
