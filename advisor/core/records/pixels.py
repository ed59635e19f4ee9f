"""What the values of images beyond 8 bits mean: one range for a whole dataset, kept with it and with its models."""

from __future__ import annotations

from advisor.core.records.base import Record


class PixelRange(Record):
    """The values that decode to black and to white, the same for every image of a dataset.

    ``integers``: of 16- and 32-bit images; ``floats``: of floating-point ones; None where the dataset has none such.
    A value outside is clipped.
    """

    integers: tuple[float, float] | None = None
    floats: tuple[float, float] | None = None

    def of(self, mode: str) -> tuple[float, float] | None:
        """The range for an image in a mode of Pillow (I;16, I, F ...), None where it has none."""
        return self.floats if mode.startswith("F") else self.integers if mode.startswith("I") else None

    @property
    def tag(self) -> str:
        """The range in a few characters, as part of a cache's key.

        >>> PixelRange(integers=(0, 4095)).tag
        'i0:4095'
        """
        pairs = (("i", self.integers), ("f", self.floats))
        return ",".join(f"{letter}{pair[0]:.9g}:{pair[1]:.9g}" for letter, pair in pairs if pair)
