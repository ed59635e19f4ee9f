"""A small dataset of questions with hostile words, as the reader leaves it, with its records and a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from advisor import __version__
from advisor.core.records import Dataset, Evidence, Finding, Mistake, ProbeResult, Profile, RunReport
from probes import failures
from tests.ui.ui_records import share, write_dataset

TITLES = ("<b>Guide</b> *one*", ":red[Second] $x^2$", "[Third](http://x.y)")
#: What became of the six test questions.
OUTCOMES = {"right": 3, "misread": 1, "not found": 2, "wrongly refused": 0, "made up": 0}
PASSAGE = "The **answer** to <script>alert(1)</script> is forty-two, says the guide."


def write_questions(home: Path) -> Dataset:
    """Thirty questions over three documents; every tenth is not answered there."""
    items = pd.DataFrame(
        {
            "key": [f"row {i}" for i in range(30)],
            "label": 0,
            "text": [f"What is *number* {i} of <script>?" for i in range(30)],
            "answers": [json.dumps([] if i % 10 == 9 else [f"forty-{i}", f"<i>{i}</i>"]) for i in range(30)],
            "document": ["" if i % 10 == 9 else f"doc-{i % 3}" for i in range(30)],
        }
    )
    dataset = write_dataset(home, "<i>manuals</i> *hot*", "qa", (), items)
    documents = pd.DataFrame(
        {
            "document": [f"doc-{i}" for i in range(3)],
            "title": list(TITLES),
            "text": [PASSAGE * (i + 1) for i in range(3)],
            "place": [f"docs/{i}.md" for i in range(3)],
            "digest": [str(i) for i in range(3)],
        }
    )
    documents.to_parquet(Path(dataset.folder) / "documents.parquet")
    return dataset


def write_profile(dataset: Dataset) -> None:
    """A profile with lengths of documents and one finding."""
    Profile(
        fingerprint=dataset.fingerprint,
        metric=dataset.metric,
        counts={"questions": {"train": 18, "val": 6, "test": 6}},
        imbalance=1.0,
        n_inspected=30,
        sizes={"document_tokens": [11.0, 22.0, 33.0], "answer_words": [1.0] * 27},
        duplicates=(("row 1", "row 2"),),
        duplicate_kind=("near",),
        findings=(Finding(check="silent", severity="warning", sentence="3 questions have no answer here."),),
        program=__version__,
    ).save(Path(dataset.folder) / "profile.json")


def examples() -> list[dict[str, Any]]:
    """One question answered rightly and one misread."""
    row = {"question": "What is *it*?", "answers": ["forty-two"], "title": TITLES[0], "passage": PASSAGE}
    return [{**row, "said": "forty-two", "outcome": "right"}, {**row, "said": "*six*", "outcome": "misread"}]


def write_evidence(dataset: Dataset) -> Evidence:
    """Closed-book 10 %, with passages 50 %, with the answering passage 60 %; the search finds 90 %."""
    counts = {"right": 12, "misread": 8, "not found": 4, "wrongly refused": 0, "made up": 0}
    prompt = {"system": "Answer from the text.", "user": "Text: {passages}\n\nQuestion: {question}", "begin": ""}
    asked = {"exact_match": 0.4, "prompt": prompt, "choices": []}
    search = {way: {"recall@1": 0.6, "recall@5": 0.9, "mrr": 0.7} for way in ("words", "dense", "hybrid")}
    results = (
        ProbeResult(name="closed book", title="Closed-book", backbone="m", measured=share(0.1, 24), settings=asked),
        ProbeResult(
            name="retrieved", title="With passages found", backbone="m", measured=share(0.5, 24),
            settings={**asked, "k": 1, "outcomes": counts, "examples": examples()},
        ),
        ProbeResult(name="gold passage", title="With it", backbone="m", measured=share(0.6, 24), settings=asked),
        ProbeResult(name="retrieval", title="Among five", measured=share(0.9, 24), settings={**search, "n_chunks": 7}),
    )  # fmt: skip
    evidence = Evidence(
        fingerprint=dataset.fingerprint,
        metric=dataset.metric,
        backbone="SmolLM2-135M-Instruct",
        backbone_hash="ab" * 32,
        device="cpu",
        device_reason="m takes 0.5 s for a question with its passage here.",
        input_size=0,
        n_train=24,
        n_test=6,
        n_test_per_class=(6,),
        results=results,
        notes=("m reaches 10.0 % closed-book, so it lacks knowledge most.", failures.sentence(counts), "A remark."),
        seconds=20.0,
    )
    evidence.save(Path(dataset.folder) / "evidence.json")
    return evidence


def make_report(dataset: Dataset, run: str) -> RunReport:
    """A report on six test questions with one mistake."""
    row = int(dataset.where("test")[0])
    return RunReport(
        run=run,
        rung="rag",
        metric=dataset.metric,
        test=share(0.5, 6),
        promised=share(0.5),
        classes=(),
        confusion=[],
        per_class=[],
        mistakes=(
            Mistake(
                key="row 4", row=row, label="forty-two", predicted="*six*", probability=0.8,
                question="What is *it*?", passage=PASSAGE, outcome="misread",
            ),
        ),
        exact_match=share(0.4, 6),
        recall_at_5=share(0.9, 6),
        outcomes=OUTCOMES,
        validation={"value": 0.5, "n": 6.0},
        seconds=9.0,
        device="cpu",
        precision="float32",
        sentences=(
            "Expected 50.0 % (48.0 to 52.0) before training; it reached 50.0 %, inside the interval.",
            failures.sentence(OUTCOMES),
            "A sentence of the rung.",
        ),
    )  # fmt: skip
