# SPDX-License-Identifier: Apache-2.0
"""An HTTP server as a program of its own, whose paths say how it behaves, and certificates for it.

/slow/S says so and answers after S seconds, /bytes/N with N bytes, /echo with the request's method and body.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .program import Program, Programs
from .waiting import free_port, is_bound, wait_until

SERVER = """
import asyncio, resource, ssl, sys
port, cert, key = int(sys.argv[1]), sys.argv[2], sys.argv[3]
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\\r\\n\\r\\n")).decode()
            method, path, _ = head.split(None, 2)
            size = next((int(line.split(":")[1]) for line in head.split("\\r\\n")
                         if line.lower().startswith("content-length:")), 0)
            body = await reader.readexactly(size)
            what, _, number = path[1:].partition("/")
            if what == "slow":
                print("slow", flush=True)
                await asyncio.sleep(float(number))
            answer = b"x" * int(number) if what == "bytes" else method.encode() + b" " + body
            writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(answer))
            writer.write(answer)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()
async def main():
    tls = None
    if cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(cert, key)
    async with await asyncio.start_server(serve, "127.0.0.1", port, ssl=tls, backlog=4096) as server:
        await server.serve_forever()
asyncio.run(main())
"""


@dataclass
class Certificate:
    """Of a server, signed by itself; `trusted` is a folder that trusts it, for ssl_capath."""

    cert: Path
    key: Path
    trusted: Path


def make_certificate(folder: Path, name: str) -> Certificate:
    """For a host `name`, and no other."""
    trusted = folder / f"trusted-{name}"
    trusted.mkdir()
    cert, key = trusted / "cert.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName=DNS:{name}"], check=True, capture_output=True, timeout=30)
    subprocess.run(["openssl", "rehash", str(trusted)], check=True, capture_output=True, timeout=30)
    return Certificate(cert, key, trusted)


@dataclass
class WebServer:
    program: Program
    port: int
    scheme: str

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"


def start_web_server(programs: Programs, certificate: Certificate | None = None) -> WebServer:
    port = free_port()
    files = [str(certificate.cert), str(certificate.key)] if certificate else ["", ""]
    program = programs.start("web", [sys.executable, "-c", SERVER, str(port), *files])
    wait_until(lambda: is_bound(port, "tcp"), "the web server to listen")
    return WebServer(program, port, "https" if certificate else "http")
