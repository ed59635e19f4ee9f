"""Tagged sentences from every form: the same words and spans come out, and what is wrong is counted."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.core.errors import DatasetError
from advisor.core.records import ReadOptions
from advisor.data.preview import preview
from advisor.data.profile.profile import profile
from advisor.data.read.tagged_forms import FORMS
from advisor.data.reading import read
from advisor.data.tag_set import in_words, sentences_of, types_in
from probes.tagging.schemes import spans_of
from probes.tagging.words import words_in
from tests.tagged_docs import Tagged, as_conll, parameters, written


@pytest.fixture(scope="module")
def docs() -> Tagged:
    return parameters(60)


def offsets(words: list[str], tags: list[str]) -> tuple[str, list[list[object]]]:
    """A text with its spans by characters."""
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word) + 1)
    return " ".join(words), [[starts[a], starts[b] - 1, name] for a, b, name in spans_of(tags)]


def as_record(words: list[str], tags: list[str]) -> dict[str, object]:
    """As doccano writes it."""
    return dict(zip(("text", "label"), offsets(words, tags), strict=True))


def in_form(form: str, docs: Tagged, folder: Path) -> Path:
    """The sentences in a file of a form."""
    path = folder / f"data.{form.split()[0]}"
    if form == "jsonl lists":
        text = "\n".join(json.dumps({"tokens": words, "ner_tags": tags}) for words, tags in docs)
    elif form == "jsonl spans":
        text = "\n".join(json.dumps(as_record(words, tags)) for words, tags in docs)
    elif form == "json objects":
        keys = ("start", "end", "label")
        rows = [offsets(words, tags) for words, tags in docs]
        text = json.dumps(
            [{"text": text, "entities": [dict(zip(keys, s, strict=True)) for s in own]} for text, own in rows]
        )
    elif form == "csv rows":
        lines = [
            ",".join((str(n) if at == 0 else "", json.dumps(w).replace('\\"', '""'), t))
            for n, (words, tags) in enumerate(docs)
            for at, (w, t) in enumerate(zip(words, tags, strict=True))
        ]
        text = "Sentence #,Word,Tag\n" + "\n".join(lines)
    elif form == "tsv columns":
        text = as_conll(docs).replace(" ", "\tX\t")
    else:
        text = as_conll(docs)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "form", ["conll columns", "txt columns", "tsv columns", "jsonl lists", "jsonl spans", "json objects", "csv rows"]
)
def test_every_form_gives_the_same_spans(form: str, docs: Tagged, tmp_path: Path) -> None:
    docs = [(words, tags) for words, tags in docs if [w.text for w in words_in(" ".join(words))] == words]
    dataset = read(in_form(form, docs, tmp_path))
    assert (dataset.kind, dataset.metric, dataset.n_used) == ("tags", "entity F1", len(docs))
    assert [json.loads(cell) for cell in dataset.items["words"]] == [words for words, _ in docs]
    assert [json.loads(cell) for cell in dataset.items["tags"]] == [tags for _, tags in docs]


def test_files_of_parts_and_documents_are_kept(docs: Tagged, tmp_path: Path) -> None:
    starts = [f"-DOCSTART- O\n\n{as_conll(docs[at : at + 5])}\n" for at in range(0, 40, 5)]
    (tmp_path / "train.conll").write_text("".join(starts), encoding="utf-8")
    written(tmp_path / "test.conll", docs[40:])
    dataset = read(tmp_path)
    assert dataset.official_split and dataset.items["part"].value_counts()["test"] == 20
    own = dataset.items[dataset.items["key"].str.startswith("train")]
    assert own["group"].nunique() == 8
    assert (own.groupby("group")["part"].nunique() == 1).all()


def test_what_cannot_be_is_repaired_counted_or_set_aside_with_a_reason(docs: Tagged, tmp_path: Path) -> None:
    rows = [{"tokens": words, "tags": tags} for words, tags in docs]
    rows[0]["tags"] = ["I-name", *rows[0]["tags"][1:]]
    rows[1]["tags"] = rows[1]["tags"][1:]
    rows[2] = {"tokens": [], "tags": []}
    path = tmp_path / "data.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    dataset = read(path)
    assert dataset.n_in == dataset.n_used + dataset.n_set_aside == len(rows) and dataset.n_set_aside == 2
    assert any("words and" in one.reason for one in dataset.set_aside)
    assert any(note.startswith("1 tag went on") for note in dataset.notes)
    assert json.loads(dataset.items["tags"][0])[0] == "B-name"


def test_spans_that_cut_words_or_overlap_are_fitted_and_counted(docs: Tagged, tmp_path: Path) -> None:
    rows = [as_record(words, tags) for words, tags in docs]
    rows[0] = {"text": "axis is an integer", "label": [[0, 3, "name"], [11, 18, "type"], [12, 14, "name"]]}
    path = tmp_path / "data.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    dataset = read(path)
    assert json.loads(dataset.items["tags"][0]) == ["B-name", "O", "O", "B-type"]
    assert any(note.startswith("2 spans began or ended inside a word") for note in dataset.notes)


def test_texts_with_labels_and_lists_of_labels_are_no_tags(tmp_path: Path) -> None:
    rows = [{"text": f"the {'good' if n % 2 else 'bad'} film number {n}", "label": f"c{n % 2}"} for n in range(40)]
    (tmp_path / "texts.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert read(tmp_path / "texts.jsonl").kind == "text"
    with pytest.raises(DatasetError, match="holds no tagged sentences"):
        read(tmp_path / "texts.jsonl", ReadOptions(kind="tags"))


def test_too_little_to_learn_from_is_said(docs: Tagged, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="needs 20 sentences and 10 spans"):
        read(written(tmp_path / "few.conll", docs[:8]))


def test_the_preview_shows_types_and_marked_sentences(docs: Tagged, tmp_path: Path) -> None:
    seen = preview(str(written(tmp_path / "a.conll", docs)))
    dataset = read(tmp_path / "a.conll")
    assert seen.kind == "tags" and dict(seen.classes) == types_in(dataset.items)
    assert all(text[span.start : span.end] == span.text for text, spans in seen.tagged for span in spans)


def test_the_profile_counts_what_is_new_and_what_is_tagged_in_two_ways(docs: Tagged, tmp_path: Path) -> None:
    written(tmp_path / "train.conll", [*docs[:40], (["axis", "matters"], ["B-type", "O"])])
    written(tmp_path / "test.conll", [(["quite", "other", "wording", "axis"], ["O", "O", "O", "B-name"])] * 12)
    found = {one.check: one for one in profile(read(tmp_path)).findings}
    assert {"unseen words", "two types"} <= set(found)
    assert "axis" in found["two types"].sentence


def test_rows_become_sentences_with_tags_that_can_be_learned(docs: Tagged, tmp_path: Path) -> None:
    dataset = read(written(tmp_path / "a.conll", docs))
    rows = dataset.where("train")[:5]
    sample = sentences_of(dataset, rows)
    assert sample.names[0] == "O" and dataset.span_types == ("name", "type")
    for row, spans, words in zip(rows, sample.spans(), sample.sentences, strict=True):
        assert spans == spans_of(json.loads(dataset.items["tags"][row]))
        assert in_words(words, spans).count("(") == len(spans)


@given(content=st.one_of(st.binary(max_size=120), st.text('BIO-ax \t\n{}[]":,', max_size=120).map(str.encode)))
def test_any_bytes_are_sentences_or_another_form_and_nothing_breaks(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.conll", "a.jsonl", "a.json", "a.csv"):
            path = Path(folder) / name
            path.write_bytes(content)
            for form in FORMS:
                for raw in form.read(path) or ():
                    assert raw.problem or len(raw.words) == len(raw.tags) > 0
