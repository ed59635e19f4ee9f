"""The page Fix: decisions by buttons, by the gallery's messages and by the table; versions; nothing interpreted."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from advisor import api
from advisor.core.errors import DatasetError
from advisor.core.records import Dataset
from advisor.data.versions import decisions, family, make
from advisor.evidence import worklist
from advisor.evidence.issues import LABELS
from advisor.evidence.judged import judged
from advisor.evidence.question_list import UNANSWERED
from advisor.ui.fixing import board, gallery, passages, plane, script, sheet
from tests.ui.test_ui_hostile import check
from tests.ui.test_ui_issues import HOSTILE, measured
from tests.ui.ui_records import opened, sentences


@pytest.fixture
def wrong(tmp_path: Path) -> tuple[Dataset, pd.DataFrame]:
    """320 digits, 24 with another's label, one class with a hostile name; and the work list."""
    dataset, evidence = measured(tmp_path)
    return dataset, worklist.worklist(dataset, judged(dataset, evidence))


def at(dataset: Dataset) -> AppTest:
    app = opened("fix", data=dataset.fingerprint[:16])
    assert not app.exception
    return app


def accept_all(app: AppTest) -> None:
    """Accept what there is to relabel, then what there is to drop."""
    for key in ("accept-relabel", "accept-drop"):
        if any(button.key == key for button in app.button):
            app.button(key=key).click().run()


def test_suggestions_are_accepted_undone_and_made_into_a_version_on_the_page(
    wrong: tuple[Dataset, pd.DataFrame],
) -> None:
    dataset, work = wrong
    proposed = worklist.proposals(dataset, work)
    n = len(proposed)
    n_relabelled = sum(one.action == "relabel" for one in proposed)
    app = at(dataset)
    assert check(app) > 3
    assert any(f"{n} suggestions to accept or not: " in line and "to relabel" in line for line in sentences(app))
    assert app.button(key="make-version").disabled
    assert app.button(key="accept-relabel").label == f"Accept {n_relabelled} to relabel"
    app.button(key="accept-relabel").click().run()
    assert len(decisions.standing(dataset).rows) == n_relabelled
    app.button(key="undo-last").click().run()
    assert not decisions.standing(dataset).rows
    accept_all(app)
    assert len(decisions.standing(dataset).rows) == n
    app.button(key="make-version").click().run()
    assert not app.exception
    (version,) = family.versions_of(dataset)
    assert any("relabelled" in line for line in sentences(app))
    assert any("version 2" in line for line in sentences(app))
    parent = at(dataset)
    assert any(f"Made of these decisions: {version.name}." in line for line in sentences(parent))
    assert not [button for button in parent.button if button.key == "make-version"]
    assert parent.button(key="open-made").label == "Open that version"
    for _ in range(2 if n_relabelled < n else 1):
        parent.button(key="undo-last").click().run()
    assert parent.button(key="make-version").disabled, "what is decided now is not what made the version"
    accept_all(parent)
    again = at(version)
    assert check(again) > 3
    again.button(key="undo-version").click().run()
    assert not family.versions_of(dataset) and len(decisions.standing(dataset).rows) == n


def test_of_what_the_gallery_sends_only_news_about_its_own_items_count(wrong: tuple[Dataset, pd.DataFrame]) -> None:
    dataset, work = wrong
    one, two = (int(row) for row in work["row"].unique()[:2])
    label = (int(dataset.labels[one]) + 1) % len(dataset.classes)
    made = [
        {"n": 1, "row": one, "action": "drop", "label": -1},
        {"n": 2, "row": one, "action": "relabel", "label": label},
        {"n": 3, "row": two, "action": "keep", "label": -1},
        {"n": 4, "row": 10**6, "action": "drop", "label": -1},
    ]
    assert [item["n"] for item in gallery.unseen(work, made, 0)] == [1, 2, 3]
    assert [item["n"] for item in gallery.unseen(work, made, 2)] == [3]
    found = gallery.of_page(dataset, made[1], {"check": LABELS})
    assert (found.action, found.label, found.check) == ("relabel", dataset.classes[label], LABELS)


def test_the_gallery_gets_words_as_data_and_shows_what_is_beside(wrong: tuple[Dataset, pd.DataFrame]) -> None:
    dataset, work = wrong
    rows = work.head(3)
    first, other = int(rows["row"].iloc[0]), int(rows["row"].iloc[1])
    content = gallery.content(dataset, rows, {first: [other]}, {}, "m")
    json.dumps(content)
    assert [item["row"] for item in content["items"]] == rows["row"].tolist()
    assert content["items"][0]["source"].startswith("data:image/")
    assert [near["label"] for near in content["items"][0]["near"]] == [dataset.classes[dataset.labels[other]]]
    assert HOSTILE.replace("/", "_") in content["classes"]
    assert "innerHTML" not in script.JS and "insertAdjacentHTML" not in script.JS


def test_only_what_the_page_can_send_is_taken(wrong: tuple[Dataset, pd.DataFrame]) -> None:
    dataset, _ = wrong
    with pytest.raises(DatasetError, match="no class"):
        gallery.of_page(dataset, {"n": 1, "row": 0, "action": "relabel", "label": 99}, {"check": ""})
    with pytest.raises(DatasetError, match="no decision"):
        gallery.of_page(dataset, {"n": 1, "row": 0, "action": "delete", "label": -1}, {"check": ""})


def test_an_edited_row_of_the_table_is_a_decision(wrong: tuple[Dataset, pd.DataFrame]) -> None:
    dataset, work = wrong
    rows = work.loc[work["check"] == LABELS].drop_duplicates(subset="row").head(4).reset_index(drop=True)
    before = sheet.table(dataset, rows, {})
    after = before.copy()
    after.loc[0, "Decision"] = "drop"
    after.loc[1, "Decision"] = "relabel"  # as suggested
    after.loc[2, "New label"] = next(name for name in dataset.classes if name != rows["label"].iloc[2])
    found = dict(sheet.edited(dataset, rows, before, after))
    assert list(found) == rows["row"].tolist()[:3]
    drop, suggested, other = found.values()
    assert drop.action == "drop" and (suggested.action, suggested.label) == ("relabel", rows["suggested"].iloc[1])
    assert (other.action, other.label) == ("relabel", after["New label"].iloc[2])
    back = dict(sheet.edited(dataset, rows, after, before))
    assert {one.action for one in back.values()} == {"undecided"}


def test_the_map_has_every_item_and_no_users_words_as_mark_up(wrong: tuple[Dataset, pd.DataFrame]) -> None:
    dataset, work = wrong
    rows = dataset.where("train", "val")
    table = pd.DataFrame({"row": rows, "x": 0.0, "y": 0.0})
    figure = plane.plane(dataset, table, set(work["row"].tolist()))
    assert sorted(int(point[0]) for trace in figure.data for point in trace.customdata) == rows.tolist()
    assert "<b>me" not in figure.to_json()


def test_lists_that_hold_nothing_are_not_offered(wrong: tuple[Dataset, pd.DataFrame]) -> None:
    dataset, work = wrong
    held = decisions.standing(dataset)
    assert set(board.offered(work, [], held)) <= set(worklist.LISTS)
    assert board.offered(work, [1, 2], held)[board.CHOSEN] == 2


def test_questions_are_listed_without_a_measurement_and_corrected(questions: Dataset) -> None:
    app = at(questions)
    assert check(app) > 3
    assert not [button for button in app.button if button.key == "judge-all"]
    work = worklist.worklist(questions, None)
    (row, *_) = work.loc[work["check"] == UNANSWERED, "row"]
    listed = work[work["row"] == row].iloc[0]
    content = gallery.content(questions, work[work["row"] == row], {}, {}, "m")
    assert content["items"][0]["label"] == content["nothing"] and not content["classes"]
    found = gallery.of_page(questions, {"n": 1, "row": row, "action": "relabel", "label": "42"}, listed)
    decisions.take(questions, [found])
    app = at(questions)
    app.button(key="make-version").click().run()
    assert not app.exception
    (version,) = family.versions_of(questions)
    assert version.version is not None and version.version.n_answers == 1
    assert check(at(version)) > 3


def test_beside_a_question_stands_its_passage_and_the_one_proposed(questions: Dataset) -> None:
    row = int((questions.items["document"] == "doc-2").to_numpy().argmax())
    own, proposed = passages.beside(questions, row, -1, "doc-0")
    assert (own["other"], proposed["other"]) == (False, True)
    assert "forty-two" in own["text"] and proposed["label"] == "doc-0"


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_script_is_a_module_that_parses(tmp_path: Path) -> None:
    path = tmp_path / "gallery.mjs"
    path.write_text(script.JS)
    done = subprocess.run(["node", "--check", str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_version_is_measured_and_stands_beside_its_parent(tmp_path: Path) -> None:
    from advisor.runs.version_effect import effect

    dataset, evidence = measured(tmp_path)
    decisions.take(dataset, worklist.proposals(dataset, worklist.worklist(dataset, judged(dataset, evidence))))
    version = make.make(dataset)
    found = effect(version)
    assert found is not None and found.before == dataset and found.missing == ("evidence",)
    assert {line.what: line.before for line in found.lines}["Test items"] == str(len(dataset.where("test")))
    assert not found.is_measured
    app = at(version)
    heads = [heading.value for heading in app.subheader]
    assert "Not measured yet" in heads and "What this version changed" not in heads
    assert "not measured" not in " ".join(sentences(app)) and app.button(key="measure-version")
    assert effect(api.read(dataset.source)) is None
