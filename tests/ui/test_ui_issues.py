"""The section about labels and items, and the command's answer, on questions with labels that were moved."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from streamlit.testing.v1 import AppTest

from advisor import api
from advisor.cli import show_issues
from advisor.core.records import Dataset, Evidence
from advisor.evidence.issue_wording import mostly_hard
from advisor.evidence.issues import LABELS, load_issues, measure_issues, ranked, summary
from advisor.evidence.sample import Sample, related
from advisor.ui.instruments.issues import TITLE, answer, issues
from probes.linear import linear_probe
from tests.ui.ui_records import unfolded, written

HOSTILE = "*hurt* <b>me</b>"


def measured(folder: Path) -> tuple[Dataset, Evidence]:
    """Digits as pictures, one class with a name that Markdown and HTML would read, 24 in the wrong folder."""
    from PIL import Image
    from sklearn.datasets import load_digits

    data = load_digits(n_class=4)
    names = ["zero", HOSTILE.replace("/", "_"), "two", "three"]
    for index in range(320):
        label = (int(data.target[index]) + (index < 24)) % 4
        path = folder / "digits" / names[label] / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((data.images[index] * 15).astype(np.uint8)).save(path)
    dataset = api.read(folder / "digits")
    rows = dataset.where("train", "val")
    pixels = [np.asarray(Image.open(path)).ravel() for path in dataset.items["path"].iloc[rows]]
    sample = Sample(rows, dataset.labels[rows], related(dataset)[rows], np.stack(pixels).astype(np.float32))
    probe = linear_probe(sample.features, sample.labels, dataset.metric, sample.groups, n_classes=4)
    found = measure_issues(
        dataset, sample, probe.oof_probability, probe.oof_predicted, backbone_hash="cafe0123", n_sample=300
    )
    evidence = Evidence(
        fingerprint=dataset.fingerprint,
        metric=dataset.metric,
        backbone="pixels",
        backbone_hash="cafe0123",
        device="cpu",
        device_reason="",
        input_size=8,
        n_train=len(rows),
        n_sample=300,
        n_test=0,
        n_test_per_class=(0,) * 4,
        results=(),
        findings=found,
        seconds=1.0,
    )
    evidence.save(Path(dataset.folder) / "evidence.json")
    return dataset, evidence


def section(fingerprint: str) -> None:
    """What Streamlit's test runner runs."""
    from advisor.core.records import Evidence
    from advisor.data.reading import open_dataset
    from advisor.ui import cards
    from advisor.ui.instruments import issues as drawn

    data = open_dataset(fingerprint)
    kept = Evidence.saved(data.files.evidence)
    assert kept is not None
    card = drawn.card(data, kept)
    assert card is not None
    cards.draw([card])


def test_the_section_says_shows_and_offers_what_is_listed(tmp_path: Path) -> None:
    dataset, evidence = measured(tmp_path)
    app = AppTest.from_function(section, kwargs={"fingerprint": dataset.fingerprint}, default_timeout=60).run()
    app = unfolded(app)
    assert not app.exception
    table = load_issues(dataset, evidence)
    n = len(ranked(table, LABELS))
    assert n > 8
    verdict = "items are hard to tell" if mostly_hard(evidence.findings) else "labels look wrong"
    assert f"{n} {verdict}" in written(app)
    assert any(f.sentence == t.value for f in evidence.findings for t in app.text)
    words = " ".join(str(element.value) for element in app.html)
    assert "&lt;b&gt;me" in words and "<b>me" not in words
    assert all(HOSTILE[:6] not in str(element.value) for element in app.markdown)


def test_the_answer_counts_each_check_and_the_chart_draws_it(tmp_path: Path) -> None:
    dataset, evidence = measured(tmp_path)
    told = summary(dataset, load_issues(dataset, evidence))
    assert "labels look wrong" in answer(told)
    assert "labels look wrong" not in answer(told, hard=True) and "items are hard to tell" in answer(told, hard=True)
    assert answer(told.assign(n_listed=0)).startswith("No check found anything")
    bars = issues(told).data[0]
    assert list(bars.x) == told["n_listed"].tolist()[::-1]
    assert set(bars.y) == set(TITLE.values())


@pytest.mark.parametrize("width", [60, 160])
def test_the_command_answers_with_sentences_tables_and_one_document(tmp_path: Path, width: int) -> None:
    dataset, evidence = measured(tmp_path)
    rows = show_issues.rows(dataset, evidence)
    stream = io.StringIO()
    show_issues.issues(Console(file=stream, width=width), dataset, evidence, rows)
    assert "suspect label" in stream.getvalue() and "look wrong" in stream.getvalue()
    document = json.loads(json.dumps(show_issues.issues_json(dataset, evidence, rows), allow_nan=False))
    assert len(document["items"]) == sum(check["n_listed"] for check in document["checks"])
    assert document["items"][0]["check"] == LABELS and document["findings"]
    path = show_issues.write(rows, str(tmp_path / "out.csv"))
    assert path.read_text().count("\n") > 8
