"""`python -m benchmarks.crowd PORT CLIENTS`: so many clients of a server, each of which asks again once it is answered.

A process of its own that does nothing but sockets, so that asking costs little beside answering. Each line of its input
is a list of texts; each line of its output says what came of them (`Crowd`).
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

HEAD = b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
END, LENGTH = b"\r\n\r\n", b"content-length: "


@dataclass(frozen=True)
class Crowd:
    """What came of a list of texts.

    ``labels`` and ``waits`` (seconds) by their places; None where no label came. ``cpu_seconds``: of the clients.
    """

    seconds: float
    cpu_seconds: float
    labels: list[str | None]
    waits: list[float]


class Client(asyncio.Protocol):
    """One connection, which takes the next request from a common list."""

    def __init__(self, waiting: Iterator[tuple[int, bytes]], answers: dict[int, tuple[bytes, float]]) -> None:
        self.waiting, self.answers = waiting, answers
        self.buffer, self.place, self.begun = b"", -1, 0.0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        """Send the first request."""
        self.transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Keep an answer once it is whole, and send the next request."""
        self.buffer += data
        end = self.buffer.find(END)
        if end < 0:
            return
        start = self.buffer.find(LENGTH) + len(LENGTH)
        size = end + len(END) + int(self.buffer[start : self.buffer.index(b"\r", start)])
        if len(self.buffer) < size:
            return
        self.answers[self.place] = self.buffer, time.perf_counter() - self.begun
        self.buffer = b""
        self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        """Nothing more comes."""
        if not self.over.done():
            self.over.set_result(None)

    def _ask(self) -> None:
        self.place, request = next(self.waiting, (-1, b""))
        if not request:
            self.transport.close()
            return
        self.begun = time.perf_counter()
        self.transport.write(request)


async def asked(port: int, n_clients: int, texts: list[str]) -> Crowd:
    """Ask all of the texts."""
    bodies = [json.dumps({"inputs": [text]}).encode() for text in texts]
    waiting = iter([(place, HEAD % len(body) + body) for place, body in enumerate(bodies)])
    answers: dict[int, tuple[bytes, float]] = {}
    loop = asyncio.get_running_loop()
    begun, cpu = time.perf_counter(), time.process_time()
    made = [loop.create_connection(lambda: Client(waiting, answers), "127.0.0.1", port) for _ in range(n_clients)]
    clients = [client for _, client in await asyncio.gather(*made)]
    await asyncio.gather(*(client.over for client in clients))
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    found = [label_in(answers[place][0]) if place in answers else None for place in range(len(texts))]
    return Crowd(seconds, cpu, found, [taken for _, taken in answers.values()])


def label_in(answer: bytes) -> str | None:
    """The label in a whole answer; None where the request was refused."""
    if not answer.startswith(b"HTTP/1.1 200"):
        return None
    label: str = json.loads(answer[answer.index(END) :])["predictions"][0]["label"]
    return label


if __name__ == "__main__":
    for line in sys.stdin:
        result = asyncio.run(asked(int(sys.argv[1]), int(sys.argv[2]), json.loads(line)))
        print(json.dumps(asdict(result)), flush=True)
