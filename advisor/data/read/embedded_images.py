"""Parquet and Arrow tables that hold their images: written out once, beside a table of their paths, in the workspace.

Hugging Face keeps images so. The copy lies under the digest of the files, as that of an archive does.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from advisor.core import aside, disk, storage
from advisor.core.errors import StorageError
from advisor.core.wording import counted
from advisor.core.workspace import UNPACKED, Workspace
from advisor.data.read.archive_entries import Limits
from advisor.data.read.archives import archive_hash, facts_of, kept, put_in_place
from advisor.data.read.arrow_tables import broken, damaged, image_column, validated
from advisor.data.read.bounds import MOST_ROWS, Budget
from advisor.data.read.names import table_format
from advisor.data.read.source import Source
from advisor.data.read.tree import Tree
from probes.progress import Progress, silent

#: Rows of a batch: images are large.
N_BATCH = 32
_MAGIC = {
    b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"GIF8": ".gif", b"RIFF": ".webp", b"BM": ".bmp", b"II*\0": ".tif",
    b"MM\0*": ".tif",
}  # fmt: skip


def written_out(source: Source, tree: Tree, progress: Progress = silent) -> Source | None:
    """The source with the images of its tables as files; None where no table holds images.

    Raises DatasetError for a damaged table, StorageError when the disk is too full.
    """
    files = [file for file in tree.tables if _holds_images(tree.root / file)]
    if not files:
        return None
    digests = "".join(f"{file}\0{archive_hash(tree.root / file)}\n" for file in files)
    mark = hashlib.blake2b(b"images\n" + digests.encode("utf-8", "replace"), digest_size=16).hexdigest()
    folder = Workspace.here().unpacked / mark
    found = kept(folder)
    if found is None:
        with aside.filled(folder) as new:
            n_images = sum(_write(tree.root, file, new, progress) for file in files)
            where = f"inside the {'table' if len(files) == 1 else 'tables'}"
            note = f"{counted(n_images, 'image')} {where} {'was' if n_images == 1 else 'were'} written to files."
            written = {path.relative_to(new).as_posix(): facts_of(path) for path in new.rglob("*") if path.is_file()}
            content = {"archive": source.origin, "set_aside": [], "notes": [note], "files": written}
            storage.write_json(new / UNPACKED, content)
            put_in_place(new, folder)
        found = kept(folder)
    if found is None:
        raise StorageError(f"{folder} does not hold what was just written. Check that disk and try again.")
    return Source(source.origin, source.name, folder, True, source.set_aside, [*source.notes, *found.notes])


def _holds_images(path: Path) -> bool:
    """Whether a table's schema has a column of images; a damaged one is reported by its reader."""
    if table_format(path.name) not in ("parquet", "arrow") or path.name.endswith(".gz"):
        return False
    try:
        with _opened(path) as (schema, _):
            return image_column(schema) is not None
    except broken():
        return False


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Iterator[Any]]]:
    """(schema, batches of a few rows) of a Parquet or Arrow file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if table_format(path.name) == "parquet":
        with pq.ParquetFile(path, pre_buffer=False) as file:
            Budget(path).rows(file.metadata.num_rows)
            yield file.schema_arrow, file.iter_batches(N_BATCH)
        return
    with pa.memory_map(str(path)) as source:
        is_file = source.read(6) == b"ARROW1"
        source.seek(0)
        reader = pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)
        every = (reader.get_batch(i) for i in range(reader.num_record_batches)) if is_file else reader
        pieces = (batch.slice(at, N_BATCH) for batch in every for at in range(0, max(batch.num_rows, 1), N_BATCH))
        yield reader.schema, pieces


def _write(root: Path, file: str, folder: Path, progress: Progress) -> int:
    """Write one table's images and its other columns below `folder`; how many images there were."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    limits = Limits()
    limits.begin(root / file, shutil.disk_usage(folder).free, folder)
    target = folder / Path(file).with_suffix(".parquet")
    images = target.with_suffix("")
    images.mkdir(parents=True, exist_ok=True)
    n_images = n_rows = 0
    try:
        with _opened(root / file) as (schema, batches):
            at = schema.names.index(image_column(schema))
            narrow = schema.set(at, pa.field(schema.names[at], pa.string()))
            with pq.ParquetWriter(target, narrow) as writer:
                for batch in map(validated, batches):
                    names = [
                        _save(value, images, n_rows + i, folder, limits) for i, value in enumerate(_encoded(batch[at]))
                    ]
                    n_rows += len(names)
                    Budget(root / file).rows(n_rows)
                    n_images += sum(bool(name) for name in names)
                    columns = [pa.array(names, pa.string()) if i == at else one for i, one in enumerate(batch.columns)]
                    writer.write_batch(pa.record_batch(columns, schema=narrow))
                    progress(f"Writing out the images of {file}: {n_images:,}", min(0.9, n_rows / MOST_ROWS))
    except broken() as error:
        if isinstance(error, OSError) and error.errno:
            raise StorageError(disk.sentence(images, error)) from error
        raise damaged(root / file, table_format(file) or "Parquet", error) from error
    return n_images


def _encoded(array: Any) -> list[bytes | None]:
    """The bytes of each image, None where there are none."""
    values = [one.get("bytes") if isinstance(one, dict) else one for one in array.to_pylist()]
    return [one if isinstance(one, bytes) and one else None for one in values]


def _save(content: bytes | None, images: Path, row: int, folder: Path, limits: Limits) -> str | None:
    """Write one image; its path below `folder`, as POSIX."""
    if content is None:
        return None
    ending = next((ending for start, ending in _MAGIC.items() if content.startswith(start)), ".png")
    limits.count(len(content), f"row {row + 1}")
    path = images / f"{row + 1:06d}{ending}"
    path.write_bytes(content)
    return path.relative_to(folder).as_posix()
