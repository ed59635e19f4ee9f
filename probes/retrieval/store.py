"""An index on disk: JSON and arrays in one folder, with a manifest of their hashes and without pickle.

    index.json     version, encoder, sizes of chunks, weight of the words, digests of the documents
    chunks.json    document, title, start, end and text of every chunk
    vectors.npy    unit vectors, memory-mapped
    words/         word counts, by bm25s
    manifest.json  SHA-256 of each file; written last

It is written to a temporary folder and renamed, so readers see the old index or the new one.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np

from probes.errors import ProbeError
from probes.retrieval.bm25 import WordIndex
from probes.retrieval.chunks import Chunk
from probes.retrieval.index import Embed, HybridIndex

VERSION = 1
MANIFEST = "manifest.json"
_SETTINGS = ("encoder", "size", "overlap", "weight")


def save(index: HybridIndex, folder: Path) -> None:
    """Write the index, replacing whatever is at `folder`."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(f".{folder.name}-*"):  # by a writer that was killed; only one writes at a time
        shutil.rmtree(left, ignore_errors=True)
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        _write(index, aside)
        old = aside.with_name(aside.name + "-old")
        if folder.exists():
            folder.rename(old)
        aside.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def open_index(folder: Path, embed: Embed) -> HybridIndex:
    """The index at `folder`, its vectors memory-mapped.

    Raises ProbeError when there is none, when a file is damaged, or when another version wrote it.
    """
    try:
        _check(folder)
        facts = _read(folder / "index.json")
        if facts["version"] != VERSION:
            raise ProbeError(
                f"{folder} has version {facts['version']}; this program reads {VERSION}. Delete the folder."
            )
        chunks = [Chunk(*row) for row in _read(folder / "chunks.json")]
        vectors = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
        words = WordIndex.open(folder / "words", len(chunks))
        settings = {name: facts[name] for name in _SETTINGS}
        return HybridIndex(chunks, vectors, words, facts["digests"], embed, **settings)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProbeError(
            f"The index {folder} cannot be read ({error}). Delete the folder to build it again."
        ) from error


def _write(index: HybridIndex, folder: Path) -> None:
    _write_json(folder / "chunks.json", [astuple(chunk) for chunk in index.chunks])
    np.save(folder / "vectors.npy", np.asarray(index.vectors, dtype=np.float32), allow_pickle=False)
    (folder / "words").mkdir()
    index.words.save(folder / "words")
    facts = {"version": VERSION, **{name: getattr(index, name) for name in _SETTINGS}}
    _write_json(folder / "index.json", {**facts, "digests": index.digests})
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    _write_json(folder / MANIFEST, {path.relative_to(folder).as_posix(): _sha256(path) for path in files})


def _check(folder: Path) -> None:
    for name, digest in _read(folder / MANIFEST).items():
        if _sha256(folder / name) != digest:
            raise ValueError(f"{name} is damaged")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=True, separators=(",", ":")), encoding="utf-8")


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
