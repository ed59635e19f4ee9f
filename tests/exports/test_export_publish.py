"""Publishing against a hub of one's own on loopback, in a process that may go online."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from advisor.core.records import Dataset
from advisor.exports.beside import CARD
from advisor.exports.export import export
from tests.exports.conftest import quick as quick

pytestmark = pytest.mark.slow  # each trains, exports and starts processes of its own

Run = Callable[..., Path]
TOKEN = "hf_secret"


class Hub(ThreadingHTTPServer):
    """As much of a hub as an upload asks for. ``files``: what was committed, by repository and path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.files: dict[str, bytes] = {}
        self.private: dict[str, bool] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    """One request to the hub."""

    server: Hub

    def do_GET(self) -> None:
        """Whatever else is asked: nothing is there yet."""
        self._answer(404, {"error": "Not found"})

    def do_POST(self) -> None:
        """A repository made, files announced, and a commit."""
        body = self._body()
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._answer(401, {"error": "Invalid credentials"})
        elif self.path == "/api/repos/create":
            asked = json.loads(body)
            if asked.get("organization") == "others":
                self._answer(403, {"error": "Forbidden"})
                return
            name = f"{asked.get('organization') or 'me'}/{asked['name']}"
            self.server.private[name] = bool(asked.get("private")) or asked.get("visibility") == "private"
            self._answer(200, {"url": f"{self.server.address}/{name}", "name": name})
        elif self.path == "/api/validate-yaml":
            self._answer(200, {"errors": [], "warnings": []})
        elif "/preupload/" in self.path:
            files = [{"path": one["path"], "uploadMode": "regular", "shouldIgnore": False}
                     for one in json.loads(body)["files"]]  # fmt: skip
            self._answer(200, {"files": files})
        elif "/commit/" in self.path:
            name = self.path.removeprefix("/api/models/").split("/commit/")[0]
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    self.server.files[f"{name}/{line['value']['path']}"] = base64.b64decode(line["value"]["content"])
            self._answer(200, {"commitUrl": f"{self.server.address}/{name}/commit/1", "commitOid": "1" * 40,
                               "commitMessage": "x", "success": True})  # fmt: skip
        else:
            self._answer(404, {"error": self.path})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Nothing."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub that listens."""
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def folder(texts: Dataset, run_of: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A word-count model, exported whole."""
    place = tmp_path_factory.mktemp("words") / "out"
    export(run_of(texts, "scratch", architecture="words"), "folder", place)
    return place


def published(folder: Path, repo: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`advisor publish`, online, as somebody who has logged in nowhere."""
    known = {name: value for name, value in os.environ.items() if name not in ("HF_HUB_OFFLINE", "HF_TOKEN")}
    return subprocess.run(
        [sys.executable, "-m", "advisor.cli", "publish", str(folder), repo],
        env={**known, "HF_HOME": str(home), **environment}, capture_output=True, text=True,
    )  # fmt: skip


def test_the_folder_is_pushed_with_its_card_as_the_readme(folder: Path, hub: Hub, tmp_path: Path) -> None:
    from huggingface_hub import ModelCard

    done = published(folder, "me/words", tmp_path, HF_TOKEN=TOKEN, HF_ENDPOINT=hub.address)
    assert done.returncode == 0, done.stderr
    assert f"Published at {hub.address}/me/words" in done.stdout
    held = {name.removeprefix("me/words/") for name in hub.files}
    assert held == {path.name for path in folder.iterdir()} | {"README.md"}
    shown = hub.files["me/words/README.md"].decode()  # huggingface_hub may add to its head
    assert shown.endswith(ModelCard.load(folder / CARD).text) and hub.private["me/words"]


def test_refusals_are_said_in_plain_words(folder: Path, hub: Hub, tmp_path: Path) -> None:
    def said(repo: str = "me/words", **environment: str) -> str:
        done = published(folder, repo, tmp_path, **environment)
        assert done.returncode == 1 and "Traceback" not in done.stderr
        return done.stderr

    assert "There is no token" in said()
    assert "HF_HUB_OFFLINE is set" in said(HF_TOKEN=TOKEN, HF_HUB_OFFLINE="1")
    assert "does not accept the token" in said(HF_TOKEN="hf_other", HF_ENDPOINT=hub.address)
    assert "may not write to others/words" in said("others/words", HF_TOKEN=TOKEN, HF_ENDPOINT=hub.address)
    assert "is no name of a repository" in said("a b/c!", HF_TOKEN=TOKEN, HF_ENDPOINT=hub.address)
    assert "was not reached" in said(HF_TOKEN=TOKEN, HF_ENDPOINT="http://127.0.0.1:9")
    assert not hub.files
