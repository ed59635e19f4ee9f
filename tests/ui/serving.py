"""The dashboard as a process, as its owner starts it, and requests to it as browsers and strangers send them."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
STARTS = {
    "advisor app": [sys.executable, "-m", "advisor.cli", "app", "--no-browser", "--port", "{port}"],
    "streamlit run": [
        sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.headless=true",
        "--server.port={port}",
    ],
}  # fmt: skip


@dataclass
class Served:
    """A running dashboard. ``address``: what it printed, with the token; ``cookie``: what a browser then sends."""

    port: int
    process: subprocess.Popen[str]
    log: Path
    cookie: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        address = re.search(r"http\S+?(?=\. Ctrl-C)", self.log.read_text())
        assert address, self.log.read_text()
        return address[0]

    def request(
        self, path: str, method: str = "GET", body: bytes | None = None, /, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in small letters and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        if answer.status == 101:
            return 101, found, b""
        return answer.status, found, answer.read()

    def upgrade(self, **headers: str) -> int:
        """The status of a request for the page's WebSocket."""
        own = {"Host": f"127.0.0.1:{self.port}", "Upgrade": "websocket", "Connection": "Upgrade",
               "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
        return self.request("/_stcore/stream", **(own | headers))[0]

    def enter(self) -> dict[str, str]:
        """Open the printed address, as a browser does; returns the headers that it sends from then on."""
        parts = urlsplit(self.address)
        status, headers, _ = self.request(f"/?{parts.query}")
        assert status == 303, status
        self.cookie = {"Cookie": headers["set-cookie"].partition(";")[0]}
        return self.cookie


@contextmanager
def served(folder: Path, start: str = "advisor app", more: tuple[str, ...] = (), **setting: str) -> Iterator[Served]:
    """A dashboard with a home and a workspace below `folder` and nobody typing; it ends with the context."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home, cwd, log = folder / "home", folder / "elsewhere", folder / "server.log"
    home.mkdir(parents=True, exist_ok=True)
    cwd.mkdir(exist_ok=True)
    with log.open("w") as stream:
        process = subprocess.Popen(
            [*(word.format(port=port) for word in STARTS[start]), *more],
            env=environment(home, setting), cwd=cwd, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, text=True,
        )  # fmt: skip
    try:
        wait_for(port, process, log)
        yield Served(port, process, log)
    finally:
        process.terminate()
        process.wait(30)


def environment(home: Path, setting: Mapping[str, str]) -> dict[str, str]:
    """A server's environment: a new home without settings, and a browser that does nothing."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("ADVISOR_")}
    own = {"ADVISOR_HOME": str(home / "advisor"), "HOME": str(home), "BROWSER": "true", "PYTHONPATH": str(ROOT)}
    return {**plain, **own, **setting}


def wait_for(port: int, process: subprocess.Popen[str], log: Path) -> None:
    end = time.monotonic() + 90
    while True:
        assert process.poll() is None and time.monotonic() < end, log.read_text()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/_stcore/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
