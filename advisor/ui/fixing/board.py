"""The working part of the page: which list, how it is shown, and what is done with the decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NoReturn

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Action, Dataset, Decision, Evidence
from advisor.data.task import task_of
from advisor.data.versions import decisions, make
from advisor.data.versions import table as decision_table
from advisor.data.versions.decisions import Standing
from advisor.evidence import worklist
from advisor.evidence.embedding import kept_embedding
from advisor.evidence.judged import Judged, is_whole, judged, n_to_judge
from advisor.evidence.question_list import NOT_THERE, TORN, UNANSWERED
from advisor.ui import jobs, parts, places, polling
from advisor.ui.fixing import gallery, measuring, plane, sheet
from advisor.ui.fixing.mounted import forget

CHOSEN, DECIDED = "chosen", "decided"
TITLE = {
    "suspect label": "Labels that look wrong",
    NOT_THERE: "Answer not in its document",
    TORN: "Different answers to one question",
    "leak": "Copies of test items",
    "copy": "Copies",
    "lonely label": "Without a neighbour of their class",
    "outlier": "Unlike all others",
    "look-alike": "Look like another",
    "shortcut": "A property gives them away",
    UNANSWERED: "Without an answer",
    CHOSEN: "Chosen",
    DECIDED: "Decided",
}
#: What is said above a list, besides how many items it holds.
ABOUT = {
    "leak": "Dropping the training copy keeps the test part as it is, so test values stay comparable.",
    "copy": "Exact and near copies in the training part, on one side of the split. Drop those that only repeat.",
    "outlier": "Check that each belongs here. An unusual item may be one that a model needs most.",
    "look-alike": "May be edited or reworded copies; where the labels differ, one of the two may be wrong.",
    NOT_THERE: "Most answers stand in their document word for word, these do not. Correct the answer, or its document.",
    TORN: "One of the answers is wrong, or both are accepted: then keep both.",
    UNANSWERED: "A model is wrong whenever it answers one of these. Write the answer where a document has it.",
    "shortcut": "Items of every class in turn: look for what the property shows, and drop what only it explains.",
}
GALLERY, TABLE = "Gallery", "Table"
#: How often the page looks whether the neighbours are there.
LOOK_SECONDS = 2.0


@st.fragment
def draw(dataset: Dataset, asked: str) -> None:
    """The part; drawn again by itself after each decision. asked: the list that the address names."""
    of = judgement(dataset)
    work = lists(dataset, of)
    held = own_decisions(dataset)
    proposed = worklist.proposals(dataset, work, decisions.standing(dataset))
    summary(dataset, of, proposed, held)
    actions(dataset, of, proposed, held)
    if of is not None:
        with st.expander(
            "Map of the items", icon=":material/scatter_plot:", key=_key("map", dataset), on_change="rerun"
        ) as fold:
            if fold.open:
                rows = plane.draw(dataset, of, set(work["row"].tolist()))
                if rows is not None:
                    st.session_state[_key("chosen", dataset)] = rows
                    st.session_state[_key("list", dataset)] = CHOSEN
                    st.session_state[_key("jump", dataset)] = True
                    drawn_anew(dataset)
    shown(dataset, of, work, held, asked)
    if of is not None and kept_embedding(dataset, of) is None:
        look_for_neighbours(dataset, of)


def choose(dataset: Dataset, rows: Sequence[int], said: Mapping[int, tuple[str, str]] | None = None) -> NoReturn:
    """Open the page with these items as its list, whatever part they are in.

    said: of rows that no check may list, the label that is suggested and the reason.
    """
    st.session_state[_key("chosen", dataset)] = list(rows)
    st.session_state[_key("said", dataset)] = dict(said or {})
    st.session_state[_key("list", dataset)] = CHOSEN
    places.go("fix", data=dataset.fingerprint[:16], list=CHOSEN)


def own_decisions(dataset: Dataset) -> Standing:
    """What holds of the decisions taken on this dataset itself: a version's inherited ones are settled."""
    held = decisions.standing(dataset)
    own = [(row, one) for row, one in held.by_row.items() if one.step != decisions.INHERITED]
    return Standing(tuple(row for row, _ in own), tuple(one for _, one in own), held.n_stale)


def look_for_neighbours(dataset: Dataset, of: Judged) -> None:
    """Have the neighbours looked for, once; they stand beside the items when they are there."""
    job = jobs.answer(plane.job_key(dataset, of, "pca"), "The map", partial(measuring.embed, dataset, of, "pca"))
    if job.error:
        return

    def look() -> None:
        if job.finished:
            drawn_anew(dataset)
            st.rerun()

    polling.every(LOOK_SECONDS, look)


def judgement(dataset: Dataset) -> Judged | None:
    """The widest judgement there is; None before anything was measured, and of questions, which need none."""
    evidence = Evidence.saved(dataset.files.evidence) if task_of(dataset).has_classes else None
    return judged(dataset, evidence) if evidence is not None else None


def lists(dataset: Dataset, of: Judged | None) -> pd.DataFrame:
    """The work lists, made once for each judgement."""
    return _lists(dataset.fingerprint, of.backbone_hash if of else "", of.n_sample if of else 0, dataset, of)


@st.cache_data(max_entries=8, show_spinner=False)
def _lists(fingerprint: str, backbone: str, n: int, _dataset: Dataset, _of: Judged | None) -> pd.DataFrame:
    return worklist.worklist(_dataset, _of)


def summary(dataset: Dataset, of: Judged | None, proposed: Sequence[Decision], held: Standing) -> None:
    """What is proposed, what is decided, and whether every item was judged."""
    change, said = changing(dataset), []
    if proposed:
        said.append(f"{wording.counted(len(proposed), 'suggestion')} to accept or not: {by_action(proposed, change)}.")
    said.append(decided_words(held, change))
    parts.answer_line(" ".join(said))
    if held.n_stale:
        gone = wording.counted(held.n_stale, "earlier decision")
        parts.note(f"{gone} no longer hold: the item is gone or its content has changed.")
    if not dataset.classes:
        return
    if of is not None and worklist.is_hard(of):
        error = wording.percent(of.probe_error or 0.0, 0)
        parts.note(
            f"The probe errs on {error} of the labels, so many items listed are merely hard: no label is suggested."
        )
    if of is None:
        parts.note("Nothing is measured yet, so only copies are listed. Judging the labels takes about a minute.")
    elif not is_whole(dataset, of):
        parts.note(
            f"The probes looked at {wording.count(of.n_sample)} of "
            f"{wording.counted(len(dataset.where('train', 'val')), 'training item')}."
        )


def decided_words(held: Standing, change: str = "relabel") -> str:
    """The decisions in numbers; change: what is done to a label.

    >>> decided_words(Standing((), ()))
    'Nothing is decided yet.'
    """
    return f"Decided: {by_action(held.decisions, change)}." if held.rows else "Nothing is decided yet."


def by_action(taken: Sequence[Decision], change: str) -> str:
    """How many decisions there are of each kind; change: what is done to a label."""
    counts = ((sum(one.action == action for one in taken), said) for action, said in done_to(change).items())
    return wording.listed(f"{wording.count(n)} {said}" for n, said in counts if n)


def done_to(change: str) -> dict[Action, str]:
    """Each kind of decision in words."""
    return {"relabel": f"to {change}", "drop": "to drop", "keep": "to keep"}


def changing(dataset: Dataset) -> str:
    """What is done to a label."""
    return "relabel" if dataset.classes else "correct"


def accept(dataset: Dataset, proposed: Sequence[Decision]) -> None:
    """A button for each kind of suggestion: whoever trusts the labels that are proposed may want to keep every item."""
    for action, words in done_to(changing(dataset)).items():
        own = [one for one in proposed if one.action == action]
        if own:
            st.button(
                f"Accept {wording.count(len(own))} {words}", key=f"accept-{action}", icon=":material/done_all:",
                on_click=partial(done, dataset, partial(decisions.take, dataset, own)),
            )  # fmt: skip


def judge_all(dataset: Dataset, of: Judged | None) -> None:
    """The button that has every training item judged, where that was not done."""
    if not dataset.classes or (of is not None and is_whole(dataset, of)):
        return
    if st.button(
        f"Judge all {wording.count(n_to_judge(dataset))} training items", key="judge-all", icon=":material/search:"
    ):
        jobs.start(jobs.key_of("judge", dataset.fingerprint), "Judging", partial(measuring.judge, dataset))
        st.rerun()


def actions(dataset: Dataset, of: Judged | None, proposed: Sequence[Decision], held: Standing) -> None:
    """Make a version, accept what is proposed, judge all, undo, and the decisions as a file."""
    changes = any(one.action in ("relabel", "drop") for one in held.decisions)
    version = make.made_already(dataset, decisions.standing(dataset))
    if version is not None:
        parts.note(f"Made of these decisions: {wording.short(version.name, 60)}.")
    with st.container(horizontal=True):
        if version is not None:
            if st.button("Open that version", key="open-made", type="primary", icon=":material/folder_open:"):
                places.go("fix", data=version.fingerprint[:16])
        elif st.button("Make a version", key="make-version", type="primary", icon=":material/new_label:",
                       disabled=not changes):  # fmt: skip
            made(dataset)
        accept(dataset, proposed)
        judge_all(dataset, of)
        if decisions.last_step(decisions.kept(dataset)):
            st.button(
                "Undo last", key="undo-last", icon=":material/undo:",
                on_click=partial(done, dataset, partial(decisions.take_back, dataset)),
            )  # fmt: skip
            st.button(
                "Clear", key="clear-decisions", icon=":material/clear_all:", help="Undo last brings them back.",
                on_click=partial(done, dataset, partial(decisions.clear, dataset)),
            )  # fmt: skip
        if held.rows:
            st.download_button(
                "Decisions as CSV", lambda: decision_table.to_csv(decision_table.table(dataset, held)), mime="text/csv",
                file_name=f"decisions-{dataset.fingerprint[:8]}.csv", key="decisions-csv", icon=":material/download:",
                on_click="ignore",
            )  # fmt: skip
    n_test = sum(dataset.items["part"].iloc[row] == "test" for row in held.rows if held.by_row[row].action != "keep")
    if n_test:
        parts.note(
            f"{wording.counted(n_test, 'decision')} on the locked test part: test values of the version are measured "
            f"on a different test than those of {dataset.name}."
        )


def done(dataset: Dataset, change: Callable[[], object]) -> None:
    """Change the decisions by other means than the gallery and the table, which begin anew with them."""
    change()
    drawn_anew(dataset)


def made(dataset: Dataset) -> None:
    """Make the version and open its page, or say why it cannot be made."""
    try:
        version = make.make(dataset)
    except PeopleError as error:
        parts.problem(str(error))
    else:
        places.go("fix", data=version.fingerprint[:16])


def shown(dataset: Dataset, of: Judged | None, work: pd.DataFrame, held: Standing, asked: str) -> None:
    """The chosen list, as a gallery or a table, a page at a time."""
    chosen_rows = st.session_state.get(_key("chosen", dataset), [])
    names = offered(work, chosen_rows, held)
    if not names:
        parts.note("The checks found no item to look at.")
        return
    key = _key("list", dataset)
    if st.session_state.get(key) not in names:
        st.session_state[key] = asked if asked in names else next(iter(names))
    name = st.pills("List", list(names), key=key, format_func=lambda one: f"{TITLE[one]} ({wording.count(names[one])})",
                    label_visibility="collapsed", required=True)  # fmt: skip
    name = name or next(iter(names))
    if name in ABOUT:
        parts.note(ABOUT[name])
    rows = of_list(dataset, work, name, chosen_rows, held)
    way = st.segmented_control("Shown as", [GALLERY, TABLE], default=GALLERY, key=_key("way", dataset),
                               label_visibility="collapsed", required=True)  # fmt: skip
    turn = int(st.session_state.get(_key("turn", dataset), 0))
    by_row = held.by_row
    forget("gallery" if way == TABLE else "table")  # each begins with what the other decided
    if way == TABLE:
        sheet.draw(dataset, rows, by_row, f"{dataset.fingerprint[:8]}-{name}-{turn}")
    else:
        size = gallery.page_size(dataset)
        n_pages = -(-len(rows) // size)
        page = int(st.pagination(n_pages, key=_key(f"page-{name}", dataset))) - 1 if n_pages > 1 else 0
        mount = f"{dataset.fingerprint[:8]}-{name}-{turn}-{page}-{hash(tuple(rows['row'])) & 0xFFFF}"
        part = rows.iloc[page * size : (page + 1) * size]
        jump = bool(st.session_state.pop(_key("jump", dataset), False))  # from the map to what was chosen on it
        gallery.draw(dataset, part, neighbours(dataset, of), by_row, mount, jump)
        own = "a class's number" if dataset.classes else "a another answer, n not in the documents"
        parts.note(f"Keys: k keep, r as suggested, {own}, d drop, u undecided, z back, arrows, g one at a time.")


def offered(work: pd.DataFrame, chosen: Sequence[int], held: Standing) -> dict[str, int]:
    """The lists that hold anything, with how many items."""
    names = {check: n for check, (n, _) in worklist.counts(work).items()}
    more = {CHOSEN: len(chosen), DECIDED: len(held.rows)}
    return names | {name: n for name, n in more.items() if n}


def of_list(dataset: Dataset, work: pd.DataFrame, name: str, chosen: Sequence[int], held: Standing) -> pd.DataFrame:
    """The rows of a list; of items that no check lists, rows of their own."""
    if name == DECIDED:
        turn = st.session_state.get(_key("turn", dataset), 0)
        key = _key(f"decided-{turn}", dataset)  # an item stays in view though its decision is taken back
        return worklist.of_rows(dataset, work, st.session_state.setdefault(key, list(held.rows)))
    if name == CHOSEN:
        return with_reasons(worklist.of_rows(dataset, work, chosen), st.session_state.get(_key("said", dataset), {}))
    return work[work["check"] == name]


def with_reasons(rows: pd.DataFrame, said: Mapping[int, tuple[str, str]]) -> pd.DataFrame:
    """The rows; those that no check lists with the label suggested and the reason that they were chosen for."""
    rows = rows.copy()
    for place, row in zip(rows.index, rows["row"], strict=True):
        if not rows.at[place, "check"] and int(row) in said:
            rows.loc[place, ["action", "suggested", "reason"]] = ["relabel", *said[int(row)]]
    return rows


def neighbours(dataset: Dataset, of: Judged | None) -> Mapping[int, Sequence[int]]:
    """The rows most like each judged row; none until the map was made."""
    table = kept_embedding(dataset, of) if of is not None else None
    return {} if table is None else dict(zip(table["row"].tolist(), table["near"], strict=True))


def drawn_anew(dataset: Dataset) -> None:
    """Let the gallery and the table begin anew, with the decisions as they are now."""
    key = _key("turn", dataset)
    st.session_state[key] = int(st.session_state.get(key, 0)) + 1


def _key(name: str, dataset: Dataset) -> str:
    return f"fix-{name}-{dataset.fingerprint[:8]}"
