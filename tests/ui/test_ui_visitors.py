"""A dashboard with a login: nobody passes without it, and everybody has a workspace of their own."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from advisor.core import reach
from advisor.core.errors import StorageError
from advisor.core.workspace import Workspace, share
from advisor.data.reading import open_dataset
from advisor.ui import jobs, work
from advisor.ui.server import visitors
from tests.ui.serving import Served, served

QUESTIONS = re.compile("Who are you|Prompt, fine-tune, or train|What has been tried")
SECRET = "a-long-secret-of-the-test-alone"


@contextmanager
def with_login(folder: Path, **setting: str) -> Iterator[Served]:
    """A dashboard whose owner has set up a login; nobody needs to sign in for real, since the test knows the secret."""
    settings = folder / "home" / ".streamlit"
    settings.mkdir(parents=True)
    (settings / "secrets.toml").write_text(
        f'[auth]\nredirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"\ncookie_secret = "{SECRET}"\n'
        'client_id = "x"\nclient_secret = "y"\nserver_metadata_url = "http://127.0.0.1:9/.well-known"\n'
    )
    with served(folder, "advisor app", (), **setting) as running:
        yield running


def signed(running: Served, secret: str = SECRET, **account: object) -> dict[str, str]:
    """The cookie that Streamlit gives to an account after its login."""
    origin = f"http://127.0.0.1:{running.port}"
    user = {"is_logged_in": True, "origin": origin, "iss": "https://login.example.org", **account}
    value = create_signed_value(secret, "_streamlit_user", json.dumps(user)).decode()
    return {"Cookie": f"_streamlit_user={value}"}


def drawn(running: Served, query: str = "", page: str = "", **cookie: str) -> str:
    """All words of a page as a browser with this cookie gets it, up to the end of the run that drew its heading."""
    host = f"127.0.0.1:{running.port}"
    words = ""
    xsrf = running.request("/_stcore/health")[1]["set-cookie"].partition(";")[0]
    cookies = {"Cookie": "; ".join([xsrf, *cookie.values()])}
    protocols = [Subprotocol("streamlit"), Subprotocol(xsrf.partition("=")[2])]
    with connect(
        f"ws://{host}/_stcore/stream", additional_headers=cookies, subprotocols=protocols,
        origin=Origin(f"http://{host}"), max_size=None,
    ) as page_socket:  # fmt: skip
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = page
        page_socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            content = page_socket.recv(timeout=120)
            assert isinstance(content, bytes)
            answer.ParseFromString(content)
            words += str(answer)
            if answer.WhichOneof("type") == "script_finished" and QUESTIONS.search(words):
                return words


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with with_login(tmp_path_factory.mktemp("login"), ADVISOR_ALLOW="example.org, eve@else.org") as running:
        yield running


def test_without_a_login_there_is_the_way_to_sign_in_and_nothing_else(dashboard: Served) -> None:
    assert "token" not in dashboard.address
    assert dashboard.request("/")[0] == 200
    for path in ("/media/x.png", "/_stcore/metrics", "/component/x", "/_stcore/upload_file/a/b", "/_stcore/agent/mcp"):
        assert dashboard.request(path)[0] == 403
    assert dashboard.request("/_stcore/upload_file/a/b", "PUT", b"x")[0] == 403
    words = drawn(dashboard)
    assert "Who are you?" in words and "Prompt, fine-tune, or train?" not in words


def test_only_a_cookie_of_this_server_and_of_an_admitted_account_counts(dashboard: Served) -> None:
    ada = {"sub": "1", "email": "ada@example.org"}
    assert dashboard.request("/_stcore/metrics", **signed(dashboard, **ada))[0] == 200
    assert "Prompt, fine-tune, or train?" in drawn(dashboard, **signed(dashboard, **ada))
    for secret, account in (
        ("another-secret-of-somebody-else", ada),
        (SECRET, {"email": "ada@example.org"}),
        (SECRET, {"sub": "2", "email": "mallory@else.org"}),
        (SECRET, {"sub": "2", "email": "mallory@notexample.org"}),
        (SECRET, {"sub": "2", "email": "ada@example.org", "email_verified": False}),
        (SECRET, {"sub": "2"}),
        (SECRET, {**ada, "is_logged_in": False}),
    ):
        cookie = signed(dashboard, secret, **account)
        assert dashboard.request("/_stcore/metrics", **cookie)[0] == 403
        assert "Prompt, fine-tune, or train?" not in drawn(dashboard, **cookie)


def test_each_visitor_has_a_workspace_and_sees_no_other(dashboard: Served) -> None:
    ada = signed(dashboard, sub="1", email="ada@example.org")
    eve = signed(dashboard, sub="1", email="eve@else.org", iss="https://other.example.org")
    owner = dashboard.log.parent / "home" / "advisor"
    drawn(dashboard, page="runs", **ada)
    drawn(dashboard, page="runs", **eve)
    folders = sorted((owner / "users").iterdir())
    assert len(folders) >= 2
    assert not (owner / "runs.sqlite").exists()


@pytest.fixture
def as_user(workspace: Path) -> Iterator[Callable[[str], Path]]:
    """A function that makes the folder of a user; the workspace is shared while the test runs."""

    def folder(name: str) -> Path:
        return workspace / visitors.USERS / name

    share(visitors.own_folder)
    yield folder
    share(None)


def test_whoever_is_nobody_gets_no_workspace(as_user: Callable[[str], Path]) -> None:
    with pytest.raises(StorageError, match="Nobody is signed in"):
        Workspace.here()


def test_a_job_works_where_its_visitor_works_and_others_do_not_find_it(
    as_user: Callable[[str], Path], own_processes: None
) -> None:
    with visitors.acting_in(as_user("ada")):
        job = jobs.start(jobs.key_of("read"), "Reading", partial(work.read, work.Reading("sample:digits", "", {})))
        for _ in range(600):
            if job.finished:
                break
            time.sleep(0.1)
        assert job.error is None
        assert jobs.find(job.key) is job
        assert Path(open_dataset(job.result).folder).is_relative_to(as_user("ada").resolve())
    with visitors.acting_in(as_user("eve")):
        assert jobs.find(job.key) is None
        assert not list(Workspace.here().folder.rglob("dataset.json"))
        reach.limit(lambda: (str(Workspace.here().uploads),))
        assert not reach.may_open(as_user("ada") / "samples")
        reach.limit(None)
