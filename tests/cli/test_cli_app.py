"""`advisor app` as a process: this machine only, no foreign hosts, one sentence when the port is taken."""

from __future__ import annotations

import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from advisor.cli.dashboard import settings
from tests.ui.serving import Served, environment, served

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "advisor.cli", "app", "--port"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The dashboard as somebody starts it the first time: no Streamlit settings in the home folder, nobody typing."""
    with served(tmp_path_factory.mktemp("served")) as running:
        yield running


def test_it_listens_on_this_machine_only(server: Served) -> None:
    listening = [
        c.laddr for c in psutil.Process(server.process.pid).net_connections() if c.status == psutil.CONN_LISTEN
    ]
    assert [(address.ip, address.port) for address in listening] == [("127.0.0.1", server.port)]


def test_a_foreign_host_name_is_refused(server: Served) -> None:
    cookie = server.enter()
    assert server.upgrade(Origin=f"http://127.0.0.1:{server.port}", **cookie) == 101
    foreign = {"Host": "rebound.example.org", "Origin": "http://rebound.example.org"}
    assert server.upgrade(**foreign, **cookie) >= 400
    assert server.upgrade(**foreign) >= 400


def test_a_port_that_is_taken_is_one_sentence(server: Served) -> None:
    done = subprocess.run([*COMMAND, str(server.port)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert str(server.port) in done.stderr
    assert "Traceback" not in done.stderr


def test_what_was_not_asked_for_stays_as_the_environment_has_it(tmp_path: Path) -> None:
    assert settings() == {}
    assert settings("t" * 16, [tmp_path, tmp_path / "x"], ["ada@example.org", "lab.org"], True, True) == {
        "ADVISOR_TOKEN": "t" * 16, "ADVISOR_ROOTS": f"{tmp_path}:{tmp_path / 'x'}", "ADVISOR_WITHOUT_LOGIN": "1",
        "ADVISOR_SHARE_ENDPOINT": "1", "ADVISOR_ALLOW": "ada@example.org,lab.org",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--allow", "ada@example.org"], "Error: --allow, or ADVISOR_ALLOW, needs a login"),
        (["--allow", ""], "Error: --allow names nobody"),
        (["--root", "/nonexistent"], "Error: There is no folder /nonexistent to read from"),
    ],
)
def test_options_that_would_do_nothing_are_one_sentence(tmp_path: Path, options: list[str], sentence: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    line = [*COMMAND, port, "--no-browser", *options]
    done = subprocess.run(line, capture_output=True, text=True, timeout=90, env=environment(tmp_path, {}))
    assert done.returncode == 1 and sentence in " ".join(done.stderr.split())
    assert "dashboard is at" not in done.stderr and "Traceback" not in done.stderr


def test_the_package_carries_the_checkouts_settings() -> None:
    """`streamlit run app.py` reads the one at the top, an installed wheel the one beside its entry."""
    top = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    packaged = tomllib.loads((ROOT / "advisor" / "ui" / "entry" / ".streamlit" / "config.toml").read_text())
    assert packaged == top
    assert top["server"]["address"] == "127.0.0.1"
    assert top["browser"]["gatherUsageStats"] is False
    assert top["client"]["showErrorDetails"] == "none"
