from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.core.errors import DatasetError
from advisor.core.records import Dataset, ReadOptions
from advisor.data.reading import read
from advisor.data.store import kept_clusters
from tests.data.dataset_trees import write

CITIES = [f"City{i}" for i in range(30)]


def page(city: str) -> str:
    return (
        f"# {city}\n\n{city} has {len(city) * 7 + CITIES.index(city)} bridges.\n\n## Food\n\nBread is eaten in {city}."
    )


def rows(n: int = 30, **more: object) -> list[dict[str, object]]:
    made = [
        {"question": f"How many bridges has {c}?", "answers": [str(len(c) * 7 + i)], "document": f"{c}.md", **more}
        for i, c in enumerate(CITIES)
    ]
    return made[:n]


def jsonl(records: Sequence[Mapping[str, object]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def folder(root: Path, records: list[dict[str, object]] | None = None) -> Path:
    for city in CITIES:
        write(root / f"pages/{city}.md", page(city))
    write(root / "questions.jsonl", jsonl(rows() if records is None else records))
    return root


def whole(dataset: Dataset) -> None:
    """What holds of every dataset of questions."""
    assert dataset.kind == "qa" and dataset.classes == () and dataset.metric == "token F1"
    assert dataset.n_in == dataset.n_used + dataset.n_set_aside
    assert dataset.n_used == len(dataset.items) and dataset.n_set_aside == len(dataset.set_aside)
    assert {"train", "val", "test"} <= set(dataset.items["part"])
    assert dataset.documents["document"].is_unique and (dataset.documents["text"] != "").all()
    assert set(dataset.items["document"]) <= {"", *dataset.documents["document"]}
    assert all(isinstance(json.loads(cell), list) for cell in dataset.items["answers"])
    assert all(reason.endswith(".") for reason in (entry.reason for entry in dataset.set_aside))


def test_a_folder_of_pages_with_questions(tmp_path: Path) -> None:
    dataset = read(folder(tmp_path))
    whole(dataset)
    assert (dataset.n_used, len(dataset.documents)) == (30, 30)
    first = dataset.documents.set_index("document").loc["pages/City3.md"]
    assert (first["title"], first["place"], first["text"]) == ("City3", "pages/City3.md", page("City3"))
    assert dataset.items["document"].tolist()[3] == "pages/City3.md"  # the question says City3.md
    assert dataset.items["group"].tolist()[3] == "pages/City3.md"


def test_a_zip_is_the_same_and_a_changed_page_is_another_dataset(tmp_path: Path) -> None:
    made = folder(tmp_path / "a")
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for path in sorted(made.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(made))
    marks = [read(made).fingerprint, read(write(tmp_path / "b.zip", sink.getvalue())).fingerprint]
    write(made / "pages/City4.md", page("City4") + " And fish.")
    marks.append(read(made).fingerprint)
    assert marks[0] == marks[1] != marks[2]


def test_the_questions_of_one_document_stay_together(tmp_path: Path) -> None:
    twice = [*rows(), *({**row, "question": f"{row['question']} Say it.", "answers": ["many"]} for row in rows())]
    items = read(folder(tmp_path, twice)).items
    assert (items.groupby("document")["part"].nunique() == 1).all() and len(items) == 60


def test_one_document_for_all_is_split_by_question_and_said(tmp_path: Path) -> None:
    dataset = read(folder(tmp_path, [{**row, "document": "City1"} for row in rows()]))
    whole(dataset)
    assert not dataset.has_groups and any("documents that training has seen" in note for note in dataset.notes)


def test_an_official_split_is_kept(tmp_path: Path) -> None:
    given = [{**row, "split": "train" if i < 20 else "dev" if i < 25 else "test"} for i, row in enumerate(rows())]
    dataset = read(folder(tmp_path, given))
    assert dataset.official_split
    assert dataset.items["part"].tolist() == ["train"] * 20 + ["val"] * 5 + ["test"] * 5


@pytest.mark.parametrize("form", ["csv", "tsv", "parquet", "json"])
def test_questions_in_other_tables(tmp_path: Path, form: str) -> None:
    frame = pd.DataFrame(rows())
    frame["answers"] = [answers[0] for answers in frame["answers"]]  # plain cells, as people write them
    made = folder(tmp_path)
    (made / "questions.jsonl").unlink()
    path = made / f"my questions.{form}"
    if form == "parquet":
        frame.to_parquet(path)
    elif form == "json":
        frame.to_json(path, orient="records")
    else:
        frame.to_csv(path, index=False, sep="\t" if form == "tsv" else ",")
    dataset = read(made)
    whole(dataset)
    assert json.loads(dataset.items["answers"][2]) == ["37"]


def test_documents_in_a_table(tmp_path: Path) -> None:
    docs = [{"doc_id": c, "title": c, "text": page(c)} for c in CITIES]
    write(tmp_path / "docs.jsonl", jsonl(docs))
    write(tmp_path / "qa.jsonl", jsonl([{**row, "document": str(row["document"])[:-3]} for row in rows()]))
    write(tmp_path / "README.md", "# About\n\nNo document of this set.")
    write(
        tmp_path / "data.csv", "text,label\n" + "".join(f"{row['question']},{i % 2}\n" for i, row in enumerate(rows()))
    )
    dataset = read(tmp_path)
    whole(dataset)
    assert dataset.documents["document"].tolist() == CITIES


def test_squads_own_nesting(tmp_path: Path) -> None:
    def paragraph(i: int) -> dict[str, object]:
        qas: list[dict[str, object]] = [
            {
                "id": f"{i}a",
                "question": f"Bridges of {CITIES[i]}?",
                "answers": [{"text": "many", "answer_start": 0}] * 2,
            },
            {"id": f"{i}b", "question": f"Mayor of {CITIES[i]}?", "answers": [], "is_impossible": True},
        ]
        return {"context": page(CITIES[i]), "qas": qas}

    data = [{"title": f"Article {a}", "paragraphs": [paragraph(10 * a + i) for i in range(10)]} for a in range(3)]
    dataset = read(write(tmp_path / "dev.json", json.dumps({"version": "v2.0", "data": data})))
    whole(dataset)
    assert (dataset.n_used, len(dataset.documents)) == (60, 30)
    assert dataset.items["answers"].tolist()[:2] == ['["many"]', "[]"]
    assert dataset.documents["title"][11] == "Article 1"


def test_flat_rows_with_contexts_in_one_file(tmp_path: Path) -> None:
    flat = [
        {"id": i, "title": "T", "context": page(c), "question": f"How many has {c}?", "answers": {"text": [str(i)]}}
        for i, c in enumerate(CITIES)
    ]
    dataset = read(write(tmp_path / "train.jsonl", jsonl(flat)))
    whole(dataset)
    assert len(dataset.documents) == 30 and json.loads(dataset.items["answers"][7]) == ["7"]


def test_columns_named_by_the_user(tmp_path: Path) -> None:
    named = [{"asked": r["question"], "said": r["answers"], "where": r["document"], "question": "x"} for r in rows()]
    options = ReadOptions(question_column="asked", answer_column="said", document_column="Where")
    dataset = read(folder(tmp_path, named), options)
    whole(dataset)
    assert dataset.items["document"][3] == "pages/City3.md"
    with pytest.raises(DatasetError, match="'said so' for the answers"):
        read(tmp_path, ReadOptions(question_column="asked", answer_column="said so"))


def test_bad_questions_and_documents_are_set_aside_with_reasons(tmp_path: Path) -> None:
    bad: list[dict[str, object]] = [
        {"question": "", "answers": ["1"]},
        {"question": "No answer?", "answers": ""},
        {"question": "Where?", "answers": ["1"], "document": "nowhere.md"},
    ]
    good = [{"question": "Not told?", "answers": []}, {"question": "Nor this?", "answers": "Not in the documents"}]
    made = folder(tmp_path, [*rows(), *good, *bad])  # type: ignore[list-item]
    write(made / "pages/empty.md", " \n")
    write(made / "pages/scan.docx", b"PK")
    write(made / "pages/noise.txt", bytes(range(256)))
    dataset = read(made)
    whole(dataset)
    aside = {entry.key: entry.reason for entry in dataset.set_aside}
    assert set(aside) == {"row 33", "row 34", "row 35", "pages/empty.md", "pages/scan.docx", "pages/noise.txt"}
    assert "not in the documents" in aside["row 34"] and "nowhere.md" in aside["row 35"]
    assert (dataset.items["answers"] == "[]").sum() == 2


def test_documents_without_questions_say_what_is_missing(tmp_path: Path) -> None:
    made = folder(tmp_path)
    (made / "questions.jsonl").unlink()
    for options in (None, ReadOptions(kind="qa")):
        with pytest.raises(DatasetError, match=r"30 documents .*at least 20, better 100.*questions\.jsonl"):
            read(made, options)
    with pytest.raises(DatasetError, match="single document"):
        read(made / "pages/City1.md")


def test_too_few_questions_and_no_documents_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"7 questions .*at least 20"):
        read(folder(tmp_path / "a", rows(7)))
    with pytest.raises(DatasetError, match="no documents"):
        read(write(tmp_path / "b/questions.jsonl", jsonl(rows())))


def test_questions_with_a_class_stay_text_classification(tmp_path: Path) -> None:
    lines = [{"question": f"What about {c} and {i}?", "label": "ab"[i % 2]} for i, c in enumerate(CITIES)]
    dataset = read(write(tmp_path / "data.jsonl", jsonl(lines)))
    assert (dataset.kind, dataset.classes) == ("text", ("a", "b"))


def test_a_question_asked_of_many_documents_is_no_copy(tmp_path: Path) -> None:
    same = [{**row, "question": "How many bridges has it?"} for row in rows()]
    dataset = read(folder(tmp_path, same))
    whole(dataset)
    assert kept_clusters(dataset) == []


VALUES = st.one_of(st.none(), st.text(max_size=12), st.integers(), st.lists(st.text(max_size=6), max_size=3))
KEYS = st.sampled_from(["question", "answers", "answer", "context", "document", "split", "title", "paragraphs", "qas"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=5), max_size=8))
def test_any_records_beside_good_ones_are_used_or_set_aside(
    tmp_path_factory: pytest.TempPathFactory, strange: list[dict[str, object]]
) -> None:
    context = [{**row, "context": page(CITIES[i])} for i, row in enumerate(rows())]
    path = write(tmp_path_factory.mktemp("any") / "questions.jsonl", jsonl([*context, *strange]))
    try:
        dataset = read(path, ReadOptions(kind="qa"))
    except DatasetError as error:
        assert str(error).endswith(".")
    else:
        whole(dataset)
        assert dataset.n_in == 30 + len(strange)


@pytest.mark.parametrize("name", ["Source file", "source_file", "doc_name", "docName", "Where from", "title", "Quelle"])
@pytest.mark.parametrize("cell", ["{}", "{}.md", "pages/{}.md", "{}.PDF"])
def test_a_column_of_any_name_whose_cells_name_the_documents_is_found(tmp_path: Path, name: str, cell: str) -> None:
    records = [
        {"question": one["question"], "answers": one["answers"], "level": "easy", name: cell.format(city)}
        for one, city in zip(rows(), CITIES, strict=True)
    ]
    dataset = read(folder(tmp_path, records))
    whole(dataset)
    documents = dict(zip(dataset.items["text"], dataset.items["document"], strict=True))
    assert documents["How many bridges has City3?"] == "pages/City3.md"
    assert f"Column {name} names the document that answers." in dataset.notes


def test_a_column_whose_cells_name_other_things_is_no_document(tmp_path: Path) -> None:
    records = [
        {"question": one["question"], "answers": one["answers"], "page": i, "file": "unknown.md", "near": CITIES[0]}
        for i, one in enumerate(rows())
    ]
    for i, record in enumerate(records):
        record["near"] = CITIES[i] if i % 2 else "the sea"
    dataset = read(folder(tmp_path, records))
    assert set(dataset.items["document"]) == {""}
    assert any("documents that column file names are not here" in note for note in dataset.notes)


def test_documents_whose_text_lies_in_an_object_are_read(tmp_path: Path) -> None:
    docs = [{"id": c, "page": {"content": page(c), "lang": "en"}} for c in CITIES]
    write(tmp_path / "docs.jsonl", jsonl(docs))
    write(tmp_path / "questions.jsonl", jsonl([{**row, "document": c} for row, c in zip(rows(), CITIES, strict=True)]))
    dataset = read(tmp_path)
    whole(dataset)
    assert set(dataset.items["document"]) == set(CITIES)
