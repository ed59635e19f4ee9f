"""The time of a prediction: refused questions do not count, and what a former version timed is read with care."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from advisor.core.records import Answer
from advisor.core.workspace import RunFiles
from advisor.rungs.saved.answering import Answerer, refusal
from advisor.runs import latency

OLD = {"single_ms": 25.0, "p95_ms": 56.0, "batch_ms": 17.0, "n": 24, "device": "cpu"}


class EverySecond:
    """Refuses each second question, as passages that support nothing make it."""

    def answers(self, questions: Sequence[str]) -> list[Answer]:
        return [
            refusal(question, ()).model_copy(update={"passages": PASSAGES})
            if question.startswith("refused")
            else Answer(input=question, text="yes", supported=True, passages=PASSAGES)
            for question in questions
        ]


PASSAGES = tuple(
    Answer.model_validate(
        {"input": "", "text": "", "supported": True, "passages": [
            {"document": "d", "title": "t", "text": "x", "start": 0, "end": 1, "score": 1.0}
        ]}
    ).passages
)  # fmt: skip


def test_questions_that_are_refused_are_left_out_unless_all_are() -> None:
    model = Answerer({"rung": "rag"}, EverySecond())
    times, items = latency._alone(model, ["one?", "refused?", "two?", "refused as well?"])
    assert len(times) == len(items) == latency.SINGLE // 2 and set(items) == {"one?", "two?"}
    times, items = latency._alone(model, ["refused?"])
    assert len(times) == latency.SINGLE and set(items) == {"refused?"}


def test_a_former_time_stands_except_where_it_timed_the_memory_of_a_language_model(tmp_path: Path) -> None:
    files = RunFiles(tmp_path)
    files.latency.write_text(json.dumps(OLD))
    files.model.write_text(json.dumps({"rung": "frozen", "backbone": {}}))
    assert latency.kept(tmp_path) == latency.Latency(25.0, 56.0, 17.0, 24, "cpu")
    files.model.write_text(json.dumps({"rung": "rag", "language_model": {}}))
    assert latency.kept(tmp_path) is None
    files.latency.write_text(json.dumps(OLD | {"version": latency.VERSION}))
    assert latency.kept(tmp_path) is not None
