"""The handbook is the sample for question answering, so its questions must be answered where they say."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from advisor import api
from advisor.advice import decide
from advisor.advice.outlook import ridge
from advisor.core.ladder import RUNG_NAMES
from advisor.runs import supervisor
from probes import device, interval, labels, learning_curve, linear, neighbours
from probes.backbones import catalog

HANDBOOK = Path(__file__).resolve().parents[2] / "docs" / "handbook"
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(HANDBOOK.glob("[0-9]*.md"))}
QUESTIONS: list[dict[str, Any]] = [
    json.loads(row) for row in (HANDBOOK / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]
ANSWERED = [question for question in QUESTIONS if question["answers"]]


def test_there_is_enough_to_read_and_to_ask() -> None:
    words = {page: len(text.split()) for page, text in PAGES.items()}
    assert len(PAGES) >= 15
    assert {page: n for page, n in words.items() if not 350 <= n <= 700} == {}
    assert len(ANSWERED) >= 60
    assert len(QUESTIONS) - len(ANSWERED) >= 8


def test_every_page_is_asked_about_and_every_id_is_its_own() -> None:
    asked = Counter(question["document"] for question in ANSWERED)
    assert {page for page in PAGES if asked[page] < 2} == set()
    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS)
    assert len({question["question"].lower() for question in QUESTIONS}) == len(QUESTIONS)


def test_every_answer_stands_in_its_page_and_is_short() -> None:
    missing = [
        (question["id"], answer)
        for question in ANSWERED
        for answer in question["answers"]
        if answer.lower() not in PAGES[question["document"]].lower() or len(answer.split()) > 8
    ]
    assert missing == []


def test_questions_without_an_answer_name_no_document() -> None:
    assert {question["document"] for question in QUESTIONS if not question["answers"]} == {""}


def test_the_index_names_every_page_and_nothing_else() -> None:
    index = (HANDBOOK / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((\d[^)]*)\.md\)", index) == list(PAGES)


@pytest.mark.parametrize(
    ("page", "said", "meant"),
    [
        ("01-the-ladder", "at least 80 %", decide.LIKELY == 0.8),
        ("01-the-ladder", "above 35 %", decide.TOSS == 0.35),
        ("01-the-ladder", "| prompting |", RUNG_NAMES[0] == "prompting"),
        ("05-nearest-examples", "1, 3, 5, 10 and 20", neighbours.KS == (1, 3, 5, 10, 20)),
        ("05-nearest-examples", "cosine / 0.05", neighbours.TEMPERATURE == 0.05),
        ("06-frozen-features", "at least 1.15 times", device.WORTH_IT == 1.15),
        ("06-frozen-features", "EfficientNet-Lite0", catalog.default("image").title == "EfficientNet-Lite0"),
        ("07-linear-probe", "design effect of 1.25", interval.TRAINED == 1.25),
        ("07-linear-probe", "Eleven strengths", len(linear.STRENGTHS) == 11),
        ("14-learning-curves-and-labels-needed", "four times the largest size", learning_curve.FURTHEST == 4),
        ("16-labels-and-duplicates", "flips 5 % of your labels", labels.PLANTED_SHARE == 0.05),
        ("17-intervals-and-promises", "for 90 % of their results", ridge.LEVEL == 0.9),
        ("19-runs-that-survive", "After 3 attempts in a row", supervisor.ATTEMPTS == 3),
        ("19-runs-that-survive", "silent for 180 seconds", supervisor.SILENT_SECONDS == 180),
        ("21-when-not-to-train-at-all", "a budget of 60 seconds", api.DEFAULT_BUDGET_SECONDS == 60),
        ("21-when-not-to-train-at-all", "training gets 300", api.DEFAULT_TRAINING_SECONDS == 300),
    ],
)
def test_defaults_that_the_handbook_states_are_the_program_s(page: str, said: str, meant: bool) -> None:
    """Where this fails, correct the page, and the answers in questions.jsonl that quote it."""
    assert said in PAGES[page].replace("\n", " ")
    assert meant
