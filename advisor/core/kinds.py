"""Every kind of dataset in one table: the modality of its items, the task on them, and the words for them.

`Dataset.kind` stands in records and in JSON. Code asks the modality (`advisor.data.modality`) or the task
(`advisor.data.task`) and does not compare kinds. A new kind is a row here and whatever of the two is new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

#: "qa" is question answering over documents: items are questions, and the documents lie beside them. Of the kinds
#: with "multilabel" an item may have several labels at once, or none. "tags": items are sentences, in which runs of
#: words are marked.
Kind = Literal["image", "text", "qa", "image-multilabel", "text-multilabel", "tags"]
Metric = Literal["accuracy", "balanced accuracy", "token F1", "macro F1", "entity F1"]
#: What an item is.
ModalityName = Literal["image", "text"]
#: What is to be said about an item.
TaskName = Literal["classification", "answering", "multilabel", "tagging"]
KIND_NAMES: tuple[Kind, ...] = get_args(Kind)
#: What becomes of rows with several labels: each label is learned for itself (and an empty cell is not labelled, or has
#: none of them), each combination is a class, or only rows with a single label are used.
SeveralLabels = Literal["each", "each-or-none", "combine", "single"]
SEVERAL_LABELS: tuple[SeveralLabels, ...] = get_args(SeveralLabels)


@dataclass(frozen=True)
class KindRow:
    """One kind: its modality and task, its items in words, and the unit of a backbone's input.

    ``column``: of the items table, where an item stands, or its place. ``metric``: the task's one metric, None where
    the balance of the classes decides between the two accuracies. ``label``: what an item is learned from, in words.
    ``like``: the kind whose completed tasks stand in while there are none of this one; "" for itself.
    """

    name: Kind
    modality: ModalityName
    task: TaskName
    item: str
    items: str
    unit: Literal["px", "tokens"]
    column: Literal["path", "text"]
    label: str = "label"
    metric: Metric | None = None
    like: Kind | Literal[""] = ""

    def counted(self, n: int) -> str:
        """A number of items in words.

        >>> kind_row("image").counted(1), kind_row("qa").counted(2000)
        ('1 image', '2,000 questions')
        """
        return f"{n:,} {self.item if n == 1 else self.items}"


KINDS: tuple[KindRow, ...] = (
    KindRow("image", "image", "classification", "image", "images", "px", "path"),
    KindRow("text", "text", "classification", "text", "texts", "tokens", "text"),
    KindRow("qa", "text", "answering", "question", "questions", "tokens", "text", "answer", "token F1"),
    KindRow(
        "image-multilabel", "image", "multilabel", "image", "images", "px", "path", metric="macro F1", like="image"
    ),
    KindRow("text-multilabel", "text", "multilabel", "text", "texts", "tokens", "text", metric="macro F1", like="text"),
    KindRow("tags", "text", "tagging", "sentence", "sentences", "tokens", "text", "tag", "entity F1"),
)


def kind_row(kind: str) -> KindRow:
    """The row of a kind.

    >>> kind_row("qa").modality, kind_row("qa").task
    ('text', 'answering')
    >>> kind_row("sound")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    KeyError: "There is no kind of dataset called 'sound'. The kinds are image, text, qa, image-multilabel, ..."
    """
    for row in KINDS:
        if row.name == kind:
            return row
    raise KeyError(f"There is no kind of dataset called {kind!r}. The kinds are {', '.join(KIND_NAMES)}.")


def kind_of(modality: str, task: TaskName) -> Kind:
    """The kind of a modality's items with this task. Raises KeyError where there is none.

    >>> kind_of("image", "multilabel"), kind_of("text", "classification")
    ('image-multilabel', 'text')
    """
    for row in KINDS:
        if (row.modality, row.task) == (modality, task):
            return row.name
    raise KeyError(f"There is no kind of {modality} items for {task}.")


def task_of_metric(metric: Metric) -> TaskName:
    """The task that a metric judges, for records that tell the metric and not the kind.

    >>> task_of_metric("token F1"), task_of_metric("accuracy")
    ('answering', 'classification')
    """
    return next((row.task for row in KINDS if metric == row.metric), KINDS[0].task)
