"""How an item is shown, by its modality: a protocol, and one lookup; images and texts lie side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from advisor.core.kinds import ModalityName, kind_row
from advisor.core.records import Dataset
from advisor.ui.items import images, texts


class ItemView(Protocol):
    """What the pages ask of a modality.

    ``N_SHOWN``: items that fit a gallery. ``HAS_PREDICT``: whether what is entered is sent by a button.
    """

    N_SHOWN: int
    HAS_PREDICT: bool

    def grid(self, dataset: Dataset, rows: Sequence[int], captions: Sequence[str], key: str) -> None:
        """Items, each with one plain line under it."""
        ...

    def enter(self, run: str, dataset: Dataset | None) -> list[Any]:
        """Fields for items of the user's own: the items as a model takes them, none while the fields are empty.

        dataset: what the model was trained on, None where it is gone.
        """
        ...

    def draw(self, item: Any) -> None:
        """Show one of the items that were entered, where the field itself does not."""
        ...

    def show(self, dataset: Dataset, row: int) -> Any:
        """Show one item of a dataset, and return it as a model takes it."""
        ...


VIEWS: dict[ModalityName, ItemView] = {"image": images, "text": texts}


def view_of(kind: str) -> ItemView:
    """How items of a kind of dataset are shown."""
    return VIEWS[kind_row(kind).modality]
