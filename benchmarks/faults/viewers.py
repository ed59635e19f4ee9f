"""Browsers as the server of the dashboard sees them: WebSockets that open a page and then ask as often as it says.

Two dozen tabs of a real browser would take the processors that are to be measured. What a tab does to the server is
here in full: the handshake with its cookie, the first run of the page, each rerun of a fragment at the interval that
the page set, and reading all that comes back.

    python -m benchmarks.faults.viewers ADDRESS COOKIE PAGE QUERY N SECONDS

prints one JSON document: the sessions opened, those that ended before the time, the reruns, and the longest wait for
the end of one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin, Subprotocol

#: Seconds between the openings of two sessions.
APART = 0.2


@dataclass
class Seen:
    """What all sessions went through."""

    opened: int = 0
    died: int = 0
    reruns: int = 0
    longest_seconds: float = 0.0
    received_bytes: int = 0


@dataclass
class Viewer:
    """One session: its socket, and when it last asked for what."""

    socket: ClientConnection
    seen: Seen
    page: str
    query: str

    async def ask(self, fragment: str = "") -> None:
        """Ask for a run of the page, or of one fragment of it."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = self.page
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = bool(fragment)
        await self.socket.send(message.SerializeToString())

    async def watch(self) -> None:
        """Read what comes, and keep asking for the fragments that the page says to ask for."""
        clocks: dict[str, asyncio.Task[None]] = {}
        started = time.monotonic()
        await self.ask()
        try:
            async for content in self.socket:
                message = ForwardMsg()
                message.ParseFromString(content if isinstance(content, bytes) else content.encode())
                self.seen.received_bytes += len(content)
                kind = message.WhichOneof("type")
                if kind == "auto_rerun" and message.auto_rerun.fragment_id not in clocks:
                    fragment, interval = message.auto_rerun.fragment_id, message.auto_rerun.interval
                    clocks[fragment] = asyncio.create_task(self._every(interval, fragment))
                elif kind == "stop_auto_rerun":
                    for fragment in message.stop_auto_rerun.fragment_ids:
                        if fragment in clocks:
                            clocks.pop(fragment).cancel()
                elif kind == "script_finished":
                    self.seen.reruns += 1
                    self.seen.longest_seconds = max(self.seen.longest_seconds, time.monotonic() - started)
                elif kind == "new_session":
                    started = time.monotonic()
                    if not message.metadata.run.fragment_ids:  # a run of the whole page sets its clocks anew
                        _end(clocks)
        finally:
            _end(clocks)

    async def _every(self, interval: float, fragment: str) -> None:
        with contextlib.suppress(WebSocketException):
            while True:
                await asyncio.sleep(interval)
                await self.ask(fragment)


def _end(clocks: dict[str, asyncio.Task[None]]) -> None:
    for clock in clocks.values():
        clock.cancel()
    clocks.clear()


async def view(address: str, cookie: str, page: str, query: str, n: int, seconds: float) -> Seen:
    """Keep `n` sessions of one page open for so long."""
    seen, until = Seen(), time.monotonic() + seconds
    host = urlsplit(address).netloc

    async def one(number: int) -> None:
        await asyncio.sleep(APART * number)
        async with connect(
            f"ws://{host}/_stcore/stream", additional_headers={"Cookie": cookie}, origin=Origin(f"http://{host}"),
            subprotocols=[Subprotocol("streamlit")], max_size=None, open_timeout=60,
        ) as socket:  # fmt: skip
            seen.opened += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(Viewer(socket, seen, page, query).watch(), max(1.0, until - time.monotonic()))
                seen.died += 1

    for outcome in await asyncio.gather(*map(one, range(n)), return_exceptions=True):
        seen.died += isinstance(outcome, BaseException)
    return seen


if __name__ == "__main__":
    place, pass_, name, asked, count, time_limit = sys.argv[1:]
    print(json.dumps(asdict(asyncio.run(view(place, pass_, name, asked, int(count), float(time_limit))))))
