"""A model behind an endpoint: against transformers' own server, and against a small one that fails as told."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from advisor.core.errors import EndpointError, ProbeError
from advisor.llm.endpoint import API_KEY, BASE_URL, MODEL, Endpoint, EndpointSettings
from advisor.llm.models import chat_model
from probes.chat import Prompt

KEY = "sk-very-secret-0123456789"
PROMPT = Prompt("Answer with one word.", "What is the capital of France?")


class Server(ThreadingHTTPServer):
    """An OpenAI-like server that plays a list of (status, headers, body or None) and then answers well."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.script: list[tuple[int, dict[str, str], str]] = []
        self.asked: list[dict[str, Any]] = []
        self.moments: list[float] = []
        self.delay, self.text, self.key = 0.0, "Paris", KEY
        self.now, self.most_at_once = 0, 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Answering(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked.append(body)
            self.server.moments.append(time.monotonic())
            self.server.now += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.now)
            play = self.server.script.pop(0) if self.server.script else None
        time.sleep(self.server.delay)
        with self.server.lock:
            self.server.now -= 1
        if self.headers.get("Authorization") != f"Bearer {self.server.key}":
            self.tell(401, {}, json.dumps({"error": {"message": f"bad key {self.headers.get('Authorization')}"}}))
        elif play is not None:
            self.tell(*play)
        else:
            message = {"role": "assistant", "content": self.server.text}
            choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
            usage = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
            answer = {"id": "1", "object": "chat.completion", "created": 0, "model": body["model"]}
            self.tell(200, {}, json.dumps({**answer, "choices": choices, "usage": usage}))

    def tell(self, status: int, headers: dict[str, str], body: str) -> None:
        content = body.encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


def endpoint(server: Server, **more: Any) -> Endpoint:
    return Endpoint(EndpointSettings(server.url, "some-model", **{"api_key": KEY, "retries": 2, **more}))


def failing(status: int, times: int, message: str = "no", **headers: str) -> list[tuple[int, dict[str, str], str]]:
    return [(status, headers, json.dumps({"error": {"message": message}}))] * times


def test_an_answer_is_cut_at_the_stop_and_its_tokens_and_price_are_counted(server: Server) -> None:
    server.text = " Capital: Paris\nand more"
    asked = endpoint(server, price_in=0.5, price_out=2.0)
    (reply,) = asked.generate([Prompt("System", "User", "Capital:")], 7)
    assert (reply.text, reply.n_prompt_tokens, reply.n_tokens, reply.log_p) == ("Paris", 20, 5, None)
    (body,) = server.asked
    assert body["max_tokens"] == 7 and body["temperature"] == 0 and body["stop"] == ["\n"]
    assert [m["role"] for m in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"].endswith("Capital:")
    assert asked.price_per_thousand() == pytest.approx(1000 * (20 * 0.5 + 5 * 2.0) / 1e6)
    assert endpoint(server).price_per_thousand(1) is None
    with pytest.raises(ProbeError, match="cannot score given answers"):
        asked.option_log_p([PROMPT], ["a"])


def test_too_many_requests_and_server_errors_are_tried_again(server: Server) -> None:
    server.script = [*failing(500, 1), *failing(429, 1, **{"retry-after": "1"})]
    assert endpoint(server).generate([PROMPT])[0].text == "Paris"
    assert len(server.asked) == 3
    assert server.moments[2] - server.moments[1] >= 1.0  # as the server asked


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        (failing(429, 9, **{"retry-after-ms": "5"}), "too many requests after 2 retries"),
        (failing(500, 9, f"broken {KEY}", **{"retry-after-ms": "5"}), "status 500"),
        (failing(404, 1), "knows no model 'some-model'"),
        (failing(400, 1, "the prompt is not polite"), "status 400.*not polite"),
        ([(200, {}, "this is no JSON")], "cannot be read|status"),
    ],
)
def test_what_goes_wrong_is_said_and_the_key_never(server: Server, script: Any, cause: str) -> None:
    server.script = list(script)
    with pytest.raises(EndpointError, match=cause) as raised:
        endpoint(server).generate([PROMPT])
    assert KEY not in str(raised.value) and raised.value.__suppress_context__


def test_a_wrong_key_a_slow_and_a_missing_server(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(EndpointError, match="refused the key") as raised:
        endpoint(server, api_key="sk-wrong").generate([PROMPT])
    assert "sk-wrong" not in str(raised.value)
    server.delay = 0.5
    with pytest.raises(EndpointError, match=r"did not answer within 0\.1 s"):
        endpoint(server, timeout_seconds=0.1, retries=0).generate([PROMPT])
    with pytest.raises(EndpointError, match="cannot be reached"):
        Endpoint(EndpointSettings("http://127.0.0.1:9/v1", "m", retries=0)).generate([PROMPT])
    assert "sk-wrong" not in caplog.text and KEY not in caplog.text
    assert KEY not in repr(endpoint(server).settings)


def test_no_more_requests_at_once_than_allowed_and_answers_in_order(server: Server) -> None:
    server.delay = 0.05
    asked = endpoint(server, at_once=3)
    assert len(asked.generate([PROMPT] * 9)) == 9
    assert server.most_at_once == 3 and asked.usage.requests == 9


def test_the_spending_limit_stops_before_the_request(server: Server) -> None:
    asked = endpoint(server, most_tokens=120, at_once=1)
    with pytest.raises(EndpointError, match="was not sent"):
        asked.generate([PROMPT] * 20, max_new_tokens=8)
    assert 1 <= len(server.asked) == asked.usage.requests < 5
    assert asked.usage.spent == 25 * asked.usage.requests <= 120


def test_a_parameter_that_the_model_refuses_is_left_out_from_then_on(server: Server) -> None:
    server.script = [
        *failing(400, 1, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'."),
        *failing(400, 1, "'temperature' does not support 0.0"),
    ]
    asked = endpoint(server)
    asked.generate([PROMPT], 9)
    asked.generate([PROMPT], 9)
    for body in server.asked[2:]:
        assert body["max_completion_tokens"] == 9 and "max_tokens" not in body and "temperature" not in body


def test_settings_come_from_the_environment_or_from_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (BASE_URL, MODEL, API_KEY):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(EndpointError, match=f"{BASE_URL} and {MODEL} missing"):
        chat_model("endpoint")
    monkeypatch.setenv(BASE_URL, "https://host.example:8000/v1/")
    monkeypatch.setenv(MODEL, "small")
    monkeypatch.setenv("ADVISOR_LLM_PRICE_IN", "0.15")
    found = EndpointSettings.configured({API_KEY: KEY, "ADVISOR_LLM_CONCURRENCY": "2"})
    assert (found.base_url, found.model, found.api_key) == ("https://host.example:8000/v1", "small", KEY)
    assert (found.price_in, found.price_out, found.at_once, found.host) == (0.15, None, 2, "host.example:8000")
    monkeypatch.setenv("ADVISOR_LLM_PRICE_IN", "cheap")
    with pytest.raises(EndpointError, match="ADVISOR_LLM_PRICE_IN is 'cheap'"):
        EndpointSettings.configured()
    with pytest.raises(EndpointError, match="not an address"):
        EndpointSettings.configured({BASE_URL: "host/v1", "ADVISOR_LLM_PRICE_IN": "1"})


def test_answers_are_remembered_and_the_key_is_nowhere_in_the_workspace(server: Server, workspace: Path) -> None:
    secrets = {BASE_URL: server.url, MODEL: "some-model", API_KEY: KEY}
    first = chat_model("endpoint", secrets=secrets).generate([PROMPT, PROMPT])
    again = chat_model("endpoint", secrets=secrets).generate([PROMPT])
    assert len(server.asked) == 1 and first[0] == first[1] == again[0]
    assert not any(KEY.encode() in path.read_bytes() for path in workspace.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, str]]:
    """transformers' own server with the converted SmolLM2: its address, and the folder as the model's name."""
    missing = [name for name in ("fastapi", "uvicorn") if find_spec(name) is None]
    if missing:
        pytest.skip(f"`transformers serve` needs {' and '.join(missing)}")
    from advisor.llm.models import entry_of, models_folder
    from probes.backbones.converted import converted
    from probes.backbones.weights import weights_hash, weights_path

    entry = entry_of(None)
    folder = converted(weights_path(entry), weights_hash(entry), models_folder())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(folder)]
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    try:
        yield started(process, port), str(folder)
    finally:
        process.terminate()
        process.wait(20)


def started(process: subprocess.Popen[bytes], port: int) -> str:
    """The address, once the server is healthy; skips the test when it is not within two minutes."""
    for _ in range(240):
        if process.poll() is not None:
            pytest.skip(f"`transformers serve` ended at once with status {process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1):
                return f"http://127.0.0.1:{port}/v1"
        except OSError:
            time.sleep(0.5)
    pytest.skip("`transformers serve` was not ready within two minutes")


@pytest.mark.slow
def test_a_real_server_answers_as_the_model_does_here(served: tuple[str, str]) -> None:
    url, folder = served
    asked = Endpoint(EndpointSettings(url, folder, timeout_seconds=120))
    (reply,) = asked.generate([Prompt("You are a helpful assistant.", "What is the capital of France?")], 8, (".",))
    assert "Paris" in reply.text
    assert asked.usage.tokens > 0 and asked.usage.prompt_tokens == reply.n_prompt_tokens > 10
    with pytest.raises(EndpointError):
        Endpoint(EndpointSettings(url, "no/such-model", timeout_seconds=60, retries=0)).generate([PROMPT], 4)
