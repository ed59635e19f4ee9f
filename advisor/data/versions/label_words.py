"""What an item is learned from in words: the name of its class, the accepted answers of a question, its spans."""

from __future__ import annotations

import json
from collections.abc import Sequence

from advisor.core.records import Dataset
from advisor.data.read.answers import answers_of
from advisor.data.tag_set import marked_words
from probes.reading import NOT_FOUND


def label_words(dataset: Dataset, row: int) -> str:
    """The class of a row, or its answers as `answers_cell` reads them."""
    return labels_words(dataset, [row])[0]


def labels_words(dataset: Dataset, rows: Sequence[int]) -> list[str]:
    """`label_words` of several rows."""
    if dataset.classes:
        return [dataset.classes[label] for label in dataset.labels[list(rows)].tolist()]
    if "tags" in dataset.items:
        return marked_words(dataset.items.iloc[list(rows)])
    return [spelled(json.loads(cell)) for cell in dataset.items["answers"].iloc[list(rows)]]


def spelled(answers: Sequence[str]) -> str:
    """Accepted answers as one text: the only one as it is, several as a JSON list.

    >>> spelled(["308"]), spelled(["308", "308 points"]), spelled([]), spelled(["N/A"])
    ('308', '["308", "308 points"]', 'not in the documents', '["N/A"]')
    """
    if not answers:
        return NOT_FOUND
    alone = len(answers) == 1 and answers_of(answers[0]) == list(answers)
    return answers[0] if alone else json.dumps(list(answers), ensure_ascii=False)


def answers_cell(words: str) -> str:
    """Accepted answers as the table of items holds them, from one text.

    >>> answers_cell("308"), answers_cell('["308", "308 points"]'), answers_cell("not in the documents")
    ('["308"]', '["308", "308 points"]', '[]')
    """
    return json.dumps(answers_of(" ".join(words.split())) or [], ensure_ascii=False)
