"""Items to label next, chosen for a real dataset, with what they should bring; written, labelled and added."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import advisor
from advisor.cli.main import app
from advisor.core.errors import DatasetError
from advisor.core.records import Dataset, LearningCurve
from advisor.data.pool import pool_of
from advisor.data.read.samples import materialise
from advisor.evidence.next_labels import expected_gain
from probes.backbones import catalog
from probes.backbones.weights import available


@pytest.fixture(scope="module")
def split_topics(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, pd.Series]:
    """A table of 100 labelled texts, one of 120 without labels, and the labels of those."""
    if not available(catalog.default("text"))[0]:
        pytest.skip("the weights of the text encoder are not installed")
    folder = tmp_path_factory.mktemp("topics")
    (source,) = [path for path in [materialise("topics")] if path.exists()]
    files = [source] if source.is_file() else sorted(source.rglob("*.csv"))
    rows = pd.concat([pd.read_csv(file, dtype=str) for file in files]).drop_duplicates("text")
    rows = rows.sample(220, random_state=0).reset_index(drop=True)
    rows[["text", "label"]].iloc[:100].to_csv(folder / "labelled.csv", index=False)
    rows[["text"]].iloc[100:].to_csv(folder / "more.csv", index=False)
    return folder / "labelled.csv", folder / "more.csv", rows.set_index("text")["label"]


def test_the_whole_way_from_choosing_to_a_version(
    split_topics: tuple[Path, Path, pd.Series], workspace: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source, more, label_of = split_topics
    out = tmp_path / "out"
    app(
        ["next", str(source), str(more), "--n", "20", "--out", str(out), "--budget", "10", "--json"],
        standalone_mode=False,
    )
    document = json.loads(capfd.readouterr().out)
    assert len(document["items"]) == len({item["digest"] for item in document["items"]}) == 20
    assert document["n_pool"] + document["n_left_out"] == 120
    table = pd.read_csv(out / "to-label.csv", dtype=str)
    assert table["label"].isna().all() and set(table["text"]) <= set(label_of.index)
    table.assign(label=[label_of[text] for text in table["text"]]).to_csv(out / "done.csv", index=False)
    app(["next", str(source), "--labelled", str(out / "done.csv"), "--json"], standalone_mode=False)
    added = json.loads(capfd.readouterr().out)
    assert added["n_added"] + len(added["left_out"]) == 20 and added["n_added"] > 10
    assert advisor.read(added["source"]).n_used == advisor.read(source).n_used + added["n_added"]


def a_curve(b: float = 2.0) -> LearningCurve:
    return LearningCurve(
        a=0.05, b=b, sizes=(50, 100), points=(), band=((50, 0.7, 0.6, 0.8),), furthest=400, seconds=0.0
    )


def test_the_gain_is_read_off_the_curve_and_no_further() -> None:
    gain = expected_gain(a_curve(), 100, 50)
    assert gain is not None
    assert gain.points == pytest.approx(100 * 2.0 * (100**-0.5 - 150**-0.5))
    assert 0 < gain.low < gain.points < gain.high
    assert expected_gain(a_curve(), 380, 50) is None and expected_gain(None, 100, 50) is None
    flat = expected_gain(a_curve(0.0), 100, 50)
    assert flat is not None and flat.points == flat.low == flat.high == 0.0


@pytest.fixture
def texts(workspace: Path, tmp_path: Path) -> Dataset:
    """60 texts with labels, and five rows without."""
    rng = np.random.default_rng(0)
    words = "one two three four five six seven eight".split()
    rows = [f"{' '.join(rng.choice(words, 7))} {i},{'ab'[i % 2]}" for i in range(60)]
    rows += [f"{' '.join(rng.choice(words, 7))} blank {i}," for i in range(5)]
    (tmp_path / "texts.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    return advisor.read(tmp_path / "texts.csv")


def test_a_pool_is_read_from_what_people_have(texts: Dataset, tmp_path: Path) -> None:
    known = str(texts.items["text"].iloc[0])
    (tmp_path / "lines.txt").write_text(f"a new text\n\na new text\n{known}\nanother one\n")
    pool = pool_of(texts, tmp_path / "lines.txt")
    assert pool.items["item"].tolist() == ["a new text", "another one"] and pool.n_left_out == 3
    (tmp_path / "wide.csv").write_text("id,body\n1,first text\n2,second text\n")
    with pytest.raises(DatasetError, match="Say which one holds the texts"):
        pool_of(texts, tmp_path / "wide.csv")
    assert pool_of(texts, tmp_path / "wide.csv", "body").items["item"].tolist() == ["first text", "second text"]
    assert len(pool_of(texts, None).items) == 5  # the rows without a label
    assert len(pool_of(texts, ["x y z", "u v w"]).items) == 2
    with pytest.raises(DatasetError, match="can be labelled"):
        pool_of(texts, [known, " "])
    with pytest.raises(DatasetError, match="no file or folder"):
        pool_of(texts, tmp_path / "nothing")
