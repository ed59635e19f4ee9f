"""Starting the dashboard: Streamlit on this machine's own address unless told otherwise, with nothing sent anywhere."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from advisor.core import sharing
from advisor.core.errors import RunError
from advisor.core.sharing import is_loopback

ADDRESS = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::")
ENTRY = Path(__file__).parents[1] / "ui" / "entry" / "app.py"  # its .streamlit/config.toml holds the theme

# Streamlit's own defaults bind every interface and accept any Host header, which lets a foreign page reach the
# dashboard by DNS rebinding (docs/design.md, traps). Flags win over any config.toml the user has.
SAFE: dict[str, str | list[str]] = {
    "server.address": ADDRESS,
    "server.allowedHosts": [ADDRESS, "localhost", "::1"],
    "server.enableCORS": "true",
    "server.enableXsrfProtection": "true",
    "server.fileWatcherType": "none",
    "logger.hideWelcomeMessage": "true",  # and with it a pop-up that advertises to developers
    "server.showEmailPrompt": "false",  # on a first start Streamlit would wait in the terminal for an address
    "browser.serverAddress": ADDRESS,
    "browser.gatherUsageStats": "false",
    "runner.postScriptGC": "false",  # see the config.toml beside ENTRY
    "client.showErrorDetails": "none",
    "client.toolbarMode": "viewer",  # keeps the choice of light and dark
}


def command(port: int, browser: bool, host: str = ADDRESS) -> list[str]:
    """The command line that serves the dashboard. Whether it may listen at `host`, the server decides by its login."""
    options = {**SAFE, "server.port": str(port), "server.headless": "false" if browser else "true"}
    if is_loopback(host) and host != "localhost":
        options |= {"server.address": host, "browser.serverAddress": host}
    elif not is_loopback(host):
        name = socket.gethostname() if host in EVERYWHERE else host
        # The gate compares each page's Origin with the Host, so any name of this machine will do.
        options |= {"server.address": host, "server.allowedHosts": "*", "browser.serverAddress": name}
    flags = []
    for name, value in options.items():
        flags += [f"--{name}={entry}" for entry in ([value] if isinstance(value, str) else value)]
    return [sys.executable, "-P", "-m", "streamlit", "run", str(ENTRY), *flags]


def settings(
    token: str | None = None,
    root: Sequence[Path] = (),
    allow: Sequence[str] = (),
    without_login: bool = False,
    share_endpoint: bool = False,
) -> dict[str, str]:
    """The environment of a server with these options; what was not given stays as the environment has it.

    Raises RunError where `allow` names nobody, as from an empty variable of the shell: everybody would be admitted.
    """
    if allow and not sharing.admitted(",".join(allow)):
        raise RunError("--allow names nobody. Give it an e-mail address or a domain.")
    given = {
        sharing.TOKEN: token or "",
        sharing.ROOTS: os.pathsep.join(str(folder.expanduser().absolute()) for folder in root),
        sharing.ALLOW: ",".join(allow),
        sharing.WITHOUT_LOGIN: "1" if without_login else "",
        sharing.SHARE_ENDPOINT: "1" if share_endpoint else "",
    }
    return {name: value for name, value in given.items() if value}


def serve(port: int, browser: bool, host: str = ADDRESS, environment: Mapping[str, str] | None = None) -> int:
    """Serve until Ctrl-C; returns the exit status where it returns. Raises RunError when the port is taken."""
    place = ADDRESS if host == "localhost" else host
    with socket.socket(socket.AF_INET6 if ":" in place else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((place, port))
        except OSError as error:
            raise RunError(
                f"Port {port} on {place} cannot be used ({error.strerror}). If the dashboard is open already, use the "
                f"address that it printed; otherwise try: advisor app --port {port + 1 if port < 65535 else 8502}"
            ) from error
    os.environ.update(environment or {})
    line = command(port, browser, host)
    if os.name == "posix":  # become Streamlit, so that every signal reaches it
        os.execv(line[0], line)
    return subprocess.call(line)
