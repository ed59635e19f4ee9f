"""What an item is, image or text, and all that follows from it: one protocol, and one lookup for whoever asks.

The implementations lie side by side in `advisor.data.images` and `advisor.data.texts`. A stage asks
`modality_of(dataset)` and does not compare kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import pandas as pd
from PIL import Image

from advisor.core.kinds import ModalityName, kind_row
from advisor.core.records import Dataset, Finding, PixelRange
from advisor.data.images import IMAGES
from advisor.data.inspect.inspection import Inspection
from advisor.data.read.columns import Columns
from advisor.data.read.image_table import Finder
from advisor.data.read.listing import Listing
from advisor.data.read.part_tables import PartTable
from advisor.data.read.tables import Table
from advisor.data.texts import TEXTS
from probes.progress import Progress

if TYPE_CHECKING:
    from advisor.core.records import ReadOptions
    from probes.backbones.catalog import Entry
    from probes.backbones.image import ImageBackbone
    from probes.backbones.text import TextBackbone

    Backbone = ImageBackbone | TextBackbone

#: An item as a backbone takes it: a picture (RGB) or a text.
Item = Image.Image | str


class Modality(Protocol):
    """What a modality knows about its items.

    ``size_columns``: what an inspection measures and a profile plots. ``names_itself``: whether its backbones embed
    class names too, so that no second encoder is loaded for them.
    """

    name: ModalityName
    size_columns: tuple[str, ...]
    names_itself: bool

    def columns(self, table: Table, options: ReadOptions, common: frozenset[str] | None = None) -> Columns:
        """The columns of a table of items. Raises DatasetError naming those there are."""
        ...

    def list_table(
        self, part: PartTable, columns: Columns, options: ReadOptions, finder: Finder, progress: Progress
    ) -> Listing:
        """The items that one table lists."""
        ...

    def item_of(self, table: Table, columns: Columns, finder: Finder) -> Callable[[int], str | None]:
        """A function from a row of a table to its item's text or path, None where it has none."""
        ...

    def joined(self, listing: Listing) -> None:
        """Check a listing that was joined from several tables, in place."""
        ...

    def inspect(self, items: pd.DataFrame, progress: Progress) -> Inspection:
        """Look into every item once: whether it can be read, how large it is, and which are copies."""
        ...

    def facts(self, dataset: Dataset, measures: pd.DataFrame) -> dict[str, str]:
        """Title and value for the profile's table. measures: rows that were inspected."""
        ...

    def findings(self, dataset: Dataset, measures: pd.DataFrame) -> list[Finding]:
        """What the items themselves show. measures: rows that were inspected."""
        ...

    def decode(self, source: str, size: int | None = None) -> Item:
        """One item from its cell in the items table, a path or a text; size: as in `reader`. Raises ItemError."""
        ...

    def reader(self, dataset: Dataset, size: int | None = None) -> Callable[[int], Item]:
        """A function from a row number to its item; it raises ItemError for an unreadable one.

        size: what the backbone is fed; a larger item may be decoded smaller, which is faster.
        """
        ...

    def reader_of(
        self, items: Sequence[str], levels: PixelRange | None, size: int | None = None
    ) -> Callable[[int], Item]:
        """As `reader`, of cells (paths or texts) that are no rows. levels: what 16-bit and float values mean."""
        ...

    def reader_with_digest(self, dataset: Dataset, size: int | None = None) -> Callable[[int], tuple[Item, str]]:
        """As `reader`, with the digest of the very content that the item was read from."""
        ...

    def digests(self, items: pd.DataFrame, listed_ns: int) -> list[str]:
        """Digests of what the items hold now; listed_ns: when their own digests held."""
        ...

    def input_size(self, dataset: Dataset, entry: Entry) -> int:
        """Pixels or tokens fed to a backbone."""
        ...

    def load(self, entry: Entry, size: int, device: str, pretrained: bool = True, seed: int = 0) -> Backbone:
        """A backbone, fed with `size` pixels or at most `size` tokens. Raises BackboneError."""
        ...


MODALITIES: dict[ModalityName, Modality] = {"image": IMAGES, "text": TEXTS}


def modality_of(dataset_or_kind: Dataset | str) -> Modality:
    """The modality of a dataset, or of a kind (a backbone's kind too).

    >>> modality_of("qa").name
    'text'
    """
    kind = dataset_or_kind if isinstance(dataset_or_kind, str) else dataset_or_kind.kind
    return MODALITIES[kind_row(kind).modality]
