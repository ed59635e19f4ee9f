"""Questions to look at: planted mistakes are listed and proposed, corrected, taken home, and listed no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from advisor import fixing
from advisor.cli import show_fix
from advisor.core.errors import DatasetError
from advisor.core.records import Dataset
from advisor.data.reading import read
from advisor.data.versions import decisions, make, table
from advisor.data.versions.label_words import label_words
from advisor.evidence import worklist
from advisor.evidence.question_list import COPIES, NOT_THERE, TORN, UNANSWERED
from probes.reading import NOT_FOUND
from tests.data.test_dataset_questions import folder, rows


@pytest.fixture
def wrong(tmp_path: Path) -> Dataset:
    """Thirty questions: one answered in no document, one with another's document, one without answer, two twice."""
    records = [{**one, "split": "test" if i >= 22 else "train"} for i, one in enumerate(rows())]
    records[0]["answers"] = ["a thousand"]
    records[1]["document"] = records[2]["document"]
    records[3]["answers"], records[3]["document"] = [], ""
    records += [{**records[5], "answers": ["nobody knows"]}, dict(records[6])]
    return read(folder(tmp_path / "cities", records))


def row_of(dataset: Dataset, city: str) -> int:
    return int(dataset.items.index[dataset.items["text"] == f"How many bridges has {city}?"][0])


def listed(dataset: Dataset, check: str) -> list[dict[Any, Any]]:
    work = worklist.worklist(dataset, None)
    return work[work["check"] == check].to_dict("records")


def test_planted_mistakes_are_listed_with_what_to_do(wrong: Dataset) -> None:
    by_row = {one["row"]: one for one in listed(wrong, NOT_THERE)}
    invented, misplaced = by_row[row_of(wrong, "City0")], by_row[row_of(wrong, "City1")]
    assert invented["action"] == "" and "a thousand" in str(invented["reason"])
    assert (misplaced["action"], misplaced["document"]) == ("relabel", "pages/City1.md")
    torn = listed(wrong, TORN)
    assert sorted(str(one["action"]) for one in torn) == ["", "drop"]
    assert next(one["label"] for one in torn if one["action"]) == "nobody knows"
    assert [one["row"] for one in listed(wrong, UNANSWERED)] == [row_of(wrong, "City3")]
    assert len(listed(wrong, COPIES)) == 1
    assert set(worklist.worklist(wrong, None).columns) == set(worklist.COLUMNS)


def test_accepted_and_own_corrections_make_a_version_that_is_read_and_listed_no_more(wrong: Dataset) -> None:
    zero, three = row_of(wrong, "City0"), row_of(wrong, "City3")
    own = [decisions.decided(wrong, zero, "relabel", "35"), decisions.decided(wrong, three, "relabel", '["38", "x"]')]
    decisions.take(wrong, [*own, *worklist.proposals(wrong, worklist.worklist(wrong, None))])
    version = make.make(wrong)
    of = version.version
    assert of is not None and (of.n_answers, of.n_dropped, of.n_relabelled, of.n_test) == (3, 2, 0, 0)
    assert len(version.items) == len(wrong.items) - 2 and version.documents.equals(wrong.documents)
    assert label_words(version, row_of(version, "City0")) == "35"
    assert label_words(version, row_of(version, "City3")) == '["38", "x"]'
    assert version.items["document"].iloc[row_of(version, "City1")] == "pages/City1.md"
    assert worklist.worklist(version, None).empty
    assert read(version.source).fingerprint == version.fingerprint


def test_decisions_go_out_as_a_table_and_come_back(wrong: Dataset, tmp_path: Path) -> None:
    taken = worklist.proposals(wrong, worklist.worklist(wrong, None))
    decisions.take(wrong, taken)
    path = table.save(table.table(wrong, decisions.standing(wrong)), tmp_path / "d.csv")
    assert {(one.key, one.action, one.label, one.document) for one in table.read(wrong, path)} == {
        (one.key, one.action, one.label, one.document) for one in taken
    }


def test_a_version_is_taken_home_with_its_documents(wrong: Dataset, tmp_path: Path) -> None:
    key = str(wrong.items["key"].iloc[row_of(wrong, "City0")])
    version = fixing.fix(wrong, {key: "35"}, suggested=True)
    again = read(fixing.export_items(version, tmp_path / "home"))
    for column in ("text", "answers", "document", "part"):
        assert again.items[column].tolist() == version.items[column].tolist()
    assert again.documents["text"].tolist() == version.documents["text"].tolist()


def test_no_empty_answer_and_no_unknown_document_is_taken(wrong: Dataset) -> None:
    with pytest.raises(DatasetError, match="answer is empty"):
        decisions.decided(wrong, 0, "relabel", " ")
    with pytest.raises(DatasetError, match="no document"):
        decisions.decided(wrong, 0, "relabel", "35", "", "pages/City1.mdx")
    same = decisions.decided(wrong, 4, "relabel", label_words(wrong, 4))
    assert same.action == "keep"
    assert decisions.decided(wrong, 4, "relabel", NOT_FOUND).action == "relabel"


def test_a_question_that_many_people_answered_is_no_mistake(tmp_path: Path) -> None:
    records = [{**one, "answers": [answer]} for one in rows() for answer in ("Bread", "Food")]
    assert not listed(read(folder(tmp_path / "asked", records)), TORN)


def test_questions_of_the_test_part_are_listed_and_nothing_is_proposed(tmp_path: Path) -> None:
    records = [{**one, "split": "test" if i >= 22 else "train"} for i, one in enumerate(rows())]
    records[25]["document"] = records[2]["document"]
    (one,) = listed(read(folder(tmp_path / "held", records)), NOT_THERE)
    assert one["part"] == "test" and one["action"] == ""


def test_the_table_to_edit_has_every_proposal(wrong: Dataset, tmp_path: Path) -> None:
    work = worklist.worklist(wrong, None)
    path = show_fix.write(work, str(tmp_path / "work.csv"))
    written = [one for one in table.read(wrong, path) if one.action != "keep"]
    assert {(one.key, one.action) for one in written} == {
        (one.key, one.action) for one in worklist.proposals(wrong, work)
    }
