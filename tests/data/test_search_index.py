from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from advisor.core.records import Dataset
from advisor.data.reading import read
from advisor.data.search_index import index_of
from probes.features import used

ANIMALS = "otter badger heron pike newt owl hare stoat mole wren adder toad vole perch swift lynx moose crane eel bat"
FACTS = ["sleeps under the old bridge", "eats crabs", "weighs three kilograms", "is seen in May only"]


def source(root: Path, changed: str = "") -> Path:
    records = []
    for i, animal in enumerate(ANIMALS.split()):
        text = f"The {animal} {FACTS[i % 4]}. There are {i + 12} of them in the park."
        (root / f"{animal}.md").write_text(text + (" It was counted again." if animal == changed else ""))
        question = f"How many animals of the kind {animal} live in the park?"
        records.append({"question": question, "answers": [str(i + 12)], "document": animal})
    (root / "questions.jsonl").write_text("\n".join(json.dumps(record) for record in records))
    return root


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return read(source(tmp_path))


def test_the_index_is_built_once_and_finds_what_is_asked(
    dataset: Dataset, tmp_path: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = index_of(dataset)
    questions = dataset.items["text"].tolist()
    for how in ("words", "dense", "hybrid"):
        hits = index.search(questions, 1, how)
        right = [hit[0].chunk.document == name for hit, name in zip(hits, dataset.items["document"], strict=True)]
        assert np.mean(right) >= 0.9, how

    from probes.backbones.text import TextBackbone

    with monkeypatch.context() as patch:  # opening loads no weights
        patch.setattr(TextBackbone, "load", lambda *a, **k: pytest.fail("the encoder was loaded"))
        again = index_of(dataset)
        assert again.chunks == index.chunks and isinstance(again.vectors, np.memmap)

    shutil.rmtree(Path(dataset.folder) / "index")  # a new version of the documents pays for its changed chunks only
    before = used(workspace / "features")
    newer = index_of(read(source(tmp_path, changed="owl")))
    assert newer.encoder == index.encoder and len(newer.chunks) == len(index.chunks)
    assert used(workspace / "features") - before < 2 * (4 * newer.vectors.shape[1] + 64)
    same = [i for i, (a, b) in enumerate(zip(newer.chunks, index.chunks, strict=True)) if a == b]
    assert len(same) == len(index.chunks) - 1 and np.allclose(newer.vectors[same], index.vectors[same], atol=1e-6)


def test_a_damaged_index_is_made_anew(dataset: Dataset) -> None:
    vectors = index_of(dataset).vectors
    path = Path(dataset.folder) / "index" / "chunks.json"
    path.write_text(path.read_text()[:-5])
    assert np.array_equal(index_of(dataset).vectors, vectors)
