from __future__ import annotations

import json
from pathlib import Path

from advisor.core.records import Profile
from advisor.data.profile.profile import profile
from advisor.data.reading import read

PARTS = ["train"] * 20 + ["dev"] * 8 + ["test"] * 12


def made(root: Path, answers: list[object], name_documents: bool = True, copies: int = 0) -> Profile:
    """The profile of 40 questions about 40 short documents."""
    docs, questions = [], []
    for i in range(40):
        text = f"Station {i} lies {i + 100} metres above the sea, and its keeper has {i + 300} sheep on the hill."
        docs.append({"doc_id": f"d{i}", "title": f"Station {i}", "text": text})
        row = {"question": f"How high is station number {i}?", "answers": answers[i % len(answers)], "split": PARTS[i]}
        questions.append({**row, "doc_id": f"d{i}"} if name_documents else row)
    docs += [{**docs[i], "doc_id": f"copy {i}"} for i in range(copies)]
    (root / "docs.jsonl").write_text("\n".join(map(json.dumps, docs)))
    (root / "qa.jsonl").write_text("\n".join(map(json.dumps, questions)))
    return profile(read(root))


def sentences(found: Profile) -> dict[str, str]:
    return {finding.check: finding.sentence for finding in found.findings}


def test_counts_sizes_and_facts(tmp_path: Path) -> None:
    found = made(tmp_path, [["metres above"], ["sheep on the hill"]])
    assert found.counts == {"questions": {"train": 20, "val": 8, "test": 12}}
    assert {name: len(values) for name, values in found.sizes.items()} == {
        "n_characters": 40, "n_words": 40, "document_tokens": 40, "chunk_tokens": 40, "answer_words": 40
    }  # fmt: skip
    assert (found.metric, found.imbalance, found.facts["Documents"]) == ("token F1", 1.0, "40")
    assert found.facts["Answers"] == "words of the document 100 %" and found.facts["Answer length"] == "median 3 words"
    assert all(15 <= n <= 40 for n in found.sizes["document_tokens"])


def test_answers_in_other_words_yes_no_and_none(tmp_path: Path) -> None:
    found = made(tmp_path, [["metres"], ["quite high up"], ["yes"], []])
    said = sentences(found)
    assert said["answers in other words"].startswith("10 of 20 answers are in the document")
    assert said["yes or no"].startswith(
        "33 % of the answers are yes, no or maybe; always saying yes would be right for 100"
    )
    assert said["unanswerable"].startswith("10 questions (25 %) are not answered")
    assert said["few test questions"].startswith("The test part has 12 questions")
    assert Profile.load(Path(read(tmp_path).folder) / "profile.json") == found


def test_copies_and_documents_without_questions(tmp_path: Path) -> None:
    said = sentences(made(tmp_path, [["metres"]], copies=3))
    assert said["duplicate documents"].startswith("3 documents are exact copies of another one")
    assert said["documents without a question"].startswith("No question is about 3 of 43 documents")
    assert "questions without a document" not in said


def test_questions_that_name_no_document(tmp_path: Path) -> None:
    found = made(tmp_path, [["metres"], ["knee deep"]], name_documents=False)
    said = sentences(found)
    assert said["questions without a document"].startswith("40 questions name no document")
    assert found.facts["Answers"] == "words of the document 50 %, paraphrased 50 %"
