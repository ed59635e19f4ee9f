"""The decision record: what was asked, what was measured, what was decided and why, and how to do it again.

It is kept beside the model long after the data has moved on, so it holds everything itself: the goal with its prices
and constraints, every measured number with its n, interval and provenance, the what-if, the
hashes of data and weights, the versions, and the plan. As JSON it reads itself back; `decision_written` beside this
module writes it as Markdown and as a page to print.
"""

from __future__ import annotations

import importlib.metadata
import platform
import shlex
from datetime import UTC, datetime

from advisor import __version__
from advisor.core.errors import AdviceError
from advisor.core.records import PARTS, Advice, Dataset, Evidence, Finding, Goal, Kind, Plan, Profile, Record
from advisor.core.records.wishes import wishes_of
from advisor.core.wording import capital
from probes.measured import Measured

#: What decides whether a run comes to the same number.
PACKAGES = (
    "torch", "torchvision", "timm", "transformers", "scikit-learn", "numpy", "pandas", "pillow",
)  # fmt: skip


class Known(Record):
    """One measured number: of what, with which backbone, and the number with its n, interval and seconds."""

    what: str
    backbone: str = ""
    number: Measured


class Subject(Record):
    """The dataset that was decided on. ``parts``: items of each part; ``fingerprint``: SHA-256 of its content."""

    name: str
    kind: Kind
    source: str
    fingerprint: str
    n_used: int
    n_set_aside: int
    n_classes: int
    parts: dict[str, int]
    official_split: bool
    findings: tuple[Finding, ...] = ()


class DecisionRecord(Record):
    """A decision with all it rests on. ``written``: when, UTC; ``commands``: they advise and train again in a shell."""

    written: str
    subject: Subject
    advice: Advice
    known: tuple[Known, ...]
    remarks: tuple[str, ...] = ()
    backbone: str
    backbone_hash: str
    device: str
    device_reason: str
    versions: dict[str, str]
    commands: tuple[str, ...]
    plan: Plan


def decision_record(
    dataset: Dataset, profile: Profile | None, evidence: Evidence, advice: Advice, plan: Plan
) -> DecisionRecord:
    """Put a decision on record. Raises AdviceError when advice, evidence or plan are about another dataset."""
    for what, fingerprint in (("advice", advice.fingerprint), ("evidence", evidence.fingerprint),
                              ("plan", plan.fingerprint)):  # fmt: skip
        if fingerprint != dataset.fingerprint:
            raise AdviceError(f"This {what} is about another dataset than {dataset.name}. Ask for advice on it first.")
    return DecisionRecord(
        written=datetime.now(UTC).isoformat(timespec="seconds"),
        subject=_subject(dataset, profile, evidence),
        advice=advice,
        known=measured(evidence),
        remarks=(*_instruments(evidence), *evidence.notes),
        backbone=evidence.backbone,
        backbone_hash=evidence.backbone_hash,
        device=evidence.device,
        device_reason=evidence.device_reason,
        versions=versions(),
        commands=(asked(dataset, advice.question), trained(dataset, plan)),
        plan=plan,
    )


def _subject(dataset: Dataset, profile: Profile | None, evidence: Evidence) -> Subject:
    parts = dataset.items["part"].value_counts()
    return Subject(
        name=dataset.name,
        kind=dataset.kind,
        source=dataset.source,
        fingerprint=dataset.fingerprint,
        n_used=dataset.n_used,
        n_set_aside=dataset.n_set_aside,
        n_classes=len(dataset.classes),
        parts={part: int(parts[part]) for part in PARTS if part in parts},
        official_split=dataset.official_split,
        findings=(*(profile.findings if profile else ()), *evidence.findings),
    )


def measured(evidence: Evidence) -> tuple[Known, ...]:
    """Every number that the probes measured: each probe, the learning curve's points, every layer."""
    probes = [Known(what=r.title, backbone=r.backbone or "", number=r.measured) for r in evidence.results]
    curve = evidence.curve
    sizes = [] if curve is None else [
        Known(what=f"Learning curve at {n:,} items", backbone=evidence.backbone, number=point)
        for n, point in zip(curve.sizes, curve.points, strict=True)
    ]  # fmt: skip
    layers = [
        Known(what=capital(layer.name), backbone=evidence.backbone, number=layer.measured)
        for layer in (evidence.depths.depths if evidence.depths else ())
    ]
    return (*probes, *sizes, *layers)


def _instruments(evidence: Evidence) -> tuple[str, ...]:
    return tuple(instrument.sentence for instrument in (evidence.depths, evidence.domain) if instrument)


def versions() -> dict[str, str]:
    """Python and the packages that a number depends on; those not installed are left out."""
    installed = {"transfer-advisor": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            installed[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return installed


def asked(dataset: Dataset, goal: Goal) -> str:
    """The command that advises for the same goal, with the prices and constraints that are not the defaults."""
    plain = Goal()
    words = ["advisor", "advise", dataset.source, *_reading(dataset)]
    if goal.target is not None:
        words += ["--target", str(goal.target)]
    if goal.tolerance != plain.tolerance:
        words += ["--tolerance", f"{goal.tolerance:g}"]
    if goal.budget_seconds != plain.budget_seconds:
        words += ["--budget", f"{goal.budget_seconds:g}"]
    if goal.rungs != plain.rungs:
        words += ["--rungs", ",".join(goal.rungs)]
    if goal.backbone is not None:
        words += ["--backbone", goal.backbone]
    if goal.backbones != plain.backbones:
        words += ["--backbones", goal.backbones]
    return shlex.join([*words, *_wishes(goal)])


def _wishes(goal: Goal) -> list[str]:
    """Prices and constraints that are not the defaults, as options."""
    words: list[str] = []
    for record in (goal.prices, goal.constraints):
        for wish in wishes_of(type(record)):
            value = getattr(record, wish.name)
            if value != wish.default:
                words += [wish.words.option] if value is True else [wish.words.option, str(value)]
    return words


def trained(dataset: Dataset, plan: Plan) -> str:
    """The command that carries out the plan after the advice, which gives it the backbone and the settings."""
    words = ["advisor", "train", dataset.source, *_reading(dataset), "--rung", plan.rung]
    words += ["--budget", f"{plan.budget_seconds:g}", "--seed", str(plan.seed), "--device", plan.device]
    if plan.launcher != "local":
        words += ["--launcher", plan.launcher, "--processes", str(plan.processes)]
    return shlex.join(words)


def _reading(dataset: Dataset) -> list[str]:
    """How the data was read, as options."""
    options = dataset.options.model_dump(exclude={"schema_version"}, exclude_none=True)
    return [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
