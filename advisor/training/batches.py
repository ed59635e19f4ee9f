"""The batches of a fit by number, each cut into the shares of the processes and their micro-batches.

Context: the gradient of a batch must not depend on how it is cut up. So a batch's order and augmentation are functions
of (seed, number of the batch) alone, drawn for the whole batch wherever only some of its items are prepared.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.training.problem import Problem
from advisor.training.settings import Settings
from advisor.training.sources import ahead


@dataclass(frozen=True)
class Batch:
    """A global batch: its number, its positions in the training part, and this process's share ``start:stop``."""

    index: int
    positions: np.ndarray
    start: int
    stop: int

    @property
    def own(self) -> np.ndarray:
        """The positions of this process's share."""
        share: np.ndarray = self.positions[self.start : self.stop]
        return share


class Batches:
    """An endless sequence of batches; this process's share of the next few is prepared in the background."""

    def __init__(self, problem: Problem, settings: Settings, rank: int = 0, world: int = 1) -> None:
        self.problem, self.settings, self.rank, self.world = problem, settings, rank, world
        self.per_epoch = len(problem.train.order(np.random.default_rng(0), settings.batch_size))
        self._next = -1
        self._coming: Iterator[Batch] = iter(())
        self._stream: Generator[tuple[np.ndarray, Any]] | None = None

    def at(self, index: int) -> tuple[Batch, Any]:
        """Batch number `index` and what the source made of this process's share of it."""
        if self._stream is None or index != self._next:
            self.close()
            self._coming = self._from(index)
            self._stream = ahead(self.problem.train, (batch.own for batch in self._from(index)))
        self._next = index + 1
        return next(self._coming), next(self._stream)[1]

    def close(self) -> None:
        """End the preparation in the background."""
        if self._stream is not None:
            self._stream.close()
        self._stream = None

    def look_up(self, index: int) -> Batch:
        """Batch number `index`, without preparing it."""
        return next(self._from(index))

    def _from(self, index: int) -> Iterator[Batch]:
        epoch, skip = divmod(index, self.per_epoch)
        while True:
            rng = np.random.default_rng([self.settings.seed, 1, epoch])
            for positions in self.problem.train.order(rng, self.settings.batch_size)[skip:]:
                yield Batch(index, positions, *share_of(len(positions), self.rank, self.world))
                index += 1
            epoch, skip = epoch + 1, 0


def share_of(n: int, rank: int, world: int) -> tuple[int, int]:
    """The first of a process's items among `n`, and the one after its last; shares differ by one item at most.

    >>> [share_of(5, rank, 2) for rank in (0, 1)]
    [(0, 3), (3, 5)]
    """
    return -(-n * rank // world), -(-n * (rank + 1) // world)


class PartOfBatch(np.random.Generator):
    """Draws for a whole batch of `n` items and hands out what belongs to the items ``start:stop``.

    Only draws with one row per item are cut; any other draw is the same for every part.
    """

    def __init__(self, seed: list[int], n: int, start: int, stop: int) -> None:
        super().__init__(np.random.PCG64(seed))
        self.n, self.part = n, slice(start, stop)

    def random(self, size: Any = None, *more: Any, **named: Any) -> Any:
        """As `Generator.random`."""
        return self._cut(super().random, (), size, *more, **named)

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        """As `Generator.uniform`."""
        return self._cut(super().uniform, (low, high), size)

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """As `Generator.normal`."""
        return self._cut(super().normal, (loc, scale), size)

    def beta(self, a: Any, b: Any, size: Any = None) -> Any:
        """As `Generator.beta`."""
        return self._cut(super().beta, (a, b), size)

    def integers(self, low: Any, high: Any = None, size: Any = None, *more: Any, **named: Any) -> Any:
        """As `Generator.integers`."""
        return self._cut(super().integers, (low, high), size, *more, **named)

    def _cut(self, draw: Any, parameters: tuple[Any, ...], size: Any, *more: Any, **named: Any) -> Any:
        shape = (size,) if isinstance(size, (int, np.integer)) else tuple(size or ())
        if not shape or shape[0] != self.part.stop - self.part.start:
            return draw(*parameters, size, *more, **named)
        return draw(*parameters, (self.n, *shape[1:]), *more, **named)[self.part]


def rows(raw: Any, part: slice) -> Any:
    """Some items of what a source's `raw` gave: an array, a tensor, a list of items, a dictionary or tuple of such."""
    if isinstance(raw, dict):
        return {key: rows(value, part) for key, value in raw.items()}
    if isinstance(raw, tuple):
        return tuple(rows(value, part) for value in raw)
    return raw[part]
