"""One measured figure beside its bound; `make bench-probes` is a table of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Relation = Literal["at most", "at least", "between", "none"]


@dataclass(frozen=True)
class Figure:
    """A figure: what was measured, its value and unit, and the bound it is held against.

    ``bound`` is one number, or two for "between"; with "none" the figure informs and is held against nothing.
    ``how`` says in a few words on what it was measured (sets, n, repeats).
    """

    instrument: str
    name: str
    value: float
    unit: str
    relation: Relation
    bound: tuple[float, ...]
    how: str

    @property
    def holds(self) -> bool | None:
        """Whether the value keeps its bound; None where there is none."""
        if self.relation == "none":
            return None
        if self.relation == "between":
            return self.bound[0] <= self.value <= self.bound[1]
        return self.value <= self.bound[0] if self.relation == "at most" else self.value >= self.bound[0]

    @property
    def bound_text(self) -> str:
        """The bound in words, such as "at most 1.15"."""
        return {"none": "", "between": "between "}.get(self.relation, f"{self.relation} ") + " and ".join(
            f"{number:g}" for number in self.bound
        )
