"""Sets made to measure search (BEIR, TREC, LlamaIndex) and conversations: joined where they have answers, else refused.

A set for search says which document answers a question, and not what the answer is; nothing here can be measured
without answers. The refusal names the layout and the few lines that turn it into questions with answers.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.data.read.answers import nested
from advisor.data.read.columns import by_name, plain
from advisor.data.read.nested_records import last_word
from advisor.data.read.part_tables import part_of
from advisor.data.read.tables import Table, read_table
from advisor.data.read.tree import Tree

_ANSWERS = ["answers", "answer", "groundtruth", "goldanswer", "goldanswers"]
_JOIN = (
    "Write the answers into a questions.jsonl beside the documents: "
    '{"question": "...", "answers": ["..."], "document": "<id of the document>"}.'
)


def joined(tree: Tree) -> tuple[Table, str] | None:
    """(BEIR's queries with their answers as questions, its file of documents); None where the tree is no such set.

    Raises DatasetError for queries without answers, and for other layouts that hold no answers or need more than one.
    """
    files = {file.rsplit("/", 1)[-1].removesuffix(".gz"): file for file in tree.files}
    corpus, queries = files.get("corpus.jsonl"), files.get("queries.jsonl")
    if corpus and queries:
        return _beir(tree, queries), corpus
    if any(name.startswith("qrels") or name.endswith(".qrels") for name in files) and len(files) > 1:
        raise DatasetError(f"{tree.root} is a set in TREC's layout: relevance judgements and no answers. {_JOIN}")
    for file in tree.tables:
        if file.endswith(".json") and (what := _is_foreign(tree.root / file)):
            raise DatasetError(f"{tree.root / file} {what} {_JOIN}")
    return None


def _is_foreign(path: Path) -> str:
    """What is wrong with a JSON file of another layout, a clause; "" for anything else."""
    with contextlib.suppress(OSError, UnicodeDecodeError), path.open(encoding="utf-8") as stream:
        start = stream.read(2_000)
        if '"queries"' in start and start.lstrip().startswith("{"):
            content: object = None
            with contextlib.suppress(ValueError, RecursionError):
                content = json.loads(start + stream.read(500_000_000))
            if isinstance(content, Mapping) and {"queries", "corpus", "relevant_docs"} <= set(content):
                return "is LlamaIndex's set for search: queries, a corpus and no answers."
        if '"story"' in start and '"questions"' in start and '"turn_id"' in start:
            return "holds conversations (CoQA): a question there needs those before it, and each is asked alone here."
        if '"document"' in start and '"html"' in start and '"long_answer_candidates"' in start:
            return "is the original form of Natural Questions. Its simplified form (document_text) is read."
    return ""


def _beir(tree: Tree, queries: str) -> Table:
    """The queries that a judgement names, with the part of the judgement's file and the best document."""
    table = read_table(tree.root / queries)
    key, text = by_name(table, ["id"], set()), by_name(table, ["text", "query", "question"], set())
    answers = _answers(table)
    if key is None or text is None or answers is None:
        raise DatasetError(
            f"{tree.root} is a set in BEIR's layout: queries, a corpus, judgements and no answers. Add a field answers "
            f'to each line of {queries}, such as "answers": ["12 euros"].'
        )
    judged = _judged(tree)
    rows = [
        (question, cell, judged[name][0], judged[name][1])
        for name, question, cell in zip(table.frame[key], table.frame[text], answers, strict=True)
        if name in judged
    ]
    frame = pd.DataFrame(rows, columns=["question", "answers", "document", "split"], dtype=object)
    note = "Read as a set in BEIR's layout: the document of a question is the best of its judgements."
    return Table(table.path, frame, list(range(1, len(frame) + 1)), table.set_aside, [*table.notes, note])


def _answers(table: Table) -> list[str] | None:
    """The answers of each query, in a column of its own or inside the metadata."""
    if column := by_name(table, _ANSWERS, set()):
        return [str(cell) for cell in table.frame[column]]
    fields = {plain(last_word(c)): c for c in map(str, table.frame.columns) if c in table.nested and _of_metadata(c)}
    if column := next((fields[name] for name in _ANSWERS if name in fields), None):
        return [str(cell) for cell in table.frame[column]]
    if (metadata := by_name(table, ["metadata"], set())) is None:
        return None
    found = []
    for cell in table.frame[metadata].map(nested):
        named = {plain(name): value for name, value in cell.items()} if isinstance(cell, dict) else {}
        value = next((named[name] for name in _ANSWERS if name in named), "")
        found.append(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return found if any(found) else None


def _of_metadata(column: str) -> bool:
    return column.lower().startswith("metadata.")


def _judged(tree: Tree) -> dict[str, tuple[str, str]]:
    """Each query's best document and the part of the file that judges it."""
    best: dict[str, tuple[float, str, str]] = {}
    for file in tree.files:
        if "qrels" not in file.lower() or not file.lower().endswith((".tsv", ".txt", ".csv")):
            continue
        with (tree.root / file).open(encoding="utf-8", errors="replace") as stream:
            for row in stream:
                cells = row.split()
                query, document, score = (cells[0], cells[-2], cells[-1]) if len(cells) in (3, 4) else ("", "", "")
                with contextlib.suppress(ValueError):
                    if query and float(score) > best.get(query, (0.0, "", ""))[0]:
                        best[query] = (float(score), document, part_of(file))
    return {query: (document, part) for query, (_, document, part) in best.items()}
