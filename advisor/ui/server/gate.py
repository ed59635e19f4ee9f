"""The gate: nothing of the dashboard answers a request without the token, or without a login where there is one.

It sees each request before Streamlit does: pages, the WebSocket, uploads, media and downloads alike. The token comes
once in the address; a cookie keeps it, so that reloads and bookmarked addresses open. Two more checks stand here, as
Streamlit's own are wider. A WebSocket of a foreign page is refused by its Origin alone: Streamlit accepts any port of
this machine, and asks a public service for its own address to compare. And a server that other software has bound to
every interface answers no other machine unless it may.
"""

from __future__ import annotations

import hashlib
import hmac
from html import escape
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from advisor.core import sharing
from advisor.ui.server import visitors
from advisor.ui.server.settings import Settings

#: Tells whether the server runs, and nothing else.
HEALTH = "/_stcore/health"
#: What a browser needs before anybody has signed in: the frame of the page, which then offers the login.
SIGN_IN = ("/_stcore/host-config", "/_stcore/stream", "/static/", "/auth/", "/oauth2callback")
CLOSED = ("/_stcore/", "/media/", "/component/", "/app/static/")

#: A page may load nothing from elsewhere, whatever a dataset's texts say, and no other page may frame it.
POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Transfer Advisor</title>
<meta name="viewport" content="width=device-width"><style>:root{{color-scheme:light dark}}
body{{font:1.1rem/1.5 sans-serif;max-width:36rem;margin:20vh auto;padding:0 1rem}}</style><p>{}</p></html>"""
#: How long a browser keeps the pass; a fresh token at the next start ends it sooner.
KEPT_SECONDS = 30 * 24 * 3600
NO_TOKEN = "This dashboard needs the address that “advisor app” printed."
NO_LOGIN = "Sign in first: open the dashboard's address."
ELSEWHERE = "This dashboard answers only the machine that it runs on."
FOREIGN = "This request comes from another page."


class Gate:
    """ASGI middleware that lets through what may enter."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings
        # What the cookie holds follows from the token but does not tell it: other servers of this host see cookies too.
        self.pass_ = hashlib.sha256(b"cookie\x1f" + settings.token.encode()).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse or pass on one request."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        refusal = self.refusal(scope)
        if refusal is None:
            return await self.app(scope, receive, _with_headers(send))
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
        return await refusal(scope, receive, _with_headers(send))

    def refusal(self, scope: Scope) -> Response | None:
        """What to answer instead of the dashboard; None lets the request pass."""
        headers = Headers(scope=scope)
        if not self.settings.shared and not _from_here(scope):
            return _refused(ELSEWHERE)
        if not _same_origin(scope, headers):
            return _refused(FOREIGN)
        if scope["path"] == self._base() + HEALTH and scope.get("method") in ("GET", "HEAD"):
            return None
        return self._without_login(scope) if self.settings.login else self._without_token(scope, headers)

    def _without_token(self, scope: Scope, headers: Headers) -> Response | None:
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        token = next((value for name, value in query if name == "token"), None)
        if scope["type"] == "http" and scope["method"] == "GET" and token is not None and self._is_page(scope["path"]):
            return self._opened(scope, query) if _same(token, self.settings.token) else _refused(NO_TOKEN)
        if any(_same(value, self.pass_) for value in _cookies(headers, self.settings.cookie)):
            return None
        return _refused(NO_TOKEN)

    def _opened(self, scope: Scope, query: list[tuple[str, str]]) -> Response:
        """The same address without the token, which then lies in a cookie that no script can read."""
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        path = "/" + quote(scope["path"].lstrip("/\\"))
        response = RedirectResponse(path + (f"?{rest}" if rest else ""), status_code=303)
        secure = scope.get("scheme") == "https"
        response.set_cookie(
            self.settings.cookie, self.pass_, httponly=True, samesite="lax", secure=secure, max_age=KEPT_SECONDS
        )
        return response

    def _without_login(self, scope: Scope) -> Response | None:
        path = scope["path"].removeprefix(self._base())
        if self._is_page(scope["path"]) or path.startswith(SIGN_IN) or visitors.signed_in(scope):
            return None
        return _refused(NO_LOGIN)

    def _is_page(self, path: str) -> bool:
        return not path.removeprefix(self._base()).startswith(CLOSED)

    @staticmethod
    def _base() -> str:
        """The path below which the dashboard is served behind another server, such as /advisor."""
        base = str(config.get_option("server.baseUrlPath") or "").strip("/")
        return f"/{base}" if base else ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())


def _cookies(headers: Headers, name: str) -> list[str]:
    """All values of a cookie: a server on another port may have set one of the same name beside ours."""
    values = []
    for part in ";".join(headers.getlist("cookie")).split(";"):
        try:
            values += [morsel.value for key, morsel in SimpleCookie(part.strip()).items() if key == name]
        except CookieError:
            continue
    return values


def _from_here(scope: Scope) -> bool:
    """Whether a request came in over this machine's own address; a socket of the file system has none."""
    server = scope.get("server")
    return server is None or server[1] is None or sharing.is_loopback(server[0])


def _same_origin(scope: Scope, headers: Headers) -> bool:
    """Whether a request is no foreign page's: browsers name the page's origin with a WebSocket and with what changes
    something."""
    origin = headers.get("origin")
    if origin is None or (scope["type"] == "http" and scope["method"] in ("GET", "HEAD", "OPTIONS")):
        return True
    allowed = {entry.strip().rstrip("/") for entry in config.get_option("server.corsAllowedOrigins")}
    return origin.rstrip("/") in allowed or urlsplit(origin).netloc == headers.get("host")


def _refused(sentence: str) -> Response:
    return HTMLResponse(PAGE.format(escape(sentence)), status_code=403, headers={"Cache-Control": "no-store"})


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
