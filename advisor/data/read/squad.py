"""SQuAD's own nesting: articles with paragraphs, each with its questions, as rows of a flat table.

{"data": [{"title", "paragraphs": [{"context", "qas": [{"id", "question", "answers": [{"text"}], "is_impossible"}]}]}]}
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

from advisor.core.records import SetAside
from advisor.data.read.answers import flat, nested
from advisor.data.read.tables import Table, cell

COLUMNS = ("question", "answers", "context", "title")


def is_nested(table: Table) -> bool:
    """Whether a table's records are SQuAD's articles, or its paragraphs."""
    names = set(map(str, table.frame.columns))
    return "paragraphs" in names or {"context", "qas"} <= names


def unnested(table: Table) -> Table:
    """The same questions as one row each, counted through; records that do not follow the nesting are set aside."""
    rows: list[tuple[str, str, str, str]] = []
    aside = list(table.set_aside)
    for number, record in zip(table.rows, table.frame.to_dict("records"), strict=True):
        before = len(rows)
        rows += _questions(record)
        if len(rows) == before:
            aside.append(SetAside(key=f"record {number}", reason="It holds no question with a context."))
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    return Table(table.path, frame, list(range(1, len(frame) + 1)), aside, table.notes)


def _questions(record: dict[Any, Any]) -> Iterator[tuple[str, str, str, str]]:
    paragraphs = nested(record["paragraphs"]) if "paragraphs" in record else [record]
    for paragraph in paragraphs if isinstance(paragraphs, list) else []:
        qas = paragraph.get("qas") if isinstance(paragraph, dict) else None
        qas = nested(qas) if isinstance(qas, str) else qas
        for qa in qas if isinstance(qas, list) else []:
            if not isinstance(qa, dict):
                continue
            impossible = str(qa.get("is_impossible", "")).lower() == "true"
            answers = [] if impossible else flat(qa.get("answers") or qa.get("answer"))
            cell_of_answers = (
                json.dumps(answers, ensure_ascii=False) if answers or impossible or "answers" in qa else ""
            )
            yield cell(qa.get("question")), cell_of_answers, cell(paragraph.get("context")), cell(record.get("title"))
