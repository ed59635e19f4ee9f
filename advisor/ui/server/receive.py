"""Uploads go to the disk while they arrive, within bounds; Streamlit, which would keep each in memory, gets a receipt.

Context: Streamlit reads an upload into memory, keeps it as long as the session, and the page then wrote a copy: 208 MB
peaked at 810 MB. This middleware writes the file below `uploads/incoming` and passes on a few bytes in its stead, which
only this process can have written; `advisor.ui.uploads` finds the file by them and moves it to its place.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Scope, Send
from starlette.types import Receive as Receiving
from streamlit import config

from advisor.core import sharing
from advisor.core.wording import size
from advisor.core.workspace import Workspace
from advisor.ui.server.visitors import USERS

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

ROUTE = "/_stcore/upload_file/"
GIGABYTE = 10**9
IN_ALL_GB = 20.0
FREE_BYTES = 2 * GIGABYTE
KEPT_SECONDS = 24 * 3600.0
#: Begins every receipt. Drawn at each start, so nobody can upload one.
MARK = b"transfer-advisor receipt " + secrets.token_hex(16).encode() + b" "
FULL = "full "


def folder() -> Path:
    """Where uploads lie until a page has taken them."""
    return Workspace.whole().uploads / "incoming"


def arrived(content: bytes) -> Path | str | None:
    """The file that a receipt stands for, or the sentence why there is none; None for what is no receipt."""
    if not content.startswith(MARK):
        return None
    words = content[len(MARK) :].decode()
    return words.removeprefix(FULL) if words.startswith(FULL) else folder() / words


@dataclass
class Part:
    """The file inside a request's body, written to `path` as it is parsed; beyond `most` bytes it is only counted."""

    path: Path
    most: int
    name: bytes = b""
    kind: bytes = b"application/octet-stream"
    n_bytes: int = 0
    done: bool = False
    header: tuple[bytes, bytes] = (b"", b"")
    headers: dict[bytes, bytes] = field(default_factory=dict)
    wanted: bool = False

    def callbacks(self) -> MultipartCallbacks:
        """What the parser calls."""
        return {
            "on_part_begin": self.headers.clear, "on_header_field": self._name, "on_header_value": self._value,
            "on_header_end": self._header, "on_headers_finished": self._headers, "on_part_data": self._data,
            "on_part_end": self._end,
        }  # fmt: skip

    def _name(self, data: bytes, start: int, end: int) -> None:
        self.header = (self.header[0] + data[start:end], self.header[1])

    def _value(self, data: bytes, start: int, end: int) -> None:
        self.header = (self.header[0], self.header[1] + data[start:end])

    def _header(self) -> None:
        self.headers[self.header[0].lower()] = self.header[1]
        self.header = (b"", b"")

    def _headers(self) -> None:
        options = parse_options_header(self.headers.get(b"content-disposition", b""))[1]
        self.wanted = not self.done and b"filename" in options
        if self.wanted:
            self.name = options[b"filename"]
            self.kind = self.headers.get(b"content-type", self.kind)
            self.stream = self.path.open("xb")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self.wanted:
            self.n_bytes += end - start
            if self.n_bytes <= self.most:
                self.stream.write(memoryview(data)[start:end])

    def _end(self) -> None:
        if self.wanted:
            self.done, self.wanted = True, False
            self.stream.close()

    def close(self) -> None:
        """Close the file, also of a body that broke off."""
        if hasattr(self, "stream"):
            self.stream.close()


class Receive:
    """ASGI middleware that takes the body out of an upload."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        shutil.rmtree(folder(), ignore_errors=True)  # what an earlier server left; its sessions are gone

    async def __call__(self, scope: Scope, receive: Receiving, send: Send) -> None:
        """Pass everything on; of an upload only the receipt."""
        if scope["type"] != "http" or scope["method"] != "PUT" or ROUTE not in scope["path"]:
            return await self.app(scope, receive, send)
        boundary = parse_options_header(Headers(scope=scope).get("content-type", ""))[1].get(b"boundary")
        if not boundary:
            return await self.app(scope, receive, send)  # Streamlit refuses it
        room, why = await to_thread.run_sync(_room)
        part = Part(folder() / secrets.token_hex(16), room)
        try:
            whole = await _written(part, boundary, receive)
        except OSError as error:
            part.close()
            part.most, why, whole = -1, f"The upload could not be kept ({error.strerror or error}).", True
        if not whole:
            part.path.unlink(missing_ok=True)
            return None
        words = part.path.name if part.n_bytes <= part.most else FULL + why
        if words != part.path.name:
            part.path.unlink(missing_ok=True)
        return await self._passed_on(scope, send, part, MARK + words.encode(), boundary)

    async def _passed_on(self, scope: Scope, send: Send, part: Part, content: bytes, boundary: bytes) -> None:
        """Streamlit's own handling, with the receipt as the file; the file goes when Streamlit refuses it."""
        body = b"".join(_body(part, content, boundary))
        kept = [
            (name, value) for name, value in scope["headers"] if name not in (b"content-length", b"transfer-encoding")
        ]
        waiting = [body]

        async def receipt() -> Message:
            return {"type": "http.request", "body": waiting.pop() if waiting else b"", "more_body": False}

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                part.path.unlink(missing_ok=True)
            await send(message)

        await self.app({**scope, "headers": [*kept, (b"content-length", str(len(body)).encode())]}, receipt, watched)


def _body(part: Part, content: bytes, boundary: bytes) -> Iterator[bytes]:
    name = part.name.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    yield b"--" + boundary + b'\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n'
    yield b"Content-Type: " + part.kind + b"\r\n\r\n" + content + b"\r\n--" + boundary + b"--\r\n"


async def _written(part: Part, boundary: bytes, receive: Receiving) -> bool:
    """Parse the body into the part; False when the client left or sent nothing that can be parsed."""
    parser = MultipartParser(boundary, part.callbacks())
    try:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return False
            parser.write(message.get("body", b""))
            if not message.get("more_body", False):
                return part.done
    except FormParserError:
        return False
    finally:
        part.close()


def _room() -> tuple[int, str]:
    """How many bytes an upload may have now, and the sentence for one with more."""
    waiting = folder()
    waiting.mkdir(parents=True, exist_ok=True, mode=0o700)
    _tidy(waiting)
    whole = Workspace.whole()
    taken = sum(map(_bytes_below, (whole.uploads, *(whole.folder / USERS).glob("*/uploads"))))
    in_all = float(os.environ.get(sharing.UPLOADS) or IN_ALL_GB) * GIGABYTE
    one, rest = int(config.get_option("server.maxUploadSize")) * 2**20, int(in_all) - taken
    free = shutil.disk_usage(waiting).free - FREE_BYTES
    most = max(0, min(one, rest, free))
    if most == one:
        return most, f"The file is larger than {size(one)}, the most that one upload may have. Give its path instead."
    if most == max(0, free):
        return most, "The disk has no room for this upload. Free some space, or set ADVISOR_HOME to a larger disk."
    return most, (
        f"Uploads may take {size(int(in_all))} in all, and {size(taken)} are taken, so this one does not fit. Delete "
        f"what is not needed below {whole.uploads}, or set {sharing.UPLOADS} to more gigabytes."
    )


def _tidy(waiting: Path) -> None:
    """Drop uploads that no page took within a day."""
    for path in waiting.iterdir():
        if time.time() - path.stat().st_mtime > KEPT_SECONDS:
            path.unlink(missing_ok=True)


def _bytes_below(top: Path) -> int:
    return sum(path.stat().st_size for path in top.rglob("*") if path.is_file() and not path.is_symlink())
