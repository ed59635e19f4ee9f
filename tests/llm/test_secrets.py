"""Keys planted in every place that takes one, and looked for in all that is kept, printed, logged or raised."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from advisor.core.addresses import public_address, secrets_of
from advisor.core.errors import BackboneError, DatasetError, EndpointError
from advisor.data.reading import read
from advisor.llm.endpoint import API_KEY, BASE_URL, MODEL, Endpoint, EndpointSettings
from advisor.llm.identity import described, same_model
from advisor.llm.models import chat_model
from advisor.llm.secrets import redacted
from probes.chat import Prompt
from tests.data.dataset_trees import write

NAME, WORD, QUERY, KEY = "planted-name", "planted/word", "planted-query", "planted-key"
PLANTED = (NAME, WORD, quote(WORD, safe=""), QUERY, KEY, b64encode(f"{NAME}:{WORD}".encode()).decode())
PROMPT = Prompt("", "What is the capital of France?")


class Echoing(ThreadingHTTPServer):
    """Answers every question, or refuses with a message that repeats all that was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.echoed = ""
        self.asked: list[tuple[str, str]] = []

    def url(self, scheme: str = "http", inside: str = "", after: str = "") -> str:
        return f"{scheme}://{inside}127.0.0.1:{self.server_address[1]}/v1{after}"


class Handler(BaseHTTPRequestHandler):
    server: Echoing

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        sent = self.headers.get("Authorization", "")
        self.server.asked.append((self.path, sent))
        body: dict[str, Any] = {"error": {"message": f"No {sent} {self.path} {self.server.echoed} for you"}}
        if self.server.status == 200:
            message = {"role": "assistant", "content": "12 bridges"}
            usage = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
            choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
            body = {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": choices}
            body["usage"] = usage
        content = json.dumps(body).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Echoing]:
    made = Echoing()
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


WAYS = {
    "name and password": (f"{NAME}:{quote(WORD, safe='')}@", "", ""),
    "token for a name": (f"{NAME}@", "", ""),
    "query": ("", f"?api_key={QUERY}&api-version=2", ""),
    "key": ("", "", KEY),
    "query and key": ("", f"?token={QUERY}", KEY),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 500])
def test_a_secret_is_sent_and_never_told(
    server: Echoing, way: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    inside, after, key = WAYS[way]
    server.status, server.echoed = status, " ".join([f"{NAME} {WORD}" if ":" in inside else "", f"{after}"])
    settings = EndpointSettings.configured(
        {BASE_URL: server.url(inside=inside, after=after), MODEL: "m", API_KEY: key, "ADVISOR_LLM_RETRIES": "0"}
    )
    asked = Endpoint(settings)
    told = [repr(settings), str(settings), settings.identity, settings.base_url, settings.host, asked.name]
    if status == 200:
        assert asked.generate([PROMPT])[0].text == "12 bridges"
    else:
        with pytest.raises(EndpointError) as raised:
            asked.generate([PROMPT])
        told += [str(raised.value), repr(raised.value)]
    ((path, sent),) = server.asked
    assert not inside or sent.startswith("Basic ")
    assert not key or sent == f"Bearer {KEY}"
    assert path.startswith("/v1/chat/completions") and (QUERY in path) == (QUERY in after)
    told.append(caplog.text)
    assert not [(secret, text) for secret in PLANTED for text in told if secret in text]


def test_what_cannot_be_sent_is_refused_without_repeating_it(server: Echoing) -> None:
    both = {BASE_URL: server.url(inside=f"{NAME}:{WORD}@".replace("/", "")), MODEL: "m", API_KEY: KEY}
    for settings, cause in (
        ({BASE_URL: server.url(after=f"#{QUERY}"), MODEL: "m"}, f"never sent. Give a key as {API_KEY}"),
        (both, "Remove the other"),
        ({BASE_URL: KEY, MODEL: "m"}, "is not an address"),
        ({BASE_URL: f"http://{NAME}:{KEY}@host:{QUERY}/v1", MODEL: "m"}, "is not an address"),
        ({BASE_URL: f"http://{NAME}@[host/v1", MODEL: "m"}, "is not an address"),
    ):
        with pytest.raises(EndpointError, match=cause) as raised:
            EndpointSettings.configured(settings)
        assert not any(secret in str(raised.value) for secret in (NAME, KEY, QUERY))


def test_an_address_given_as_a_model_or_as_data_is_told_without_its_secrets() -> None:
    for given in (f"https://{NAME}:{KEY}@host/v1", f"https://host/v1?key={KEY}", f"https://host/v1#{KEY}"):
        with pytest.raises(BackboneError, match=r"https://host/v1 is an address.*endpoint") as model:
            chat_model(given)
        with pytest.raises(DatasetError, match="https://host/v1 is a web address") as data:
            read(given)
        assert not any(secret in f"{model.value}{data.value}" for secret in (NAME, KEY))


def test_records_from_before_name_the_same_model_and_show_no_secret() -> None:
    before = f"endpoint https://{NAME}:{KEY}@host/v1?a={QUERY} small"
    assert same_model(before, "endpoint https://host/v1 small")
    assert described(before) == "small at host"


def test_forms_of_a_secret() -> None:
    assert public_address("http://[::1]:8000/v1/") == "http://[::1]:8000/v1/"
    assert set(secrets_of("https://u:p%2Fw@h/?k=a%20b#f")) == {"u", "p/w", "p%2Fw", "a b", "a%20b", "f"}
    assert redacted("so it goes", ["so"]) == "so it goes"


@pytest.mark.slow
def test_a_planted_key_is_nowhere_after_advice_training_and_the_record(
    server: Echoing, tmp_path: Path, workspace: Path
) -> None:
    for i in range(24):
        write(tmp_path / f"data/town{i}.md", f"# Town {i}\n\nTown {i} has {i + 10} bridges over its river.")
    rows = [{"question": f"How many bridges has Town {i}?", "answers": [f"{i + 10} bridges"], "document": f"town{i}.md"}
            for i in range(24)]  # fmt: skip
    write(tmp_path / "data/questions.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    settings = {
        **os.environ,
        BASE_URL: server.url(inside=f"{NAME}:{quote(WORD, safe='')}@", after=f"?token={QUERY}"),
        MODEL: "m",
        "ADVISOR_LLM_RETRIES": "0",
        "OPENAI_LOG": "debug",
    }

    def advisor(*arguments: str, fails: bool = False) -> str:
        command = [sys.executable, "-m", "advisor.cli", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=settings, cwd=tmp_path)
        assert bool(done.returncode) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    data = str(tmp_path / "data")
    told = [advisor("advise", data, "--backbone", "endpoint", "--budget", "15", "--json")]
    told.append(advisor("train", data, "--backbone", "endpoint", "--rung", "rag", "--budget", "40"))
    told.append(advisor("record", data))
    told.append(advisor("predict", "last", "How many bridges has Town 3?"))
    server.status = 500
    told.append(advisor("predict", "last", "How many bridges has Town 19, then?", fails=True))
    assert len(server.asked) > 24 and all(QUERY in path for path, _ in server.asked)
    kept = {str(path): path.read_bytes() for path in workspace.rglob("*") if path.is_file()}
    kept |= {f"output {i}": text.encode() for i, text in enumerate(told)}
    assert any(b"127.0.0.1" in content for content in kept.values())
    assert not [(secret, place) for secret in PLANTED for place, content in kept.items() if secret.encode() in content]
