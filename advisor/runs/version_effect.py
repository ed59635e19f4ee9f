"""What a version changed: data, evidence, advice and test values of a dataset and its version, side by side.

Only what was measured on both is read; nothing is measured here. Test values are paired item by item where both were
tested on the same items with the same labels (`advisor.runs.compare`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.advice.finished import Finished
from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.kinds import kind_row
from advisor.core.ladder import RungName, rung
from advisor.core.records import Advice, Dataset, Estimate, Evidence
from advisor.data.store import known_dataset
from advisor.data.versions import family
from advisor.evidence import issues
from advisor.evidence.judged import judged
from advisor.evidence.question_list import NOT_THERE, TORN
from advisor.evidence.worklist import LEAKS, worklist
from advisor.runs import compare
from advisor.runs.compare import Pair
from advisor.runs.measured import of_dataset

#: The probes that are shown, by name.
PROBES = ("linear", "knn", "zero-shot")


@dataclass(frozen=True)
class Line:
    """One thing before and after, in words; "" where it is not known."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Trained:
    """A rung that was trained on both: its run before and after, and the two on the same test items."""

    rung: RungName
    before: str
    after: str
    pair: Pair


@dataclass(frozen=True)
class Effect:
    """A version beside what it was made from. ``missing``: what was measured on the parent alone. ``headline``: what
    was expected and looked wrong before and does now, "" before both were measured.
    """

    before: Dataset
    after: Dataset
    lines: tuple[Line, ...]
    trained: tuple[Trained, ...]
    missing: tuple[str, ...]
    headline: str = ""

    @property
    def sentence(self) -> str:
        """What the version is, and what it brought where both were trained."""
        of = self.after.version
        said = f"{self.after.name}: {family.what_changed(of)}." if of else f"{self.after.name}."
        trained = (
            f"{rung(one.rung).title}: {one.pair.verdict(self.before.name, self.after.name)}" for one in self.trained
        )
        return " ".join(filter(None, [said, self.headline, *trained]))


def effect(after: Dataset, before: Dataset | None = None) -> Effect | None:
    """The version beside its parent, or another dataset; None where it has none, or the parent is gone."""
    before = before or family.parent_of(after)
    if before is None:
        return None
    pair = before, after
    evidence = [Evidence.saved(one.files.evidence) for one in pair]
    advice = [Advice.saved(one.files.advice) for one in pair]
    runs = [of_dataset(one.fingerprint) for one in pair]
    lines = [*_data(*pair), *_measured(before, after, *evidence), *_advised(*advice), *_tested(*runs)]
    known: list[tuple[str, Sequence[object]]] = [("evidence", evidence), ("advice", advice), ("training", runs)]
    missing = tuple(name for name, (one, other) in known if one and not other)
    trained = tuple(_trained(name, runs[0][name], runs[1][name]) for name in runs[0] if name in runs[1])
    doubted = [_doubted(one, own) for one, own in zip(pair, evidence, strict=True)]
    return Effect(
        before,
        after,
        tuple(lines),
        trained,
        missing,
        _headline(advice, [n for n, _ in doubted], after.metric, kind_row(after.kind).label.capitalize()),
    )


def n_leaks(version: Dataset) -> int:
    """How many items were dropped from the training part since the test part holds a copy."""
    try:
        taken = family.applied(version).entries
    except PeopleError:
        return 0
    last = {(one.key, one.digest): one for one in taken}
    return sum(one.action == "drop" and one.check == LEAKS for one in last.values())


def _data(before: Dataset, after: Dataset) -> list[Line]:
    pair = before, after
    return [
        Line("Training items", *(wording.count(len(one.where("train", "val"))) for one in pair)),
        Line("Test items", *(wording.count(len(one.where("test"))) for one in pair)),
        *([Line("Classes", *(str(len(one.classes)) for one in pair))] if before.classes else []),
    ]


def _measured(before: Dataset, after: Dataset, *evidence: Evidence | None) -> list[Line]:
    """The probes, and how many labels or answers look wrong."""
    doubted = [_of_all(*_doubted(one, own)) for one, own in zip((before, after), evidence, strict=True)]
    if not before.classes:
        return [*_of_questions(*evidence), Line("Answers that look wrong", *doubted)]
    if evidence[0] is None:
        return []
    of_each = [{result.name: result for result in one.results} if one else {} for one in evidence]
    lines = []
    for name in PROBES:
        if name in of_each[0]:
            values = [wording.measured(own[name].measured) if name in own else "" for own in of_each]
            lines.append(Line(of_each[0][name].title, *values))
    return [*lines, Line("Labels that look wrong", *doubted)]


def _of_questions(*evidence: Evidence | None) -> list[Line]:
    """What was measured on the questions of both."""
    if evidence[0] is None:
        return []
    of_each = [{result.name: result for result in one.results} if one else {} for one in evidence]
    return [
        Line(one.title, *(wording.measured(own[name].measured) if name in own else "" for own in of_each))
        for name, one in of_each[0].items()
    ]


def _doubted(dataset: Dataset, evidence: Evidence | None) -> tuple[int | None, int]:
    """How many labels or answers look wrong, None where nobody looked, and of how many."""
    if not dataset.classes:
        work = worklist(dataset, None)
        return int(work.loc[work["check"].isin([NOT_THERE, TORN]), "row"].nunique()), len(dataset.items)
    if evidence is None:
        return None, 0
    try:
        rows = issues.load_issues(dataset, judged(dataset, evidence))
    except PeopleError:
        return None, 0
    own = rows[rows["check"] == issues.LABELS]
    return int(own["verdict"].astype(bool).sum()), len(own)


def _of_all(n: int | None, of: int) -> str:
    return "" if n is None else f"{wording.count(n)} of {wording.count(of)}"


def _advised(*advice: Advice | None) -> list[Line]:
    if advice[0] is None:
        return []
    return [
        Line("Recommended", *(rung(one.recommended).title if one else "" for one in advice)),
        Line("Expected of it on the test part", *(_expected(one) for one in advice)),
    ]


def _expected(advice: Advice | None) -> str:
    """What the recommended rung is expected to reach, with its interval."""
    one = _estimate(advice)
    if one is None or one.value is None or one.low is None or one.high is None:
        return ""
    return f"{wording.percent(one.value)} ({wording.between(one.low, one.high)})"


def _estimate(advice: Advice | None) -> Estimate | None:
    """What is expected of the recommended rung."""
    return next((one for one in advice.estimates if one.rung == advice.recommended), None) if advice else None


def _headline(advice: Sequence[Advice | None], doubted: Sequence[int | None], metric: str, label: str) -> str:
    """What is expected and how many labels look wrong, before and after; "" before both were measured."""
    said = []
    values = [one.value if one is not None else None for one in map(_estimate, advice)]
    if values[0] is not None and values[1] is not None:
        said.append(f"Expected {metric}: {wording.percent(values[0])} before, {wording.percent(values[1])} now.")
    if doubted[0] is not None and doubted[1] is not None:
        said.append(f"{label}s that look wrong: {wording.count(doubted[0])} before, {wording.count(doubted[1])} now.")
    return " ".join(said)


def _tested(before: dict[RungName, Finished], after: dict[RungName, Finished]) -> list[Line]:
    """The test value of each rung that was trained before."""
    return [
        Line(
            f"Test value, {rung(name).title.lower()}",
            wording.measured(one.test),
            wording.measured(after[name].test) if name in after else "",
        )
        for name, one in before.items()
    ]


def _trained(name: RungName, before: Finished, after: Finished) -> Trained:
    """The latest run of a rung on each, paired."""
    compared = compare.compare([before.run, after.run], known_dataset)
    return Trained(name, before.run, after.run, compared.pairs[0])
