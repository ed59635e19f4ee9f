"""Where a server may listen, and that a stop answers what is in flight."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from advisor.core.errors import RunError
from advisor.serve.server import KEY, checked_key, listening
from tests.serve.conftest import GOLDEN


def test_beyond_this_machine_a_key_is_needed_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY, raising=False)
    assert checked_key("127.0.0.1", False) == "" == checked_key("0.0.0.0", True)
    for host in ("0.0.0.0", "::", "10.0.0.5"):
        with pytest.raises(RunError, match="--without-key"):
            checked_key(host, False)
    monkeypatch.setenv(KEY, "x" * 16)
    assert checked_key("0.0.0.0", False) == "x" * 16


@pytest.mark.parametrize("key", ["short", "x" * 15, "schlüssel mit umlaut"])
def test_a_key_that_is_easily_guessed_or_cannot_be_sent_is_refused(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv(KEY, key)
    with pytest.raises(RunError, match="at least 16 printable"):
        checked_key("127.0.0.1", False)


def test_a_port_that_is_taken_is_named_with_another() -> None:
    with listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RunError, match=f"Port {port} on 127.0.0.1 .*Try: --port"):
            listening("127.0.0.1", port)


@pytest.mark.slow
def test_a_stop_answers_what_is_in_flight(tmp_path: Path) -> None:
    environment = {**os.environ, "ADVISOR_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "advisor.cli", "serve", str(GOLDEN), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    port = next(int(found[1]) for line in process.stderr if (found := re.search(r"127\.0\.0\.1:(\d+)", line)))
    body = json.dumps({"inputs": ["word " * 60] * 40}).encode()
    statuses: list[int] = []

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert len(json.loads(answer.read())["predictions"]) == 40
        statuses.append(answer.status)

    clients = [threading.Thread(target=ask) for _ in range(3)]
    for one in clients:
        one.start()
    waits_for_work(port)
    process.send_signal(signal.SIGTERM)
    for one in clients:
        one.join()
    process.wait(60)
    assert statuses == [200] * 3


def waits_for_work(port: int) -> None:
    """Return once all three requests are with the server: one in the model, two waiting."""
    for _ in range(2000):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/metrics")
        if b"advisor_waiting_items 80.0" in connection.getresponse().read():
            return
    raise AssertionError("the requests did not arrive")
