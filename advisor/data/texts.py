"""Texts as items: they stand in the items table itself, whether to be classified or as questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from advisor.core.kinds import ModalityName
from advisor.core.records import Dataset, PixelRange, ReadOptions
from advisor.data.inspect.duplicates_text import inspect_texts
from advisor.data.profile.text import text_facts, text_findings
from advisor.data.read.columns import Columns
from advisor.data.read.image_table import Finder
from advisor.data.read.listing import Listing
from advisor.data.read.part_tables import PartTable
from advisor.data.read.tables import Table
from advisor.data.read.text_table import is_blank, joined_texts, list_texts, text_columns
from probes.progress import Progress
from probes.timings import stage

if TYPE_CHECKING:
    from probes.backbones.catalog import Entry
    from probes.backbones.text import TextBackbone


class Texts:
    """The modality of texts; see `advisor.data.modality.Modality`."""

    name: ModalityName = "text"
    size_columns: tuple[str, ...] = ("n_characters", "n_words")
    names_itself = True
    columns = staticmethod(text_columns)
    inspect = staticmethod(inspect_texts)
    facts = staticmethod(text_facts)
    findings = staticmethod(text_findings)

    def list_table(
        self, part: PartTable, columns: Columns, options: ReadOptions, finder: Finder, progress: Progress
    ) -> Listing:
        """The texts of a table."""
        return list_texts(part, columns, options)

    def item_of(self, table: Table, columns: Columns, finder: Finder) -> Callable[[int], str | None]:
        """The joined text of a row."""
        texts = joined_texts(table, columns).tolist() if all(c in table.frame for c in columns.texts) else []
        return lambda row: texts[row] if texts and not is_blank(texts[row]) else None

    def joined(self, listing: Listing) -> None:
        """Nothing to check: a text may stand in several tables."""

    def decode(self, source: str, size: int | None = None) -> str:
        """The text itself."""
        return source

    def reader(self, dataset: Dataset, size: int | None = None) -> Callable[[int], str]:
        """The text of a row."""
        texts = dataset.items["text"].tolist()
        return lambda row: str(texts[row])

    def reader_of(
        self, items: Sequence[str], levels: PixelRange | None, size: int | None = None
    ) -> Callable[[int], str]:
        """The texts as they are."""
        return lambda place: items[place]

    def reader_with_digest(self, dataset: Dataset, size: int | None = None) -> Callable[[int], tuple[str, str]]:
        """The text of a row and its digest: both lie in the table."""
        texts, digests = dataset.items["text"].tolist(), dataset.items["digest"].tolist()
        return lambda row: (str(texts[row]), str(digests[row]))

    def digests(self, items: pd.DataFrame, listed_ns: int) -> list[str]:
        """As listed: the text lies in the table."""
        digests: list[str] = items["digest"].tolist()
        return digests

    def input_size(self, dataset: Dataset, entry: Entry) -> int:
        """The tokens that the encoder usually reads."""
        return entry.usual_input

    def load(self, entry: Entry, size: int, device: str, pretrained: bool = True, seed: int = 0) -> TextBackbone:
        """A text encoder that reads at most `size` tokens."""
        with stage("libraries"):
            from probes.backbones.text import TextBackbone

        return TextBackbone.load(entry, device=device, pretrained=pretrained, max_tokens=size, seed=seed)


TEXTS = Texts()
