"""How much of a table is read: a small file can unpack to gigabytes, so memory is counted while reading."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from advisor.core.errors import DatasetError
from advisor.core.wording import size

#: Memory that the cells of one table may take, and bytes of text that are read of it.
MOST_BYTES = 1_500_000_000
MOST_ROWS = 5_000_000
MOST_COLUMNS = 10_000
#: Records whose keys differ make so many cells, nearly all of them empty.
MOST_SPARSE_CELLS, LEAST_FILLED = 20_000_000, 0.005
#: Characters of one line or cell; a whole book has about a million.
MOST_CHARACTERS = 16_000_000
#: What a list's slot, a row number and a row set aside take.
SLOT_BYTES, ROW_BYTES, ASIDE_BYTES = 8, 40, 500
_SAMPLE = "Give a sample of its rows: 100,000 are enough to measure."


@dataclass
class Budget:
    """Counts what a table takes; every method raises DatasetError past its bound.

    ``path``: the file to name; None for a text that is in memory already or read row by row: everything is read.
    """

    path: Path | None
    n_bytes: int = 0

    def take(self, n_bytes: int) -> None:
        """Count memory for cells."""
        self.n_bytes += n_bytes
        if self.path and self.n_bytes > MOST_BYTES:
            raise DatasetError(
                f"{self.path} takes more than {size(MOST_BYTES)} of memory as a table, the most that is read. "
                f"Keep the columns that are needed. {_SAMPLE}"
            )

    def text(self, n_bytes: int) -> None:
        """Check the bytes of text that a file holds so far, unpacked."""
        if self.path and n_bytes > MOST_BYTES:
            raise DatasetError(
                f"{self.path} holds more than {size(MOST_BYTES)} of text, the most that is read of one table. {_SAMPLE}"
            )

    def rows(self, n: int) -> None:
        """Check the number of rows so far."""
        if self.path and n > MOST_ROWS:
            raise DatasetError(
                f"{self.path} has more than {MOST_ROWS:,} rows, the most that are read of one table. {_SAMPLE}"
            )

    def columns(self, n: int) -> None:
        """Check the number of columns so far."""
        if self.path and n > MOST_COLUMNS:
            raise DatasetError(
                f"{self.path} has more than {MOST_COLUMNS:,} columns, the most that are read of one table. "
                f"Keep the column of texts or image paths and the column of labels."
            )

    def filled(self, n_cells: int, n_rows: int, n_columns: int) -> None:
        """Check that records share their keys: how many of the cells of all rows and columns they fill."""
        every = n_rows * n_columns
        if self.path and every > MOST_SPARSE_CELLS and n_cells < LEAST_FILLED * every:
            raise DatasetError(
                f"The {n_rows:,} records of {self.path} have {n_columns:,} different keys and hardly any in common. "
                f"Write each record with the same keys, its text or path and its label."
            )

    def json(self, n_bytes: int) -> None:
        """Check the memory that a JSON file would take at most, read as a whole."""
        if n_bytes > MOST_BYTES:
            raise DatasetError(
                f"{self.path} would take more than {size(MOST_BYTES)} of memory, the most that is read of one JSON "
                f"file. Write one object per line (JSON lines, .jsonl), which is read row by row. {_SAMPLE}"
            )
