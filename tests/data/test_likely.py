"""The sentence that likely answers a question, on the handbook's own questions."""

from __future__ import annotations

import json
from pathlib import Path

from advisor.data.blocks import blocks, statements
from advisor.data.likely import likely
from advisor.data.read.documents import documents_of
from advisor.data.reading import read
from probes.reading import normalised
from probes.retrieval.chunks import split
from probes.retrieval.measures import Truth, wanted


def test_a_row_of_a_table_is_found_by_its_head_and_its_cells() -> None:
    table = "| set | frozen | fine-tuned |\n|---|---|---|\n| questions (trec6) | 82.6 | 92.1 |\n| news | 96.5 | 97.3 |"
    assert likely("What did fine-tuning reach on trec6?", "a.md", table) == "questions (trec6) | 82.6 | 92.1"


def test_nothing_is_likely_where_no_word_is_shared() -> None:
    assert likely("Where?", "a.md", "It is open.") == ""
    assert likely("What is it?", "a.md", "") == ""


def test_in_the_handbook_it_holds_the_answer_far_oftener_than_another_sentence(workspace: Path) -> None:
    dataset = read("sample:handbook")
    chunks = split(documents_of(dataset.documents))
    held, by_lot = [], []
    for item in dataset.items.to_dict("records"):
        truths = tuple(json.loads(item["answers"]))
        (targets,) = wanted([Truth(truths, str(item["document"] or ""))], chunks) if truths else [set()]
        for text in sorted(targets)[:1]:
            rows = statements(blocks(text))
            holds = {row.shown: any(normalised(truth) in normalised(row.searched) for truth in truths) for row in rows}
            if any(holds.values()):
                held.append(holds.get(likely(str(item["text"]), "a.md", text), False))
                by_lot.append(sum(holds.values()) / len(holds))
    assert len(held) > 80
    assert sum(held) / len(held) > 0.7 > 2 * sum(by_lot) / len(by_lot)
