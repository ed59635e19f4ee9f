"""Serving until a signal: where it may listen, and a shutdown that answers what is in flight."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from advisor.core.errors import RunError
from advisor.core.sharing import is_loopback
from advisor.serve.limits import Limits

if TYPE_CHECKING:
    from advisor.rungs.saved.loading import Model

#: The environment variable with the key that clients must show.
KEY = "ADVISOR_API_KEY"
SHORTEST_KEY = 16
ADDRESS, PORT = "127.0.0.1", 8000
LIMITS = Limits()
#: Connections at once; uvicorn answers further ones with 503.
MOST_CONNECTIONS = 1000
#: Seconds after which Python's threads take turns, in place of 5 ms: the model's gives up its turn at each operation of
#: torch, and would wait so long for the next one while requests are read.
TURN_SECONDS = 0.0005
_EXTRA = 'Serving needs fastapi, uvicorn and prometheus-client. Install them: pip install "transfer-advisor[serve]"'


def serve(
    load: Callable[[], Model],
    host: str = ADDRESS,
    port: int = PORT,
    without_key: bool = False,
    limits: Limits = LIMITS,
    ready: Callable[[str, str], None] = lambda title, address: None,
) -> None:
    """Serve a model until SIGINT or SIGTERM; requests in flight are answered first.

    load: is called once the address is known to be free. port: 0 takes any. without_key: listen beyond loopback though
    no key is set. ready: gets the model's title and the server's address. Raises RunError where it may not listen.
    """
    key = checked_key(host, without_key)
    try:
        import uvicorn

        from advisor.serve.app import guarded
        from advisor.serve.served import Served
    except ImportError as error:
        raise RunError(f"{_EXTRA} ({error.name} is missing.)") from error
    with listening(host, port) as place:
        served = Served(load())
        served.warm_up()
        app = guarded(served, limits, key, is_loopback(host))
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=limits.shutdown_seconds, lifespan="on", ws="none",
        )  # fmt: skip
        sys.setswitchinterval(TURN_SECONDS)
        ready(served.title, address_of(place))
        with contextlib.suppress(KeyboardInterrupt):  # which uvicorn raises again once all is answered
            uvicorn.Server(config).run(sockets=[place])


def checked_key(host: str, without_key: bool) -> str:
    """The key from the environment, "" for none. Raises RunError where one is needed, or is too easy to guess."""
    key = os.environ.get(KEY, "").strip()
    if key and (len(key) < SHORTEST_KEY or not key.isascii() or not key.isprintable()):
        raise RunError(
            f"{KEY} must have at least {SHORTEST_KEY} printable ASCII characters. "
            f'Make one: python -c "import secrets; print(secrets.token_urlsafe(24))"'
        )
    if not key and not is_loopback(host) and not without_key:
        raise RunError(
            f"Other machines could use this model at {host} without a key. Set {KEY} to one of at least {SHORTEST_KEY} "
            f"characters, or allow everybody: --without-key"
        )
    return key


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens: who asks before the model is loaded waits. Raises RunError where it cannot."""
    place = ADDRESS if host == "localhost" else host
    opened = socket.socket(socket.AF_INET6 if ":" in place else socket.AF_INET)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((place.strip("[]"), port))
        opened.listen(MOST_CONNECTIONS)
    except OSError as error:
        opened.close()
        other = port + 1 if port < 65535 else PORT
        raise RunError(
            f"Port {port} on {host} cannot be used ({(error.strerror or str(error)).lower()}). Try: --port {other}"
        ) from error
    return opened


def address_of(place: socket.socket) -> str:
    """The address of a socket that listens."""
    host, port = place.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
