"""Answers to questions as tables spell them: one string, a list, or a benchmark's own nesting."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence
from typing import Any

from probes.reading import NOT_FOUND, normalised

_TEXT_KEYS = ("text", "answer_text", "answer", "texts", "value", "spans", "input_text")
#: Other accepted spellings beside the answer itself (TriviaQA).
_MORE_KEYS = ("aliases",)
#: What people and benchmarks write where the documents do not answer, in lower case.
_NOTHING = frozenset("unanswerable cannotanswer no_answer".split()) | frozenset(
    normalised(phrase)
    for phrase in (
        NOT_FOUND, "no answer", "no answer present", "not answerable", "not answered", "unanswered", "not mentioned",
        "not specified", "not stated", "not given", "not provided", "not found", "not available", "no information",
        "not enough information", "insufficient information", "cannot be answered", "cannot answer", "can't answer",
        "cannot be determined", "cannot be answered from the context", "not in the text", "not in the document",
        "not in the context", "not in the passage", "not in context", "not mentioned in the text",
        "not mentioned in the context", "not mentioned in the document", "i don't know", "i do not know", "don't know",
        "keine antwort", "nicht im text", "nicht erwähnt", "sin respuesta", "pas de réponse",
    )
)  # fmt: skip
#: These mean it in a cell of their own. In a list they are answers: SQuAD has one that is "None", the handbook "N/A".
_NOTHING_IN_A_CELL = frozenset("- -- – — n/a n.a. #n/a <na> nan null none unknown".split())
_TRUTH = {"true": "yes", "false": "no"}


def answers_of(cell: str) -> list[str] | None:
    """The accepted answers in a cell; [] where it says that there is none, None where it says nothing.

    >>> answers_of("308"), answers_of('["308", "308 points"]'), answers_of('{"text": ["a"], "answer_start": [3]}')
    (['308'], ['308', '308 points'], ['a'])
    >>> answers_of("[]"), answers_of("Not in the documents."), answers_of("N/A"), answers_of('["N/A"]'), answers_of("")
    ([], [], [], ['N/A'], None)
    """
    if not cell:
        return None
    value = nested(cell)
    answers = flat(value)
    if not answers or (value is cell and (cell.strip().lower() in _NOTHING_IN_A_CELL or cell.strip() == "NA")):
        return []
    return list(dict.fromkeys(answer for answer in answers if not denies(answer)))


def denies(answer: str) -> bool:
    """Whether an answer says that there is none.

    >>> denies("Not mentioned."), denies("N/A"), denies("no")
    (True, False, False)
    """
    return answer.strip().lower() in _NOTHING or normalised(answer) in _NOTHING


def column_answers(cells: Sequence[str]) -> tuple[list[list[str] | None], list[str]]:
    """The answers of each cell of a column, and what was decided about all of them, in sentences."""
    answers = [answers_of(cell) for cell in cells]
    notes = []
    said = list(dict.fromkeys(c for c, a in zip(cells, answers, strict=True) if a == [] and nested(c) is c))
    unusual = [cell for cell in said if normalised(cell) != normalised(NOT_FOUND)]
    if unusual:
        n = sum(cell in unusual for cell in cells)
        shown = ", ".join(cell[:30] for cell in unusual[:3])
        answers_say = f"1 answer, {shown}, means" if n == 1 else f"{n:,} answers, such as {shown}, mean"
        notes.append(f"{answers_say} that the documents do not answer.")
    for change in (_truths, _whole_numbers, _apart):
        if note := change(answers):
            notes.append(note)
    return answers, notes


def _truths(answers: list[list[str] | None]) -> str:
    """A column of true and false answers questions of yes or no: programs write their own words for them."""
    filled = [one for one in answers if one]
    if not filled or not all(len(one) == 1 and one[0].lower() in _TRUTH for one in filled):
        return ""
    answers[:] = [[_TRUTH[one[0].lower()]] if one else one for one in answers]
    return "The answers true and false are read as yes and no."


def _whole_numbers(answers: list[list[str] | None]) -> str:
    """A column whose numbers all end in .0 was written by a program that knows no whole ones; both are accepted."""
    numbers = [text for one in answers if one for text in one if re.fullmatch(r"-?\d+(\.\d+)?", text)]
    if len(numbers) < 2 or not all(text.endswith(".0") for text in numbers):
        return ""
    for one in answers:
        if one:
            one[:] = list(dict.fromkeys(form for text in one for form in _both(text)))
    return "Whole numbers among the answers are accepted with and without .0."


def _both(text: str) -> tuple[str, ...]:
    return (text[:-2], text) if re.fullmatch(r"-?\d+\.0", text) else (text,)


def _apart(answers: list[list[str] | None]) -> str:
    """Several accepted answers in a cell, with a bar between them."""
    single = [one[0] for one in answers if one and len(one) == 1]
    barred = [text for text in single if "|" in text]
    if len(barred) < 2 or len(barred) < 0.2 * len(single):
        return ""
    for one in answers:
        if one and len(one) == 1 and "|" in one[0]:
            one[:] = list(dict.fromkeys(part.strip() for part in one[0].split("|") if part.strip()))
    return "A bar (|) in an answer stands between accepted answers."


def nested(cell: str) -> Any:
    """A cell as the list or dictionary that it spells (JSON, or Python's own writing of it), else the cell itself."""
    if cell[:1] not in "[{":
        return cell
    for parse in (json.loads, ast.literal_eval):  # literal_eval reads literals only and calls nothing
        try:
            value = parse(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
        return value if isinstance(value, (list, tuple, dict)) else cell
    return cell


def flat(value: Any, depth: int = 0) -> list[str]:
    """Every answer inside lists and the dictionaries of benchmarks, blank ones left out."""
    if depth > 4 or value is None:
        return []
    if isinstance(value, dict):
        named = {str(key).lower(): one for key, one in value.items()}
        key = next((key for key in _TEXT_KEYS if key in named), None)
        more = [one for other in _MORE_KEYS for one in flat(named.get(other), depth + 1)]
        return [*flat(named[key], depth + 1), *more] if key else []
    if isinstance(value, (list, tuple)):
        return [answer for one in value for answer in flat(one, depth + 1)]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = " ".join(str(value).split())
    return [text] if text else []
