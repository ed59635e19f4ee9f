"""Layouts of known benchmarks for question answering, laid flat: one row a question, with its passages beside it.

A row has the columns question, answers, title and context (the passage that answers), and "other contexts": a JSON
list of [title, text], the passages that were there to mislead. HotpotQA https://hotpotqa.github.io, MS MARCO
https://microsoft.github.io/msmarco, Natural Questions (simplified) https://ai.google.com/research/NaturalQuestions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from advisor.core.wording import listed
from advisor.data.read.answers import answers_of, nested
from advisor.data.read.columns import plain
from advisor.data.read.squad import is_nested, unnested
from advisor.data.read.tables import Table

OTHERS = "other contexts"
COLUMNS = ("question", "answers", "context", "title", OTHERS)
Row = tuple[str, str, str, str, str]
_NUMBERED = re.compile(r"(?:gold|reference|correct)?(?:answers?|groundtruths?)\d+")
#: With one of these, numbered answers are choices, of which one is right.
_ONE = frozenset("answer answers correct correctanswer label answerkey answeridx groundtruth goldanswer target".split())


def laid_flat(table: Table) -> Table:
    """The table itself, or a known benchmark's with one row a question; several columns of answers are one."""
    if is_nested(table):
        return unnested(table)
    names = {plain(column): str(column) for column in table.frame.columns}
    for needed, convert in _LAYOUTS:
        if needed <= set(names):
            rows = [convert(_Record(record, names)) for record in table.frame.to_dict("records")]
            if rows and sum(row is not None for row in rows) >= 0.5 * len(rows):
                return _with(table, [row or ("", "", "", "", "[]") for row in rows])
    return _with_choices(_numbered(table, names), names)


def _numbered(table: Table, names: Mapping[str, str]) -> Table:
    """answer1, answer2 ... as one column of lists of accepted answers."""
    columns = [column for name, column in names.items() if _NUMBERED.fullmatch(name)]
    if len(columns) < 2 or not _ONE.isdisjoint(names):
        return table
    cells = [[cell for cell in row if cell] for row in zip(*(table.frame[c] for c in columns), strict=True)]
    answers = [json.dumps(row, ensure_ascii=False) if row else "" for row in cells]
    note = f"Columns {listed(columns)} hold accepted answers."
    return replace(table, frame=table.frame.drop(columns=columns).assign(answers=answers), notes=[*table.notes, note])


class _Record:
    """A row by the plain names of its columns, its cells parsed."""

    def __init__(self, record: Mapping[Any, Any], names: Mapping[str, str]) -> None:
        self._record, self._names = record, names

    def __getitem__(self, name: str) -> Any:
        return nested(str(self._record[self._names[name]]))

    def text(self, name: str) -> str:
        return str(self._record[self._names[name]]) if name in self._names else ""


def _with(table: Table, rows: list[Row]) -> Table:
    """The table with the flat columns in the place of those that they come from; the others stay."""
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    keep = [c for c in table.frame.columns if plain(c) in ("split", "part", "group", "id", "isimpossible")]
    return replace(table, frame=pd.concat([frame, table.frame[keep].reset_index(drop=True)], axis=1))


def _hotpot(record: _Record) -> Row | None:
    """context: [[title, [sentence, ...]], ...], or a dictionary of both lists; supporting_facts name the titles."""
    context, facts = record["context"], record["supportingfacts"]
    if isinstance(context, dict):
        titles, sentences = context.get("title"), context.get("sentences")
        if not isinstance(titles, list) or not isinstance(sentences, list) or len(titles) != len(sentences):
            return None
        context = list(zip(titles, sentences, strict=True))
    named = facts.get("title", []) if isinstance(facts, dict) else [f[0] for f in facts if isinstance(f, list) and f]
    passages = []
    for one in context if isinstance(context, list) else []:
        if isinstance(one, (list, tuple)) and len(one) == 2 and isinstance(one[1], (list, tuple)):
            passages.append((str(one[0]), "".join(str(part) for part in one[1]).strip()))
    supporting = [passage for passage in passages if passage[0] in named]
    return _row(record.text("question"), record.text("answer"), supporting, passages)


def _ms_marco(record: _Record) -> Row | None:
    """passages: a list of {"is_selected", "passage_text"}, or a dictionary of both lists."""
    passages = record["passages"]
    if isinstance(passages, dict):
        marks, texts = passages.get("is_selected"), passages.get("passage_text")
        if not isinstance(marks, list) or not isinstance(texts, list) or len(marks) != len(texts):
            return None
        passages = [{"is_selected": mark, "passage_text": text} for mark, text in zip(marks, texts, strict=True)]
    rows = [one for one in passages if isinstance(one, dict) and "passage_text" in one]
    if not rows:
        return None
    every = [("", str(one["passage_text"]).strip()) for one in rows]
    chosen = [passage for passage, one in zip(every, rows, strict=True) if str(one.get("is_selected")) in ("1", "True")]
    return _row(record.text("query"), record.text("answers"), chosen, every)


def _natural_questions(record: _Record) -> Row | None:
    """Answers are spans of the document's words, which single spaces separate."""
    words, marks = record.text("documenttext").split(" "), record["annotations"]
    answers: list[str] = []
    for mark in marks if isinstance(marks, list) else []:
        if not isinstance(mark, dict):
            continue
        if mark.get("yes_no_answer") in ("YES", "NO"):
            answers.append(mark["yes_no_answer"].lower())
        for span in mark.get("short_answers") or []:
            answers.append(" ".join(words[int(span["start_token"]) : int(span["end_token"])]))
    long = any(m.get("long_answer", {}).get("start_token", -1) >= 0 for m in marks if isinstance(m, dict))
    cell = json.dumps(answers, ensure_ascii=False) if answers or not long else ""
    return _row(record.text("questiontext"), cell, [("", " ".join(words))], [])


def _row(question: str, cell: str, right: list[tuple[str, str]], every: list[tuple[str, str]]) -> Row | None:
    """The passage of the right ones that holds an answer, else the first; with none the question has no document."""
    if not right and not every:
        return None
    answers = answers_of(cell) or []
    holding = [passage for passage in right if any(answer in passage[1] for answer in answers)]
    title, text = (holding or right or every)[0]
    others = [passage for passage in every if passage[1] != text]
    return question, cell, text, title, json.dumps(others, ensure_ascii=False)


def _with_choices(table: Table, names: Mapping[str, str]) -> Table:
    """Multiple choice: an answer that is a letter or a number of one of the choices becomes its text."""
    choices = next((names[name] for name in ("choices", "options") if name in names), None)
    answer = next((names[n] for n in ("answerkey", "answeridx", "answerindex", "answer", "label") if n in names), None)
    if choices is None or answer is None or "question" not in names:
        return table
    pairs = list(zip(table.frame[choices].map(nested), table.frame[answer], strict=True))
    chosen = [_chosen(several, key) for several, key in pairs]
    if not chosen or sum(text is not None for text in chosen) < 0.9 * len(chosen):
        return table
    frame = table.frame.drop(columns=[answer]).assign(answer=[text or "" for text in chosen])
    return replace(table, frame=frame, notes=[*table.notes, f"Answers are the texts of {choices} named by {answer}."])


def _chosen(several: Any, key: str) -> str | None:
    labels: list[str] = []
    if isinstance(several, dict) and isinstance(several.get("text"), list):
        labels, several = [str(one) for one in several.get("label", [])], several["text"]
    elif isinstance(several, dict):
        labels, several = [str(one) for one in several], list(several.values())
    if not isinstance(several, (list, tuple)) or not several or key in several:
        return None
    if key in labels and len(labels) == len(several):
        return str(several[labels.index(key)])
    place = int(key) if key.isdigit() else ord(key.upper()) - ord("A") if len(key) == 1 and key.isalpha() else -1
    return str(several[place]) if 0 <= place < len(several) else None


_LAYOUTS: tuple[tuple[set[str], Callable[[_Record], Row | None]], ...] = (
    ({"question", "answer", "context", "supportingfacts"}, _hotpot),
    ({"query", "answers", "passages"}, _ms_marco),
    ({"questiontext", "documenttext", "annotations"}, _natural_questions),
)


def other_contexts(table: Table, places: list[str]) -> list[tuple[str, str, str]]:
    """(title, text, place) of the passages beside the questions that answer none of them."""
    if OTHERS not in table.frame.columns:
        return []
    return [
        (str(title), str(text), place)
        for cell, place in zip(table.frame[OTHERS], places, strict=True)
        for title, text in (nested(cell) if isinstance(nested(cell), list) else [])
    ]
