"""Items in many Parquet files: each file is a shard, read when it is its turn, so that memory does not grow with them.

A shard holds a column of images (their encoded bytes, or Hugging Face's struct of bytes and path) or of texts, and a
column of labels, names or integers. Nothing is copied; ten thousand items a file are a good size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from advisor.core.errors import DatasetError

IMAGE_COLUMNS, TEXT_COLUMNS, LABEL_COLUMNS = ("image", "img", "png", "jpg"), ("text", "sentence", "content"), ("label",)


@dataclass(frozen=True)
class Shards:
    """The files of a dataset in the order of their names, and which columns to read."""

    folder: Path
    files: tuple[str, ...]
    kind: Literal["image", "text"]
    item_column: str
    label_column: str

    @classmethod
    def of(cls, folder: Path) -> Shards:
        """Find files and columns from the first file. Raises DatasetError naming what is missing."""
        import pyarrow.parquet as pq

        folder = Path(folder).resolve()
        files = tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.parquet")))
        if not files:
            raise DatasetError(f"{folder} holds no Parquet files. Write the items as Parquet, some thousand a file.")
        names = pq.read_schema(folder / files[0]).names
        image, text, label = (_first(names, wanted) for wanted in (IMAGE_COLUMNS, TEXT_COLUMNS, LABEL_COLUMNS))
        if label is None or (image is None and text is None):
            raise DatasetError(
                f"{folder / files[0]} has the columns {', '.join(names)}. Name one of them label, and one "
                "image or text."
            )
        return cls(folder, files, "text" if image is None else "image", image or str(text), label)

    def __len__(self) -> int:
        return len(self.files)

    def labels(self, shard: int) -> list[str]:
        """The labels of a shard as names. Raises DatasetError for an unreadable file."""
        return [str(label) for label in self._read(shard, [self.label_column])[self.label_column].to_pylist()]

    def items(self, shard: int) -> list[Any]:
        """The items of a shard: encoded images as bytes, or texts. Raises DatasetError for an unreadable file."""
        column = self._read(shard, [self.item_column])[self.item_column].to_pylist()
        return [item["bytes"] if isinstance(item, dict) else item for item in column]

    @cached_property
    def rows(self) -> list[int]:
        """The number of rows of each shard, from the files' footers; 0 for an unreadable one."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        def count(file: str) -> int:
            try:
                return int(pq.read_metadata(self.folder / file).num_rows)
            except (OSError, pa.ArrowException):
                return 0

        return [count(file) for file in self.files]

    def facts(self, shard: int) -> list[Any]:
        """What tells a shard's content apart from a later one: its name, size and time of change."""
        status = (self.folder / self.files[shard]).stat()
        return [self.files[shard], status.st_size, status.st_mtime_ns]

    def sample(self, n: int, out: Path, seed: int = 0) -> Path:
        """Some rows from shards all over the dataset, as one Parquet file that the usual line reads; its path.

        At most 100 shards are opened. Raises DatasetError where none can be read.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        rng = np.random.default_rng(seed)
        chosen = rng.permutation(len(self))[:100]
        tables = []
        for shard in chosen:
            try:
                table = self._read(int(shard), [self.item_column, self.label_column])
            except DatasetError:
                continue
            tables.append(table.take(rng.permutation(len(table))[: -(-n // len(chosen))]))
        if not tables:
            raise DatasetError(f"None of the {len(chosen)} shards tried in {self.folder} can be read.")
        out.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.concat_tables(tables), out)
        return out

    def _read(self, shard: int, columns: list[str]) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.folder / self.files[shard]
        try:
            return pq.read_table(path, columns=columns)
        except (OSError, KeyError, pa.ArrowException) as error:
            cause = str(error).splitlines()[0][:200]
            raise DatasetError(f"{path} cannot be read ({cause}). Write it again, or take it out.") from error


def _first(names: list[str], wanted: tuple[str, ...]) -> str | None:
    return next((name for name in names if name.lower() in wanted), None)
