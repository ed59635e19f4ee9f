"""The served dashboard: nothing answers without the token, nothing is asked outside, and uploads go to the disk."""

from __future__ import annotations

import os
import re
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.ui.serving import ROOT, STARTS, Served, environment, served

#: Every kind of thing that Streamlit serves.
CLOSED = (
    "/", "/runs?run=x", "/profile?data=0123456789abcdef", "/index.html", "/favicon.png", "/static/js/index.js",
    "/media/" + "ab" * 28 + ".png", "/_stcore/metrics", "/_stcore/host-config", "/_stcore/script-health-check",
    "/_stcore/agent/openapi.json", "/_stcore/agent/mcp", "/component/x/index.html", "/_stcore/bidi-components/x/y.js",
    "/app/static/app.py", "/auth/login", "/oauth2callback", "//", "/../app.py", "/%2e%2e/app.py", "/_stcore/health/",
    "/x/_stcore/health", "/?token=", "/?token=wrong", "/?token=%00", "/?Token=x", "/_stcore/upload_file/a/b",
)  # fmt: skip


@pytest.fixture(scope="module", params=list(STARTS))
def dashboard(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served"), request.param) as running:
        yield running


def test_without_the_token_nothing_answers_but_the_one_sentence(dashboard: Served) -> None:
    for path in CLOSED:
        for headers in ({}, {"Cookie": f"transfer-advisor-{dashboard.port}=0123"}, {"Authorization": "Bearer x"}):
            status, found, body = dashboard.request(path, **headers)
            assert (path, status) == (path, 403)
            assert "This dashboard needs the address that “advisor app” printed." in body.decode()
            assert "set-cookie" not in found
    for method in ("PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH"):
        assert dashboard.request("/_stcore/upload_file/a/b", method, b"x")[0] == 403
    assert dashboard.upgrade() == 403
    assert dashboard.upgrade(Origin=f"http://127.0.0.1:{dashboard.port}") == 403
    assert dashboard.request("/_stcore/health")[2] == b"ok"  # for whoever watches the server


def test_the_printed_address_opens_everything_and_bookmarks_open_later(dashboard: Served) -> None:
    token = dashboard.address.partition("token=")[2]
    status, found, _ = dashboard.request(f"/runs?run=a%26b&token={token}&x=1")
    assert (status, found["location"]) == (303, "/runs?run=a%26b&x=1")
    assert "HttpOnly" in found["set-cookie"] and token not in found["set-cookie"]
    assert dashboard.request(f"//evil.example.org/x?token={token}")[1]["location"].startswith("/evil")
    cookie = dashboard.enter()
    assert dashboard.request("/runs?run=x", **cookie)[0] == 200
    assert dashboard.request("/_stcore/host-config", **cookie)[0] == 200
    assert dashboard.request("/?token=wrong", **cookie)[0] == 403
    assert dashboard.upgrade(**cookie) == 101


def test_pages_load_nothing_from_elsewhere_and_are_framed_by_nobody(dashboard: Served) -> None:
    _, found, body = dashboard.request("/", **dashboard.enter())
    assert "default-src 'self'" in found["content-security-policy"]
    assert "frame-ancestors 'none'" in found["content-security-policy"]
    assert not re.findall(rb"(?:src|href)=[\"'](?:https?:)?//", body)


@pytest.mark.parametrize("origin", [
    "http://evil.example.org", "http://localhost:9999", "http://127.0.0.1:9999", "null", "file://",
])  # fmt: skip
def test_a_foreign_page_gets_no_connection_even_with_the_cookie(dashboard: Served, origin: str) -> None:
    cookie = dashboard.enter()
    assert dashboard.upgrade(Origin=origin, **cookie) == 403
    assert dashboard.request("/_stcore/upload_file/a/b", "PUT", b"x", Origin=origin, **cookie)[0] == 403
    assert dashboard.upgrade(Origin=f"http://127.0.0.1:{dashboard.port}", **cookie) == 101


def test_a_foreign_origin_makes_the_server_ask_nobody(tmp_path: Path) -> None:
    with socket.socket() as proxy:
        proxy.bind(("127.0.0.1", 0))
        proxy.listen()
        proxy.settimeout(2)
        outside = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        with served(tmp_path, http_proxy=outside, https_proxy=outside, no_proxy="") as running:
            cookie = running.enter()
            for origin in ("http://evil.example.org", "http://10.1.2.3"):
                running.upgrade(Origin=origin, **cookie)
                running.upgrade(Origin=origin)
            with pytest.raises(TimeoutError):
                proxy.accept()
            held = psutil.Process(running.process.pid).net_connections()
            assert {c.raddr.ip for c in held if c.raddr} <= {"127.0.0.1"}


@dataclass
class Page:
    """A page that has been drawn: its server, its cookie and its session."""

    running: Served
    cookie: dict[str, str]
    session: str

    def upload(self, content: bytes, name: str) -> int:
        """The status of an upload, sent as the browser does."""
        xsrf = self.running.request("/_stcore/health")[1]["set-cookie"].partition(";")[0]
        body = (
            f'--bound\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: text/csv\r\n\r\n".encode()
            + content
            + b"\r\n--bound--\r\n"
        )
        headers = {
            "Cookie": f"{self.cookie['Cookie']}; {xsrf}", "X-Xsrftoken": xsrf.partition("=")[2],
            "Content-Type": "multipart/form-data; boundary=bound",
        }  # fmt: skip
        return self.running.request(f"/_stcore/upload_file/{self.session}/f1", "PUT", body, **headers)[0]


@contextmanager
def opened(running: Served) -> Iterator[Page]:
    """A page's WebSocket, spoken as Streamlit's own pages do, while it is open."""
    cookie, host = running.enter(), f"127.0.0.1:{running.port}"
    protocols = [Subprotocol("streamlit")]
    address = f"ws://{host}/_stcore/stream"
    origin = Origin(f"http://{host}")
    with connect(address, additional_headers=cookie, subprotocols=protocols, origin=origin, max_size=None) as socket_:
        message = BackMsg()
        message.rerun_script.query_string = ""
        socket_.send(message.SerializeToString())
        session, drawn = "", False
        while not drawn:
            answer = ForwardMsg()
            content = socket_.recv(timeout=60)
            assert isinstance(content, bytes)
            answer.ParseFromString(content)
            session = answer.new_session.initialize.session_id or session
            drawn = answer.WhichOneof("type") == "script_finished"
        yield Page(running, cookie, session)


def settled(process: psutil.Process) -> int:
    """The memory of a server that has loaded what the first page needs, in bytes."""
    sizes = [0]
    while len(sizes) < 4 or len({size // 2**20 for size in sizes[-4:]}) > 1:
        sizes.append(process.memory_info().rss)
        time.sleep(1)
    return sizes[-1]


def test_an_upload_is_kept_once_on_the_disk_and_not_in_memory(tmp_path: Path) -> None:
    with served(tmp_path) as running, opened(running) as page:
        before = settled(psutil.Process(running.process.pid))
        assert page.upload(os.urandom(1 << 20) * 200, "x.csv") == 204
        assert psutil.Process(running.process.pid).memory_info().rss - before < 60e6
        lying = [path for path in (tmp_path / "home").rglob("*") if path.is_file() and path.stat().st_size > 1e8]
        assert len(lying) == 1
        assert stat.S_IMODE(lying[0].parent.stat().st_mode) == 0o700


def test_what_does_not_fit_is_not_kept(tmp_path: Path) -> None:
    with served(tmp_path, ADVISOR_UPLOAD_GB="0.001") as running, opened(running) as page:
        assert page.upload(b"a" * 400_000, "x.csv") == 204
        assert page.upload(b"b" * 800_000, "y.csv") == 204  # and its receipt says why
        lying = [path.stat().st_size for path in (tmp_path / "home").rglob("incoming/*")]
        assert lying == [400_000]


@pytest.mark.parametrize(("start", "more", "setting"), [
    ("advisor app", ("--host", "0.0.0.0"), {}),
    ("streamlit run", ("--server.address=0.0.0.0",), {}),
    ("streamlit run", (), {"STREAMLIT_SERVER_ADDRESS": "::"}),
    ("streamlit run", ("--server.address=",), {}),
])  # fmt: skip
def test_it_does_not_start_for_other_machines_without_a_login(
    tmp_path: Path, start: str, more: tuple[str, ...], setting: dict[str, str]
) -> None:
    with socket.create_server(("0.0.0.0", 0)) as free:
        port = free.getsockname()[1]
    line = [word.format(port=0 if start == "streamlit run" else port) for word in STARTS[start]]
    done = subprocess.run(
        [*line, *more], capture_output=True, text=True, timeout=60, env=environment(tmp_path, setting), cwd=ROOT
    )
    assert done.returncode != 0
    assert "--without-login" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_of_the_config_file_counts(tmp_path: Path) -> None:
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text('[server]\naddress = "0.0.0.0"\n')
    (tmp_path / "app.py").write_text((ROOT / "app.py").read_text())
    done = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port=0", "--server.headless=true"],
        capture_output=True, text=True, timeout=60, env=environment(tmp_path, {}), cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode != 0
    assert "other machines reach it" in done.stderr


def test_the_flag_lets_other_machines_in_and_the_token_still_holds(tmp_path: Path) -> None:
    with served(
        tmp_path, more=("--host", "0.0.0.0", "--without-login"), ADVISOR_TOKEN="correct-horse-battery"
    ) as running:
        assert running.address.endswith("/?token=correct-horse-battery")
        assert running.request("/")[0] == 403
        assert running.request("/?token=correct-horse-battery")[0] == 303
        listening = psutil.Process(running.process.pid).net_connections()
        assert {c.laddr.ip for c in listening if c.status == psutil.CONN_LISTEN} == {"0.0.0.0"}


def test_a_short_token_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [*(word.format(port=8498) for word in STARTS["advisor app"])], capture_output=True, text=True, timeout=60,
        env=environment(tmp_path, {"ADVISOR_TOKEN": "secret"}),
    )  # fmt: skip
    assert done.returncode == 1
    assert "16 or more" in done.stderr and "secret" not in done.stderr


def test_no_command_line_shows_the_token(tmp_path: Path) -> None:
    """A browser keeps the address that it was opened with among its arguments, which every account can list."""
    opened_with = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" > {opened_with}.new; mv {opened_with}.new {opened_with}\n')
    browser.chmod(0o755)
    with served(tmp_path, more=("--browser",), BROWSER=f"{browser} %s") as running:
        for _ in range(300):
            if opened_with.exists():
                break
            time.sleep(0.1)
        shown = opened_with.read_text().strip()
        token = running.address.partition("token=")[2]
        assert shown.startswith("file://") and token not in shown
        page = Path(shown.removeprefix("file://"))
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
        assert token in page.read_text()
        assert token not in " ".join(psutil.Process(running.process.pid).cmdline())
