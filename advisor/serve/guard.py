"""What stands before every request: the key, the host it was sent to, where it came from, and its size.

Context: a server on this machine's own address is reachable by every page that a browser here opens: by a request
without reading the answer, or by a name that resolves to 127.0.0.1 (DNS rebinding). So a loopback server answers to its
own names only, and to no page of another origin.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from advisor.core.sharing import is_loopback
from advisor.serve.limits import Limits, Refused

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: What is answered without the key: whether the server is up, and the page that tells how to ask.
OPEN = ("/health", "/", "/docs", "/openapi.json")


@dataclass(frozen=True)
class Guard:
    """Lets a request through to the app, or refuses it. ``key``: "" for none; ``local``: the server is on loopback."""

    app: App
    limits: Limits
    key: str
    local: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            self._check(scope["path"], headers)
        except Refused as refused:
            await answer(send, refused)
            return
        await self.app(scope, self._bounded(receive), send)

    def _check(self, path: str, headers: dict[str, str]) -> None:
        host = headers.get("host", "")
        if self.local and not is_own_name(host):
            raise Refused(403, f"This server answers to localhost only, and not to {host or 'no name'}.")
        origin = headers.get("origin", "")
        if origin and urlsplit(origin).netloc != host:
            raise Refused(403, "Pages of another site may not ask this server.")
        if self.key and path not in OPEN and not same_key(key_in(headers), self.key):
            raise Refused(401, "The API key is missing or wrong. Send it as: Authorization: Bearer KEY")
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self.limits.body_bytes:
            raise self._too_large()

    def _bounded(self, receive: Receive) -> Receive:
        """Receives no more than the limit, and no longer; raises Refused in the app past it."""
        n_bytes = 0
        loop = asyncio.get_running_loop()
        deadline, whole = loop.time() + self.limits.body_seconds, False

        async def bounded() -> Message:
            nonlocal n_bytes, whole
            if whole:  # what is awaited now is that the client leaves
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise Refused(408, f"The request did not arrive in {self.limits.body_seconds:g} seconds.") from None
            n_bytes += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if n_bytes > self.limits.body_bytes:
                raise self._too_large()
            return message

        return bounded

    def _too_large(self) -> Refused:
        return Refused(413, f"The request is larger than {self.limits.body_bytes / 1e6:g} MB. Send fewer items.")


def key_in(headers: dict[str, str]) -> str:
    """The key that a request shows.

    >>> key_in({"authorization": "Bearer abc"}), key_in({"x-api-key": "abc"}), key_in({})
    ('abc', 'abc', '')
    """
    kind, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" else headers.get("x-api-key", "")


def same_key(shown: str, key: str) -> bool:
    """Whether two keys are the same, in a time that does not tell where they differ."""
    return secrets.compare_digest(shown.encode(), key.encode())


@lru_cache(maxsize=64)
def is_own_name(host: str) -> bool:
    """Whether a Host header names this machine's own address.

    >>> is_own_name("localhost:8000"), is_own_name("127.0.0.1"), is_own_name("[::1]:80"), is_own_name("evil.example:80")
    (True, True, True, False)
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return is_loopback(name)


async def answer(send: Send, refused: Refused) -> None:
    """Answer a request that is refused."""
    body = json.dumps({"error": refused.sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if refused.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if refused.retry_after is not None:
        headers.append((b"retry-after", str(refused.retry_after).encode()))
    if refused.status == 413:
        headers.append((b"connection", b"close"))  # the rest of the body is not read
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
