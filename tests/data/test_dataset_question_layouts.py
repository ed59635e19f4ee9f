"""Questions and answers as benchmarks and programs write them: joined as their makers mean them, or refused by name."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from advisor.core.errors import DatasetError
from advisor.core.records import Dataset
from advisor.data.read.answers import answers_of, column_answers, denies
from advisor.data.reading import read
from tests.data.dataset_trees import write

TOWNS = [f"City{i}" for i in range(40)]


def page(town: str) -> str:
    return (
        f"{town} is a town with {number(town)} bridges over its river. Bread is eaten in {town} by everybody who has "
        f"ever lived there."
    )


def number(town: str) -> str:
    return str(35 + int(town[4:]))


def asked(town: str) -> str:
    return f"How many bridges has {town}?"


def jsonl(rows: Sequence[object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def pages(root: Path, below: str = "docs", towns: Sequence[str] = TOWNS) -> None:
    for town in towns:
        write(root / f"{below}/{town}.md", page(town))


def table(root: Path, answers: Sequence[str], more: str = "document", cells: Sequence[str] = ()) -> None:
    columns = {"question": list(map(asked, TOWNS)), "answer": list(answers), more: list(cells) or TOWNS}
    pd.DataFrame(columns).to_csv(root / "qa.csv", index=False)


def beside(town: str) -> list[str]:
    place = TOWNS.index(town)
    return [TOWNS[(place + 1) % 40], town, TOWNS[(place + 2) % 40]]


def hotpot(town: str) -> dict[str, Any]:
    context = [[one, [f"{page(one)} ", "The end."]] for one in beside(town)]
    return {"_id": town, "question": asked(town), "answer": number(town), "supporting_facts": [[town, 0]],
            "context": context}  # fmt: skip


def hotpot_of_the_hub(town: str) -> dict[str, Any]:
    context = {"title": beside(town), "sentences": [[f"{page(one)} ", "The end."] for one in beside(town)]}
    facts = {"title": [town], "sent_id": [0]}
    return {"question": asked(town), "answer": number(town), "supporting_facts": facts, "context": context}


def ms_marco(town: str) -> dict[str, Any]:
    passages = [{"is_selected": int(one == town), "passage_text": page(one), "url": "u"} for one in beside(town)]
    return {"query": asked(town), "answers": [number(town)], "passages": passages}


def ms_marco_of_the_hub(town: str) -> dict[str, Any]:
    marks, texts = [int(one == town) for one in beside(town)], list(map(page, beside(town)))
    return {"query": asked(town), "answers": [number(town)], "passages": {"is_selected": marks, "passage_text": texts}}


def natural_questions(town: str) -> dict[str, Any]:
    span = {"start_token": 5, "end_token": 6}
    mark = {"yes_no_answer": "NONE", "long_answer": {"start_token": 0, "end_token": 9}, "short_answers": [span]}
    return {"question_text": asked(town), "document_text": page(town), "annotations": [mark]}


def drop(town: str) -> dict[str, Any]:
    spans = {"spans": [number(town)], "types": ["number"]}
    return {"section_id": town, "passage": page(town), "question": asked(town), "answers_spans": spans}


def ragas(town: str) -> dict[str, Any]:
    said = f"I do not have the figures of {town} at hand."
    return {"question": asked(town), "contexts": [page(town)], "answer": said, "ground_truth": number(town)}


def ragas_now(town: str) -> dict[str, Any]:
    said = f"I do not have the figures of {town} at hand."
    return {"user_input": asked(town), "reference_contexts": [page(town)], "response": said, "reference": number(town)}


LAYOUTS: list[Callable[[str], dict[str, Any]]] = [
    hotpot, hotpot_of_the_hub, ms_marco, ms_marco_of_the_hub, natural_questions, drop, ragas, ragas_now,
]  # fmt: skip


def answered(dataset: Dataset) -> None:
    """Each question has its town's number as the answer, and its town's page as the document."""
    text_of = dict(zip(dataset.documents["document"], dataset.documents["text"], strict=True))
    assert dataset.kind == "qa" and len(dataset.items) == 40
    for item in dataset.items.itertuples():
        town = str(item.text).removesuffix("?").rpartition(" ")[2]
        assert number(town) in json.loads(str(item.answers))
        assert text_of[str(item.document)].startswith(page(town))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_benchmarks_are_read_as_they_are_meant(
    layout: Callable[[str], dict[str, Any]], form: str, tmp_path: Path
) -> None:
    rows = [layout(town) for town in TOWNS]
    write(tmp_path / f"dev.{form}", jsonl(rows) if form == "jsonl" else json.dumps(rows))
    dataset = read(tmp_path)
    answered(dataset)
    assert len(dataset.documents) == 40


def test_trivia_qa_names_its_evidence(tmp_path: Path) -> None:
    pages(tmp_path, "evidence")
    rows = [{"Question": asked(t), "QuestionId": t, "Answer": {"Value": number(t), "Aliases": [f"about {number(t)}"]},
             "EntityPages": [{"Filename": f"{t}.md", "Title": t}]} for t in TOWNS]  # fmt: skip
    write(tmp_path / "qa.json", json.dumps({"Data": rows, "Split": "dev"}))
    dataset = read(tmp_path)
    answered(dataset)
    assert json.loads(dataset.items["answers"][0]) == ["35", "about 35"]


def test_true_and_false_are_yes_and_no(tmp_path: Path) -> None:
    rows = [{"question": asked(t), "answer": i % 2 == 0, "passage": page(t)} for i, t in enumerate(TOWNS)]
    dataset = read(write(tmp_path / "boolq.jsonl", jsonl(rows)))
    assert dataset.items["answers"].value_counts().to_dict() == {'["yes"]': 20, '["no"]': 20}
    assert any("read as yes and no" in note for note in dataset.notes)


def choices(town: str) -> list[str]:
    return ["one", number(town), "none at all"]


@pytest.mark.parametrize(
    "more",
    [
        lambda t: {"choices": choices(t), "answer": 1},
        lambda t: {"options": choices(t), "answer": "B"},
        lambda t: {"choices": {"text": choices(t), "label": ["A", "B", "C"]}, "answerKey": "B"},
        lambda t: {"options": {"1": "one", "2": number(t)}, "answer_idx": "2"},
    ],
)
def test_the_letter_of_a_choice_is_its_text(more: Callable[[str], dict[str, Any]], tmp_path: Path) -> None:
    pages(tmp_path)
    write(tmp_path / "qa.jsonl", jsonl([{"question": asked(t), "document": t, **more(t)} for t in TOWNS]))
    answered(read(tmp_path))


def beir(root: Path, **more: Any) -> Path:
    write(root / "corpus.jsonl", jsonl([{"_id": t, "title": t, "text": page(t)} for t in TOWNS]))
    queries = [{"_id": f"q{i}", "text": asked(t), **{k: f(t) for k, f in more.items()}} for i, t in enumerate(TOWNS)]
    write(root / "queries.jsonl", jsonl(queries))
    for part, rows in (("train", range(30)), ("test", range(30, 40))):
        lines = [f"q{i}\t{TOWNS[i]}\t2\nq{i}\t{TOWNS[(i + 1) % 40]}\t1\n" for i in rows]
        write(root / f"qrels/{part}.tsv", "query-id\tcorpus-id\tscore\n" + "".join(lines))
    return root


def test_a_set_in_beirs_layout_is_joined_where_it_has_answers(tmp_path: Path) -> None:
    for name, more in (("a", {"answers": lambda t: [number(t)]}), ("b", {"metadata": lambda t: {"answer": number(t)}})):
        dataset = read(beir(tmp_path / name, **more))
        answered(dataset)
        assert dataset.official_split and (dataset.items["part"] == "test").sum() == 10


def test_sets_without_answers_are_refused_by_name_with_the_next_step(tmp_path: Path) -> None:
    trec = tmp_path / "trec"
    write(trec / "topics.tsv", "".join(f"{i}\t{asked(t)}\n" for i, t in enumerate(TOWNS)))
    write(trec / "qrels.txt", "".join(f"{i} 0 {t} 1\n" for i, t in enumerate(TOWNS)))
    judged = {"queries": {t: asked(t) for t in TOWNS}, "corpus": {t: page(t) for t in TOWNS}}
    write(tmp_path / "index/set.json", json.dumps({**judged, "relevant_docs": {t: [t] for t in TOWNS}}))
    turns = [{"story": page(t), "questions": [{"input_text": asked(t), "turn_id": 1}]} for t in TOWNS]
    write(tmp_path / "coqa/dev.json", json.dumps({"data": turns}))
    for folder, what in ((beir(tmp_path / "beir"), "BEIR"), (trec, "TREC"), (tmp_path / "index", "LlamaIndex"),
                         (tmp_path / "coqa", "CoQA")):  # fmt: skip
        with pytest.raises(DatasetError, match=rf'(?s){what}.*"answers": \["'):
            read(folder)


@pytest.mark.parametrize(
    "word",
    ["N/A", "n/a", "NA", "Unanswerable", "None", "not mentioned", "Not in the text.", "No Answer Present.", "-",
     "CANNOTANSWER", "unknown", "null", "I don't know.", "Cannot be answered", "keine Antwort"],
)  # fmt: skip
def test_words_for_no_answer(word: str) -> None:
    assert answers_of(word) == []
    assert answers_of(json.dumps([word])) == ([] if denies(word) else [word])


def test_words_that_are_answers() -> None:
    for answer in (
        "no",
        "Na",
        "none of the towns",
        "0",
        "nothing at all",
        "Nan Goldin",
        '["None"]',
        '["NA", "Namibia"]',
    ):
        assert answers_of(answer)


def test_what_was_taken_for_no_answer_is_said(tmp_path: Path) -> None:
    pages(tmp_path)
    table(tmp_path, ["N/A" if i % 10 == 0 else number(t) for i, t in enumerate(TOWNS)])
    dataset = read(tmp_path)
    assert (dataset.items["answers"] == "[]").sum() == 4
    assert "4 answers, such as N/A, mean that the documents do not answer." in dataset.notes


def test_several_answers_in_a_row() -> None:
    assert column_answers(["5.0", "12.0", "many"])[0] == [["5", "5.0"], ["12", "12.0"], ["many"]]
    assert column_answers(["5.0", "5.5"])[0] == [["5.0"], ["5.5"]]
    assert column_answers(["a|b", "c|d", "e"])[0] == [["a", "b"], ["c", "d"], ["e"]]
    assert column_answers(["a|b", *"cdefghijkl"])[0][0] == ["a|b"]
    assert answers_of("[35.0]") == ["35"]


def test_numbered_columns_of_answers_are_joined_and_other_columns_are_said(tmp_path: Path) -> None:
    pages(tmp_path)
    rows = [{"question": asked(t), "answer_1": number(t), "answer_2": "", "answer_3": f"about {number(t)}",
             "document": t, "explanation": "It is written there."} for t in TOWNS]  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "qa.csv", index=False)
    dataset = read(tmp_path)
    answered(dataset)
    assert json.loads(dataset.items["answers"][0]) == ["35", "about 35"]
    assert "1 column not used: explanation." in dataset.notes


def test_a_document_is_found_in_another_spelling_case_or_format(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "Übersicht")
    for town in TOWNS:
        write(tmp_path / f"docs/{town} {decomposed}.md", page(town))
    table(tmp_path, list(map(number, TOWNS)), cells=[f"C:\\old\\{t.upper()} ÜBERSICHT.DOC" for t in TOWNS])
    answered(read(tmp_path))


def test_the_same_document_under_two_names_is_one_to_its_questions(tmp_path: Path) -> None:
    pages(tmp_path, "a")
    pages(tmp_path, "b")
    table(tmp_path, list(map(number, TOWNS)))
    dataset = read(tmp_path)
    answered(dataset)
    assert len(dataset.documents) == 80


def test_documents_in_hidden_folders_are_said(tmp_path: Path) -> None:
    pages(tmp_path)
    pages(tmp_path, ".drafts", TOWNS[:3])
    table(tmp_path, list(map(number, TOWNS)))
    dataset = read(tmp_path)
    answered(dataset)
    assert "1 hidden file or folder was not read: .drafts." in dataset.notes


def test_a_column_of_documents_that_are_elsewhere_is_said(tmp_path: Path) -> None:
    pages(tmp_path)
    table(tmp_path, list(map(number, TOWNS)), cells=[f"archive/{i}.pdf" for i in range(40)])
    dataset = read(tmp_path)
    assert (dataset.items["document"] == "").all()
    assert any("are not here (archive/0.pdf" in note for note in dataset.notes)


def test_the_folders_of_documents_and_of_tables_are_an_official_split(tmp_path: Path) -> None:
    first, rest = TOWNS[:25], TOWNS[25:]
    pages(tmp_path / "a", "train", first)
    pages(tmp_path / "a", "test", rest)
    cells = [f"{'train' if t in first else 'test'}/{t}.md" for t in TOWNS]
    table(tmp_path / "a", list(map(number, TOWNS)), cells=cells)
    pages(tmp_path / "b")
    for part, towns in (("training", first), ("dev", rest)):
        rows = [{"question": asked(t), "answers": [number(t)], "document": t} for t in towns]
        write(tmp_path / f"b/{part}/qa.jsonl", jsonl(rows))
    for name in ("a", "b"):  # the only held-out part is the test part
        dataset = read(tmp_path / name)
        answered(dataset)
        assert dataset.official_split and (dataset.items["part"] == "test").sum() == len(rest)


def test_too_few_and_copies_say_how_many_are_missing(tmp_path: Path) -> None:
    pages(tmp_path)
    write(tmp_path / "qa.jsonl", jsonl([{"question": asked(t), "answer": number(t)} for t in TOWNS[:7]]))
    with pytest.raises(DatasetError, match=r"7 questions.*at least 20\. Write at least 13 more\."):
        read(tmp_path)
    write(tmp_path / "qa.jsonl", jsonl([{"question": asked(TOWNS[0]), "answer": "35"}] * 40))
    with pytest.raises(DatasetError, match=r"40 questions, but only 1 is different.*at least 19 more"):
        read(tmp_path)
