# SPDX-License-Identifier: Apache-2.0
"""`carillon lsp` behind a pipe, with a client that speaks the Language Server Protocol as editors do."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.servers import SCRIPTS, carillon_binary

pytestmark = pytest.mark.carillon

SCRIPT = """loadmodule "tm.so"
loadmodule "sl.so"
route {
  t_on_failure("missed");
  route(relay);
}
route[relay] {
  t_rela();
}
failure_route[missed] {
  exit;
}
"""


class Client:
    """Requests wait for their answers; notifications that come in between are kept."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen([str(carillon_binary()), "lsp", "--stdio"], cwd=folder, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE)
        self._id = 0
        self._notifications: list[dict] = []

    def send_bytes(self, text: bytes) -> None:
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def send(self, message: dict) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.send_bytes(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))

    def receive(self) -> dict:
        length = 0
        while (line := self._process.stdout.readline()) != b"\r\n":
            assert line, "the server is gone"
            name, value = line.decode().split(":")
            if name.lower() == "content-length":
                length = int(value)
        return json.loads(self._process.stdout.read(length))

    def notify(self, method: str, params: dict) -> None:
        self.send({"method": method, "params": params})

    def request(self, method: str, params: dict) -> dict:
        self._id += 1
        self.send({"id": self._id, "method": method, "params": params})
        while True:
            message = self.receive()
            if message.get("id") == self._id:
                return message
            self._notifications.append(message)

    def result(self, method: str, params: dict):
        answer = self.request(method, params)
        assert "error" not in answer, answer
        return answer["result"]

    def diagnostics(self, uri: str) -> list[dict]:
        """The next ones that are published for a document."""
        while True:
            message = self._notifications.pop(0) if self._notifications else self.receive()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
                return message["params"]["diagnostics"]

    def open(self, uri: str, text: str) -> None:
        self.notify("textDocument/didOpen",
                    {"textDocument": {"uri": uri, "languageId": "opensips", "version": 1, "text": text}})

    def end(self) -> int:
        """Closes the pipe; the exit status."""
        self._process.stdin.close()
        return self._process.wait(10)

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    started = Client(tmp_path)
    started.result("initialize", {"processId": None, "rootUri": tmp_path.as_uri(), "capabilities": {
        "textDocument": {"completion": {"completionItem": {"snippetSupport": True}}}}})
    started.notify("initialized", {})
    yield started
    started.kill()


def at(uri: str, line: int, character: int, **more) -> dict:
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}, **more}


def test_a_session(client, tmp_path):
    uri = (tmp_path / "a script.cfg").as_uri()
    client.open(uri, SCRIPT)
    [mistake] = client.diagnostics(uri)
    assert mistake["code"] == "unknown-function"
    assert "did you mean 't_relay'?" in mistake["message"]
    assert mistake["range"] == {"start": {"line": 7, "character": 2}, "end": {"line": 7, "character": 8}}

    offered = client.result("textDocument/completion", at(uri, 7, 7))["items"]
    [relay] = [item for item in offered if item["label"] == "t_relay"]
    assert "t_relay" in relay["documentation"]["value"]
    edit = relay["textEdit"]
    client.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [
        {"range": {"start": edit["range"]["start"], "end": {"line": 7, "character": 10}}, "text": "t_relay()"}]})
    assert client.diagnostics(uri) == []

    assert "Sends the request" in client.result("textDocument/hover", at(uri, 7, 4))["contents"]["value"]
    [definition] = client.result("textDocument/definition", at(uri, 3, 18))
    assert definition["uri"] == uri and definition["range"]["start"] == {"line": 9, "character": 14}
    renamed = client.result("textDocument/rename", at(uri, 9, 15, newName="lost"))
    assert [edit["range"]["start"]["line"] for edit in renamed["changes"][uri]] == [3, 9]
    symbols = client.result("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert [symbol["name"] for symbol in symbols] == ["route", "route[relay]", "failure_route[missed]"]

    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert client.result("shutdown", {}) is None
    client.notify("exit", {})
    assert client.end() == 0


def test_a_client_that_is_gone_ends_it(client):
    assert client.end() == 1


def test_what_is_no_message_is_answered(client):
    client.send_bytes(b"Content-Length: 3\r\n\r\n{]}")
    assert client.receive()["error"]["code"] == -32700
    client.send_bytes(b"Content-Length: many\r\n\r\n")
    assert client.receive()["error"]["code"] == -32600
    assert client.request("workspace/symbol", {"query": ""})["error"]["code"] == -32601
    client.send_bytes(b"x" * 10_000)
    assert client.receive()["error"]["code"] == -32600
    assert client.end() == 1


def test_a_burst_of_changes_is_looked_at_once(client, tmp_path):
    uri = (tmp_path / "script.cfg").as_uri()
    message = b""
    for version in range(200):
        content = json.dumps({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": {
            "uri": uri, "languageId": "opensips", "version": version, "text": f"route {{ nope{version}(); }}"}}}).encode()
        message += b"Content-Length: %d\r\n\r\n%s" % (len(content), content)
    client.send_bytes(message)
    published = 1
    while "nope199" not in client.diagnostics(uri)[0]["message"]:
        published += 1
    assert published < 20


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.cfg")), ids=lambda path: path.name)
def test_every_prefix_of_a_line_of_the_scripts_here_is_survived(client, tmp_path, path):
    uri = (tmp_path / path.name).as_uri()
    text = path.read_text()
    client.open(uri, "")
    client.diagnostics(uri)
    lines = text.splitlines(keepends=True)
    for count in range(0, len(lines), 3):
        typed = "".join(lines[:count]) + lines[count][:len(lines[count]) // 2]
        client.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": count},
                                                 "contentChanges": [{"text": typed}]})
        client.result("textDocument/completion", at(uri, count, 10_000))
    assert client.result("shutdown", {}) is None
