"""Parquet and Arrow files as columns of cells, batch by batch: what is promised is checked before it is read.

Hugging Face's names of classes stand in the schema's metadata; labels are then names, and -1 is none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.wording import listed
from advisor.data.read.bounds import Budget
from advisor.data.read.cells import CellColumns, cell
from advisor.data.read.nested_records import paths_to_open

#: Rows of a batch; with lists or structs inside, which may be long.
N_BATCH, N_NESTED = 65_536, 256
#: Rows of a batch where few rows are to be in memory at once.
N_STREAMED = 1024
_PANDAS_INDEX = "__index_level_"


@dataclass
class ArrowCells:
    """The cells of a file and what to say about it; `nested`: the columns that come from fields of structs."""

    frame: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    nested: list[str] = field(default_factory=list)


def parquet_cells(path: Path, budget: Budget) -> ArrowCells:
    """The cells of a Parquet file. Raises DatasetError when it is damaged, too large or holds images."""
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            budget.rows(file.metadata.num_rows)
            budget.columns(file.metadata.num_columns)
            kept, notes = _kept(file.schema_arrow)
            if len(kept) == len(file.schema_arrow):
                _check_promised(file, budget)
            texts = [name for name in kept if _is_text(file.schema_arrow.field(name).type)]
        with pq.ParquetFile(path, pre_buffer=False, read_dictionary=texts) as file:
            batches = file.iter_batches(_batch_rows(file.schema_arrow, kept), columns=kept)
            return _cells(file.schema_arrow, kept, batches, budget, path, notes)
    except broken() as error:
        raise damaged(path, "Parquet", error) from error


def parquet_rows(path: Path) -> tuple[list[str], int, Iterator[tuple[str, ...]]]:
    """The columns, the number of rows, and the cells row by row, of which few are in memory at once.

    Raises DatasetError when the file is damaged or holds images, also while its rows are read.
    """
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, pre_buffer=False)
        kept, _ = _kept(file.schema_arrow)
        _refuse_images(file.schema_arrow, kept, path)
        names, rows = _named_rows(file.schema_arrow, kept, file.iter_batches(N_STREAMED, columns=kept))
        return names, int(file.metadata.num_rows), _read_on(file, rows, path)
    except broken() as error:
        raise damaged(path, "Parquet", error) from error


def _read_on(file: Any, rows: Iterator[tuple[str, ...]], path: Path) -> Iterator[tuple[str, ...]]:
    try:
        with file:
            yield from rows
    except broken() as error:
        raise damaged(path, "Parquet", error) from error


def arrow_cells(path: Path, budget: Budget) -> ArrowCells:
    """The cells of an Arrow file, as a stream or for random access (Feather), such as save_to_disk writes."""
    import pyarrow as pa

    try:
        with pa.memory_map(str(path)) as source:
            is_file = source.read(6) == b"ARROW1"
            source.seek(0)
            reader = pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)
            kept, notes = _kept(reader.schema)
            every = (reader.get_batch(i) for i in range(reader.num_record_batches)) if is_file else reader
            n = _batch_rows(reader.schema, kept)
            pieces = (piece.select(kept) for batch in every for piece in _pieces(batch, n, budget))
            return _cells(reader.schema, kept, pieces, budget, path, notes)
    except broken() as error:
        raise damaged(path, "Arrow", error) from error


def _pieces(batch: Any, n: int, budget: Budget) -> Iterator[Any]:
    """A batch in pieces of n rows. Raises DatasetError where it promises too many, which one without columns may."""
    budget.rows(batch.num_rows)
    return (batch.slice(start, n) for start in range(0, max(batch.num_rows, 1), n))


def broken() -> tuple[type[Exception], ...]:
    """What Arrow raises for damaged bytes: its own errors, and others where it trusts a number in them."""
    import pyarrow as pa

    return (pa.ArrowException, OSError, ValueError, LookupError, ArithmeticError, RuntimeError, TypeError, MemoryError)


def validated(batch: Any) -> Any:
    """The batch, whose offsets all lie inside its bytes: reading beyond them ends the process. Raises ArrowInvalid.

    A text in another encoding than UTF-8 is no damage: only what is inside is not as promised.
    """
    import pyarrow as pa

    texts = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary()}
    for array in batch.columns:
        plain = texts.get(array.type)
        (array.view(plain) if plain is not None else array).validate(full=True)
    return batch


def damaged(path: Path, form: str, error: Exception) -> DatasetError:
    """The error for a file that is not what its name says."""
    first_line = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
    return DatasetError(f"{path} cannot be read as {form} ({first_line}). Write it again.")


def hf_features(schema: Any) -> dict[str, Any]:
    """The columns' features as Hugging Face's datasets describes them in a schema; {} where it has not written it."""
    try:
        features = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return features if isinstance(features, dict) else {}


def image_column(schema: Any) -> str | None:
    """The column that holds encoded images: bytes in a struct, or bytes that Hugging Face calls an image."""
    import pyarrow as pa

    features = hf_features(schema)
    for one in schema:
        kind = one.type
        in_struct = pa.types.is_struct(kind) and "bytes" in {kind.field(i).name for i in range(kind.num_fields)}
        feature, is_bytes = features.get(one.name), pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
        if in_struct or (is_bytes and isinstance(feature, dict) and feature.get("_type") == "Image"):
            return str(one.name)
    return None


def _kept(schema: Any) -> tuple[list[str], list[str]]:
    """(columns to read, notes): without pandas' index, repeated names and vectors."""
    import pyarrow as pa

    names = [name for name in dict.fromkeys(schema.names) if not name.startswith(_PANDAS_INDEX)]
    vectors = []
    for name in names:
        if schema.get_field_index(name) < 0:
            raise DatasetError(f"Several columns are called {name}. Give every column a name of its own.")
        kind = schema.field(name).type
        inner = kind.value_type if _is_list(kind) else None
        if inner is not None and (pa.types.is_floating(inner) or (_is_list(inner) and not _is_text(inner.value_type))):
            vectors.append(name)
    many = "Columns" if len(vectors) > 1 else "Column"
    hold = "hold lists of numbers and are" if len(vectors) > 1 else "holds lists of numbers and is"
    notes = [f"{many} {listed(vectors)} {hold} not read."] if vectors else []
    return [name for name in names if name not in vectors], notes


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind))


def _check_promised(file: Any, budget: Budget) -> None:
    """Check what the row groups promise, before anything is unpacked.

    Their columns' own promises are left alone: asking for those of a damaged file ends the process (pyarrow 26).
    """
    trial = Budget(budget.path)
    for group in range(file.metadata.num_row_groups):
        trial.take(max(0, file.metadata.row_group(group).total_byte_size))


def _batch_rows(schema: Any, kept: list[str]) -> int:
    import pyarrow as pa

    return N_NESTED if any(pa.types.is_nested(schema.field(name).type) for name in kept) else N_BATCH


def _cells(
    schema: Any, kept: list[str], batches: Iterable[Any], budget: Budget, path: Path, notes: list[str]
) -> ArrowCells:
    _refuse_images(schema, kept, path)
    names, rows = _named_rows(schema, kept, batches)
    columns = CellColumns(budget, names)
    for row in rows:
        columns.add(row)
    return ArrowCells(columns.frame(), notes, [name for name in names if name not in kept])


def _named_rows(schema: Any, kept: list[str], batches: Iterable[Any]) -> tuple[list[str], Iterator[tuple[str, ...]]]:
    """The names of the columns, structs opened, and the cells row by row."""
    features = hf_features(schema)
    paths = paths_to_open([{name: _shape(schema.field(name).type) for name in kept}])
    names = [name for column in kept for name, _ in _fields(column, schema.field(column).type, None, paths)]
    readers = [_Cells(f) for column in kept for _, f in _fields(column, schema.field(column).type, features, paths)]

    def rows() -> Iterator[tuple[str, ...]]:
        for batch in map(validated, batches):
            arrays = [array for i, column in enumerate(kept) for array in _opened(batch.column(i), column, paths)]
            yield from zip(*(reader.cells(array) for reader, array in zip(readers, arrays, strict=True)), strict=True)

    return names, rows()


def _refuse_images(schema: Any, kept: list[str], path: Path) -> None:
    if (images := image_column(schema)) in kept:
        raise DatasetError(
            f"{path} keeps its images inside the column {images}, which are read for the kind image only. "
            f"Choose that kind, or leave the column out."
        )


def _shape(kind: Any) -> Any:
    """A value of a type as JSON would have it, to know which structs are opened."""
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return {kind.field(i).name: _shape(kind.field(i).type) for i in range(kind.num_fields)}
    if _is_list(kind):
        return []
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return 0 if is_number else ""


def _fields(name: str, kind: Any, features: Any, paths: frozenset[str]) -> list[tuple[str, Any]]:
    """(name, Hugging Face's feature) of a column, or of each field of a struct that is opened.

    features: those of the record or struct that the column lies in.
    """
    word = name.rpartition(".")[2] if isinstance(features, dict) and name not in features else name
    feature = features.get(word) if isinstance(features, dict) else None
    if name not in paths:
        return [(name, feature)]
    inner = [kind.field(i) for i in range(kind.num_fields)]
    return [pair for one in inner for pair in _fields(f"{name}.{one.name}", one.type, feature, paths)]


def _opened(array: Any, name: str, paths: frozenset[str]) -> list[Any]:
    """The array of a column, or those of the fields of a struct that is opened, empty where the struct is."""
    if name not in paths:
        return [array]
    inner = [array.type.field(i).name for i in range(array.type.num_fields)]
    return [
        one for word, part in zip(inner, array.flatten(), strict=True) for one in _opened(part, f"{name}.{word}", paths)
    ]


class _Cells:
    """Arrow arrays of one column as cells."""

    def __init__(self, feature: Any) -> None:
        self.names = _class_names(feature)

    def cells(self, array: Any) -> Iterator[str]:
        import pyarrow as pa

        if isinstance(array, pa.DictionaryArray):
            return self._of_dictionary(array)
        if pa.types.is_float32(array.type) or pa.types.is_float16(array.type):
            kind = np.float32 if pa.types.is_float32(array.type) else np.float16
            return (cell(None if v is None else float(str(kind(v)))) for v in array.to_pylist())
        return (self._cell(value) for value in _values(array))

    def _of_dictionary(self, array: Any) -> Iterator[str]:
        """Every value that is used becomes a cell once: a long one that comes often takes its memory once."""
        numbers = array.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        used, places = np.unique(numbers, return_inverse=True)
        known = [self._cell(value) for value in _values(array.dictionary.take(used[used >= 0]))]
        cells = [""] * (len(used) - len(known)) + known
        return (cells[place] for place in places)

    def _cell(self, value: Any) -> str:
        if self.names and isinstance(value, int):
            return self.names[value] if 0 <= value < len(self.names) else ""
        if self.names and isinstance(value, list):
            return cell([self._cell(one) for one in value])
        return cell(value)


def _values(array: Any) -> list[Any]:
    """An array as Python values; what Python cannot hold (a year 300,000) as Arrow writes it."""
    import pyarrow as pa

    try:
        values: list[Any] = array.to_pylist()
    except UnicodeDecodeError:
        values = array.cast(pa.binary()).to_pylist()
    except (ValueError, OverflowError):
        values = array.cast(pa.string()).to_pylist()
    return values


def _class_names(feature: Any) -> list[str]:
    """Names of the classes of a ClassLabel, or of a list of them; [] for another feature."""
    for _ in range(3):
        if isinstance(feature, list):
            feature = feature[0] if feature else None
        if not isinstance(feature, dict):
            return []
        if feature.get("_type") == "ClassLabel" and isinstance(feature.get("names"), list):
            return [cell(name) for name in feature["names"]]
        feature = feature.get("feature")
    return []
