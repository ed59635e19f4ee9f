"""What the server counts, in the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE

__all__ = ["CONTENT_TYPE", "Metrics"]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_ITEMS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The counters of one server. ``n_waiting``: how many items wait for the model now."""

    def __init__(self, run: str, title: str, n_waiting: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        about = Gauge("advisor_model_info", "The model that is served.", ["run", "title"], registry=self._registry)
        about.labels(run, title).set(1)
        self._requests = Counter(
            "advisor_requests", "Requests to predict, by the status they were answered with.", ["status"],
            registry=self._registry,
        )  # fmt: skip
        self._items = Counter(
            "advisor_items", "Items by what came of them: answered, not_sure or problem.", ["outcome"],
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "advisor_request_seconds", "From a request's arrival to its answer.", buckets=_SECONDS,
            registry=self._registry,
        )  # fmt: skip
        self._batches = Histogram(
            "advisor_batch_items", "Items that went through the model together.", buckets=_ITEMS,
            registry=self._registry,
        )  # fmt: skip
        waiting = Gauge("advisor_waiting_items", "Items that wait for the model.", registry=self._registry)
        waiting.set_function(n_waiting)

    def request(self, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(str(status)).inc()
        self._seconds.observe(seconds)

    def batch(self, n_items: int) -> None:
        """So many items went through the model."""
        self._batches.observe(n_items)

    def items(self, outcome: str, n: int) -> None:
        """So many items came to this."""
        if n:
            self._items.labels(outcome).inc(n)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)
