"""Answers to questions as tables spell them: one string, a list, or SQuAD's own nesting."""

from __future__ import annotations

import ast
import json
from typing import Any

from probes.reading import NOT_FOUND, normalised

_TEXT_KEYS = ("text", "answer_text", "answer", "texts", "value")


def answers_of(cell: str) -> list[str] | None:
    """The accepted answers in a cell; [] where it says that there is none, None where it says nothing.

    >>> answers_of("308"), answers_of('["308", "308 points"]'), answers_of('{"text": ["a"], "answer_start": [3]}')
    (['308'], ['308', '308 points'], ['a'])
    >>> answers_of("[]"), answers_of("Not in the documents."), answers_of("")
    ([], [], None)
    """
    if not cell:
        return None
    answers = flat(nested(cell))
    if not answers:
        return []
    accepted = [answer for answer in answers if normalised(answer) != normalised(NOT_FOUND)]
    return list(dict.fromkeys(accepted))


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
    """Every answer inside lists and SQuAD's dictionaries, blank ones left out."""
    if depth > 4 or value is None:
        return []
    if isinstance(value, dict):
        key = next((key for key in _TEXT_KEYS if key in value), None)
        return flat(value[key], depth + 1) if key else []
    if isinstance(value, (list, tuple)):
        return [answer for one in value for answer in flat(one, depth + 1)]
    text = " ".join(str(value).split())
    return [text] if text else []
