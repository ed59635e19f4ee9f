"""A number with its interval and provenance; stages pass these instead of bare floats."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Provenance = Literal["measured", "predicted"]
Side = Literal["below", "inside", "above"]


def side(value: float, low: float, high: float) -> Side:
    """On which side of an interval a share lies, all three rounded as people read them, to tenths of a per cent.

    >>> side(1.0, 0.965, 0.9997), side(0.964, 0.965, 0.9997)
    ('inside', 'below')
    """
    tenths, least, most = (round(100 * share, 1) for share in (value, low, high))
    return "below" if tenths < least else "above" if tenths > most else "inside"


class Measured(BaseModel):
    """One number with its interval, its n, the seconds it took and its provenance.

    ``low <= value <= high`` is the interval at ``level`` (0.90: five per cent lie below and five above).
    ``n`` counts the items that the value was computed on; ``seconds`` is the time it took on this machine.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float
    low: float
    high: float
    level: float = Field(default=0.90, gt=0, lt=1)
    n: int = Field(ge=0)
    seconds: float = Field(ge=0)
    provenance: Provenance = "measured"
    unit: str = "share"
    note: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"the interval [{self.low}, {self.high}] does not include its value {self.value}")
        return self
