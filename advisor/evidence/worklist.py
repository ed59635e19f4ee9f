"""What the checks found, as work: one row per item and list, the gravest first, some with a proposed decision.

A suspect label (`probes.labels`) is proposed to be changed where the probe and the neighbours are sure of another
class, and its item to be dropped where they only doubt its own. A training item is proposed to be dropped where an
official test part holds a copy of it. All else is listed to be looked at: an outlier, a look-alike or a lonely label
may be the item that a model needs most. What accepting every proposal is worth stands in docs/fixing.md.

Nothing is proposed for labels that the probe is too unsure of (`is_hard`). A second judgement, with the suspects of the
first left out of the training, did no better.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from advisor.core.records import Dataset, Decision
from advisor.core.wording import percent, short
from advisor.data.store import kept_clusters
from advisor.data.task import task_of
from advisor.data.versions.decisions import Standing, decided
from advisor.data.versions.label_words import labels_words
from advisor.evidence import issues
from advisor.evidence.issues import COPIES, LABELS, LOOK_ALIKES, NEIGHBOURS, OUTLIERS, SHORTCUTS
from advisor.evidence.judged import Judged
from advisor.evidence.question_list import NOT_THERE, TORN, UNANSWERED, listed_questions
from probes.folds import spread_order

LEAKS = "leak"
#: The lists in the order in which they are worked through.
LISTS = (LABELS, NOT_THERE, TORN, LEAKS, COPIES, NEIGHBOURS, OUTLIERS, LOOK_ALIKES, SHORTCUTS, UNANSWERED)
COLUMNS = ("key", "row", "part", "label", "check", "action", "suggested", "document", "probability", "other", "reason")
#: The probability of the suggested class from which a label is proposed to be changed; below it the item is proposed to
#: be dropped. Of 1,200 textures with 5 % of the labels flipped, over 20 splits, this brought 76 % of the lost accuracy
#: back (standard error 28), changing every suspect label 53 %, changing only those above it 45 %, dropping all 79 %.
#: Where nothing was flipped, each cost 0.6 to 0.8 points: textures overlap, and the probe takes some for mistakes.
SURE = 0.7
#: Where the probe errs on a larger share of the labels, wrong ones included, nothing is proposed for them. With 5 %
#: flipped on four sets whose classes overlap, six splits each, accepting what was listed changed the test value by -0.9
#: and -0.6 points where the probe erred on 30 and 32 % (clothing, CIFAR: 38 and 36 % of the list were flipped), and by
#: +0.1 and -0.1 where on 19 % (scenes, titles: 81 and 66 %). The test on labels flipped on purpose cannot decide it:
#: labels that were wrong before count as false alarms there.
HARD = 0.25
#: Items of all classes that are shown where a property gives the class away.
N_OF_CLASSES = 60


def worklist(dataset: Dataset, of: Judged | None) -> pd.DataFrame:
    """Every item on a list; without a judgement, the copies and leaks that reading found.

    Columns: key, row, part, label, check, action (relabel, drop or ""), suggested (a class or ""), document (of
    questions, proposed with the answer, or ""), probability (of the class, or NaN), other (the row that it is like, or
    -1), reason. Raises StorageError where the rows are damaged.
    """
    task = task_of(dataset)
    if not task.has_classes:
        if not task.correctable:
            return pd.DataFrame(columns=list(COLUMNS))
        return _of_questions(dataset) if "answers" in dataset.items else leaks(dataset)
    table = issues.load_issues(dataset, of) if of is not None else pd.DataFrame(columns=list(issues.COLUMNS))
    if table.empty:
        table = issues.copy_rows(dataset)
    checks = (LABELS, COPIES, NEIGHBOURS, OUTLIERS, LOOK_ALIKES)
    proposes = of is None or not is_hard(of)
    lists = [_of_check(dataset, table, check, proposes) for check in checks]
    rows = pd.concat([*lists, leaks(dataset), _of_classes(dataset, table)], ignore_index=True)
    order = {check: place for place, check in enumerate(LISTS)}
    return rows.sort_values("check", key=lambda own: own.map(order), kind="stable").reset_index(drop=True)


def proposals(dataset: Dataset, work: pd.DataFrame, held: Standing | None = None) -> list[Decision]:
    """The proposed decisions, one an item; items that are decided already are left out."""
    decided_rows = set(held.rows) if held is not None else set()
    chosen = work[(work["action"] != "") & ~work["row"].isin(decided_rows)].drop_duplicates("row")
    return [
        decided(dataset, int(one["row"]), one["action"], one["suggested"], one["check"], one["document"])
        for one in chosen.to_dict("records")
    ]


def counts(work: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Of each list that holds any: how many items, and how many with a proposed decision."""
    found = {}
    for check in LISTS:
        own = work[work["check"] == check]
        if len(own):
            found[check] = len(own), int((own["action"] != "").sum())
    return found


def of_rows(dataset: Dataset, work: pd.DataFrame, rows: Sequence[int]) -> pd.DataFrame:
    """These rows in their order, each as the first list has it; one that is on no list has an empty check."""
    known = work[work["row"].isin(rows)].drop_duplicates("row")
    others = [row for row in rows if row not in set(known["row"])]
    every = pd.concat([known, _rows(dataset, others, "")], ignore_index=True) if others else known
    return every.set_index("row", drop=False).loc[list(dict.fromkeys(rows))].reset_index(drop=True)


def leaks(dataset: Dataset) -> pd.DataFrame:
    """Training and validation items of which the official test part holds a copy; to be dropped.

    The test part stays as it is, so that its value can be compared with the one before.
    """
    if not dataset.official_split:
        return _rows(dataset, [], LEAKS)
    row_of = {key: row for row, key in enumerate(dataset.items["key"])}
    parts = dataset.items["part"].to_numpy()
    rows, others, reasons = [], [], []
    for cluster in kept_clusters(dataset):
        own = [row_of[key] for key in cluster["keys"] if key in row_of]
        tests = [row for row in own if parts[row] == "test"]
        for row in own if tests else []:
            if parts[row] in ("train", "val"):
                rows.append(row)
                others.append(tests[0])
                reasons.append(
                    f"The test part holds {'the same item' if cluster['kind'] == 'exact' else 'a near copy'}."
                )
    return _rows(dataset, rows, LEAKS, action="drop", other=others, reason=reasons)


def is_hard(of: Judged) -> bool:
    """Whether the probe errs on so many labels that most of those listed are hard items."""
    return of.probe_error is not None and of.probe_error > HARD


def _of_questions(dataset: Dataset) -> pd.DataFrame:
    """The lists of questions, which need no judgement."""
    found = listed_questions(dataset)
    return _rows(
        dataset, [one.row for one in found], [one.check for one in found], action=[one.action for one in found],
        suggested=[one.suggested for one in found], document=[one.document for one in found],
        other=[one.other for one in found], reason=[one.reason for one in found],
    )  # fmt: skip


def _of_check(dataset: Dataset, table: pd.DataFrame, check: str, proposes: bool) -> pd.DataFrame:
    """The rows of one check's list in its order; proposes: whether a decision is proposed for labels."""
    own = issues.ranked(table, check)
    row_of = {key: row for row, key in enumerate(dataset.items["key"])}
    known = own[own["key"].isin(row_of)]
    rows = [row_of[key] for key in known["key"]]
    suggested = known["suggested"].astype(str).tolist()
    action = [
        _proposed(check, name, sure) if proposes else ""
        for name, sure in zip(suggested, known["probability"], strict=True)
    ]
    return _rows(
        dataset, rows, check, action=action, suggested=suggested, probability=known["probability"].tolist(),
        other=[row_of.get(key, -1) for key in known["other"]],
        reason=[_reason(check, one) for one in known.to_dict("records")],
    )  # fmt: skip


def _proposed(check: str, suggested: str, probability: float) -> str:
    """The decision that is proposed for an item on a list of the checks."""
    if check != LABELS or not suggested:
        return ""
    return "relabel" if probability >= SURE else "drop"


def _reason(check: str, row: dict[object, object]) -> str:
    """Why an item is on a list, in a sentence."""
    instead, sure = short(str(row["suggested"]), 60), float(str(row["probability"]))
    if check == LABELS:
        if sure >= SURE:
            return f"Probe and neighbours say {instead} ({percent(sure, 0)})."
        return f"Probe and neighbours doubt its label and are unsure of another: {instead} ({percent(sure, 0)})."
    if check == NEIGHBOURS:
        return f"None of its 10 nearest neighbours carries its label; {percent(sure, 0)} are {instead}."
    if check == OUTLIERS:
        return "It is unlike all others."
    remark = short(str(row["remark"]), 160)
    return f"{remark[:1].upper()}{remark[1:]}."


def _of_classes(dataset: Dataset, table: pd.DataFrame) -> pd.DataFrame:
    """Items of all classes in turn, to look for what a named property shows; none where no property is named."""
    named = table[(table["check"] == SHORTCUTS) & table["verdict"].astype(bool)]
    if named.empty:
        return _rows(dataset, [], SHORTCUTS)
    rows = dataset.where("train", "val")
    shown = rows[spread_order(dataset.labels[rows])][:N_OF_CLASSES]
    reason = short("; ".join(named["remark"]), 160)
    return _rows(dataset, shown.tolist(), SHORTCUTS, reason=f"{reason[:1].upper()}{reason[1:]}.")


def _rows(
    dataset: Dataset,
    rows: Sequence[int],
    check: Sequence[str] | str,
    *,
    action: Sequence[str] | str = "",
    suggested: Sequence[str] | str = "",
    document: Sequence[str] | str = "",
    probability: Sequence[float] | float = np.nan,
    other: Sequence[int] | int = -1,
    reason: Sequence[str] | str = "",
) -> pd.DataFrame:
    """One row per item of `rows`, with every column of the work list."""
    items = dataset.items.iloc[list(rows)]
    table = pd.DataFrame({"key": items["key"].to_numpy(), "row": np.asarray(rows, dtype=np.int64)})
    return table.assign(
        part=items["part"].to_numpy(), label=labels_words(dataset, rows), check=check, action=action,
        suggested=suggested, document=document, probability=probability, other=other, reason=reason,
    ).astype({"other": "int64"})  # fmt: skip
