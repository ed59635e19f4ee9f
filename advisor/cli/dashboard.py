"""Starting the dashboard: Streamlit on this machine's own address only, with nothing sent anywhere."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from advisor.core.errors import RunError

ADDRESS = "127.0.0.1"
ENTRY = Path(__file__).parents[1] / "ui" / "entry" / "app.py"  # its .streamlit/config.toml holds the theme

# Streamlit's own defaults bind every interface and accept any Host header, which lets a foreign page reach the
# dashboard by DNS rebinding (docs/design.md, traps). Flags win over any config.toml the user has.
SAFE: dict[str, str | list[str]] = {
    "server.address": ADDRESS,
    "server.allowedHosts": [ADDRESS, "localhost"],
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


def command(port: int, browser: bool) -> list[str]:
    """The command line that serves the dashboard."""
    options = {**SAFE, "server.port": str(port), "server.headless": "false" if browser else "true"}
    flags = []
    for name, value in options.items():
        flags += [f"--{name}={entry}" for entry in ([value] if isinstance(value, str) else value)]
    return [sys.executable, "-P", "-m", "streamlit", "run", str(ENTRY), *flags]


def serve(port: int, browser: bool) -> int:
    """Serve until Ctrl-C; returns the exit status where it returns. Raises RunError when the port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise RunError(
                f"Port {port} on {ADDRESS} cannot be used ({error.strerror}). If the dashboard is open already, it is "
                f"at http://{ADDRESS}:{port}; otherwise try: advisor app --port {port + 1 if port < 65535 else 8502}"
            ) from error
    print(f"The dashboard is at http://{ADDRESS}:{port}. Ctrl-C ends it; runs go on.", file=sys.stderr)
    line = command(port, browser)
    if os.name == "posix":  # become Streamlit, so that every signal reaches it
        os.execv(line[0], line)
    return subprocess.call(line)
