"""Tables as Parquet, sealed like every file that is written whole (`advisor.core.seals`)."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd

from advisor.core import seals, storage
from advisor.core.errors import StorageError


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as Parquet, atomically and without its index. Raises StorageError naming the disk."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = pa.Table.from_pandas(table, preserve_index=False)
    content = content.replace_schema_metadata({**(content.schema.metadata or {}), seals.NAME: seals.BLANK})
    sink = io.BytesIO()
    pq.write_table(content, sink)
    storage.write_bytes(path, seals.sealed(sink.getvalue()))


def read_table(path: Path) -> pd.DataFrame:
    """Read a table back. Raises StorageError naming the file when it is missing or damaged."""
    content = storage.read_bytes(path)
    try:
        return pd.read_parquet(io.BytesIO(content))
    except Exception as error:  # a reader fed with bad bytes raises almost anything
        raise StorageError(f"{path} is damaged and cannot be read as a table. {storage.AGAIN}") from error
