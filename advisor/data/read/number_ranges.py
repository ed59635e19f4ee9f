"""A number to be predicted, read as a few ranges with as many items each: classes in the place of a regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.wording import counted


class NumbersError(DatasetError):
    """The labels are measured numbers; dividing them into ranges is the way on."""


@dataclass(frozen=True)
class NumberRanges:
    """Ranges of numbers. ``edges``: ascending, between two ranges; the lower one holds its edge."""

    edges: tuple[float, ...]

    @classmethod
    def of(cls, cells: pd.Series, n: int) -> Self:
        """At most n ranges by quantile, fewer where many numbers are equal. Raises DatasetError for fewer than two.

        cells: filled, each a number; a comma may stand for the point.
        """
        numbers = _numbers(cells)
        edges = np.unique(np.quantile(numbers, np.arange(1, n) / n, method="lower"))
        edges = edges[edges < numbers.max()]
        if not len(edges):
            raise DatasetError(f"Nearly all of the {counted(len(numbers), 'label')} are the same number: no ranges.")
        return cls(tuple(float(edge) for edge in edges))

    @property
    def names(self) -> tuple[str, ...]:
        """What the ranges are called, the lowest first.

        >>> NumberRanges((1.5, 20.0)).names
        ('up to 1.5', '1.5 to 20', 'over 20')
        """
        first, last = f"up to {self.edges[0]:g}", f"over {self.edges[-1]:g}"
        between = (f"{low:g} to {high:g}" for low, high in zip(self.edges, self.edges[1:], strict=False))
        return (first, *between, last)

    @property
    def sentence(self) -> str:
        """What was done, and what it costs."""
        return (
            f"The labels are numbers, read as {len(self.names)} ranges with about as many items each. Classes have no "
            f"order: a neighbouring range counts as wrong as the farthest."
        )

    def named(self, cells: pd.Series) -> pd.Series:
        """The range of each cell, "" for an empty one."""
        names = np.array(self.names, dtype=object)
        known = cells != ""
        values = pd.Series("", index=cells.index, dtype=object)
        values[known] = names[np.searchsorted(self.edges, _numbers(cells[known]), side="left")]
        return values


def _numbers(cells: pd.Series) -> np.ndarray:
    return cells.str.replace(",", ".", regex=False).to_numpy(dtype=float)
