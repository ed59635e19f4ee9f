"""What a version changed: data, evidence, advice and test values of a dataset and its version, side by side.

Only what was measured on both is read; nothing is measured here. Forecasts are those of one rung, from the probes
alone, and both recommendations are decided for the version's goal (`advisor.runs.version_advice`): a run or another
wish on one side would change the value without any change of the data. Test values are paired item by item where both
were tested on the same items with the same labels (`advisor.runs.compare`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.advice.finished import Finished
from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.kinds import kind_row
from advisor.core.ladder import RungName, rung
from advisor.core.records import Advice, Dataset, Evidence
from advisor.data.store import known_dataset
from advisor.data.versions import family
from advisor.evidence import issues
from advisor.evidence.judged import judged
from advisor.evidence.question_list import NOT_THERE, TORN
from advisor.evidence.worklist import LEAKS, worklist
from advisor.runs import compare
from advisor.runs.advice_now import advice_now
from advisor.runs.measured import of_dataset
from advisor.runs.paired import Pair
from advisor.runs.version_advice import Outlook, asked, on_page, outlook
from probes.measured import Measured

#: The probes that are shown, by name.
PROBES = ("linear", "knn", "zero-shot")
#: The line of what the page of advice says.
ON_PAGE = "Advice says"


#: Lines of the data itself, which need no measuring.
COUNTS = ("Training items", "Test items", "Classes")


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
    was expected and looked wrong before and does now, "" before both were measured. ``remarks``: what else differs
    between the two measurements, so that not all of a difference comes from the version.
    """

    before: Dataset
    after: Dataset
    lines: tuple[Line, ...]
    trained: tuple[Trained, ...]
    missing: tuple[str, ...]
    headline: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def is_measured(self) -> bool:
        """Whether anything is known of the version beyond how many items it has."""
        return bool(self.trained) or any(line.after for line in self.lines if line.what not in COUNTS)

    @property
    def sentence(self) -> str:
        """What the version is, and what it brought where both were trained."""
        of = self.after.version
        said = f"{self.after.name}: {family.what_changed(of)}." if of else f"{self.after.name}."
        trained = (
            f"{rung(one.rung).title}: {one.pair.verdict(self.before.name, self.after.name)}" for one in self.trained
        )
        return " ".join(filter(None, [said, self.headline, *trained, *self.remarks]))


def effect(after: Dataset, before: Dataset | None = None) -> Effect | None:
    """The version beside its parent, or another dataset; None where it has none, or the parent is gone."""
    before = before or family.parent_of(after)
    if before is None:
        return None
    pair = before, after
    evidence = [Evidence.saved(one.files.evidence) for one in pair]
    advice = [advice_now(one) or Advice.saved(one.files.advice) for one in pair]
    runs = [of_dataset(one.fingerprint) for one in pair]
    now = evidence[1]
    found = outlook(advice[0], advice[1], now.device if now is not None else "cpu")
    lines = [*_data(*pair), *_measured(before, after, *evidence), *_advised(found, advice), *_tested(*runs)]
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
        _headline(found, [n for n, _ in doubted], after.metric, kind_row(after.kind).label.capitalize()),
        remarks(*evidence),
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
        Line(COUNTS[0], *(wording.count(len(one.where("train", "val"))) for one in pair)),
        Line(COUNTS[1], *(wording.count(len(one.where("test"))) for one in pair)),
        *([Line(COUNTS[2], *(str(len(one.classes)) for one in pair))] if before.classes else []),
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
            values = [shared(own[name].measured) if name in own else "" for own in of_each]
            lines.append(Line(of_each[0][name].title, *values))
    return [*lines, Line("Labels that look wrong", *doubted)]


def _of_questions(*evidence: Evidence | None) -> list[Line]:
    """What was measured on the questions of both."""
    if evidence[0] is None:
        return []
    of_each = [{result.name: result for result in one.results} if one else {} for one in evidence]
    return [
        Line(one.title, *(shared(own[name].measured) if name in own else "" for own in of_each))
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


def shared(number: Measured) -> str:
    """A share with its 90 % interval, as short as a table needs it; with its n where it was measured.

    >>> shared(Measured(value=0.992, low=0.975, high=0.998, n=239, seconds=0.0))
    '99.2 % (97.5 to 99.8), n = 239'
    """
    said = f"{wording.percent(number.value)} ({100 * number.low:.1f} to {100 * number.high:.1f})"
    return f"{said}, n = {wording.count(number.n)}" if number.provenance == "measured" else said


def _of_all(n: int | None, of: int) -> str:
    return "" if n is None else f"{wording.count(n)} of {wording.count(of)}"


def _advised(found: Outlook | None, advice: Sequence[Advice | None]) -> list[Line]:
    """What the probes alone recommend for one goal and expect of one rung, and what the page of advice says."""
    if found is None:
        return []
    titles = (rung(name).title if name else "" for name in (found.before, found.after))
    expected = (shared(own) if own else "" for own in found.expected)
    return [
        Line(f"Recommended by the probes alone, for {asked(found.goal)}", *titles),
        Line(f"Expected of {rung(found.rung).in_text} by the probes alone", *expected),
        Line(ON_PAGE, *(on_page(own, found.goal) for own in advice)),
    ]


def remarks(before: Evidence | None, after: Evidence | None) -> tuple[str, ...]:
    """What differs between the two measurements besides the data."""
    if before is None or after is None:
        return ()
    said = []
    if before.backbone != after.backbone:
        said.append(f"Measured with {before.backbone} before and with {after.backbone} now.")
    some = any(one.n_sample < one.n_train for one in (before, after))
    if some and before.n_sample != after.n_sample:
        looks = (f"{wording.count(one.n_sample)} of {wording.count(one.n_train)}" for one in (before, after))
        said.append(f"The probes looked at {' training items before and at '.join(looks)} now.")
    return (*said, "So part of a difference may come from that.") if said else ()


def _headline(found: Outlook | None, doubted: Sequence[int | None], metric: str, label: str) -> str:
    """What is expected and how many labels look wrong, before and after; "" before both were measured."""
    said = []
    if found is not None and all(found.expected):
        values = [wording.percent(one.value) for one in found.expected if one is not None]
        said.append(f"{rung(found.rung).title}, {metric} expected by the probes: {values[0]} before, {values[1]} now.")
    if doubted[0] is not None and doubted[1] is not None:
        said.append(f"{label}s that look wrong: {wording.count(doubted[0])} before, {wording.count(doubted[1])} now.")
    return " ".join(said)


def _tested(before: dict[RungName, Finished], after: dict[RungName, Finished]) -> list[Line]:
    """The test value of each rung that was trained before."""
    return [
        Line(
            f"Test value, {rung(name).title.lower()}",
            shared(one.test),
            shared(after[name].test) if name in after else "",
        )
        for name, one in before.items()
    ]


def _trained(name: RungName, before: Finished, after: Finished) -> Trained:
    """The latest run of a rung on each, paired."""
    compared = compare.compare([before.run, after.run], known_dataset)
    return Trained(name, before.run, after.run, compared.pairs[0])
