"""The server of the dashboard: Streamlit's own, behind a gate that every request passes first.

Context: Streamlit checks neither who connects nor, outside the page's own code, who uploads or downloads. Its `st.App`
takes middleware that sees every request before it does, so nothing of a page runs for somebody without the token.
`streamlit run app.py` finds the `st.App` in the file by itself; so it is guarded as `advisor app` is.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import webbrowser
from html import escape
from pathlib import Path

from starlette.middleware import Middleware
from streamlit import config

from advisor.core import reach, sharing
from advisor.core.errors import PeopleError
from advisor.core.workspace import Workspace, share
from advisor.ui.server import visitors
from advisor.ui.server.gate import Gate
from advisor.ui.server.receive import Receive
from advisor.ui.server.settings import Settings, use

#: How long the page that leads a browser to the address stays: a browser may have to start first.
DOOR_SECONDS = 60.0


def middleware() -> list[Middleware]:
    """What stands before Streamlit. Ends the process with one sentence where it may not be served as it is set up."""
    try:
        settings = Settings.here()
        settings.check()
        _limit(settings)
    except PeopleError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
    _announce(settings)
    return [Middleware(Gate, settings=settings), Middleware(Receive)]


def _limit(settings: Settings) -> None:
    """Close to strangers what is the owner's: folders, and with a login the workspaces of others and the endpoint."""
    use(settings)
    reach.limit(lambda: (*settings.roots, *_own_folders()))
    if settings.login:
        share(visitors.own_folder)
        if not sharing.is_on(sharing.SHARE_ENDPOINT):
            os.environ[sharing.NO_ENDPOINT] = "1"


def _own_folders() -> tuple[str, ...]:
    """What the program itself writes for the one who asks and then reads like anybody's data."""
    here = Workspace.here()
    return tuple(os.path.realpath(folder) for folder in (here.uploads, here.unpacked, here.samples))


def _announce(settings: Settings) -> None:
    """Print the address, and open it in a browser unless Streamlit is to stay without one."""
    print(f"The dashboard is at {settings.address}. Ctrl-C ends it; runs go on.", file=sys.stderr, flush=True)
    if not config.get_option("server.headless"):
        threading.Thread(target=_open, args=(settings,), daemon=True).start()


def _open(settings: Settings) -> None:
    """Open the address in a browser; what stands for it on the disk goes once the browser has read it."""
    if settings.login:
        webbrowser.open(settings.address)
        return
    page = _door(settings.address)
    webbrowser.open(page.as_uri())
    time.sleep(DOOR_SECONDS)
    page.unlink(missing_ok=True)


def _door(address: str) -> Path:
    """A page that only its owner can read and that leads to the address: a browser's command line shows to everybody
    on the machine, and would show the token."""
    path = Workspace.whole().folder / "open.html"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(f'<meta charset="utf-8"><meta http-equiv="refresh" content="0;url={escape(address)}">')
    return path
