# SPDX-License-Identifier: Apache-2.0
"""baresip as a phone: commanded over its ctrl_tcp module, playing a tone from a file and recording what it hears."""

from __future__ import annotations

import array
import json
import math
import socket
import wave
from pathlib import Path

from .program import Program, Programs
from .servers import Server
from .waiting import free_port, is_bound, wait_until

SAMPLE_RATE = 8000

CONFIG = """\
sip_listen 127.0.0.1:{sip_port}
net_interface 127.0.0.1
audio_player aubridge,speaker
audio_source aufile,{tone}
audio_alert aubridge,alert
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_app menu.so
module_tmp uuid.so
module ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control_port}
snd_path {folder}
"""

# Debian's multiarch folder differs by machine, this link does not.
MODULES = Path("/usr/lib/baresip/modules")


def write_tone(path: Path, frequency: int, seconds: int = 30) -> None:
    samples = array.array("h", (
        round(12000 * math.sin(2 * math.pi * frequency * n / SAMPLE_RATE)) for n in range(SAMPLE_RATE * seconds)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())


def power_at(samples: array.array[int], rate: int, frequency: int) -> float:
    """Goertzel's algorithm: the share of the samples' energy that lies at `frequency`, 0 to 1."""
    coefficient = 2 * math.cos(2 * math.pi * frequency / rate)
    last = before = 0.0
    for sample in samples:
        last, before = sample + coefficient * last - before, last
    energy = sum(sample * sample for sample in samples) * len(samples) / 2
    return (last * last + before * before - coefficient * last * before) / energy if energy else 0.0


class Baresip:
    """One phone. Its events, as ctrl_tcp reports them, are kept in order."""

    def __init__(self, programs: Programs, server: Server, user: str, tone: int, transport: str = "udp",
                 password: str = "unused", domain: str = "") -> None:
        self.user = user
        self.server = server
        self.folder = programs.folder / user
        self.folder.mkdir()
        control_port = free_port()
        write_tone(self.folder / "tone.wav", tone)
        (self.folder / "config").write_text(CONFIG.format(
            sip_port=free_port(following=1),  # its TLS socket takes the next one
            tone=self.folder / "tone.wav", modules=MODULES,
            control_port=control_port, folder=self.folder))
        self.program: Program = programs.start(
            f"baresip-{user}", ["baresip", "-f", str(self.folder), "-4"], {"HOME": str(self.folder)})
        wait_until(lambda: is_bound(control_port, "tcp") or self.program.exit_code is not None, f"{user}'s control")
        assert self.program.exit_code is None, f"{self.program.name} ended with {self.program.exit_code}"
        self._control = socket.create_connection(("127.0.0.1", control_port), timeout=5)
        self._control.setblocking(False)
        self._received = b""
        self._events: list[dict[str, object]] = []
        # The account comes after the connection, so that no event of its registration is missed.
        self.command("uanew", f"<sip:{user}@{domain or server.address};transport={transport}>;regint=60;"
                              f'audio_codecs=PCMU;auth_pass={password};'
                              f'outbound="sip:{server.address};transport={transport}"')

    def close(self) -> None:
        self._control.close()
        self.program.stop()

    def command(self, name: str, parameters: str = "") -> None:
        text = json.dumps({"command": name, "params": parameters, "token": name}).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))

    def _read(self) -> None:
        """Takes the netstrings that have arrived."""
        try:
            self._received += self._control.recv(65536)
        except BlockingIOError:
            pass
        while b":" in self._received:
            length, _, rest = self._received.partition(b":")
            if len(rest) <= int(length):
                return
            self._events.append(json.loads(rest[: int(length)]))
            self._received = rest[int(length) + 1:]

    def wait_event(self, kind: str, timeout: float = 10.0) -> dict[str, object]:
        """The oldest event of this kind that no earlier call has taken."""
        def found() -> dict[str, object] | None:
            self._read()
            for event in self._events:
                if event.get("type") == kind:
                    self._events.remove(event)
                    return event
            return None

        return wait_until(found, f"{self.user} to see {kind}", timeout)

    def heard(self) -> array.array[int]:
        """The decoded audio recorded so far."""
        files = sorted(self.folder.glob("dump-*-dec.wav"))
        if not files:
            return array.array("h")
        data = files[-1].read_bytes()[44:]  # the header's length is filled in when the call ends
        return array.array("h", data[: len(data) // 2 * 2])

    def wait_hears(self, frequency: int, seconds: float = 0.5, timeout: float = 10.0) -> None:
        """Until the last `seconds` of what it heard are that tone."""
        count = int(SAMPLE_RATE * seconds)

        def hears() -> bool:
            samples = self.heard()
            return len(samples) >= count and power_at(samples[-count:], SAMPLE_RATE, frequency) > 0.8

        wait_until(hears, f"{self.user} to hear {frequency} Hz", timeout)
