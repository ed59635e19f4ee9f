"""Who asks: with a login, everybody's datasets, runs and uploads lie in a workspace of their own.

A page's thread knows its visitor by the signed cookie that Streamlit checked when the page was opened; a job's thread
is told for whom it works. A thread that knows neither is refused: it must not fall back to the owner's workspace.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import HTTPConnection
from starlette.types import Scope
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.server_util import AUTH_COOKIE_NAME, get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

from advisor.core import sharing
from advisor.core.errors import StorageError

USERS = "users"
_acting: ContextVar[Path | None] = ContextVar("acting", default=None)


@contextmanager
def acting_in(workspace: Path) -> Iterator[None]:
    """Do in this thread what somebody asked for, in that person's workspace."""
    token = _acting.set(workspace)
    try:
        yield
    finally:
        _acting.reset(token)


def own_folder(whole: Path) -> Path:
    """The caller's folder below the whole workspace. Raises StorageError for a caller who has not signed in."""
    if (acting := _acting.get()) is not None:
        return acting
    person = name_of(st.user.to_dict())
    if person is None:
        raise StorageError("Nobody is signed in here, so there is no workspace. Sign in, then ask again.")
    return whole / USERS / person


def name_of(user: dict[str, Any]) -> str | None:
    """The folder's name for an account: its issuer and its subject, which never change; None without a login, and for
    an account that is not admitted.

    >>> name_of({"is_logged_in": False, "sub": "1"}), len(name_of({"is_logged_in": True, "iss": "a", "sub": "1"}))
    (None, 24)
    """
    subject = user.get("sub") or user.get("oid")
    if not user.get("is_logged_in") or not subject or not is_admitted(user):
        return None
    return hashlib.sha256(f"{user.get('iss', '')}\x1f{subject}".encode()).hexdigest()[:24]


def is_admitted(user: dict[str, Any]) -> bool:
    """Whether the owner lets an account in: by its address, which the provider must not call unverified."""
    allowed = sharing.admitted(os.environ.get(sharing.ALLOW, ""))
    address = str(user.get("email") or "").lower()
    verified = str(user.get("email_verified", True)).lower() == "true"
    return not allowed or (verified and bool({address, address.rpartition("@")[2]} & allowed))


def signed_in(scope: Scope) -> bool:
    """Whether a request carries the cookie that Streamlit signs when somebody has signed in."""
    cookies, secret = HTTPConnection(scope).cookies, get_cookie_secret()

    def cookie(name: str) -> bytes | None:
        value = cookies.get(name)
        return decode_signed_value(secret, name, value.encode("latin-1", "replace")) if value else None

    content = get_cookie_with_chunks(cookie, AUTH_COOKIE_NAME)
    try:
        user = json.loads(content) if content else {}
    except ValueError:
        return False
    return isinstance(user, dict) and name_of(user) is not None
