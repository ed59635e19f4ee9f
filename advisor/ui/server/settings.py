"""What the server was told at its start: who may reach it, how they show it, and which folders it reads."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from streamlit import auth_util, config
from streamlit.web.server import server_util

from advisor.core import reach, sharing
from advisor.core.errors import RunError


@dataclass(frozen=True)
class Settings:
    """The server's settings. ``login``: people sign in with an account, and each has a workspace of their own;
    otherwise whoever knows the ``token`` acts as the owner. ``roots``: the folders whose files may be read. ``allow``:
    who may sign in, as it was given.
    """

    host: str | None
    port: int
    token: str = field(repr=False)
    login: bool
    without_login: bool
    roots: tuple[str, ...]
    allow: str = ""

    @classmethod
    def here(cls) -> Settings:
        """The settings of this process: the environment, Streamlit's options and its secrets."""
        login = bool(auth_util.get_secrets_auth_section())
        return cls(
            host=config.get_option("server.address"),
            port=int(config.get_option("server.port")),
            token=os.environ.get(sharing.TOKEN) or secrets.token_urlsafe(24),
            login=login,
            without_login=sharing.is_on(sharing.WITHOUT_LOGIN),
            roots=_roots(login),
            allow=os.environ.get(sharing.ALLOW, "").strip(),
        )

    @property
    def address(self) -> str:
        """The address to open; it holds the token, unless people sign in."""
        host = config.get_option("browser.serverAddress") if config.is_manually_set("browser.serverAddress") else None
        url = server_util.get_url(host or server_util.get_display_address(self.host or "::"))
        return url if self.login else f"{url}/?token={self.token}"

    @property
    def cookie(self) -> str:
        """The name of the cookie; browsers share cookies between the ports of a host."""
        return f"transfer-advisor-{self.port}"

    @property
    def shared(self) -> bool:
        """Whether other machines may be answered."""
        return self.login or self.without_login

    def check(self) -> None:
        """Raise RunError where the dashboard may not be served like this."""
        if not re.fullmatch(r"[A-Za-z0-9._~-]+", self.token) or len(self.token) < sharing.SHORTEST_TOKEN:
            raise RunError(
                f"The token of the dashboard needs {sharing.SHORTEST_TOKEN} or more letters, digits, dots, dashes or "
                f"underscores. Set {sharing.TOKEN} to a longer one, or leave it out: each start then draws one."
            )
        if not sharing.is_loopback(self.host) and not self.shared:
            raise RunError(
                f"The dashboard would listen on {self.host or 'every interface'}, where other machines reach it. Set "
                f"up a login (docs/sharing.md), or let everybody who has the address act as you: --without-login, or "
                f"{sharing.WITHOUT_LOGIN}=1."
            )
        self._check_visitors()
        if missing := [folder for folder in _named() if not os.path.isdir(folder)]:  # noqa: PTH112
            raise RunError(
                f"There is no folder {missing[0]} to read from. Correct --root, or {sharing.ROOTS} in the environment."
            )

    def _check_visitors(self) -> None:
        if self.allow and not self.login:
            raise RunError(f"--allow, or {sharing.ALLOW}, needs a login, as nobody signs in here: docs/sharing.md")
        if self.allow and not sharing.admitted(self.allow):
            raise RunError(f"--allow, or {sharing.ALLOW}, names nobody. Give it an e-mail address or a domain.")
        if self.login and not auth_util.is_authlib_installed():
            raise RunError(
                "A login is set up in .streamlit/secrets.toml, but Authlib is not installed. Install it: "
                "pip install 'transfer-advisor[login]'"
            )
        if self.login and len(auth_util.get_signing_secret()) < sharing.SHORTEST_TOKEN:
            raise RunError(
                f"The cookie_secret in the section [auth] of .streamlit/secrets.toml needs {sharing.SHORTEST_TOKEN} or "
                f"more letters. Make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
            )


def _roots(login: bool) -> tuple[str, ...]:
    """The folders that were named; without any, the owner's home and where the server was started, or with a login
    none. The root of the whole disk counts only when it was named."""
    if (named := _named()) or login:
        return named
    return tuple(root for root in reach.resolved([Path.home(), Path.cwd()]) if root != os.path.dirname(root))  # noqa: PTH120


def _named() -> tuple[str, ...]:
    """The folders that were named, whether they exist or not."""
    return reach.resolved(folder for folder in os.environ.get(sharing.ROOTS, "").split(os.pathsep) if folder.strip())


_used: Settings | None = None


def use(settings: Settings | None) -> None:
    """Make these the settings of this process."""
    global _used
    _used = settings


def login_is_on() -> bool:
    """Whether people sign in here; False outside a server, as in a test of a page."""
    return _used is not None and _used.login


def reads_paths() -> bool:
    """Whether any folder of this machine may be read here; True outside a server."""
    return _used is None or bool(_used.roots)


def machine() -> str:
    """The machine that serves the pages, in the words of somebody who reads them."""
    apart = _used is not None and (_used.login or not sharing.is_loopback(_used.host))
    return "the server" if apart else "this machine"
