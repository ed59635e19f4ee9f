"""Label these next on the Evidence page: what is chosen is shown and taken away, and labels come back as a version."""

from __future__ import annotations

import io
import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from advisor import api
from advisor.core.records import Dataset, NextLabels, ToLabel
from advisor.data import labelling
from advisor.ui import jobs, label_next, work
from tests.ui.conftest import write_evidence
from tests.ui.ui_records import opened


def chosen(dataset: Dataset, items: list[str]) -> NextLabels:
    """So many items to label, kept beside the dataset."""
    picked = NextLabels(
        fingerprint=dataset.fingerprint, dataset_name=dataset.name, kind=dataset.kind, classes=dataset.classes,
        backbone="all-MiniLM-L6-v2", source="more.csv", n_pool=len(items), n_left_out=0, method="doubtful",
        sentences=("Two items chosen.",),
        items=tuple(
            ToLabel(
                key=f"row {i}", digest=f"{i:032x}", item=item, guess=dataset.classes[0], probability=0.5, margin=0.1
            )
            for i, item in enumerate(items)
        ),
    )  # fmt: skip
    picked.save(dataset.files.next_labels)
    return picked


def test_the_section_asks_for_items_and_shows_what_was_chosen(texts: Dataset) -> None:
    app = opened("evidence", data=texts.fingerprint[:16])
    assert label_next.TITLE in [str(title.value) for title in app.subheader]
    assert app.button(key="next-choose").disabled
    chosen(texts, ["<b>one</b>", "[two](x)"])
    app = opened("evidence", data=texts.fingerprint[:16])
    assert not app.exception and any("Two items chosen." in str(line.value) for line in app.text)


def test_questions_have_no_labels_to_choose(questions: Dataset) -> None:
    app = opened("evidence", data=questions.fingerprint[:16])
    assert not app.exception and label_next.TITLE not in [str(title.value) for title in app.subheader]


def test_the_project_is_a_zip_of_both_files(texts: Dataset) -> None:
    picked = chosen(texts, ["one", "two"])
    with ZipFile(io.BytesIO(label_next.packed(picked))) as archive:
        assert set(archive.namelist()) == {labelling.TASKS, labelling.CONFIG}
        assert len(json.loads(archive.read(labelling.TASKS))) == 2


def test_labels_that_came_back_are_offered_as_a_version(workspace: Path, tmp_path: Path) -> None:
    rows = "\n".join(f"the {i}th film was {'good' if i % 2 else 'bad'} number {i},{i % 2}" for i in range(60))
    (tmp_path / "films.csv").write_text(f"text,label\n{rows}\n")
    dataset = api.read(tmp_path / "films.csv")
    write_evidence(dataset)
    table = labelling.to_csv(chosen(dataset, ["a wholly new remark about a play"])).replace(",,", ",1,")
    (tmp_path / "done.csv").write_text(table)
    added = work.add_labels(dataset, str(tmp_path / "done.csv"), f"{tmp_path}/", lambda sentence, share: None)
    assert "1 labelled item added" in added.sentence
    key = jobs.key_of("labelled", dataset.fingerprint)
    jobs._jobs[key] = jobs.Job(key, "Adding labels", work.add_labels, result=added, finished=True)
    app = opened("evidence", data=dataset.fingerprint[:16])
    app.button(key="open-grown").click().run()
    assert not app.exception and added.fingerprint[:16] in app.query_params["data"]


def test_a_message_hides_where_an_upload_lies(texts: Dataset, tmp_path: Path) -> None:
    from advisor.core.errors import DatasetError

    (tmp_path / "empty.csv").write_text("key,text,label\n")
    with pytest.raises(DatasetError) as raised:
        work.add_labels(texts, str(tmp_path / "empty.csv"), f"{tmp_path}/", lambda sentence, share: None)
    assert str(tmp_path) not in str(raised.value) and "empty.csv" in str(raised.value)
