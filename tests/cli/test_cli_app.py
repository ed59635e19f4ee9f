"""`advisor app` as a process: this machine only, no foreign hosts, one sentence when the port is taken."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "advisor.cli", "app", "--port"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """The dashboard as somebody starts it the first time: no Streamlit settings in the home folder, nobody typing."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("home")
    environment = {**os.environ, "ADVISOR_HOME": str(home / "advisor"), "HOME": str(home), "BROWSER": "true"}
    folder = tmp_path_factory.mktemp("elsewhere")
    log = (folder / "log.txt").open("w+")
    process = subprocess.Popen(
        [*COMMAND, str(port)],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        text=True,
    )
    end = time.monotonic() + 90
    while not healthy(port):
        assert process.poll() is None and time.monotonic() < end, (folder / "log.txt").read_text()
        time.sleep(0.2)
    yield port, process
    process.terminate()
    process.wait(30)
    log.close()


def healthy(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == 200
    except OSError:
        return False


def upgrade(port: int, host: str) -> int:
    """The status that a browser gets which asks for the page's WebSocket under a host name."""
    headers = {
        "Host": host, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": f"http://{host}",
    }  # fmt: skip
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/_stcore/stream", headers=headers)
    return connection.getresponse().status


def test_it_listens_on_this_machine_only(server: tuple[int, subprocess.Popen[str]]) -> None:
    port, process = server
    listening = [c.laddr for c in psutil.Process(process.pid).net_connections() if c.status == psutil.CONN_LISTEN]
    assert [(address.ip, address.port) for address in listening] == [("127.0.0.1", port)]


def test_a_foreign_host_name_is_refused(server: tuple[int, subprocess.Popen[str]]) -> None:
    port, _ = server
    assert upgrade(port, f"127.0.0.1:{port}") == 101
    assert upgrade(port, "rebound.example.org") >= 400


def test_a_port_that_is_taken_is_one_sentence(server: tuple[int, subprocess.Popen[str]]) -> None:
    port, _ = server
    done = subprocess.run([*COMMAND, str(port)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


def test_the_package_carries_the_checkouts_settings() -> None:
    """`streamlit run app.py` reads the one at the top, an installed wheel the one beside its entry."""
    top = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    packaged = tomllib.loads((ROOT / "advisor" / "ui" / "entry" / ".streamlit" / "config.toml").read_text())
    assert packaged == top
    assert top["server"]["address"] == "127.0.0.1"
    assert top["browser"]["gatherUsageStats"] is False
    assert top["client"]["showErrorDetails"] == "none"
