"""What one request may ask of the server, in bytes, items and seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The bounds of a server. An image's pixels are bounded by `advisor.data.decode_limits` besides.

    ``batch_items``: items that go through the model at once; a larger request goes alone. ``wait_seconds``: how long a
    batch waits for the others of a crowd; a request that comes alone never waits. ``queue_items``: items that may wait.
    """

    body_bytes: int = 32_000_000
    file_bytes: int = 20_000_000
    text_characters: int = 100_000
    items: int = 256
    batch_items: int = 64
    wait_seconds: float = 0.003
    queue_items: int = 2_048
    queue_seconds: float = 20.0
    body_seconds: float = 60.0
    shutdown_seconds: int = 60


class Refused(Exception):
    """A request that is not answered: the status of HTTP, a sentence, and after how many seconds to try again."""

    def __init__(self, status: int, sentence: str, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.retry_after = status, sentence, retry_after
