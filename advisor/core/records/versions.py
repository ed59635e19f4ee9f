"""What a user decides about the items of a dataset, and what a version of a dataset came from."""

from __future__ import annotations

from typing import Literal

from advisor.core.records.base import Record

#: ``undecided`` takes an earlier decision on the item back.
Action = Literal["keep", "relabel", "drop", "undecided"]
ACTIONS: tuple[Action, ...] = ("keep", "relabel", "drop", "undecided")


class Decision(Record):
    """What becomes of one item, known by its key and the digest of its content.

    ``label``: of a relabelling alone, the class that an item gets, or the answer of a question ("not in the documents"
    for none; several accepted ones as a JSON list). ``document``: that answers a question, "" where it stays.
    ``check``: the list that it stood on, "" where it was chosen otherwise. ``step``: decisions of one step were taken
    together and are taken back together.
    """

    key: str
    digest: str
    action: Action
    label: str = ""
    document: str = ""
    check: str = ""
    step: int = 0


class Decisions(Record):
    """Decisions in the order in which they were taken: of several on one item, the last counts."""

    entries: tuple[Decision, ...] = ()


class VersionOf(Record):
    """Which dataset a version was made from, and by how many decisions.

    ``number``: 2 for the first version of a dataset, which itself is 1. ``parent``, ``root``: fingerprints of the
    dataset that it was made from and of the one that was read; ``root_name``: the latter's name. ``n_out``: items that
    were set aside because their class was left without a training item. ``n_test``: items of the locked test part
    among those relabelled or dropped. ``n_added``: items that were labelled since and joined the training part.
    ``n_answers``: questions whose answer, or the document that holds it, was corrected.
    """

    number: int
    parent: str
    root: str
    root_name: str
    n_relabelled: int
    n_dropped: int
    n_out: int = 0
    n_test: int = 0
    n_added: int = 0
    n_answers: int = 0
