"""Which questions of a dataset to look at: by their answers and documents alone, so that nothing has to be measured.

An answer that stands word for word in its document is right or wrong as a reader finds it there. Where most answers of
a dataset stand so, one that does not is suspect; a document that has its words, and resembles the question more, is
proposed instead. Of two answers to the same question of the same document, one without its words there is proposed to
be dropped. Items of the test part are listed and nothing is proposed for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from advisor.core.records import Dataset
from advisor.core.wording import counted, short
from advisor.data.profile.qa import QuestionCounts
from advisor.data.store import kept_clusters
from advisor.data.versions.label_words import label_words
from probes.reading import normalised

NOT_THERE, TORN, COPIES, LEAKS, UNANSWERED = (
    "answer not in its document", "different answers", "copy", "leak", "no answer"
)  # fmt: skip
#: Where fewer of the answers stand in their document word for word, the others are paraphrased and no mistakes.
MOSTLY_LITERAL = 0.8
#: Where more of the questions have answers that differ, several people were asked, and nobody is wrong.
MOSTLY_AGREED = 0.9
#: So many answers that are not in their document are looked for in the others: each is a search through all of them.
LOOKED_FOR = 300
#: A word of a question that says what it is about has so many letters.
LETTERS = 4
PROPOSED = ("train", "val")


@dataclass(frozen=True)
class Listed:
    """A question on a list. ``other``: the row that it is like, or -1; ``document``: proposed instead of its own."""

    row: int
    check: str
    reason: str
    action: str = ""
    suggested: str = ""
    document: str = ""
    other: int = -1


def listed_questions(dataset: Dataset) -> list[Listed]:
    """Every question on a list, those of one list after those of another."""
    about = _Questions(dataset)
    lists = (about.not_there(), about.torn(), about.leaks(), about.copies(), about.unanswered())
    return [about.proposed(one) for own in lists for one in own]


class _Questions:
    """The questions with their answers, documents and parts."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.parts = dataset.items["part"].tolist()
        self.named = dataset.items["document"].tolist()
        self.texts = dataset.items["text"].tolist()
        nothing = np.array([], dtype=np.int64)  # no token is counted here
        counts = QuestionCounts(dataset, nothing, nothing)
        self.answers, self.kinds = counts.answers, counts.kinds

    @cached_property
    def plain(self) -> dict[str, str]:
        """The words of each document, a space at both ends."""
        table = self.dataset.documents
        return {name: f" {normalised(text)} " for name, text in zip(table["document"], table["text"], strict=True)}

    def proposed(self, one: Listed) -> Listed:
        """As it is; without a proposal where the item is in the test part."""
        if one.action and self.parts[one.row] not in PROPOSED:
            return Listed(one.row, one.check, one.reason, "", one.suggested, one.document, one.other)
        return one

    def not_there(self) -> Iterator[Listed]:
        """Answers whose words stand in another document or in none, where most stand in their own."""
        free, literal = self.kinds == "free", self.kinds == "span"
        if literal.sum() < MOSTLY_LITERAL * (free.sum() + literal.sum()):
            return
        for place, row in enumerate(np.flatnonzero(free).tolist()):
            own, answer = self.named[row], short(self.answers[row][0], 60)
            if place >= LOOKED_FOR:
                yield Listed(row, NOT_THERE, f"The words “{answer}” are not in {short(own, 60) or 'any document'}.")
                continue
            others = [name for name in self.having(row) if name != own]
            better = [name for name in others if own and self.likeness(name, row) > self.likeness(own, row)]
            if len(better) == 1:
                reason = f"{short(better[0], 60)} has the words “{answer}”, {short(own, 60)} has not."
                yield Listed(row, NOT_THERE, reason, "relabel", label_words(self.dataset, row), better[0])
            elif own:
                also = f"but in {counted(len(others), 'other one', 'other ones')}" if others else "or any other one"
                yield Listed(row, NOT_THERE, f"The words “{answer}” are not in {short(own, 60)} {also}.")
            else:
                yield Listed(row, NOT_THERE, f"The words “{answer}” are in no document.")

    def having(self, row: int) -> list[str]:
        """The documents that have the words of an accepted answer."""
        phrases = [f" {phrase} " for phrase in map(normalised, self.answers[row]) if phrase]
        return [name for name, text in self.plain.items() if any(phrase in text for phrase in phrases)]

    def likeness(self, document: str, row: int) -> float:
        """The share of a question's longer words that a document has."""
        words = {word for word in re.findall(r"\w+", normalised(self.texts[row])) if len(word) >= LETTERS}
        text = self.plain.get(document, "")
        return sum(f" {word} " in text for word in words) / max(1, len(words))

    def torn(self) -> Iterator[Listed]:
        """The same question of the same document with answers that have none in common."""
        same: dict[tuple[str, str], list[int]] = {}
        for row, text in enumerate(self.texts):
            same.setdefault((normalised(text), self.named[row]), []).append(row)
        repeated = [rows for rows in same.values() if len(rows) > 1]
        against = {row: [one for one in rows if not self.agree(one, row)] for rows in repeated for row in rows}
        apart = {row: others for row, others in against.items() if others}
        if len(apart) <= (1 - MOSTLY_AGREED) * len(self.texts):
            yield from (self.against(row, others) for row, others in apart.items())

    def agree(self, one: int, other: int) -> bool:
        """Whether two questions have an accepted answer in common, or both have none."""
        answers = [set(map(normalised, self.answers[row])) for row in (one, other)]
        return bool(answers[0] & answers[1]) or not (answers[0] or answers[1])

    def against(self, row: int, others: Sequence[int]) -> Listed:
        """A question whose answer others contradict; to be dropped where its words are not there and theirs are."""
        other = next((one for one in others if self.kinds[one] == "span"), others[0])
        said = short(label_words(self.dataset, other), 60)
        wrong = self.kinds[row] == "free" and self.kinds[other] == "span"
        reason = f"The same question is answered “{said}” elsewhere{', in words of the document' if wrong else ''}."
        return Listed(row, TORN, reason, "drop" if wrong else "", other=other)

    def clusters(self) -> Iterator[tuple[str, list[int]]]:
        """Copies as the reading found them: exact or near, and their rows."""
        row_of = {key: row for row, key in enumerate(self.dataset.items["key"])}
        for cluster in kept_clusters(self.dataset):
            yield cluster["kind"], [row_of[key] for key in cluster["keys"] if key in row_of]

    def leaks(self) -> Iterator[Listed]:
        """Training and validation questions of which an official test part holds a copy."""
        for likeness, rows in self.clusters() if self.dataset.official_split else ():
            tests = [row for row in rows if self.parts[row] == "test"]
            for row in rows if tests else ():
                if self.parts[row] in PROPOSED:
                    held = "the same question" if likeness == "exact" else "a near copy"
                    yield Listed(row, LEAKS, f"The test part holds {held}.", "drop", other=tests[0])

    def copies(self) -> Iterator[Listed]:
        """Questions that ask and answer as an earlier one of the same part; exact ones are to be dropped."""
        for likeness, rows in self.clusters():
            for part in dict.fromkeys(self.parts[row] for row in rows):
                first, *others = [row for row in rows if self.parts[row] == part]
                exact = "drop" if likeness == "exact" else ""
                for row in others:
                    reason = f"{'The same' if exact else 'Nearly the same'} question and answer as another."
                    yield Listed(row, COPIES, reason, exact, other=first)

    def unanswered(self) -> Iterator[Listed]:
        """Questions that no document is said to answer."""
        for row in np.flatnonzero(self.kinds == "none").tolist():
            yield Listed(row, UNANSWERED, "No document is said to answer it: look whether one does.")
