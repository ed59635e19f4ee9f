"""What a server reads from its surroundings: folders, the endpoint, models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from advisor.core import reach, sharing
from advisor.core.errors import EndpointError, RunError
from advisor.llm import models
from advisor.llm.endpoint import EndpointSettings
from advisor.ui.server.settings import Settings, machine, use

APP = Path(__file__).parents[2] / "app.py"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The settings of a server of somebody whose home is empty."""
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "here")
    for name in (sharing.TOKEN, sharing.ROOTS, sharing.WITHOUT_LOGIN, sharing.ALLOW):
        monkeypatch.delenv(name, raising=False)
    yield Settings.here()
    use(None)
    reach.limit(None)


def test_home_and_the_current_folder_are_read_unless_others_are_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.roots == reach.resolved([tmp_path / "home", tmp_path / "here"])
    monkeypatch.setenv(sharing.ROOTS, f"{tmp_path}/a:~/b:")
    assert Settings.here().roots == reach.resolved([tmp_path / "a", tmp_path / "home" / "b"])
    monkeypatch.delenv(sharing.ROOTS)
    monkeypatch.chdir("/")
    assert Settings.here().roots == reach.resolved([tmp_path / "home"])


def test_a_folder_to_read_from_has_to_exist(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "table.csv").touch()
    for wrong in ("none", "table.csv"):
        monkeypatch.setenv(sharing.ROOTS, f"{tmp_path}/home:{tmp_path}/{wrong}")
        with pytest.raises(RunError, match=f"There is no folder {tmp_path}/{wrong} to read from"):
            replace(Settings.here(), host="127.0.0.1").check()
    monkeypatch.setenv(sharing.ROOTS, f"{tmp_path}/home:~/../here")
    replace(Settings.here(), host="127.0.0.1").check()


@pytest.mark.parametrize("allow", ["ada@example.org", "example.org,lab.org", ","])
def test_saying_who_is_admitted_needs_a_login(settings: Settings, allow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sharing.ALLOW, allow)
    for host, without_login in (("127.0.0.1", False), ("0.0.0.0", True)):
        with pytest.raises(RunError, match=r"--allow, or ADVISOR_ALLOW, needs a login, .* docs/sharing.md"):
            replace(Settings.here(), host=host, without_login=without_login).check()


def test_a_list_of_those_admitted_that_names_nobody_is_refused(settings: Settings) -> None:
    with pytest.raises(RunError, match="names nobody"):
        replace(settings, host="127.0.0.1", login=True, allow=" , @").check()


def test_tokens_differ_and_stay_out_of_what_is_printed_of_the_settings(settings: Settings) -> None:
    assert Settings.here().token != settings.token
    assert settings.token not in repr(settings)


@pytest.mark.parametrize(
    "token", ["", "short", "x" * 15, "with a space in it", "a&b=c&d=e&f=g&h=i", "<" * 20, "é" * 20]
)
def test_a_token_that_is_short_or_no_part_of_an_address_is_refused(settings: Settings, token: str) -> None:
    with pytest.raises(RunError, match="16 or more"):
        replace(settings, host="127.0.0.1", token=token).check()


@pytest.mark.parametrize("host", [None, "", "0.0.0.0", "::", "10.0.0.1", "192.168.1.5", "example.org", "[::]"])
def test_an_address_beyond_this_machine_needs_a_login_or_the_flag(settings: Settings, host: str | None) -> None:
    with pytest.raises(RunError, match="--without-login"):
        replace(settings, host=host).check()
    replace(settings, host=host, without_login=True).check()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_this_machines_own_addresses_need_none(settings: Settings, host: str) -> None:
    replace(settings, host=host).check()


def test_the_owners_endpoint_is_not_asked_where_it_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_LLM_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("ADVISOR_LLM_MODEL", "m")
    assert EndpointSettings.configured().model == "m"
    monkeypatch.setenv(sharing.NO_ENDPOINT, "1")
    with pytest.raises(EndpointError, match="its owner's alone"):
        EndpointSettings.configured()
    with pytest.raises(EndpointError):
        models.chat_model(models.ENDPOINT)


def test_without_folders_the_page_offers_no_path(settings: Settings, workspace: Path) -> None:
    def labels() -> list[str]:
        app = AppTest.from_file(str(APP), default_timeout=60).run()
        assert not app.exception
        return [field.label for field in app.text_input]

    assert "Or a path on this machine" in labels()
    use(replace(settings, host="127.0.0.1", roots=()))
    assert "Or a path on this machine" not in labels()


@pytest.mark.parametrize(
    ("host", "login", "where"),
    [("127.0.0.1", False, "this machine"), ("127.0.0.1", True, "the server"), ("0.0.0.0", False, "the server")],
)
def test_what_others_reach_is_called_the_server(
    settings: Settings, workspace: Path, host: str, login: bool, where: str
) -> None:
    use(replace(settings, host=host, login=login))
    assert machine() == where
    use(replace(settings, host=host))  # a page draws without an account where there is no login
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    on = "this machine" if host == "127.0.0.1" else "the server"
    assert any(f"Your files stay on {on}." in str(element.value) for element in (*app.markdown, *app.html, *app.text))
    assert f"Or a path on {on}" in [field.label for field in app.text_input]


@pytest.mark.parametrize("name", ["/etc", "~root/model", "../../etc", "//server/share", "/proc/self/cwd"])
def test_a_folder_typed_in_as_a_model_is_read_below_the_roots_only(
    settings: Settings, workspace: Path, name: str
) -> None:
    def page(name: str) -> None:
        import streamlit as st

        from advisor.ui import language

        language.may_name(name)
        st.text("It may be used.")

    reach.limit(lambda: settings.roots)
    shown = [text.value for text in AppTest.from_function(page, args=(name,), default_timeout=60).run().text]
    assert "It may be used." not in shown
    assert any("outside the folders" in text for text in shown)
    shown = [text.value for text in AppTest.from_function(page, args=("organisation/model",)).run().text]
    assert shown == ["It may be used."]
